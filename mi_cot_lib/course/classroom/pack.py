"""The folder that a teacher hands out: exercises, the kit, how to set it up, and the book if it is built."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from mi_cot_lib.course.classroom.handout import exercises_of, handed_out
from mi_cot_lib.course.classroom.pages import PAGES
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root

EXERCISES, BOOK = "exercises", "book"
# Pages of the book that tell solutions, or what a teacher should know about them.
_TELLING = ("exercises/**/*.html", "teaching.html")
_SOURCES = "_sources"


def make_pack(folder: Path, book: Path) -> bool:
    """Write what is handed out to `folder`, whole or not at all; say whether the book is in it.

    Raises:
        DataError: There is something in `folder` already, or no repository to take the exercises from.
        KitError: The kit's wheel could not be built.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            f"{folder} is there already and not empty: name another folder with --out, or delete it."
        )
    has_book = (book / "index.html").is_file()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".class-") as place:
        made = Path(place) / "pack"
        made.mkdir()
        build_wheel(made)
        shutil.copyfile(repository_root() / "constraints.txt", made / "constraints.txt")
        _write_notebooks(made, has_book)
        if has_book:
            _copy_book(book, made / BOOK)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    return has_book


def build_wheel(folder: Path) -> Path:
    """Build the kit's wheel into a folder and return it; a KitError says why it could not be built."""
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir"]
    done = subprocess.run(
        [*pip, str(folder), str(repository_root())], capture_output=True, text=True
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise KitError(
            f"the kit's wheel could not be built; pip said: {said} It fetches the kit's build backend: see "
            "to the network, or let PIP_FIND_LINKS name a folder that has it."
        )
    return wheels[0]


def _write_notebooks(folder: Path, has_book: bool) -> None:
    notebooks = handed_out(with_book=has_book)
    (folder / EXERCISES).mkdir()
    for name, notebook in notebooks.items():
        write_atomically(folder / EXERCISES / name, nbformat.writes(notebook) + "\n")
    facts = {
        "notebooks": {name: exercises_of(one) for name, one in notebooks.items()},
        "first": next(iter(notebooks)),
        "has_book": has_book,
    }
    for name in ("README.md", "setup.sh", "setup.bat"):
        text = PAGES.get_template(f"{name}.jinja").render(facts)
        # The command line of Windows loses its place in a script with other line ends.
        ends = "\r\n" if name.endswith(".bat") else "\n"
        write_atomically(folder / name, text.replace("\n", ends))
    (folder / "setup.sh").chmod(0o755)


def _copy_book(book: Path, place: Path) -> None:
    shutil.copytree(book, place, ignore=shutil.ignore_patterns(_SOURCES))
    for pattern in _TELLING:
        for page in place.glob(pattern):
            # The book's contents lead there: a page without an answer is better than none.
            up = "../" * (len(page.relative_to(place).parts) - 1)
            write_atomically(page, PAGES.get_template("left_out.html.jinja").render(up=up))
