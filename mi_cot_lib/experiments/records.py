"""Records of finished runs: where they lie, which may stand for a wanted run, and how the missing are made.

A record is a run's `run.json`. Runs lie in a folder of run folders; what is committed lies in `results/`, a
copy of `run.json` each, named by its run.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.experiments.asked.item import Item
from mi_cot_lib.experiments.asked.presets import Preset
from mi_cot_lib.experiments.asked.wanted import Wanted, wanted_of
from mi_cot_lib.experiments.cosines import cosines_of
from mi_cot_lib.experiments.information import Protocol, measured, unfit_information
from mi_cot_lib.experiments.running.engines import LOCAL, Engine
from mi_cot_lib.experiments.running.evaluate import evaluate, questions_fingerprint
from mi_cot_lib.experiments.running.execute import Outcome, execute_grid
from mi_cot_lib.experiments.running.run_record import (
    CALIBRATED,
    calibration_of,
    own_validation,
)
from mi_cot_lib.experiments.running.sources import (
    data_fingerprint,
    recorded_sources,
    unfit_sources,
    weights_fingerprint,
)
from mi_cot_lib.files import write_json
from mi_cot_lib.report.runs import Run
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import (
    LOCK,
    RECORD,
    committed_record,
    read_record,
    write_record,
)

Record = dict[str, Any]
# Parts that an item adds to a finished run's record.
_ASKED_LATER = ("information", "outside", "cosine")
# Parts of every record of which only some items make something.
_LARGE = ("calibration", "samples")
# Where these agree, also in what the student answers, two records are of one student.
_OF_ONE_STUDENT = ("data", "weights_sha256", "results_version", "correct")


class Fingerprints:
    """Fingerprints of data and weights as they are when first asked for; None of what is not here."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str | None] = {}

    def of(self, config: RunConfig) -> dict[str, str] | None:
        """Return them of what a run is made from; a data set is read once for all its students."""
        data = self._once(("data", config.dataset), lambda: data_fingerprint(config))
        if data is None:
            return None
        weights = self._once(
            ("student", config.student), lambda: weights_fingerprint(load_student(config.student))
        )
        return None if weights is None else {"data_sha256": data, "weights_sha256": weights}

    def questions(self, dataset: str, data_root: str | None) -> str | None:
        """Return that of a test set's questions."""
        return self._once(("questions", dataset), lambda: questions_fingerprint(dataset, data_root))

    def _once(self, key: tuple[str, str], make: Callable[[], str]) -> str | None:
        if key not in self._known:
            try:
                self._known[key] = make()
            except KitError:
                self._known[key] = None
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Places:
    """Where finished runs are looked for: a folder of runs, then one of committed records, if any.

    They are compared with what data and weights are now; reading all again for every item would take long.
    """

    runs: Path
    results: Path | None
    now: Fingerprints = field(default_factory=Fingerprints, compare=False, repr=False)

    def of(self, name: str) -> list[Callable[[], Record]]:
        """Return what reads the records of a run's name, the reader's own first."""
        found: list[Callable[[], Record]] = []
        if (self.runs / name / RECORD).is_file():
            found.append(partial(read_record, self.runs / name))
        if self.results is not None and (self.results / f"{name}.json").is_file():
            found.append(partial(committed_record, self.results / f"{name}.json"))
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for one item.

    Attributes:
        runs: Finished runs in their places.
        missing: By name of a run without a usable record why: `absent`, or what is wrong with one.
        unchecked: Runs whose data or weights are not on this machine to be compared with.
    """

    runs: list[Run] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    unchecked: set[str] = field(default_factory=set)


def find(item: Item, preset: Preset, places: Places, seeds: int | None = None) -> Found:
    """Look up an item's runs; a record that may not stand for its run is missing, with the reason."""
    found = Found()
    for wanted in wanted_of(item, preset, seeds):
        record = _look(wanted, item, places, found)
        if record is not None:
            found.runs.extend(_places_of(wanted, item, record))
    return found


def unfit(
    record: Record, config: RunConfig, needs: Sequence[str], now: dict[str, str] | None
) -> str:
    """Say why a record may not stand for a run; an empty text where it may.

    `needs` are parts that it must hold beside what every record has, `now` are today's fingerprints, if here.
    """
    if lacking := sorted({*needs, "run", "config", "data", "weights_sha256"} - record.keys()):
        return f"its record lacks {', '.join(lacking)}"
    wanted = {**config.to_dict(), "data_root": None}
    if record["run"] != config.run_name or {**record["config"], "data_root": None} != wanted:
        return f"its record is of another run, {record['run']}"
    return unfit_sources(recorded_sources(record), now)


