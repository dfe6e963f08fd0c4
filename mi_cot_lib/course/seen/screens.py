"""Pictures of the course as it is seen: chapters and widgets in JupyterLab, pages of the book.

    python -m mi_cot_lib.course.seen.screens

takes them all into figures/screens, with the fingerprints of what they show.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import click
from PIL import Image
from playwright.sync_api import Browser, Page
from tqdm import tqdm

from mi_cot_lib.course.seen.chromium import browser
from mi_cot_lib.course.seen.lab import Lab, running_lab
from mi_cot_lib.errors import call_command
from mi_cot_lib.files import from_json, write_json
from mi_cot_lib.machine import PACKAGE_ROOT, repository_root

SOURCES = "sources.json"
_DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
# As high as the longest widget, which is taken whole.
_HIGH: dict[str, Any] = {"viewport": {"width": 1280, "height": 2200}}
_PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
_COLOURS = 256


@dataclass(frozen=True)
class Screen:
    """One picture.

    Attributes:
        name: Of its file, without `.png`.
        shows: Words for those who do not see it.
        notebook: The chapter or page that it shows, without `.ipynb`; none for a widget.
        heading: What is scrolled to.
        widget: The call that makes a widget.
        wait: A text of a widget that is waited for after its first button was pressed.
        look: Of a page of the book, options of the browser; none in JupyterLab.
    """

    name: str
    shows: str
    notebook: str = ""
    heading: str = ""
    widget: str = ""
    wait: str = ""
    look: dict[str, Any] = field(default_factory=dict)


_CHAPTERS = (
    Screen(
        "chapter_start", "Chapter 00 in JupyterLab: the method in one picture",
        "00_start_here", "The paper in one picture",
    ),
    Screen(
        "chapter_pooling", "Chapter 02 in JupyterLab: what max-pooling leaves",
        "02_student_and_two_tasks", "What max-pooling leaves",
    ),
    Screen(
        "exercise", "An exercise in JupyterLab: folded hints, and its check",
        "exercises/10_loss_anatomy",
    ),
)  # fmt: skip
_WIDGETS = {
    "calibration_bench": "Calibration bench: reliability, counts and the noise floor",
    "how_sure": "How sure can one be: the interval, and the chance to find a difference",
    "live_training": "Live training: curves so far, time left, Stop",
    "loss_lab": "Loss lab: two sides over four words, and every form's pull",
    "run_explorer": "Run explorer: curves and answers of two methods",
    "student_playground": "Student playground: two students, token by token",
}
_BOOK = (
    Screen("book", "The book's first page", "index", look=_DESK),
    Screen(
        "book_dark", "A chapter of the book, dark", "09_theory", "The whole derivation in one table",
        look=_DESK | {"color_scheme": "dark"},
    ),
    Screen("book_phone", "A chapter of the book on a phone", "03_train", look=_PHONE),
)  # fmt: skip
# A training is seen on its way: what it says of its step is waited for.
_WAIT = {"live_training": r"Step [3-9]\d\d"}
SCREENS = (
    *_CHAPTERS,
    *(
        Screen(name, shows, widget=f"{name}()", wait=_WAIT.get(name, ""))
        for name, shows in _WIDGETS.items()
    ),
    *_BOOK,
)


def fingerprint(screen: Screen) -> str:
    """Return the SHA-256 of what a screen shows: cells, the widgets' code, the book's pages and look."""
    root = repository_root()
    if screen.widget:
        course = PACKAGE_ROOT / "course"
        shown = [*sorted((course / "widgets").rglob("*.py")), course / "picture.py"]
        texts = [path.read_text(encoding="utf-8") for path in shown]
    else:
        pages = [
            *root.glob(f"notebooks/{screen.notebook}.ipynb"),
            *root.glob(f"book/{screen.notebook}.md"),
        ]
        if screen.look:
            pages += sorted(root.glob("book/static/*.css")) + sorted(
                root.glob("book/templates/*.html")
            )
        texts = [_sources(path) for path in pages]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _sources(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\0".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def _taken(screens: list[Screen], lab: Lab, book: Path, opened: Browser) -> Iterator[bytes]:
    for screen in screens:
        context = opened.new_context(**(screen.look or (_HIGH if screen.widget else _DESK)))
        page = context.new_page()
        if screen.look:
            page.goto((book / f"{screen.notebook}.html").as_uri())
            yield _of_page(page, screen)
        elif screen.widget:
            call = f"from mi_cot_lib.course.widgets import *\n{screen.widget}"
            with lab.opened(page, lab.write(f"{screen.name}.ipynb", call)):
                yield _of_widget(page, lab, screen)
        else:
            with lab.opened(page, f"{screen.notebook}.ipynb"):
                lab.run_all(page)
                yield _of_page(page, screen)
        context.close()


def _of_page(page: Page, screen: Screen) -> bytes:
    page.wait_for_load_state("networkidle")
    if screen.heading:
        heading = page.locator("h1, h2, h3").filter(has_text=screen.heading).first
        heading.evaluate("one => one.scrollIntoView({block: 'start'})")
    else:
        page.keyboard.press("Control+Home")
    return page.screenshot()


def _of_widget(page: Page, lab: Lab, screen: Screen) -> bytes:
    lab.run_all(page)
    shown = page.locator(".jp-OutputArea-output .widget-vbox").first
    shown.locator("img, table").first.wait_for(state="attached")
    if screen.wait:
        shown.get_by_role("button").first.press("Enter")
        page.wait_for_function(
            "([one, text]) => new RegExp(text).test(one.innerText)",
            arg=[shown.element_handle(), screen.wait],
            timeout=300_000,
        )
    return shown.screenshot()


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([screen.name for screen in SCREENS]))
def main(names: tuple[str, ...]) -> None:
    """Take these pictures of the course anew, without names all of them; a few minutes."""
    wanted = [screen for screen in SCREENS if screen.name in names or not names]
    out = repository_root() / "figures" / "screens"
    out.mkdir(parents=True, exist_ok=True)
    noted = from_json((out / SOURCES).read_text("utf-8")) if (out / SOURCES).exists() else {}
    with tempfile.TemporaryDirectory() as place, browser() as opened:
        book = Path(place) / "book"
        if any(screen.look for screen in wanted):
            build = [
                sys.executable,
                str(repository_root() / "book" / "build.py"),
                "--out",
                str(book),
            ]
            subprocess.run(build, check=True)
        with running_lab(Path(place) / "lab") as lab:
            taken = _taken(wanted, lab, book / "html", opened)
            for screen, drawn in zip(tqdm(wanted, unit="screen"), taken, strict=True):
                _save(drawn, out / f"{screen.name}.png")
                noted[screen.name] = fingerprint(screen)
    write_json(out / SOURCES, noted, indent=1, sort_keys=True)


def _save(drawn: bytes, path: Path) -> None:
    Image.open(BytesIO(drawn)).convert("RGB").quantize(_COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    call_command(main)
