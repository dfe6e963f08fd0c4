"""Real submissions, right and wrong, broken and hostile: each gets its verdict, and none reaches another."""

import csv
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tqdm.auto import tqdm

from mi_cot_lib.course import checks
from mi_cot_lib.course.classroom.apart import Limits, has_walls, run_apart
from mi_cot_lib.course.classroom.check import _rows, judge_class
from mi_cot_lib.course.classroom.submissions import read_class
from mi_cot_lib.course.exercises import SOLUTIONS, exercises_folder
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.machine import PACKAGE_ROOT

SHORT, LONG = "11_measuring_mi", "02_student_and_two_tasks"
MARK = f"left-running-by-a-test-{os.getpid()}"


def cells_of(stem):
    """Return the cells of a chapter's solutions."""
    return nbformat.read(exercises_folder() / SOLUTIONS / f"{stem}.ipynb", as_version=4).cells


def hand_in(learner, stem, cells):
    learner.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=cells), learner / f"{stem}.ipynb")


def solutions_with(stem, before=(), **changed):
    """Return a chapter's solutions after cells of one's own, with some exercises' cells changed."""
    cells = [new_code_cell(source) for source in before]
    for cell in cells_of(stem):
        name = cell.metadata.get("exercise")
        if changed.get(name, "") is None:
            continue
        if name in changed:
            cell.source = changed[name]
        cells.append(cell)
    return cells


