"""Time each chapter of the course, from its first cell to its last, one chapter after the other.

The learner's own run is trained by the first chapter that asks for it, unless it is there already.
"""

import time
from pathlib import Path

import click
import nbformat
from nbclient import NotebookClient
from tqdm.auto import tqdm

from benchmarks.harness import print_result, print_table
from mi_cot_lib.errors import call_command
from mi_cot_lib.machine import repository_root

_LIMIT = 900


def seconds_of(notebook: Path) -> float:
    """Return how long a notebook takes, its kernel's start included."""
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content, timeout=_LIMIT, resources={"metadata": {"path": str(notebook.parent)}}
    )
    started = time.perf_counter()
    client.execute()
    return time.perf_counter() - started


@click.command(help=__doc__)
@click.option("--only", help="Time the chapters whose names contain this.")
def course(only: str | None) -> None:
    """Print a table, and the seconds as one JSON line."""
    notebooks = repository_root() / "notebooks"
    chapters = [
        path for path in sorted(notebooks.glob("[0-9]*.ipynb")) if only is None or only in path.stem
    ]
    seconds = {path.stem: round(seconds_of(path), 1) for path in tqdm(chapters, unit="chapter")}
    print_table([{"chapter": name, "seconds": value} for name, value in seconds.items()])
    total = sum(seconds.values())
    longest = max(seconds, key=lambda name: seconds[name])
    click.echo(
        f"\nAll: {total / 60:.1f} minutes; longest: {longest}, {seconds[longest]:.0f} seconds."
    )
    print_result({"benchmark": "course", "seconds": seconds, "minutes": round(total / 60, 1)})


if __name__ == "__main__":
    call_command(course)
