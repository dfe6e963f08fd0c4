"""Committed screens show the course as it is now, and each is named with words where README shows it."""

from PIL import Image

from mi_cot_lib.course.seen.screens import SCREENS, SOURCES, fingerprint
from mi_cot_lib.files import from_json
from mi_cot_lib.machine import repository_root

FOLDER = repository_root() / "figures" / "screens"
HOW = "python -m mi_cot_lib.course.seen.screens"


def test_every_screen_is_as_new_as_what_it_shows():
    noted = from_json((FOLDER / SOURCES).read_text("utf-8"))
    old = [one.name for one in SCREENS if noted.get(one.name) != fingerprint(one)]
    assert old == [], f"take them anew: {HOW} {' '.join(old)}"


def test_every_screen_is_a_picture_with_something_on_it_and_no_other_is_there():
    assert {path.stem for path in FOLDER.glob("*.png")} == {one.name for one in SCREENS}
    for one in SCREENS:
        with Image.open(FOLDER / f"{one.name}.png") as drawn:
            assert min(drawn.size) >= 280 and len(drawn.convert("RGB").getcolors(1 << 20)) > 16


def test_a_changed_chapter_makes_its_screen_old():
    chapter = next(one for one in SCREENS if one.notebook == "00_start_here")
    others = {fingerprint(one) for one in SCREENS if one.notebook and one != chapter}
    assert fingerprint(chapter) not in others and len(fingerprint(chapter)) == 64


def test_readme_shows_two_of_them_with_words():
    text = (repository_root() / "README.md").read_text("utf-8")
    shown = [one for one in SCREENS if f"](figures/screens/{one.name}.png)" in text]
    assert len(shown) >= 2 and all(f"![{one.shows}]" in text for one in shown)
