"""What is asked for on the command line or in a notebook: items of a preset, from which runs, to where."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mi_cot_lib.experiments.asked.items import Item, item_named
from mi_cot_lib.experiments.asked.presets import Preset, preset_named
from mi_cot_lib.experiments.asked.wanted import runs_of, seeds_of
from mi_cot_lib.experiments.judging import JudgeChoice
from mi_cot_lib.experiments.make import make
from mi_cot_lib.experiments.plan import Plan, plan
from mi_cot_lib.experiments.records import Found, Places, find
from mi_cot_lib.machine import repository_root
from mi_cot_lib.report.runs import Result
from mi_cot_lib.training.record import results_folder


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: on what, where runs lie and tables and figures go, who judges, and how many seeds.

    Seeds are of each setting; None takes the preset's.
    """

    preset: Preset
    places: Places
    out: Path
    judge: JudgeChoice
    seeds: int | None = None

    def find(self, item: Item) -> Found:
        """Look up what there is for an item."""
        return find(item, self.preset, self.places, self.seeds)

    def result(self, item: Item | str) -> Result:
        """Make an item from the runs that are there, and write nothing.

        Raises:
            KitError: No run is there, or what it needs cannot be had.
        """
        chosen = item_named(item) if isinstance(item, str) else item
        return make(chosen, self.preset, self.find(chosen), self.judge)

    def plan(self, items: Sequence[Item]) -> Plan:
        """Plan the runs of the items that are not there yet."""
        missing: set[str] = set()
        present: set[str] = set()
        for item in items:
            missing |= self.find(item).missing.keys()
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

    Without the name of an LLM the exact judge of built-in data judges; `fresh` leaves out the records that
    came with the kit.
    """
    chosen = preset_named(preset)
    runs = (runs or repository_root() / "runs" / "paper").resolve()
    out = (out or repository_root() / "figures" / "paper" / preset).resolve()
    choice = JudgeChoice(judge, runs / "judge.db", embedder)
    return Request(chosen, Places(runs, None if fresh else results_folder()), out, choice, seeds)


def status(item: Item, request: Request) -> dict[str, Any]:
    """Say how far an item is, in plain JSON values; `reasons` are why records that are there do not count."""
    needed = {config.run_name for config in runs_of(item, request.preset, request.seeds)}
    missing = request.find(item).missing
    files = [f"{item.id}.{kind}" for kind in ("md", "csv", "tex", "json", "png")]
    return {
        "id": item.id,
        "title": item.title,
        "preset": request.preset.name,
        "runs_needed": len(needed),
        "runs_present": len(needed - missing.keys()),
        "seeds": len(seeds_of(item, request.preset, request.seeds)),
        "files": [name for name in files if (request.out / name).is_file()],
        "reasons": sorted(set(missing.values()) - {"absent"}),
    }


def describe_status(found: dict[str, Any]) -> str:
    """Say in a line how far an item is, with one more for each reason."""
    made = ", ".join(name.rpartition(".")[2] for name in found["files"]) or "no files yet"
    runs = f"{found['runs_present']:>4} of {found['runs_needed']:>3} runs, {found['seeds']} seeds"
    line = f"{found['id']:<11} {found['title']:<56} {runs}   {made}"
    reasons = [f"            not counted: {reason}" for reason in found["reasons"]]
    return "\n".join([line, *reasons])
