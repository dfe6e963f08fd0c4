"""The command `mi-cot measure`: mutual information of trained students, with and without the MI term."""

from pathlib import Path

import click

from mi_cot_lib.errors import ConfigError, KitError


@click.command()
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="ITEM",
    help="table1 (the larger student) or table2 (the smaller one); repeatable. Default: both.",
)
@click.option(
    "--preset",
    default="nano",
    show_default=True,
    help="nano: built-in data and students. paper: real data, T5 v1.1.",
)
@click.option("--seeds", type=click.IntRange(min=1), help="Default: the preset's.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of run folders. Default: runs/paper.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Default: figures/mutual_information, of another preset a folder in it.",
)
def measure(
    tables: tuple[str, ...], preset: str, seeds: int | None, runs: Path | None, out: Path | None
) -> None:
    """Measure I(Z;V), I(Z;Y) and H(V) of trained students, and whether the MI term raised them.

    V and Z are what the student's decoder holds while it writes a label and a rationale, Y is the gold
    label. The students are the DSS and MI rows of Tables 1 and 2, frozen as training left them:

    \b
    mi-cot paper table2 --fresh     trains those of the smaller student, in runs/paper
    mi-cot measure                  measures all that are there, some minutes each
    mi-cot measure --table table2   only these

    Every student's numbers are a small record, OUT/students/RUN.json, written as it is made: a stopped
    call goes on where it was, and only what was made from other weights, data or protocol is made again.
    Of students that are not on this machine the records that came with the kit are used. From all records
    come OUT/students.md, .csv, .json and two figures; the last line printed is the table's file.
    """
    import torch
    from tqdm.auto import tqdm

    from mi_cot_lib.analysis.mutual_information.students import Protocol
    from mi_cot_lib.environment import repository_root
    from mi_cot_lib.errors import unknown_name
    from mi_cot_lib.reproduce import measured
    from mi_cot_lib.reproduce.measuring import TABLES, measure_students, wanted_runs
    from mi_cot_lib.reproduce.presets import preset_named

    for name in tables:
        if name not in TABLES:
            raise unknown_name("table", name, TABLES)
    chosen = preset_named(preset)
    wanted = wanted_runs(chosen, tables or TABLES, seeds)
    runs = (runs or repository_root() / "runs" / "paper").resolve()
    default = measured.measured_folder() / ("" if preset == "nano" else preset)
    out = (out or default).resolve()
    # Sums in another order can end a fit at another step.
    torch.set_num_threads(1)
    with tqdm(total=len(wanted), desc="students", unit="student") as bar:

        def show(run: str) -> None:
            bar.set_postfix_str(run, refresh=False)
            bar.update()
            bar.refresh()

        found = measure_students(wanted, runs, out, Protocol(), show)
    click.echo(
        f"{len(found.made)} measured now, {len(found.measured)} of {len(wanted)} in the table."
    )
    if found.absent:
        _list_absent(found.absent, tables or TABLES, preset)
    for failure in found.failures:
        click.echo(f"FAILED {failure.run}: {failure.error}", err=True)
    if not found.measured:
        raise ConfigError(f"no measured students in {out}, and none in {runs} to measure.")
    options = [f"--table {name}" for name in tables] + ([f"--seeds {seeds}"] if seeds else [])
    given = [f"--preset {preset}"] if preset != "nano" else []
    measured.write_report(found.measured, out, " ".join([measured.COMMAND, *given, *options]))
    click.echo(out / "students.md")
    if found.failures:
        raise KitError(f"{len(found.failures)} failed, see above; the table is of the others.")


def _list_absent(absent: dict[str, str], tables: tuple[str, ...], preset: str) -> None:
    """Name the students that are not here, and what trains them."""
    click.echo(f"{len(absent)} students are not on this machine and have no record that counts:")
    for run, why in absent.items():
        click.echo(f"  {run}: {why}")
    mark = "" if preset == "nano" else f" --preset {preset}"
    for name in tables:
        click.echo(f"`mi-cot paper {name} --fresh{mark}` trains those of {name}.")
