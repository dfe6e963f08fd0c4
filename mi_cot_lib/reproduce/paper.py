"""Tables and figures of the paper by command: what is there, what is missing, and the files made of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.figures import save
from mi_cot_lib.analysis.paper_figures import Pictures
from mi_cot_lib.analysis.paper_tables import Printed, to_latex, whole_markdown
from mi_cot_lib.environment import repository_root
from mi_cot_lib.errors import KitError
from mi_cot_lib.reproduce.judging import JudgeChoice
from mi_cot_lib.reproduce.paper_grid import ITEMS, Preset, item_named, runs_of, seeds_of
from mi_cot_lib.reproduce.paper_items import make_item
from mi_cot_lib.reproduce.paper_runs import (
    Failure,
    Places,
    copy_records,
    find,
    make_missing,
    places_of,
    recorded_folder,
)
from mi_cot_lib.reproduce.plan import describe_plan, plan
from mi_cot_lib.student.names import BUILT_IN_WIDTHS
from mi_cot_lib.training.record import write_atomically

KINDS = ("md", "csv", "tex", "json", "png")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a command reads and writes, and who judges.

    Attributes:
        places: Where finished runs lie.
        out: Folder of results.
        judge: Who scores rationales.
    """

    places: Places
    out: Path
    judge: JudgeChoice


def setting_of(
    preset: Preset,
    runs: Path | None,
    out: Path | None,
    judge: str | None,
    *,
    embedder: str | None = None,
    fresh: bool,
) -> Setting:
    """Fill in the defaults: runs in `runs/paper`, results in `figures/paper/PRESET`."""
    runs = (runs or repository_root() / "runs" / "paper").resolve()
    out = (out or recorded_folder(preset)).resolve()
    return Setting(
        places_of(preset, runs, fresh=fresh), out, JudgeChoice(judge, runs / "judge.db", embedder)
    )


@dataclass(frozen=True, slots=True)
class Status:
    """How far one table or figure is.

    Attributes:
        id: `table1` … `figure5`.
        title: The paper's caption, shortened.
        preset: `nano` or `paper`.
        runs_needed: Runs that fill it.
        runs_present: Those of them that are finished and current.
        seeds: Seeds of each cell.
        files: Names of the files that it has in the folder of results.
    """

    id: str
    title: str
    preset: str
    runs_needed: int
    runs_present: int
    seeds: int
    files: list[str]

    def to_line(self) -> str:
        """Return one line for a person."""
        made = ", ".join(name.rpartition(".")[2] for name in self.files) or "no files yet"
        return (
            f"{self.id:<8} {self.title:<58} {self.runs_present:>4} of {self.runs_needed:>3} runs, "
            f"{self.seeds} seeds   {made}"
        )

    def to_json(self) -> str:
        """Return one JSON object on one line."""
        return json.dumps(asdict(self), sort_keys=True)


def status(
    item: str, preset: Preset, places: Places, out: Path, seeds: int | None = None
) -> Status:
    """Say how far a table or figure is."""
    needed = {config.run_name for config in runs_of(item, preset, seeds)}
    missing = find(item, preset, places, seeds).missing
    return Status(
        id=item,
        title=item_named(item).title,
        preset=preset.name,
        runs_needed=len(needed),
        runs_present=len(needed - {name.partition("--on-")[0] for name in missing}),
        seeds=len(seeds_of(item, preset, seeds)),
        files=[f"{item}.{kind}" for kind in KINDS if (out / f"{item}.{kind}").is_file()],
    )


def make(item: str, preset: Preset, setting: Setting, seeds: int | None = None) -> Printed:
    """Make one table or figure from the runs that are there, and write its files.

    Args:
        item: Its id.
        preset: On what.
        setting: Its folder of results receives `ITEM.md`, `.csv`, `.tex`, `.json` (all numbers behind it)
            and `.png`.
        seeds: Instead of the preset's.

    Returns:
        The item as text; a note says how many runs are missing.

    Raises:
        ConfigError: No run is there.
    """
    printed, pictures = remake(item, preset, setting, seeds)
    out = setting.out
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / f"{item}.md", whole_markdown(printed, command_of(item, preset)))
    write_atomically(out / f"{item}.tex", to_latex(printed))
    write_atomically(out / f"{item}.json", numbers_json(printed))
    first = next(iter(printed.numbers.values()), printed.main)
    write_atomically(out / f"{item}.csv", first.round(4).to_csv(index=False, lineterminator="\n"))
    for name, figure in pictures.items():
        save(figure, out / name)
    return printed


