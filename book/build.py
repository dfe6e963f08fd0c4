"""The course as a static site, in build/book/html: `make book`, or `python book/build.py --help`."""

import os
import shutil
import sys
from pathlib import Path

import click
from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parents[1]


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=ROOT / "build" / "book",
    show_default="build/book",
)
@click.option(
    "--repository",
    default="",
    metavar="OWNER/NAME",
    help="On GitHub; each chapter then leads to Colab and Binder.",
)
def main(out: Path, repository: str) -> None:
    """Put the notebooks and the book's own pages together and build them; a warning is an error."""
    source, html = out / "source", out / "html"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "notebooks", source, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copytree(ROOT / "book", source, dirs_exist_ok=True)
    os.environ |= {"MI_COT_ROOT": str(ROOT), "MI_COT_REPOSITORY": repository}
    failed = build_main(
        ["-q", "-W", "--keep-going", "-d", str(out / "doctrees"), str(source), str(html)]
    )
    if not failed:
        click.echo(f"{html / 'index.html'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
