"""What is asked for on the command line or in a notebook: items of a preset, from which runs, to where."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mi_cot_lib.experiments.grid import runs_of, seeds_of
from mi_cot_lib.experiments.items import Item, item_named
from mi_cot_lib.experiments.judging import JudgeChoice
from mi_cot_lib.experiments.make import make
from mi_cot_lib.experiments.plan import Plan, plan
from mi_cot_lib.experiments.presets import Preset, preset_named
from mi_cot_lib.experiments.records import Places, find, results_folder
from mi_cot_lib.machine import repository_root
from mi_cot_lib.report.runs import Result


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        preset: Data, students and settings.
        places: Where finished runs lie.
        out: Folder of tables and figures.
        judge: Who scores rationales.
        seeds: Of each setting; None takes the preset's.
    """

    preset: Preset
    places: Places
    out: Path
    judge: JudgeChoice
    seeds: int | None = None

    def result(self, item: Item | str) -> Result:
        """Make an item from the runs that are there, and write nothing.

        Raises:
            KitError: No run is there, or what it needs cannot be had.
        """
        chosen = item_named(item) if isinstance(item, str) else item
        found = find(chosen, self.preset, self.places, self.seeds)
        return make(chosen, self.preset, found, self.judge)

    def plan(self, items: Sequence[Item]) -> Plan:
        """Plan the runs of the items that are not there yet."""
        missing, present = set(), set()
        for item in items:
            missing |= find(item, self.preset, self.places, self.seeds).missing.keys()
            present |= {config.run_name for config in runs_of(item, self.preset, self.seeds)}
        return plan(items, self.preset, self.seeds, present - missing)

    def command(self, what: str) -> str:
        """Return the command that makes something again, such as `paper table1`; folders are the reader's."""
        options = {
            "--seeds": self.seeds,
            "--judge": self.judge.model,
            "--embedder": self.judge.embedder,
        }
        chosen = [f"{name} {shlex.quote(str(value))}" for name, value in options.items() if value]
        preset = [] if self.preset.name == "nano" else [f"--preset {self.preset.name}"]
        return " ".join([f"mi-cot {what}", *preset, *chosen])


def request_of(
    preset: str = "nano",
    *,
    runs: Path | None = None,
    out: Path | None = None,
    judge: str | None = None,
    embedder: str | None = None,
    seeds: int | None = None,
    fresh: bool = False,
) -> Request:
    """Fill in the defaults: runs in `runs/paper`, tables and figures in `figures/paper/PRESET`.

    Args:
        preset: On what.
        runs: Folder of run folders.
        out: Folder of tables and figures.
        judge: An LLM's name; None is the exact judge of built-in data.
        embedder: An embedding model's name or folder; None compares no embeddings.
        seeds: Instead of the preset's.
        fresh: Leave out the records that came with the kit.

    Raises:
        ConfigError: There is no such preset.
    """
    chosen = preset_named(preset)
    runs = (runs or repository_root() / "runs" / "paper").resolve()
    out = (out or repository_root() / "figures" / "paper" / preset).resolve()
    choice = JudgeChoice(judge, runs / "judge.db", embedder)
    return Request(chosen, Places(runs, None if fresh else results_folder()), out, choice, seeds)


@dataclass(frozen=True, slots=True)
class Status:
    """How far one item is.

    Attributes:
        id: What `mi-cot paper` takes.
        title: Its caption, shortened.
        preset: On what.
        runs_needed: Runs that fill it.
        runs_present: Those of them that are finished and current.
        seeds: Seeds of each setting.
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
            f"{self.id:<11} {self.title:<56} {self.runs_present:>4} of {self.runs_needed:>3} runs, "
            f"{self.seeds} seeds   {made}"
        )
        return "\n".join([line, *(f"            not counted: {reason}" for reason in self.reasons)])

    def to_json(self) -> str:
        """Return one JSON object on one line."""
        return json.dumps(asdict(self), sort_keys=True)


def status(item: Item, request: Request) -> Status:
    """Say how far an item is."""
    needed = {config.run_name for config in runs_of(item, request.preset, request.seeds)}
    missing = find(item, request.preset, request.places, request.seeds).missing
    files = [f"{item.id}.{kind}" for kind in ("md", "csv", "tex", "json", "png")]
    return Status(
        id=item.id,
        title=item.title,
        preset=request.preset.name,
        runs_needed=len(needed),
        runs_present=len(needed - missing.keys()),
        seeds=len(seeds_of(item, request.preset, request.seeds)),
        files=[name for name in files if (request.out / name).is_file()],
        reasons=sorted(set(missing.values()) - {"absent"}),
    )
