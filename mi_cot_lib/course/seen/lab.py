"""A JupyterLab of its own on loopback, on a copy of the course, driven as a person drives it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page

from mi_cot_lib.errors import KitError
from mi_cot_lib.machine import repository_root

# Seconds.
_START, _OPEN, _STOP = 60.0, 60.0, 30.0
# Every cell is in the page, not only those in view; no question about news.
_SETTINGS = {
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
}
_OPTIONS = (
    "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port_retries=50",
    "--LabApp.expose_app_in_browser=True",
)  # fmt: skip
_SHOWN = "window.jupyterapp.shell.currentWidget"
_READY = (
    "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.kernelDisplayStatus === 'idle'"
)
# Milliseconds after which the cells of a notebook that was just set running count as running.
_UNTIL_RUNNING = 500
_DONE = f"""() => {{
    const idle = cell => cell.model.type !== 'code' || cell.model.executionState === 'idle';
    return {_SHOWN}.sessionContext.kernelDisplayStatus === 'idle' && {_SHOWN}.content.widgets.every(idle);
}}"""


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
        page.wait_for_function(_READY, timeout=1_000 * _OPEN)
        yield
        page.evaluate(f"() => {_SHOWN}.sessionContext.shutdown()")

    def run_all(self, page: Page, seconds: float = 300) -> list[dict[str, Any]]:
        """Choose Run All Cells in the menu, wait for the last, and return the notebook's cells."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(_UNTIL_RUNNING)
        page.wait_for_function(_DONE, timeout=1_000 * seconds)
        cells: list[dict[str, Any]] = page.evaluate(f"() => {_SHOWN}.content.model.toJSON().cells")
        return cells


@contextmanager
def running_lab(home: Path, *options: str) -> Iterator[Lab]:
    """Start JupyterLab on a copy of the course below a folder, with nothing set but some options."""
    folder = home / "notebooks"
    ignored = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(repository_root() / "notebooks", folder, ignore=ignored)
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(_SETTINGS))
    token = secrets.token_hex()
    environment = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_TOKEN": token,
        "OMP_NUM_THREADS": "1",
    }
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                *_OPTIONS,
                *options,
                f"--ServerApp.root_dir={folder}",
            ],
            env=os.environ | environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield Lab(_address(server, home), token, folder)
        finally:
            server.terminate()
            try:
                server.wait(_STOP)
            except subprocess.TimeoutExpired:
                server.kill()


def _address(server: subprocess.Popen[bytes], home: Path) -> str:
    end = time.monotonic() + _START
    while time.monotonic() < end and server.poll() is None:
        for path in (home / "runtime").glob("jpserver-*.json"):
            # It is not written in one move.
            with suppress(ValueError):
                return str(json.loads(path.read_text())["url"])
        time.sleep(0.1)
    raise KitError(f"JupyterLab did not start:\n{(home / 'log').read_text()}")
