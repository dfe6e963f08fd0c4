"""The book: built without a warning, whole, and read in a real browser from its folder."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

import mi_cot_lib
from tests.browser.conftest import ROOT

CHAPTERS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
REPOSITORY = "someone/mi-cot"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the book as someone who publishes it does; its folder of pages."""
    out = tmp_path_factory.mktemp("book")
    command = [sys.executable, ROOT / "book" / "build.py", "--repository", REPOSITORY]
    built = subprocess.run([*command, "--out", out], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(book: Path) -> dict[Path, BeautifulSoup]:
    """Return every page of the book, read."""
    return {path: BeautifulSoup(path.read_bytes(), "html.parser") for path in book.rglob("*.html")}


def test_every_chapter_exercise_and_public_name_has_its_page(pages, book):
    for name in CHAPTERS:
        assert (book / f"{name}.html").exists()
    for path in (ROOT / "notebooks" / "exercises").glob("*.ipynb"):
        assert (book / "exercises" / f"{path.stem}.html").exists()
    for name in mi_cot_lib.__all__:
        page = pages[book / "reference" / "names" / f"mi_cot_lib.{name}.html"]
        first = getattr(mi_cot_lib, name).__doc__.splitlines()[0].replace("'", "’").split("`")[0]
        assert first.split("(")[0].strip() in page.get_text()


def test_every_link_within_the_book_leads_somewhere(pages):
    names = {path: {tag["id"] for tag in soup.find_all(id=True)} for path, soup in pages.items()}
    broken = []
    for path, soup in pages.items():
        for link in soup.find_all("a", href=True):
            to = urlsplit(link["href"])
            if to.scheme or to.netloc:
                continue
            target = (path.parent / unquote(to.path)).resolve() if to.path else path
            if target.suffix != ".html":
                found = target.exists()
            else:
                found = target in names and (
                    not to.fragment or unquote(to.fragment) in names[target]
                )
            if not found:
                broken.append(f"{path.name}: {link['href']}")
    assert broken == []


def test_solutions_and_hints_are_folded(pages, book):
    soup = pages[book / "exercises" / "02_student_and_two_tasks.html"]
    folded = [
        one.summary.get_text() for one in soup.find_all("details") if not one.has_attr("open")
    ]
    assert (
        folded.count("Solution")
        == soup.get_text().count("Difficulty ")
        == folded.count("You should see")
    )
    solutions = [one.parent.get_text() for one in soup.find_all("summary", string="Solution")]
    assert sum("def max_pool" in text and "amax" in text for text in solutions) == 1


def test_a_chapter_leads_to_the_notebook_of_who_publishes_it(pages, book):
    links = [link["href"] for link in pages[book / "03_train.html"].select(".open-in a")]
    assert links == [
        f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/notebooks/03_train.ipynb",
        f"https://mybinder.org/v2/gh/{REPOSITORY}/main?urlpath=lab/tree/notebooks/03_train.ipynb",
    ]
    assert not pages[book / "index.html"].select(".open-in")


def test_no_page_reports_an_error_or_asks_for_anything_outside(book, watch):
    watched = watch("file:")
    for path in sorted(book.rglob("*.html")):
        watched.page.goto(path.as_uri())
    assert watched.errors == [] and watched.outside == []


def test_equations_are_set(pages, book, watch):
    page = watch("file:").page
    with_math = [path for path, soup in pages.items() if soup.select("span.math, div.math")]
    assert book / "09_theory.html" in with_math
    for path in with_math:
        page.goto(path.as_uri())
        page.wait_for_selector("mjx-container")
        written = page.locator("span.math, div.math").count()
        assert written == page.locator("mjx-container").count(), path.name
        assert page.locator("mjx-merror").count() == 0, path.name


def test_search_finds_a_chapter_and_leads_to_it(book, watch):
    page = watch("file:").page
    page.goto((book / "index.html").as_uri())
    page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first.fill(
        "temperature calibration"
    )
    page.keyboard.press("Enter")
    # While results still come in they move, and a click meant for one lands beside it.
    page.get_by_text("Search finished").wait_for()
    page.locator("#search-results a", has_text="Calibration").first.click()
    page.wait_for_url("**/07_calibration.html*")
    assert "Calibration" in page.locator("h1").first.inner_text()


def test_the_contents_lead_to_each_chapter(book, watch):
    page = watch("file:").page
    page.goto((book / "index.html").as_uri())
    for name in CHAPTERS:
        page.locator(f".sidebar-tree a[href='{name}.html']").click()
        assert page.url.endswith(f"/{name}.html")


@pytest.mark.parametrize("name", ["index", *CHAPTERS, "exercises/10_loss_anatomy"])
def test_a_phone_shows_a_page_without_scrolling_sideways(book, watch, name):
    page = watch("file:", **PHONE).page
    page.goto((book / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_a_dark_system_gets_dark_pages_and_print_gets_light_ones_without_the_contents(book, watch):
    page = watch("file:", color_scheme="dark").page
    page.goto((book / "index.html").as_uri())
    shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    assert page.evaluate(shade) < 60
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate(shade) > 200 and not page.locator(".sidebar-drawer").is_visible()
