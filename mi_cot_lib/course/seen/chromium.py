"""The browser that is installed, without a window, and what a page in it did."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from mi_cot_lib.errors import KitError

# Names under which Debian, other systems and Google install it.
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Return the path of an installed browser, or None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser; a KitError where none is installed."""
    found = find_browser()
    if found is None:
        raise KitError("no browser is installed; try `sudo apt-get install chromium`.")
    # As root, which containers run as, it starts only without its sandbox; it opens our own pages only.
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
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
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.outside.append(request.url)
