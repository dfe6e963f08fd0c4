"""Time whole runs of the built-in student, train, validate and test, against the kit's first version.

The first version is checked out from this repository's history, so both are what their users ran.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.harness import (
    SMALL_SHAPE,
    dataset_of,
    main,
    options,
    print_result,
    print_table,
    spread,
)
from mi_cot_lib.machine import repository_root
from mi_cot_lib.objective.choices import METHODS

# The last commit before any fast path.
FIRST_VERSION = "3b762778c090664e64b1b179451db2f2ae126346"


def check_out(commit: str, folder: Path) -> None:
    """Put an old version of the library into a folder.

    Raises:
        ClickException: The history does not reach back so far.
    """
    root = repository_root()
    packed = subprocess.run(
        ["git", "-C", str(root), "archive", "--format=tar", commit, "mi_cot_lib", "notebooks"],
        capture_output=True,
        check=False,
    )
    if packed.returncode:
        raise click.ClickException(
            f"commit {commit} is not in this checkout: fetch its whole history first "
            "(git fetch --unshallow)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)


def run_once(root: Path, dataset: str, method: str, runs: Path, arguments: list[str]) -> Any:
    """Make one run with the library that lies in a folder, and return its record."""
    shutil.rmtree(runs, ignore_errors=True)
    command = [sys.executable, "-m", "mi_cot_lib.cli", "run", "--dataset", dataset]
    command += ["--method", method, "--runs", str(runs), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{method} failed in {root.name}:\n{done.stderr[-2000:]}")
    return json.loads(next(runs.glob("*/run.json")).read_text(encoding="utf-8"))


@click.command(help=__doc__)
@options(repeats=1)
@click.option("--first", default=FIRST_VERSION, show_default=True, help="Commit to compare with.")
@click.option("--max-steps", type=int, help="Shorter runs; default: the student's own.")
def nano_run(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    first: str,
    max_steps: int | None,
) -> None:
    """Print a table, and the ratios as one JSON line; runs are nano's, on nano-SVAMP or SVAMP."""
    if student not in (SMALL_SHAPE, "nano"):
        raise click.BadParameter("whole runs are timed with nano only.", param_hint="--student")
    dataset = dataset_of(data_root, "svamp")
    arguments = ["--batch-size", str(batch_size)]
    arguments += ["--data-root", str(data_root.resolve())] if data_root else []
    arguments += ["--precision", precision] if precision != "auto" else []
    arguments += ["--max-steps", str(max_steps)] if max_steps else []
    ratios: dict[str, list[float]] = {method: [] for method in METHODS}
    rows = []
    with tempfile.TemporaryDirectory() as place:
        roots = {"first": Path(place) / "first", "now": repository_root()}
        check_out(first, roots["first"])
        for _ in range(repeats):
            for method in METHODS:
                records = {
                    name: run_once(root, dataset, method, Path(place) / "runs", arguments)
                    for name, root in roots.items()
                }
                seconds = {name: record["seconds"] for name, record in records.items()}
                ratios[method].append(seconds["first"]["total"] / seconds["now"]["total"])
                rows.append(
                    {
                        "method": method,
                        **{f"{name}, seconds": taken["total"] for name, taken in seconds.items()},
                        **{f"{name}, test": taken["test"] for name, taken in seconds.items()},
                        **{
                            f"{name}, accuracy": f"{record['metrics']['test_accuracy']:.4f}"
                            for name, record in records.items()
                        },
                        "speed-up": round(ratios[method][-1], 2),
                    }
                )
                click.echo(f"{method}: {rows[-1]['speed-up']}", err=True)
    click.echo(f"student nano on {dataset}, one thread, one run at a time\n")
    print_table(rows)
    rounds = [statistics.mean(values) for values in zip(*ratios.values(), strict=True)]
    print_result(
        {
            "benchmark": "nano_run",
            "speedup_nano_run": spread(rounds),
            "speedup_by_method": {method: spread(values) for method, values in ratios.items()},
        }
    )


if __name__ == "__main__":
    main(nano_run)
