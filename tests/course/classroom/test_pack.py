"""What is handed out tells no solution, and is all that a class needs; it is set up as a class would."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import jupytext
import nbformat
import pytest

from mi_cot_lib.course.checks import CHECKS
from mi_cot_lib.course.classroom.handout import exercises_of, handed_out
from mi_cot_lib.course.classroom.pack import make_pack
from mi_cot_lib.course.exercises import MASTER, SOLUTIONS, exercises_folder
from mi_cot_lib.errors import DataError, KitError

SOLVED = "11_measuring_mi.ipynb"
# Stands in for JupyterLab, which would wait for a browser: says what it was asked to open, and where.
LAB = "import os, sys\nprint(os.path.basename(os.getcwd()), *sys.argv[1:])\n"
SERVED = "--ServerApp.extra_static_paths=book"


def solution_lines():
    """Return the lines of code that only solutions have."""
    stubs, solutions = set(), set()
    for path in (exercises_folder() / MASTER).glob("*.md"):
        for cell in jupytext.read(path).cells:
            if cell.cell_type == "code":
                tags = cell.metadata.get("tags", [])
                (solutions if "solution" in tags else stubs).update(cell.source.splitlines())
    return {line.strip() for line in solutions - stubs if line.strip()}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return a built book of three pages, two of which tell answers."""
    folder = tmp_path_factory.mktemp("book")
    pages = ("index.html", "exercises/01_data.html", "teaching.html", "_sources/01_data.md.txt")
    for page in pages:
        (folder / page).parent.mkdir(exist_ok=True)
        (folder / page).write_text(f"the text of {page}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pack(tmp_path_factory, book):
    folder = tmp_path_factory.mktemp("pack") / "class"
    try:
        assert make_pack(folder, book)
    except KitError as error:
        pytest.skip(f"needs an index of packages: {error}")
    return folder


def test_every_exercise_is_handed_out_with_its_check():
    notebooks = handed_out(with_book=False)
    asked = [name for one in notebooks.values() for name in exercises_of(one)]
    assert sorted(asked) == sorted(CHECKS)
    for notebook in notebooks.values():
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        for name in exercises_of(notebook):
            assert f"checks.{name}({name})" in code


def test_no_solution_and_no_output_is_handed_out(pack):
    lines = solution_lines()
    assert len(lines) > 50
    for path in (pack / "exercises").iterdir():
        notebook = nbformat.read(path, as_version=4)
        text = "\n".join(cell.source for cell in notebook.cells)
        assert "Solution" not in text
        assert not lines & {line.strip() for line in text.splitlines()}
        assert not any(
            cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells
        )
    names = {path.name for path in pack.rglob("*")}
    assert not names & {MASTER, SOLUTIONS, "_sources"}


def test_links_to_chapters_lead_to_the_book_or_nowhere(pack):
    for notebook in handed_out(with_book=False).values():
        assert not any("](../" in cell.source for cell in notebook.cells)
    text = (pack / "exercises" / SOLVED).read_text(encoding="utf-8")
    assert "Chapter [11](/static/11_measuring_mi.html)" in text


def test_pages_of_the_book_that_tell_answers_are_left_out(pack):
    assert (pack / "book" / "index.html").read_text() == "the text of index.html"
    for page, up in (("exercises/01_data.html", "../index.html"), ("teaching.html", "index.html")):
        text = (pack / "book" / page).read_text()
        assert "the text of" not in text and "Left out" in text and f'href="{up}"' in text


def test_readme_names_every_notebook_and_exercise_and_what_to_hand_in(pack):
    text = (pack / "README.md").read_text(encoding="utf-8")
    for name, notebook in handed_out(with_book=True).items():
        assert f"`{name}`" in text and all(f"`{one}`" in text for one in exercises_of(notebook))
    assert "ann-lee/01_data.ipynb" in text and "book/index.html" in text


def test_both_scripts_install_the_wheel_and_open_the_first_notebook(pack):
    assert [path.name for path in pack.glob("*.whl")] == ["mi_cot-0.1.0-py3-none-any.whl"]
    batch = (pack / "setup.bat").read_bytes()
    assert batch.count(b"\r\n") == batch.count(b"\n")
    for script in ("setup.sh", "setup.bat"):
        text = (pack / script).read_text()
        assert (
            "constraints.txt" in text
            and "mi_cot-*.whl" in text
            and f"01_data.ipynb {SERVED}" in text
        )
        assert "--no-index --find-links wheelhouse" in text


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
def test_a_set_up_pack_opens_the_exercises_and_checks_a_solution_without_the_repository(pack):
    venv.create(pack / ".venv", symlinks=True)
    (packages,) = (pack / ".venv" / "lib").glob("python*/site-packages")
    # What the kit needs is there already, as from a class's network; the kit itself is not.
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "mi_cot" not in path.name and path.name != "jupyterlab":
            (packages / path.name).symlink_to(path)
    (packages / "jupyterlab.py").write_text(LAB)
    (pack / "wheelhouse").mkdir()
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for _ in range(2):
        done = subprocess.run(
            ["sh", str(pack / "setup.sh")], capture_output=True, text=True, env=bare, cwd="/"
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"class exercises/01_data.ipynb {SERVED}"
    cells = nbformat.read(exercises_folder() / SOLUTIONS / SOLVED, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    script = "\n".join([*code[:-1], f"print({code[-1]})", "print(checks.__file__)"])
    python = str(pack / ".venv" / "bin" / "python")
    done = subprocess.run(
        [python, "-c", script], capture_output=True, text=True, env=bare, cwd=pack / "exercises"
    )
    verdict, where = done.stdout.splitlines()
    assert verdict.startswith("✓ infonce") and Path(where).is_relative_to(packages)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="not empty: name another folder with --out"):
        make_pack(tmp_path, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_the_wheel_nothing_is_left_and_it_is_said_what_is_missing(tmp_path):
    unreachable = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "-m", "mi_cot_lib.cli", "class", "pack", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        env=os.environ | unreachable,
    )
    assert done.returncode == 2 and "the kit's wheel could not be built" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []
