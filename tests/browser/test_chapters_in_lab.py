"""Every chapter in a real JupyterLab: it runs to its end, and each of its controls moves what it should."""

import pytest

from tests.browser.conftest import ROOT
from tests.browser.controls import move_each

_VIEW = "application/vnd.jupyter.widget-view+json"
_BAR = "%|"
CHAPTERS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs_and_its_controls_move_what_they_should(lab, watch, name):
    watched = watch(lab.url, viewport={"width": 1280, "height": 900})
    page = watched.page
    with lab.opened(page, name):
        outputs = [one for cell in lab.run_all(page) for one in cell.get("outputs", ())]
        assert [one["evalue"] for one in outputs if one["output_type"] == "error"] == []
        moved, still = move_each(page)
        assert still == []
        shown = [one["data"] for one in outputs if _VIEW in one.get("data", {})]
        # A bar of progress is a view as well, and nothing to move.
        assert moved > 0 or all(_BAR in "".join(one["text/plain"]) for one in shown)
    assert watched.outside == []
