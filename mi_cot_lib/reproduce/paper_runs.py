"""The runs behind a table or figure: which are there, which are missing, and how the missing are made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.environment import repository_root
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.predict import read_predictions
from mi_cot_lib.reproduce import store
from mi_cot_lib.reproduce.evaluate import evaluate
from mi_cot_lib.reproduce.execute import execute_grid
from mi_cot_lib.reproduce.paper_grid import (
    NLI_FAMILIES,
    Cell,
    Preset,
    cells_of,
    config_of,
    runs_of,
    seeds_of,
)
from mi_cot_lib.reproduce.sources import sources_of
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

# The items that look at single answers, beside their correctness.
DETAILED = ("table6", "table7", "table8", "figure4", "figure5")


@dataclass(frozen=True, slots=True)
class Places:
    """Where finished runs are looked for.

    Attributes:
        runs: Folder of run folders; their records lie in `records/` in it.
        recorded: Folder of records that came with the kit, looked at second; None ignores them.
    """

    runs: Path
    recorded: Path | None

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
    """

    entries: list[Entry]
    missing: dict[str, str]


def recorded_folder(preset: Preset) -> Path:
    """Return where tables, figures and records of a preset are committed."""
    return repository_root() / "figures" / "paper" / preset.name


def places_of(preset: Preset, runs: Path, *, fresh: bool) -> Places:
    """Return where to look: the folder of runs, then what came with the kit unless `fresh`."""
    return Places(runs, None if fresh else recorded_folder(preset) / "records")


def find(item: str, preset: Preset, places: Places, seeds: int | None = None) -> Found:
    """Look up the records of an item's runs; records of other data, weights or versions do not count."""
    entries: list[Entry] = []
    missing: dict[str, str] = {}
    expected = _Sources()
    for seed in seeds_of(item, preset, seeds):
        for cell in cells_of(item, preset):
            config = config_of(cell, preset, seed)
            kept, why = _usable(config.run_name, config, places, expected, _needs(item))
            if kept is None:
                missing[config.run_name] = why
                continue
            entries.append(Entry(cell.row, cell.column, seed, kept, cell.size))
            if item == "table6" and cell.column in NLI_FAMILIES:
                outside = _out_of_domain(cell, preset)
                name = out_of_domain_name(config, preset.datasets[outside.column])
                kept, why = _usable(name, None, places, expected, ("calibration",))
                if kept is None:
                    missing[name] = why
                else:
                    entries.append(Entry(cell.row, f"{outside.column}_out", seed, kept))
    return Found(entries, missing)


def out_of_domain_name(config: RunConfig, dataset: str) -> str:
    """Return the name of the record of a run's answers to another data set."""
    return f"{config.run_name}--on-{dataset}"


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
        missing = find(item, preset, places, seeds).missing
        for config in runs_of(item, preset, seeds):
            outside = [name for name in missing if name.startswith(f"{config.run_name}--on-")]
            if config.run_name in missing or outside:
                wanted[config.run_name] = config
    failures = [
        Failure(outcome.run, outcome.error)
        for outcome in execute_grid(list(wanted.values()), places.runs, jobs)
        if outcome.error
    ]
    failed = {failure.run for failure in failures}
    detailed = {run.run_name for run in runs_of("table6", preset, seeds)}
    for name, config in wanted.items():
        if name in failed:
            continue
        try:
            write_records(config, preset, places.runs, details=name in detailed)
        except KitError as error:
            failures.append(Failure(name, str(error)))
    return failures


def write_records(config: RunConfig, preset: Preset, runs: Path, *, details: bool) -> None:
    """Write the record of a finished run and, with details, of its answers out of domain."""
    folder = runs / config.run_name
    kept = store.record_of(folder, details=details)
    store.write(runs / "records", config.run_name, kept)
    families = {dataset: family for family, dataset in preset.datasets.items()}
    if not details or families[config.dataset] not in NLI_FAMILIES:
        return
    other = next(
        preset.datasets[family]
        for family in NLI_FAMILIES
        if preset.datasets[family] != config.dataset
    )
    own = store.by_split(read_predictions(folder / record.PREDICTIONS))
    outside = evaluate(folder, other, preset.data_root)
    store.write(
        runs / "records",
        out_of_domain_name(config, other),
        {
            **{name: kept[name] for name in ("run", "results_version", "config", "git_commit")},
            "dataset": other,
            "weights_sha256": kept["weights_sha256"],
            # The temperature is the student's own: its validation split is of its own data.
            "calibration": store.calibration_of(outside.predictions, own["valid"]),
        },
    )


def copy_records(
    item: str, preset: Preset, places: Places, folder: Path, seeds: int | None = None
) -> None:
    """Copy the usable records of an item to a folder of records."""
    found = find(item, preset, places, seeds)
    for entry in found.entries:
        outside = entry.record.get("dataset")
        name = entry.record["run"] + (f"--on-{outside}" if outside else "")
        store.write(folder, name, dict(entry.record))


def _out_of_domain(cell: Cell, preset: Preset) -> Cell:
    other = next(family for family in NLI_FAMILIES if family != cell.column)
    return replace(cell, column=other)


def _needs(item: str) -> tuple[str, ...]:
    return ("calibration", "samples") if item in DETAILED else ("correct",)


class _Sources:
    """Fingerprints of data and weights as they are now, each computed once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str] | None] = {}

    def of(self, config: RunConfig) -> dict[str, str] | None:
        """Return them, or None where data or weights are not on this machine."""
        key = (config.dataset, config.student)
        if key not in self._known:
            try:
                self._known[key] = sources_of(config)
            except KitError:
                self._known[key] = None
        return self._known[key]


def _usable(
    name: str,
    config: RunConfig | None,
    places: Places,
    expected: _Sources,
    needed: tuple[str, ...],
) -> tuple[store.Record | None, str]:
    why = "absent"
    for folder in places.stores:
        kept = store.read(folder, name)
        if kept is None:
            continue
        if kept["results_version"] != record.RESULTS_VERSION:
            why = (
                f"made by version {kept['results_version']} of the kit's numbers, now "
                f"{record.RESULTS_VERSION}"
            )
            continue
        if not set(needed) <= kept.keys():
            why = f"its record lacks {', '.join(sorted(set(needed) - kept.keys()))}"
            continue
        now = expected.of(config) if config is not None else None
        if now is not None and now["data_sha256"] != kept["data"]["sha256"]:
            why = "made from other data than are there now"
            continue
        if now is not None and now["weights_sha256"] != kept["weights_sha256"]:
            why = "made from other weights of the student than are there now"
            continue
        return kept, ""
    return None, why
