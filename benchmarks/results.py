"""Run every benchmark and write what they print, with the date and the commands, to RESULTS.md."""

import datetime
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import click

from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import describe_hardware, git_commit, hardware, library_versions

RESULTS = Path(__file__).with_name("RESULTS.md")
NAMES = ("train_step", "mi_forms", "evaluate", "tokenise", "scaling", "nano_run", "course")
# Those that real data does not change, or that would take hours on it.
BUILT_IN_ONLY = ("nano_run", "scaling", "course")


def section(name: str, arguments: list[str]) -> str:
    """Run one benchmark and return its section.

    Raises:
        ClickException: It failed.
    """
    command = ["-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{name} failed with status {done.returncode}.")
    *lines, result = done.stdout.rstrip().splitlines()
    # The folder of the data is the reader's own; what lies in it is named by the benchmark's output.
    shown = [
        "DIR" if before == "--data-root" else item for before, item in pairwise(["", *command])
    ]
    text = "\n".join(lines).rstrip()
    return f"## {name}\n\n    python {' '.join(shown)}\n\n{text}\n\n```json\n{result}\n```\n"


@click.command(help=__doc__)
@click.option("--data-root", help="Real data in DSS layout; default: the built-in data.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Run this one; repeatable.")
@click.option("--repeats", type=click.IntRange(min=1), help="Rounds of each; default: its own.")
def results(data_root: str | None, only: tuple[str, ...], repeats: int | None) -> None:
    """Replace the sections of the benchmarks that are run, and keep the others."""
    kept = _sections(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for name in only or NAMES:
        click.echo(f"{name} …", err=True)
        arguments = ["--repeats", str(repeats)] if repeats and name != "course" else []
        if data_root and name not in BUILT_IN_ONLY:
            arguments += ["--data-root", data_root]
        machine = hardware()
        versions = library_versions()
        note = (
            f"{datetime.date.today().isoformat()}, {describe_hardware(machine)}, torch {versions['torch']}, "
            f"transformers {versions['transformers']}, commit {git_commit()}."
        )
        head, _, rest = section(name, arguments).partition("\n\n")
        title = name
        if machine["device"] != "cpu":
            # Beside the section of the CPU, not in its place.
            title = f"{name}, {machine['device']}"
        kept[title] = f"{head.replace(name, title)}\n\n{note}\n\n{rest}"
        body = "\n".join(kept[known] for known in sorted(kept, key=_place))
        # After each: a stopped call loses one section, not all.
        write_atomically(RESULTS, f"{INTRODUCTION}\n{body}")


INTRODUCTION = """# What the benchmarks measured

Written by `make benchmarks DATA=DIR`, not by hand; each section says when, where and by which command.
Variants take turns: in one process, or where peak memory or an older version is measured, each in its own.
Seconds are of that machine and that hour. Memory is measured once a way, so its three numbers are one.
A line "Remark:" was added by hand; it goes when its section is measured again.
"""


def _place(title: str) -> tuple[int, str]:
    return NAMES.index(title.split(",")[0]), title


def _sections(text: str) -> dict[str, str]:
    parts = ("\n" + text).split("\n## ")[1:]
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in parts}


if __name__ == "__main__":
    results()
