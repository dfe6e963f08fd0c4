"""A checkout is the same, byte by byte, where git is set to turn line ends into CRLF."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


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