def running(mark):
    """Return the processes that have a mark on their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


class Class:
    """A class that was checked once, by the command, for all tests here."""

    def __init__(self, folder):
        self.folder, self.out = folder / "class", folder / "out"
        self.out.mkdir()
        (self.out / "results.csv").write_text("earlier marks", encoding="utf-8")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        port = self.server.getsockname()[1]
        # Right, in another order, with a magic, and with checks that were meddled with.
        hand_in(
            self.folder / "ann",
            SHORT,
            [
                new_code_cell("%matplotlib inline"),
                *cells_of(SHORT),
                new_code_cell("checks.CHECKS.clear()\nchecks.infonce = None"),
            ],
        )
        # All that can go wrong without the end of the notebook.
        hand_in(
            self.folder / "bob",
            LONG,
            solutions_with(
                LONG,
                before=[
                    'raise ValueError("<i>broken</i>")',
                    f'import socket\nsocket.create_connection(("127.0.0.1", {port}), 2)',
                    f"open({str(self.folder / 'ann' / f'{SHORT}.ipynb')!r}).read()",
                    f'raise RuntimeError("marks: " + open({str(self.out / "results.csv")!r}).read())',
                    f'open({str(self.out / "results.csv")!r}, "w").write("bob,,,true,")',
                    f'open({str(self.folder / "ann" / f"{SHORT}.ipynb")!r}, "w").write("nothing")',
                    "import pathlib\npathlib.Path('left.txt').write_text('the solution')",
                    "hoard = [bytearray(2**20) for _ in range(100_000)]",
                    "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
                    f"'import time; time.sleep(600)', {MARK!r}], start_new_session=True)",
                ],
                shift_right="def shift_right(targets, start, pad):\n"
                "    return targets.masked_fill(targets == -100, pad)",
                token_loss="def token_loss(logits, targets):\n    raise KeyboardInterrupt",
                max_pool=None,
                released_loss="def released_loss(:",
            ),
        )
        hand_in(
            self.folder / "cyd",
            SHORT,
            [
                new_code_cell(
                    "import os\nfiles = [name for name in os.listdir() if name[0] != '.']\n"
                    'raise RuntimeError(f\'{files} {os.getcwd() == os.environ["HOME"]} '
                    '{"SECRET" in os.environ}\')'
                ),
                new_code_cell("while True:\n    pass"),
                *cells_of(SHORT),
            ],
        )
        hand_in(
            self.folder / "dee",
            SHORT,
            solutions_with(SHORT, infonce="import os\ndef infonce(scores):\n    os._exit(0)"),
        )
        (self.folder / "eve <3").mkdir()
        (self.folder / "eve <3" / f"{SHORT}.ipynb").write_text("no JSON", encoding="utf-8")
        (self.folder / "eve <3" / "homework.zip").write_text("", encoding="utf-8")
        self.before = self.content()
        command = [sys.executable, "-m", "mi_cot_lib.cli", "class", "check", str(self.folder)]
        self.done = subprocess.run(
            [*command, "--out", str(self.out), "--seconds", "8", "--memory-gb", "1"],
            capture_output=True,
            text=True,
            env=os.environ | {"SECRET": "key"},
        )
        assert self.done.returncode == 0, self.done.stderr
        self.page = (self.out / "results.html").read_text(encoding="utf-8")
        with (self.out / "results.csv").open(encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.walled = "Without a network" in self.page

    def content(self):
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def verdict(self, learner, exercise):
        (row,) = [
            row for row in self.rows if (row["learner"], row["exercise"]) == (learner, exercise)
        ]
        return row["passed"], row["message"]

    def notes(self, learner):
        return [
            row["message"] for row in self.rows if row["learner"] == learner and not row["exercise"]
        ]


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    made = Class(tmp_path_factory.mktemp("class"))
    yield made
    made.server.close()
    for process in running(MARK):
        os.kill(process, signal.SIGKILL)


def test_a_right_solution_passes_whatever_it_does_to_the_checks(checked):
    assert checked.verdict("ann", "infonce") == ("true", checks.infonce.right)
    assert checked.notes("ann") == []


def test_a_broken_cell_is_noted_and_the_right_exercise_after_it_passes(checked):
    assert checked.verdict("bob", "collate") == ("true", checks.collate.right)
    assert (
        'The cell that begins with `raise ValueError("<i>broken</i>")` raised '
        "ValueError: <i>broken</i>." in checked.notes("bob")
    )
    assert "<i>broken" not in checked.page and "&lt;i&gt;broken" in checked.page


def test_a_wrong_answer_is_told_its_misconception(checked):
    said = checks.shift_right.misconceptions[0].message
    assert checked.verdict("bob", "shift_right") == ("false", said)
    assert said in checked.page


def test_what_is_raised_deleted_or_no_python_is_told_so(checked):
    assert checked.verdict("bob", "token_loss") == ("false", "It raised KeyboardInterrupt.")
    _, deleted = checked.verdict("bob", "max_pool")
    _, broken = checked.verdict("bob", "released_loss")
    assert deleted.startswith("The notebook defines no `max_pool`: its cell was deleted")
    assert broken.startswith("The notebook defines no `released_loss`: its cell raised SyntaxError")


def test_memory_is_limited_and_what_comes_after_is_judged(checked):
    if "<strong>not limited" in checked.page:
        pytest.skip("this system does not say how much memory is in use")
    assert any("`hoard = " in note and "MemoryError" in note for note in checked.notes("bob"))


def test_a_notebook_reaches_no_network(checked):
    if not checked.walled:
        assert "The network was not cut off" in checked.page
        pytest.skip("this system permits no namespaces")
    assert any("`import socket` raised ConnectionRefusedError" in x or "Network is unreachable" in x
               for x in checked.notes("bob")), checked.notes("bob")  # fmt: skip
    with pytest.raises(BlockingIOError):
        checked.server.accept()


def test_a_notebook_sees_no_other_submission_and_no_marks(checked):
    if not checked.walled:
        pytest.skip("this system permits no namespaces")
    notes = checked.notes("bob")
    assert any("raised FileNotFoundError" in note and "ann" in note for note in notes)
    assert any("raised RuntimeError: marks:." in note for note in notes)
    assert "earlier marks" not in checked.page


def test_a_notebook_changes_neither_what_was_handed_in_nor_results(checked):
    if not checked.walled:
        pytest.skip("this system permits no namespaces")
    assert checked.content() == checked.before
    assert "bob,,,true," not in (checked.out / "results.csv").read_text(encoding="utf-8")


def test_each_notebook_has_a_folder_home_and_environment_of_its_own(checked):
    (note,) = checked.notes("cyd")
    assert f"RuntimeError: ['{SHORT}.ipynb'] True False" in note


def test_nothing_that_a_notebook_started_goes_on(checked):
    if not checked.walled:
        pytest.skip("this system permits no namespaces")
    assert running(MARK) == []


def test_an_endless_loop_is_ended_and_told_where(checked):
    assert checked.verdict("cyd", "infonce") == (
        "false",
        "Not judged: it had not come to an end after 8 seconds, while running the cell that begins with "
        "`while True:`.",
    )


def test_a_function_that_ends_the_program_is_told_so(checked):
    assert checked.verdict("dee", "infonce") == (
        "false",
        "Not judged: it left the program, while trying infonce.",
    )


def test_what_is_no_notebook_and_what_was_not_handed_in_has_a_row(checked):
    passed, message = checked.verdict("eve <3", "infonce")
    assert passed == "false" and message.startswith("The file cannot be read as a notebook")
    assert checked.notes("eve <3") == ["No notebook of this name was handed out."]
    assert checked.verdict("eve <3", "collate") == ("", "It was not handed in.")
    assert "eve &lt;3" in checked.page


def test_only_chapters_that_somebody_handed_in_are_in_the_table(checked):
    assert {row["chapter"] for row in checked.rows} == {SHORT, LONG, "homework.zip"}


def test_the_command_counts_what_is_right_and_ends_with_the_page_and_the_table(checked):
    *learners, page, table = checked.done.stdout.splitlines()
    assert [line.split() for line in learners[:2]] == [
        ["1", "of", "6", "right", "ann"],
        ["1", "of", "6", "right", "bob"],
    ]
    assert page == str(checked.out / "results.html") and table == str(checked.out / "results.csv")


def test_a_folder_that_holds_the_kit_is_refused():
    with pytest.raises(ConfigError, match="holds the kit itself"):
        judge_class(PACKAGE_ROOT.parent, Limits())


def test_a_notebook_that_cannot_be_read_is_a_note_and_the_others_are_judged(tmp_path):
    hand_in(tmp_path / "ann", SHORT, cells_of(SHORT))
    # A link to itself, which nobody can open.
    (tmp_path / "bob").mkdir()
    lost = tmp_path / "bob" / f"{SHORT}.ipynb"
    hand_in(tmp_path / "bob", SHORT, [])
    submissions = read_class(tmp_path, {f"{SHORT}.ipynb": ("infonce",)})
    lost.unlink()
    lost.symlink_to(lost)
    asked, limits = {f"{SHORT}.ipynb": ("infonce",)}, Limits(seconds=20)
    rows = [
        row for one in submissions for row in _rows(one, asked, limits, None, tqdm(disable=True))
    ]
    said = {row.learner: (row.passed, row.message) for row in rows}
    assert said["ann"][0] is True
    assert said["bob"][0] is None and said["bob"][1].startswith("It cannot be read")


def test_a_system_without_namespaces_runs_notebooks_without_walls(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert not has_walls([])


def test_without_walls_the_time_still_ends_all_that_a_notebook_started(tmp_path):
    mark = f"{MARK}-bare"
    begins = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}])\n"
        "while True:\n    pass"
    )
    hand_in(tmp_path / "ann", SHORT, [new_code_cell(begins)])
    told = run_apart(
        tmp_path / "ann" / f"{SHORT}.ipynb", ("infonce",), Limits(seconds=2.0), hidden=None
    )
    passed, message = told.verdicts["infonce"]
    assert not passed and "not come to an end after 2 seconds" in message
    # A process that was ended is gone a moment later.
    for _ in range(100):
        if not running(mark):
            break
        time.sleep(0.05)
    assert running(mark) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("class", "check", "{}/nothing"), "nothing is no folder"),
        (("class", "check", "{}"), "is empty: no folder of a learner"),
        (("class", "check", "{}", "--out", "{}/out"), "name another with --out"),
        (("class", "check", "{}", "--seconds", "0"), "seconds must be above 0"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_a_line(call, tmp_path, arguments, said):
    status, _, error = call(*(one.format(tmp_path) for one in arguments))
    assert status == 2 and said in error and "Traceback" not in error
