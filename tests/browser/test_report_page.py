"""The report page that came with the kit, read in a real browser."""

import pytest

from tests.browser.conftest import ROOT

PAGE = ROOT / "figures" / "paper" / "nano" / "report.html"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}


@pytest.fixture
def opened(watch):
    """Open the page, with keywords of a browser's context."""

    def at(**options):
        watched = watch("file:", **options)
        watched.page.goto(PAGE.as_uri())
        return watched

    return at


def test_it_reports_no_error_and_asks_for_nothing_outside(opened):
    watched = opened()
    assert watched.errors == [] and watched.outside == []


def test_the_contents_lead_to_each_section(opened):
    page = opened().page
    links = page.locator("nav a")
    assert links.count() > 20
    for place in range(links.count()):
        links.nth(place).click()
        section = page.locator(links.nth(place).get_attribute("href"))
        top = section.locator("h2").bounding_box()["y"]
        # Below the contents, which stay above, unless the page ends before.
        assert page.locator("nav").bounding_box()["height"] <= top < page.viewport_size["height"]


def test_what_is_folded_opens_by_keyboard_and_its_pictures_are_whole(opened):
    page = opened().page
    first = page.locator("section details").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.get_attribute("open") is not None
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    pictures = page.locator("img")
    widths = pictures.evaluate_all("all => all.map(one => one.naturalWidth)")
    assert len(widths) > 20 and min(widths) > 300
    assert all(pictures.evaluate_all("all => all.map(one => one.alt.length > 20)"))


def test_a_phone_scrolls_pictures_and_tables_and_not_the_page(opened):
    page = opened(**PHONE).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_a_dark_system_gets_a_dark_page_and_print_gets_a_light_one_without_contents(opened):
    page = opened(color_scheme="dark").page
    shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    assert page.evaluate(shade) < 60
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(shade) > 200 and not page.locator("nav").is_visible()