def plan_if_needed(
    items: Sequence[str], preset: Preset, seeds: int | None, *, asked: bool
) -> list[str]:
    """Return the plan's lines where it was asked for, or where the preset cannot run here; else none."""
    wants_gpu = preset.large not in BUILT_IN_WIDTHS
    if not asked and not wants_gpu:
        return []
    planned = plan(items, preset, seeds)
    if asked or planned.missing:
        head = f"Plan of {', '.join(items)}, preset {preset.name}; nothing is run.\n"
        return [head, *describe_plan(planned)]
    return []


def complete(
    items: Sequence[str],
    preset: Preset,
    setting: Setting,
    *,
    seeds: int | None = None,
    jobs: int | None = None,
) -> list[Failure]:
    """Train what is missing; see `paper_runs.make_missing`."""
    return make_missing(items, preset, setting.places, seeds=seeds, jobs=jobs)


def make_all(
    items: Sequence[str],
    preset: Preset,
    setting: Setting,
    seeds: int | None,
    *,
    recording: bool,
    echo: Callable[[str], object],
) -> list[Failure]:
    """Make each item's files, and with `recording` copy the records that they are made from.

    Returns:
        The items that could not be made.
    """
    failures = []
    for item in items:
        try:
            make(item, preset, setting, seeds)
        except KitError as error:
            failures.append(Failure(item, str(error)))
            continue
        if recording:
            copy_records(item, preset, setting.places, setting.out / "records", seeds)
        echo(str(setting.out / f"{item}.md"))
    return failures


def printable(
    preset: Preset, setting: Setting, seeds: int | None = None
) -> tuple[list[Printed], list[Mapping[str, Any]]]:
    """Make every item for which any run is there.

    Returns:
        The items, and the runs' records, each once.
    """
    items: list[Printed] = []
    records: dict[str, Mapping[str, Any]] = {}
    for item in ITEMS:
        entries = find(item, preset, setting.places, seeds).entries
        # Answers to another data set are no runs of their own.
        records |= {e.record["run"]: e.record for e in entries if "flops" in e.record}
        if entries:
            items.append(make(item, preset, setting, seeds))
    return items, list(records.values())


def remake(
    item: str, preset: Preset, setting: Setting, seeds: int | None = None
) -> tuple[Printed, Pictures]:
    """Make one table or figure from the runs that are there, and write nothing.

    Returns:
        The item as text, a note saying how many runs are missing, and its pictures by file name.

    Raises:
        ConfigError: No run is there.
    """
    found = find(item, preset, setting.places, seeds)
    printed, pictures = make_item(item, preset, found.entries, setting.judge)
    if found.missing:
        printed.notes.insert(
            0, f"Incomplete: {len(found.missing)} runs or evaluations are missing."
        )
    return printed, pictures


def command_of(item: str, preset: Preset) -> str:
    """Return the command that makes an item."""
    return f"mi-cot paper {item} --preset {preset.name}"


def numbers_json(printed: Printed) -> str:
    """Return the numbers behind an item, four digits, and its text, as JSON."""
    numbers = {name: _rows(frame.round(4)) for name, frame in printed.numbers.items()}
    text = {"main": _rows(printed.main), "notes": printed.notes}
    text["more"] = {heading: _rows(frame) for heading, frame in printed.more.items()}
    whole = {"id": printed.id, "title": printed.title, "numbers": numbers, "text": text}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def known_items(names: Sequence[str]) -> list[str]:
    """Return the items that are named, `all` being every one, before anything is run.

    Raises:
        ConfigError: The paper has no such table or figure.
    """
    chosen = list(ITEMS) if "all" in names else [item_named(name).id for name in names]
    return list(dict.fromkeys(chosen))


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(frame.to_json(orient="records", force_ascii=False))
    return rows
