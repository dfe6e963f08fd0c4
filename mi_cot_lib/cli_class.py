"""The commands `mi-cot class`: hand exercises out to a class, and check what it hands in."""

from pathlib import Path

import click

from mi_cot_lib import cli_options as options
from mi_cot_lib.errors import ConfigError


@click.group("class")
def classroom() -> None:
    """Hand exercises out to a class, and check what it hands in."""


@classroom.command("pack")
@options.out("build/class")
@click.option("--book", type=options.FOLDER, help="The built book. Default: build/book/html.")
def pack(out: Path | None, book: Path | None) -> None:
    """Make the folder that a class gets: exercises without solutions, the kit, a set-up script, the book.

    The last line printed is the folder. Where a class has no network, fill a folder of wheels first:

    \b
      pip download -d build/class/wheelhouse -c constraints.txt build/class/mi_cot-*.whl
    """
    from mi_cot_lib.course.classroom.pack import make_pack
    from mi_cot_lib.machine import repository_root

    build = repository_root() / "build"
    out, book = out or build / "class", book or build / "book" / "html"
    if not make_pack(out, book):
        click.echo(
            f"note: left out the book, which is not at {book}; `make book` makes it.", err=True
        )
    click.echo(out)


@classroom.command("check")
@click.argument("folder", type=options.PATH)
@options.out("FOLDER-results, beside FOLDER")
@click.option("--seconds", default=120.0, show_default=True, help="How long each notebook may run.")
@click.option(
    "--memory-gb", default=4.0, show_default=True, help="GiB that each notebook may take."
)
def check(folder: Path, out: Path | None, seconds: float, memory_gb: float) -> None:
    """Run and judge what a class handed in: FOLDER holds a folder for each learner.

    \b
      FOLDER/ann-lee/02_student_and_two_tasks.ipynb

    A copy of each notebook runs apart, with limits; on Linux with user namespaces it sees nothing of FOLDER.
    results.csv is for other programs, results.html for reading; the page says at its end what this does not
    protect from.
    """
    from mi_cot_lib.course.classroom.apart import Limits
    from mi_cot_lib.course.classroom.check import judge_class, printable
    from mi_cot_lib.course.classroom.results import CSV, HTML, right_of, write_results
    from mi_cot_lib.files import refuse_unwritable

    folder = folder.resolve()
    out = (out or folder.with_name(f"{folder.name}-results")).resolve()
    if out.is_relative_to(folder):
        raise ConfigError(
            f"{out} is in {folder}, whose folders are learners'; name another with --out."
        )
    refuse_unwritable(out, "Name another folder with --out.")
    judged = judge_class(folder, Limits(seconds, memory_gb), [out / CSV, out / HTML])
    out.mkdir(parents=True, exist_ok=True)
    files = write_results(judged, out)
    count = sum(map(len, judged.exercises.values()))
    for learner, right in ((name, right_of(judged)["learner"][name]) for name in judged.learners):
        click.echo(f"{right:>3} of {count} right   {printable(learner)}")
    if not judged.walled:
        click.echo("note: the network was not cut off, see the page.", err=True)
    for file in reversed(files):
        click.echo(file)
