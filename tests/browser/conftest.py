"""A real browser, and a JupyterLab of its own on loopback; without a browser their tests are skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mi_cot_lib.course.seen.chromium import Watched, find_browser
from mi_cot_lib.course.seen.chromium import browser as started
from mi_cot_lib.course.seen.lab import Lab, running_lab

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser that is installed."""
    if find_browser() is None:
        pytest.skip("no browser: install chromium (sudo apt-get install chromium)")
    with started() as running:
        yield running


@pytest.fixture
def watch(browser: Browser):
    """Open pages that may ask for addresses below one only; keywords are those of a browser's context."""
    contexts = []

    def new(home: str, **options) -> Watched:
        contexts.append(browser.new_context(**options))
        return Watched(contexts[-1].new_page(), home)

    yield new
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start JupyterLab on a copy of the course."""
    with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running
