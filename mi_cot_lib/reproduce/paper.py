"""Tables and figures of the paper by command: what is there, what is missing, and the files made of it."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mi_cot_lib.analysis.figures import save
from mi_cot_lib.analysis.paper_figures import Pictures
from mi_cot_lib.analysis.paper_tables import Printed, numbers_json, to_latex, whole_markdown
from mi_cot_lib.environment import repository_root
from mi_cot_lib.errors import KitError
from mi_cot_lib.reproduce.grid import item_named, runs_of, seeds_of
from mi_cot_lib.reproduce.judging import JudgeChoice
from mi_cot_lib.reproduce.paper_grid import ITEMS
from mi_cot_lib.reproduce.paper_items import make_item
from mi_cot_lib.reproduce.paper_runs import (
    OUTSIDE,
    Failure,
    Places,
    copy_records,
    find,
    is_out_of_domain,
    places_of,
    recorded_folder,
)
from mi_cot_lib.reproduce.paper_titles import csv_of, origin_notes
from mi_cot_lib.reproduce.plan import JUDGED_ITEMS, Plan, plan
from mi_cot_lib.reproduce.presets import Preset
from mi_cot_lib.reproduce.question_grid import QUESTIONS
from mi_cot_lib.training.record import write_atomically

KINDS = ("md", "csv", "tex", "json", "png")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: on what, from which runs, to where.

    Attributes:
        preset: Data, students and settings.
        places: Where finished runs lie.
        out: Folder of results.
        judge: Who scores rationales.
        seeds: Of each cell; None takes the preset's.
    """

    preset: Preset
    places: Places
    out: Path
    judge: JudgeChoice
    seeds: int | None = None


