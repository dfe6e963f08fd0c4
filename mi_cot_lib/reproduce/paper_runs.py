"""The runs behind a table or figure: which are there, which are missing, and how the missing are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.environment import repository_root
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.predict import read_predictions
from mi_cot_lib.reproduce import store
from mi_cot_lib.reproduce.evaluate import evaluate, questions_fingerprint
from mi_cot_lib.reproduce.execute import Outcome, execute_grid
from mi_cot_lib.reproduce.grid import cells_of, config_of, runs_of, seeds_of
from mi_cot_lib.reproduce.presets import NLI_FAMILIES, Preset
from mi_cot_lib.reproduce.sources import sources_of
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

# The items that look at losses and gradients while training.
WITH_CURVES = ("question2", "question6")
# Between a run's name and the other data set that it answered.
OUTSIDE = "--on-"
# The items that look at answers to another data set as well.
ANSWERING_OUTSIDE = ("table6", "question5")
# The items that look at single answers, beside their correctness.
DETAILED = ("table6", "table7", "table8", "figure4", "figure5")


class Fingerprints:
    """Fingerprints of data and weights as they are when first asked for, each computed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str] | None] = {}
        self._questions: dict[str, str] = {}

    def of(self, config: RunConfig) -> dict[str, str] | None:
        """Return them, or None where data or weights are not on this machine."""
        key = (config.dataset, config.student)
        if key not in self._known:
            try:
                self._known[key] = sources_of(config)
            except KitError:
                self._known[key] = None
        return self._known[key]

    def questions(self, dataset: str, data_root: str | None) -> str | None:
        """Return the fingerprint of a test set as `evaluate` takes it; None where it is not there."""
        if dataset not in self._questions:
            try:
                self._questions[dataset] = questions_fingerprint(dataset, data_root)
            except KitError:
                return None
        return self._questions[dataset]


@dataclass(frozen=True, slots=True)
class Places:
    """Where finished runs are looked for.

    Attributes:
        runs: Folder of run folders; their records lie in `records/` in it.
        recorded: Folder of records that came with the kit, looked at second; None ignores them.
        now: What records are compared with; reading all data again for every item would take long.
    """

    runs: Path
    recorded: Path | None
    now: Fingerprints = field(default_factory=Fingerprints, compare=False, repr=False)

    @property
    def stores(self) -> list[Path]:
        """The folders of records, in the order in which they are looked at."""
        own = self.runs / "records"
        return [own] if self.recorded is None else [own, self.recorded]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for one item.

    Attributes:
        entries: Finished runs in their places.
        missing: Runs without a usable record, and why: `absent`, or what a record was made from
            otherwise.
        unchecked: Runs whose data or weights are not on this machine to be compared with.
    """

    entries: list[Entry]
    missing: dict[str, str]
    unchecked: set[str]


def recorded_folder(preset: Preset) -> Path:
    """Return where tables, figures and records of a preset are committed."""
    return repository_root() / "figures" / "paper" / preset.name


def places_of(preset: Preset, runs: Path, *, fresh: bool) -> Places:
    """Return where to look: the folder of runs, then what came with the kit unless `fresh`."""
    return Places(runs, None if fresh else recorded_folder(preset) / "records")


def find(item: str, preset: Preset, places: Places, seeds: int | None = None) -> Found:
    """Look up the records of an item's runs; records of other data, weights or versions do not count."""
    found = Found([], {}, set())
    for seed in seeds_of(item, preset, seeds):
        for cell in cells_of(item, preset):
            config = config_of(cell, preset, seed)
            kept = _look(config.run_name, config, None, places, _needs(item), found)
            if kept is None:
                continue
            found.entries.append(Entry(cell.row, cell.column, seed, kept, cell.size))
            if item in ANSWERING_OUTSIDE and cell.column in NLI_FAMILIES:
                outside = _other_nli(cell.column)
                dataset = preset.datasets[outside]
                name = out_of_domain_name(config, dataset)
                other = _look(name, config, dataset, places, ("calibration",), found)
                if other is not None:
                    found.entries.append(Entry(cell.row, f"{outside}_out", seed, other))
    return found


