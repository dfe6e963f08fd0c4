"""Committed files name no machine, carry their outputs, take no shortcut, and are checked out as they are."""

import ast
import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mi_cot_lib"
TEXT = {
    ".cff", ".cfg", ".css", ".csv", ".html", ".ipynb", ".json", ".jsonl", ".md", ".py", ".rst",
    ".svg", ".toml", ".txt", ".yaml", ".yml",
}  # fmt: skip
MACHINE_PATH = re.compile(
    r"""(?<![\w.:/~])/(?:home|Users|root|work|mnt|private|opt|var/folders|tmp/ipykernel\w*)/\w"""
    r"""|(?<!\w)[A-Za-z]:\\{1,4}Users\\"""
)


# What else is committed: pictures, students, tables, pages to be filled in, and files without a suffix.
OTHER = {".png", ".safetensors", ".tex", ".jinja", ""}


def git(*arguments: str, given: str | None = None) -> list[str]:
    """Run git here and return the lines that it prints; skip outside a checkout."""
    command = ["git", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, input=given
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    return done.stdout.splitlines()


def committed(*suffixes: str) -> list[Path]:
    """Return the committed files that have one of the suffixes; all files where none is given."""
    paths = (ROOT / name for name in git("ls-files"))
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def machine_names(text: str) -> list[str]:
    """Return the paths and the host name of a machine that a text gives away."""
    found = [match.group() for match in MACHINE_PATH.finditer(text)]
    host = socket.gethostname()
    # A short or plain host name ("main", "student") may be an ordinary word of the text.
    if len(host) >= 8 and any(character.isdigit() for character in host) and host in text:
        found.append(host)
    return found


def test_a_path_of_a_machine_is_found_and_others_are_left_alone():
    for text in (
        '"path": "/home/ann/kit"', "(/Users/ann/kit)", "'/root/x'", "C:\\Users\\ann",
        '"C:\\\\Users\\\\ann"', "in /tmp/ipykernel_17/12.py", "/var/folders/x1/y",
    ):  # fmt: skip
        assert machine_names(text), text
    for text in ("#!/usr/bin/env bash", "https://example.org/home/ann", "../data", "~/work/kit"):
        assert machine_names(text) == []


def test_no_committed_file_names_a_machine():
    found = {
        str(path.relative_to(ROOT)): names
        for path in committed(*TEXT)
        if path != Path(__file__).resolve() and (names := machine_names(path.read_text("utf-8")))
    }
    assert found == {}


def test_only_kinds_of_files_that_belong_here_are_committed():
    kinds = {path.suffix for path in committed()}
    assert kinds <= TEXT | OTHER


def test_committed_notebooks_carry_their_outputs():
    bare = []
    for path in committed(".ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
        run = all(cell["execution_count"] for cell in code)
        if code and not (run and any(cell["outputs"] for cell in code)):
            bare.append(str(path.relative_to(ROOT)))
        failed = [o for cell in code for o in cell["outputs"] if o["output_type"] == "error"]
        assert not failed, f"{path.name} was committed with an error in its outputs"
    assert bare == []


def shortcuts(source: str) -> list[int]:
    """Return the lines of a source text that call eval or exec, unpickle, or catch everything."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            builtin = isinstance(function, ast.Name) and function.id in {"eval", "exec"}
            unpickles = (
                isinstance(function, ast.Attribute)
                and function.attr in {"load", "loads", "Unpickler"}
                and isinstance(function.value, ast.Name)
                and function.value.id in {"pickle", "cloudpickle", "dill", "joblib"}
            )
            if builtin or unpickles:
                lines.append(node.lineno)
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            lines.append(node.lineno)
    return lines


def test_a_shortcut_is_found_and_a_models_eval_mode_is_none():
    for source in ("eval('1')", "pickle.load(f)", "try:\n    f()\nexcept:\n    pass"):
        assert shortcuts(source), source
    assert shortcuts("model.eval()\njson.load(file)") == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_library_file_is_short_and_free_of_shortcuts(path):
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 300
    assert shortcuts(source) == []


def test_files_are_checked_out_as_they_were_committed_on_a_system_with_other_line_ends(tmp_path):
    windows = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    git(*windows, "checkout-index", "--all", f"--prefix={tmp_path}/")
    committed = {}
    for line in git("ls-files", "--stage"):
        facts, name = line.split("\t")
        committed[name] = facts.split()[1]
    assert len(committed) > 1_000
    paths = "".join(f"{tmp_path / name}\n" for name in committed)
    found = git("hash-object", "--no-filters", "--stdin-paths", given=paths)
    assert dict(zip(committed, found, strict=True)) == committed