def request_of(
    preset: Preset,
    *,
    runs: Path | None = None,
    out: Path | None = None,
    judge: str | None = None,
    embedder: str | None = None,
    seeds: int | None = None,
    fresh: bool = False,
) -> Request:
    """Fill in the defaults: runs in `runs/paper`, results in `figures/paper/PRESET`.

    Args:
        preset: On what.
        runs: Folder of run folders.
        out: Folder of results.
        judge: An LLM's name; None is the exact judge of built-in data.
        embedder: An embedding model's name or folder; None compares no embeddings.
        seeds: Instead of the preset's.
        fresh: Leave out the records that came with the kit.
    """
    runs = (runs or repository_root() / "runs" / "paper").resolve()
    out = (out or recorded_folder(preset)).resolve()
    choice = JudgeChoice(judge, runs / "judge.db", embedder)
    return Request(preset, places_of(preset, runs, fresh=fresh), out, choice, seeds)


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
        reasons: Why records that are there do not count, each once.
    """

    id: str
    title: str
    preset: str
    runs_needed: int
    runs_present: int
    seeds: int
    files: list[str]
    reasons: list[str]

    def to_line(self) -> str:
        """Return a line for a person, and one for each reason."""
        made = ", ".join(name.rpartition(".")[2] for name in self.files) or "no files yet"
        line = (
            f"{self.id:<8} {self.title:<58} {self.runs_present:>4} of {self.runs_needed:>3} runs, "
            f"{self.seeds} seeds   {made}"
        )
        return "\n".join([line, *(f"         not counted: {reason}" for reason in self.reasons)])

    def to_json(self) -> str:
        """Return one JSON object on one line."""
        return json.dumps(asdict(self), sort_keys=True)


def status(item: str, request: Request) -> Status:
    """Say how far a table or figure is."""
    preset = request.preset
    needed = {config.run_name for config in runs_of(item, preset, request.seeds)}
    missing = find(item, preset, request.places, request.seeds).missing
    return Status(
        id=item,
        title=item_named(item).title,
        preset=preset.name,
        runs_needed=len(needed),
        runs_present=len(needed - {name.partition(OUTSIDE)[0] for name in missing}),
        seeds=len(seeds_of(item, preset, request.seeds)),
        files=[f"{item}.{kind}" for kind in KINDS if (request.out / f"{item}.{kind}").is_file()],
        reasons=sorted(set(missing.values()) - {"absent"}),
    )


def build(item: str, request: Request) -> tuple[Printed, Pictures]:
    """Make one table or figure from the runs that are there, and write nothing.

    Args:
        item: Its id.
        request: From which runs, judged by whom.

    Returns:
        The item as text, notes on what is missing and what was run included, and its pictures by file
        name.

    Raises:
        KitError: No run is there, or what it needs cannot be had.
    """
    found = find(item, request.preset, request.places, request.seeds)
    printed, pictures = make_item(item, request.preset, found.entries, request.judge)
    printed.notes[:0] = origin_notes(found.entries, found.missing, found.unchecked)
    return printed, pictures


def write(item: str, request: Request) -> Printed:
    """Make one table or figure and write its files.

    Args:
        item: Its id.
        request: Its folder of results receives `ITEM.md`, `.csv`, `.tex`, `.json` (all numbers behind it)
            and `.png`.

    Raises:
        KitError: As `build`.
    """
    printed, pictures = build(item, request)
    out = request.out
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(
        out / f"{item}.md", whole_markdown(printed, command_of(f"paper {item}", request))
    )
    write_atomically(out / f"{item}.tex", to_latex(printed))
    write_atomically(out / f"{item}.json", numbers_json(printed))
    write_atomically(out / f"{item}.csv", csv_of(printed, request.preset))
    for name, figure in pictures.items():
        save(figure, out / name)
    return printed


def write_all(
    items: Sequence[str],
    request: Request,
    *,
    recording: bool,
    echo: Callable[[str], object],
) -> list[Failure]:
    """Write each item's files, and with `recording` copy the records that they are made from.

    Returns:
        The items that could not be made.
    """
    failures = []
    for item in items:
        try:
            write(item, request)
        except KitError as error:
            failures.append(Failure(item, str(error)))
            continue
        if recording:
            records = request.out / "records"
            copy_records(item, request.preset, request.places, records, request.seeds)
        echo(str(request.out / f"{item}.md"))
    return failures


def write_available(
    request: Request,
) -> tuple[list[Printed], list[Mapping[str, Any]], list[Failure]]:
    """Write every table and figure for which any run is there, and every question that has all of its runs.

    Questions share runs with tables: some of their runs are always there, and answer nothing.

    Returns:
        The items; the runs' records, each once; and the items that could not be made.
    """
    items: list[Printed] = []
    records: dict[str, Mapping[str, Any]] = {}
    failures = []
    for item in (*ITEMS, *QUESTIONS):
        found = find(item, request.preset, request.places, request.seeds)
        if item in QUESTIONS and found.missing:
            continue
        entries = found.entries
        # Answers to another data set are no runs of their own.
        records |= {e.record["run"]: e.record for e in entries if not is_out_of_domain(e.record)}
        if not entries:
            continue
        try:
            items.append(write(item, request))
        except KitError as error:
            failures.append(Failure(item, str(error)))
    return items, list(records.values()), failures


def plan_of(items: Sequence[str], request: Request) -> Plan:
    """Plan the runs of the items that are not there yet."""
    missing = {
        name.partition(OUTSIDE)[0]
        for item in items
        for name in find(item, request.preset, request.places, request.seeds).missing
    }
    present = {
        config.run_name
        for item in items
        for config in runs_of(item, request.preset, request.seeds)
        if config.run_name not in missing
    }
    return plan(items, request.preset, request.seeds, present)


def is_judged(items: Sequence[str]) -> bool:
    """Tell whether an item needs somebody to score rationales."""
    return bool({*items} & {*JUDGED_ITEMS})


def command_of(what: str, request: Request) -> str:
    """Return the command that makes something again; folders are the reader's own.

    Args:
        what: The command without its choices, such as `paper table1`.
        request: The choices.
    """
    options = {
        "--seeds": request.seeds,
        "--judge": request.judge.model,
        "--embedder": request.judge.embedder,
    }
    chosen = [f"{name} {shlex.quote(str(value))}" for name, value in options.items() if value]
    return " ".join([f"mi-cot {what}", f"--preset {request.preset.name}", *chosen])


def known_items(names: Sequence[str]) -> list[str]:
    """Return the items that are named, before anything is run.

    Args:
        names: Ids; `all` is every table and figure of the paper, `questions` every open question.

    Raises:
        ConfigError: There is no such item.
    """
    groups = {"all": ITEMS, "questions": QUESTIONS}
    chosen = [id for name in names for id in groups.get(name) or [item_named(name).id]]
    return list(dict.fromkeys(chosen))
