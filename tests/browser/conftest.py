"""A real browser, and a JupyterLab of its own on loopback; without a browser their tests are skipped."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
# Names under which Debian, other systems and Google install it.
NAMES = ("chromium", "chromium-browser", "google-chrome")
_START = 60.0
# Every cell is in the page, not only those in view; no question about news.
_SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
}


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start what drives the browser."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start the browser that is installed, without a window."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser: install chromium (sudo apt-get install chromium)")
    # As root, which containers run as, it starts only without its sandbox; it opens our own pages only.
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    started = playwright.chromium.launch(executable_path=found, args=options)
    yield started
    started.close()


@dataclass
class Watched:
    """A page, and what it did that it should not.

    Attributes:
        page: The browser's page.
        home: Start of the addresses that it may ask for.
        errors: What it wrote to the console as errors, and what it threw.
        outside: Addresses elsewhere that it asked for.
    """

    page: Page
    home: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda asked: self._asked(asked.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.outside.append(url)


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


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab on a copy of the course.

    Attributes:
        url: Where it listens.
        token: What opens it.
        folder: The copy.
    """

    url: str
    token: str
    folder: Path

    def write(self, notebook: str, *cells: str) -> str:
        """Write a notebook with some cells of code beside the chapters, and return its name."""
        kernel = {"name": "python3", "display_name": "Python 3"}
        made = new_notebook(cells=[*map(new_code_cell, cells)], metadata={"kernelspec": kernel})
        (self.folder / notebook).write_text(nbformat.writes(made), encoding="utf-8")
        return notebook

    @contextmanager
    def opened(self, page: Page, notebook: str) -> Iterator[None]:
        """Open a notebook and wait until its kernel is ready; afterwards the kernel ends."""
        page.goto(f"{self.url}lab/tree/{notebook}?reset&token={self.token}")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.kernelDisplayStatus === 'idle'",
            timeout=60_000,
        )
        yield
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def run_all(self, page: Page, seconds: float = 300) -> list[dict]:
        """Choose Run All Cells in the menu, wait for the last, and return the notebook's cells."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(_UNTIL_RUNNING)
        page.wait_for_function(_DONE, timeout=1_000 * seconds)
        return page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells"
        )


# Milliseconds after which the cells of a notebook that was just set running count as running.
_UNTIL_RUNNING = 500
_DONE = """() => {
    const shown = window.jupyterapp.shell.currentWidget;
    const idle = cell => cell.model.type !== 'code' || cell.model.executionState === 'idle';
    return shown.sessionContext.kernelDisplayStatus === 'idle' && shown.content.widgets.every(idle);
}"""


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start JupyterLab on a copy of the course, without anything that its user has set."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(_SETTINGS))
    token = secrets.token_hex()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_TOKEN": token,
        "OMP_NUM_THREADS": "1",
    }
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port_retries=50"]
    log = (home / "log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}",
         "--LabApp.expose_app_in_browser=True"],
        env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield Lab(_address(server, home / "runtime"), token, folder)
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _address(server: subprocess.Popen, runtime: Path) -> str:
    end = time.monotonic() + _START
    while time.monotonic() < end and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            return json.loads(path.read_text())["url"]
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: see {runtime.parent / 'log'}")
