"""Settings and fixtures that all tests share."""

import sys
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from mi_cot_lib import cli

# Machines that run tests are shared and slow at times: a property is about values, never about time.
settings.register_profile("kit", deadline=None)
settings.load_profile("kit")
# The students of the tests are too small for more threads, which would only wait for each other.
torch.set_num_threads(1)

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of the real data, beside the repository."""
    if not (SHARED / "dss").is_dir():
        pytest.skip("the real DSS data is not beside the repository")
    return SHARED


@pytest.fixture
def call(capsys, monkeypatch):
    """Run `mi-cot` with some arguments; returns exit status, standard output and standard error."""

    def run_command(*arguments):
        monkeypatch.setattr(sys, "argv", ["mi-cot", *map(str, arguments)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run_command
