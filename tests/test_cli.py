"""The command line: what it prints last, and how it refuses."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mi_cot_lib.cli import cli
from mi_cot_lib.data.worlds.write import write_dataset

ROOT = Path(__file__).resolve().parents[1]
SPLITS = ("train", "valid", "test", "unseen")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rnu",), "Did you mean 'run'"),
        (("run", "--dataset", "nano_svmp"), "Did you mean 'nano_svamp'"),
        (("run", "--dataset", "nano_svamp", "--metod", "mi"), "--method"),
        (("run", "--dataset", "nano_svamp", "--method", "distil"), "unknown method 'distil'"),
        (("run", "--dataset", "nano_svamp", "--pool", "sum"), "'max', 'mean'"),
        (("run", "--dataset", "nano_svamp", "--alpha3", "-1"), "alpha3 must be finite"),
        (("run",), "--dataset"),
        (("data", "check", "--data-root", "/nonexistent-folder"), "nonexistent-folder"),
        (("data", "generate"), "FOLDER"),
        (("evaluate", "--checkpoint", "/no-run", "--dataset", "asdiv"), "/no-run"),
        (("evaluate", "--checkpoint", "/no-run"), "--dataset"),
        (("evaluate", "--checkpoint", "/no-run", "--metod", "mi"), "--method"),
    ],
)
def test_bad_input_is_refused_by_name_without_a_traceback(call, arguments, said):
    status, _, error = call(*arguments)
    assert status == 2 and said in error and "Traceback" not in error


def test_run_prints_the_runs_folder_as_its_last_line(call, tmp_path):
    write_dataset("nano_esnli", tmp_path / "d", sizes=dict.fromkeys(SPLITS, 40))
    status, out, _ = call(
        *("run", "--dataset", "nano_esnli", "--data-root", str(tmp_path / "d")),
        *("--method", "finetune", "--max-steps", "2", "--runs", str(tmp_path / "runs")),
        *("--train-size", "40", "--batch-size", "4", "--max-new-tokens", "4"),
    )
    assert status == 0
    folder = Path(out.strip().splitlines()[-1])
    record = json.loads((folder / "run.json").read_text())
    assert record["config"]["train_size"] == 40


def test_a_generated_teacher_errs_at_the_chosen_rate(call, tmp_path):
    arguments = (str(tmp_path), "--dataset", "nano_anli", "--teacher-accuracy", "0.5")
    assert call("data", "generate", *arguments)[0] == 0
    _, out, _ = call("data", "check", "--data-root", str(tmp_path), "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["split"] for row in rows} == {"train", "valid", "test", "unseen"}
    assert {row["teacher_accuracy"] for row in rows} == {0.5}


def test_data_check_prints_one_object_a_line_with_the_published_accuracies(call, shared):
    _, out, _ = call("data", "check", "--data-root", shared / "dss", "--json")
    rows = {(r["dataset"], r["split"]): r for r in map(json.loads, out.splitlines())}
    published = {
        ("cqa", "test"): (1221, 0.7723), ("svamp", "train"): (800, 0.7350),
        ("svamp", "test"): (200, 0.7400), ("anli1", "test"): (1000, 0.6560),
        ("esnli", "test"): (9824, 0.7299),
    }  # fmt: skip
    for key, expected in published.items():
        assert (rows[key]["rows"], rows[key]["teacher_accuracy_released"]) == expected
    assert all(r["teacher_accuracy"] >= r["teacher_accuracy_released"] for r in rows.values())
    assert list(rows["cqa", "test"]) == [
        *("dataset", "split", "rows", "teacher_accuracy", "teacher_accuracy_released"),
        *("unparsed", "ambiguous", "outside"),
    ]


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `mi-cot` is the command."""
    define = f'set -o pipefail; mi-cot() {{ "{sys.executable}" -m mi_cot_lib.cli "$@"; }}; '
    return subprocess.run(["bash", "-c", define + command], capture_output=True, text=True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without room")
def test_output_that_finds_no_room_is_one_line():
    done = shell("mi-cot --help > /dev/full")
    assert done.returncode == 2
    assert done.stderr == (
        "mi-cot: no room to write: No space left on device; make room, and call the same command again\n"
    )


def test_a_reader_of_the_output_who_has_enough_is_no_error():
    # Its reader is gone before it writes.
    done = shell("mi-cot --help | true")
    assert (done.returncode, done.stderr) == (1, "")


def test_help_answers_without_importing_torch():
    code = (
        "import sys; from mi_cot_lib.cli import cli\n"
        "try: cli(['--help'])\nexcept SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip().endswith("False")
    assert "mi-cot reproduce" in out.stdout


def written_commands(path):
    """Return every `mi-cot …` of a page's code, each the words after `mi-cot`."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells)
    # In a span between backticks, whatever lines it is broken into, or at the start of a line.
    spans = [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    lines = (re.match(r"[!$ ]*(?:\S*/)?mi-cot (.+)", x) for x in [*spans, *text.splitlines()])
    return [shlex.split(line[1], comments=True) for line in lines if line]


def parse(words):
    """Read words as the command line does, and run nothing."""
    command, rest = cli, list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.commands[rest.pop(0)]
    try:
        command.make_context("mi-cot", list(rest))
    except click.exceptions.Exit:
        assert {"-h", "--help"} & set(rest)
    except click.MissingParameter:
        # A name alone is no line to be typed.
        if any(word.startswith("-") for word in rest):
            raise


PAGES = [
    *ROOT.glob("*.md"),
    *sorted(ROOT.glob("notebooks/*.md")),
    *sorted(ROOT.glob("notebooks/*.ipynb")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_on_a_page_are_read_by_the_command_line(page):
    for words in written_commands(page):
        parse(words)


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("The `mi-cot\nrnu`.", KeyError),
        ("    .venv/bin/mi-cot paper table1 --sedes 2  # more", click.NoSuchOption),
        ("Try `mi-cot data check --show 3`.", click.MissingParameter),
    ],
)
def test_a_command_that_is_not_there_is_found(tmp_path, page, error):
    (tmp_path / "page.md").write_text(page)
    (words,) = written_commands(tmp_path / "page.md")
    with pytest.raises(error):
        parse(words)