def make_missing(
    items: Sequence[Item],
    preset: Preset,
    places: Places,
    *,
    seeds: int | None = None,
    jobs: int | None = None,
    engine: Engine = LOCAL,
    results: Path | None = None,
) -> list[Outcome]:
    """Train what is missing, and let its students answer or be measured as an item asks.

    Where a folder of results is given, each run's record is there as soon as it has ended.

    Returns:
        The runs that failed, whose executed notebooks stay in their folders; the others go on.
    """
    wanted: dict[str, Wanted] = {}
    needed: dict[str, set[str]] = defaultdict(set)
    for item in items:
        missing = find(item, preset, places, seeds).missing
        for name in missing:
            needed[name].update(item.needs)
        for one in wanted_of(item, preset, seeds):
            name = one.config.run_name
            if name in missing and (name not in wanted or one.outside):
                wanted[name] = one
    failures = []

    def keep(outcome: Outcome) -> None:
        try:
            if outcome.error is None:
                one = wanted[outcome.run]
                _complete(one, needed[outcome.run], places.runs)
                if results is not None:
                    ended = Run(one.setting, one.repetition, read_record(places.runs / outcome.run))
                    commit(Found([ended]), results, sorted(needed[outcome.run]))
        # One run's: the others go on.
        except (KitError, OSError) as failed:
            outcome = Outcome(outcome.run, str(failed))
        if outcome.error is not None:
            failures.append(outcome)

    if wanted:
        execute_grid([one.config for one in wanted.values()], places.runs, jobs, keep, engine)
    return failures


def commit(found: Found, folder: Path, needs: Sequence[str]) -> None:
    """Write the records that were found for an item to a folder of results, without large parts nobody needs.

    What another item asked of a run stays where the folder's record is of the same student.
    """
    unneeded = {part for part in _LARGE if part not in needs}
    folder.mkdir(parents=True, exist_ok=True)
    for name, record in {run.record["run"]: run.record for run in found.runs}.items():
        path = folder / f"{name}.json"
        kept = committed_record(path) if path.is_file() else {}
        # A path of this machine is nobody else's.
        written = {part: record[part] for part in record if part not in unneeded}
        written["config"] = {**record["config"], "data_root": None}
        if all(kept.get(part) == record.get(part) for part in _OF_ONE_STUDENT):
            parts = (*_ASKED_LATER, *_LARGE)
            written = {part: kept[part] for part in parts if part in kept} | written
            if "outside" in written:
                written["outside"] = kept.get("outside", {}) | written["outside"]
        if written != kept:
            write_json(path, written, sort_keys=True, separators=(",", ":"))


def gold_labels(preset: Preset, families: Sequence[str]) -> dict[str, list[str]]:
    """Return the test set's gold labels by data set, of those that are at hand."""
    found = {}
    for dataset in (preset.datasets[family] for family in families):
        try:
            examples = load_split(dataset, "test", preset.data_root)
        except KitError:
            continue
        found[dataset] = [example.label for example in examples]
    return found


def _places_of(wanted: Wanted, item: Item, record: Record) -> Iterable[Run]:
    seed = wanted.repetition
    yield Run(wanted.setting, seed, record)
    if "unseen" in item.also and "unseen" in record["correct"]:
        yield Run(wanted.setting.with_(split="unseen"), seed, record)
    if wanted.outside is not None:
        yield Run(wanted.setting.with_(dataset=wanted.outside, split="outside"), seed, record)


def _look(wanted: Wanted, item: Item, places: Places, found: Found) -> Record | None:
    """Return the first usable record of a run; else note in `found` why there is none."""
    name, why = wanted.config.run_name, "absent"
    for read in places.of(name):
        try:
            record = read()
            # Only now: a student that no record is of may have to be fetched.
            now = places.now.of(wanted.config)
            why = unfit(record, wanted.config, item.needs, now)
            why = why or _unfit_outside(record, wanted, places.now)
            if "information" in item.needs:
                why = why or unfit_information(record, Protocol())
            if not why:
                if now is None:
                    found.unchecked.add(name)
                return record
        except DataError as error:
            why = str(error)
    found.missing[name] = why
    return None


def _unfit_outside(record: Record, wanted: Wanted, now: Fingerprints) -> str:
    if wanted.outside is None:
        return ""
    kept = record.get("outside", {}).get(wanted.outside)
    if kept is None:
        return f"its record lacks answers to {wanted.outside}"
    known = now.questions(wanted.outside, wanted.config.data_root)
    if known is not None and kept["data_sha256"] != known:
        return f"answered other questions of {wanted.outside} than are there now"
    return ""


def _complete(wanted: Wanted, needed: Collection[str], runs: Path) -> None:
    """Keep in a run's record what its student answers to the other data set, and what is measured of it."""
    folder = runs / wanted.config.run_name
    # Another process may add another part meanwhile.
    with FileLock(folder / LOCK):
        _complete_alone(wanted, needed, folder)


def _complete_alone(wanted: Wanted, needed: Collection[str], folder: Path) -> None:
    record = read_record(folder)
    if wanted.outside is not None and wanted.outside not in record.get("outside", {}):
        answers = evaluate(folder, wanted.outside, wanted.config.data_root)
        kept = {
            "data_sha256": answers.data_sha256,
            # The temperature is the student's own: its validation split is of its own data.
            **calibration_of(answers.predictions[:CALIBRATED], own_validation(folder)),
        }
        record["outside"] = {**record.get("outside", {}), wanted.outside: kept}
        write_record(folder, record)
    if "samples" in needed:
        cosines = cosines_of(record, wanted.config.data_root)
        if cosines != record.get("cosine", {}):
            record["cosine"] = cosines
            write_record(folder, record)
    if "information" in needed and unfit_information(record, Protocol()):
        record["information"] = measured(folder, wanted.config, Protocol())
        write_record(folder, record)