def out_of_domain_name(config: RunConfig, dataset: str) -> str:
    """Return the name of the record of a run's answers to another data set."""
    return f"{config.run_name}{OUTSIDE}{dataset}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that could not be made.

    Attributes:
        run: Its name.
        error: What happened; the executed notebook in the run's folder has the rest.
    """

    run: str
    error: str


def make_missing(
    items: Sequence[str],
    preset: Preset,
    places: Places,
    *,
    seeds: int | None = None,
    jobs: int | None = None,
) -> list[Failure]:
    """Train what is missing, and write the records of what is finished.

    Failed runs keep their executed notebooks; the others go on.

    Returns:
        The failures, none where all is there.
    """
    wanted: dict[str, RunConfig] = {}
    for item in items:
        missing = {name.partition(OUTSIDE)[0] for name in find(item, preset, places, seeds).missing}
        wanted |= {c.run_name: c for c in runs_of(item, preset, seeds) if c.run_name in missing}
    detailed = {run.run_name for run in runs_of("table6", preset, seeds)}
    failures = []

    def keep(outcome: Outcome) -> None:
        """Write a run's record as soon as it ends: a stopped call loses none."""
        error = outcome.error
        if error is None:
            try:
                details = outcome.run in detailed
                write_records(wanted[outcome.run], preset, places.runs, details=details)
            except KitError as failed:
                error = str(failed)
        if error is not None:
            failures.append(Failure(outcome.run, error))

    if wanted:
        execute_grid(list(wanted.values()), places.runs, jobs, keep)
    return failures


def write_records(config: RunConfig, preset: Preset, runs: Path, *, details: bool) -> None:
    """Write the record of a finished run and, with details, of its answers out of domain."""
    folder = runs / config.run_name
    kept = store.record_of(folder, details=details)
    store.write(runs / "records", config.run_name, kept)
    families = {dataset: family for family, dataset in preset.datasets.items()}
    family = families[config.dataset]
    if not details or family not in NLI_FAMILIES:
        return
    dataset = preset.datasets[_other_nli(family)]
    own = store.by_split(read_predictions(folder / record.PREDICTIONS))
    outside = evaluate(folder, dataset, preset.data_root)
    shared = ("run", "results_version", "config", "git_commit", "weights_sha256")
    answers = {
        **{name: kept[name] for name in shared},
        "dataset": dataset,
        "data": {"sha256": outside.data_sha256},
        # The temperature is the student's own: its validation split is of its own data.
        "calibration": store.calibration_of(outside.predictions, own["valid"]),
    }
    store.write(runs / "records", out_of_domain_name(config, dataset), answers)


def copy_records(
    item: str, preset: Preset, places: Places, folder: Path, seeds: int | None = None
) -> None:
    """Copy the usable records of an item to a folder of records."""
    for entry in find(item, preset, places, seeds).entries:
        config = RunConfig.from_dict(entry.record["config"])
        name = entry.record["run"]
        if is_out_of_domain(entry.record):
            name = out_of_domain_name(config, entry.record["dataset"])
        store.write(folder, name, dict(entry.record))


def is_out_of_domain(kept: Mapping[str, Any]) -> bool:
    """Tell whether a record is of answers to another data set than its run's own."""
    return "dataset" in kept


def _other_nli(family: str) -> str:
    return next(other for other in NLI_FAMILIES if other != family)


def _needs(item: str) -> tuple[str, ...]:
    if item in WITH_CURVES:
        return ("correct", "curves")
    return ("calibration", "samples") if item in DETAILED else ("correct",)


def _look(
    name: str,
    config: RunConfig,
    outside: str | None,
    places: Places,
    needed: tuple[str, ...],
    found: Found,
) -> store.Record | None:
    """Return the first usable record of that name; else note in `found` why there is none."""
    why = "absent"
    now = places.now.of(config)
    data = now["data_sha256"] if now else None
    weights = now["weights_sha256"] if now else None
    if outside is not None:
        data = places.now.questions(outside, config.data_root)
    for folder in places.stores:
        kept = store.read(folder, name)
        if kept is None:
            continue
        why = _unfit(kept, config, outside, needed, data, weights)
        if not why:
            if data is None or now is None:
                found.unchecked.add(name)
            return kept
    found.missing[name] = why
    return None


def _unfit(
    kept: store.Record,
    config: RunConfig,
    outside: str | None,
    needed: tuple[str, ...],
    data: str | None,
    weights: str | None,
) -> str:
    """Say why a record cannot stand for a run; an empty text where it can."""
    if kept["results_version"] != record.RESULTS_VERSION:
        return (
            f"made by version {kept['results_version']} of the kit's numbers, now "
            f"{record.RESULTS_VERSION}"
        )
    if lacking := sorted({*needed, "run", "config", "data", "weights_sha256"} - kept.keys()):
        return f"its record lacks {', '.join(lacking)}"
    wanted = {**config.to_dict(), "data_root": None}
    if kept["run"] != config.run_name or kept["config"] != wanted or kept.get("dataset") != outside:
        return f"its record is of another run, {kept['run']}"
    if data is not None and kept["data"]["sha256"] != data:
        return "made from other data than are there now"
    if weights is not None and kept["weights_sha256"] != weights:
        return "made from other weights of the student than are there now"
    return ""
