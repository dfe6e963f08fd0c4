"""The widgets in a real JupyterLab: moved by keyboard, asked, stopped and continued."""

import re

import pytest

from tests.browser.controls import move_each

_WIDE = {"viewport": {"width": 1280, "height": 900}}
# A training of seconds, with time to stop it.
_SHORT = (
    "dict(dataset='nano_cqa', method='dss', student='nano16', train_size=64, max_steps=120, eval_every=20, "
    "max_new_tokens=8)"
)


@pytest.mark.parametrize(
    ("name", "least"),
    [("calibration_bench", 3), ("how_sure", 5), ("loss_lab", 6), ("run_explorer", 4)],
)
def test_every_control_of_a_widget_moves_what_it_shows(lab, watch, name, least):
    page = watch(lab.url, **_WIDE).page
    notebook = lab.write(f"{name}.ipynb", f"from mi_cot_lib.course.widgets import {name}\n{name}()")
    with lab.opened(page, notebook):
        lab.run_all(page)
        page.wait_for_selector(".jp-OutputArea-output img")
        moved, still = move_each(page)
        assert still == [] and moved >= least


def test_a_typed_question_is_answered_token_by_token_and_shown_as_text(lab, watch):
    page = watch(lab.url, **_WIDE).page
    call = "from mi_cot_lib.course.widgets import student_playground\nstudent_playground('nano16', 'nano')"
    with lab.opened(page, lab.write("playground.ipynb", call)):
        lab.run_all(page)
        view = page.locator(".widget-html-content").last
        view.get_by_text("instead 1").first.wait_for(state="attached")
        chances = view.get_by_text(re.compile(r"\d+(\.\d)?%"))
        before = view.inner_html()
        page.locator("textarea.widget-input").first.fill("What is a <b>terrier</b>?")
        page.get_by_role("button", name="Ask").press("Enter")
        page.wait_for_function(
            "([one, before]) => one.innerHTML !== before", arg=[view.element_handle(), before]
        )
        # The old answer goes before the new one comes.
        chances.nth(4).wait_for(state="attached")
        # Beside each other, both students and both prompts.
        assert [
            view.get_by_text(text, exact=True).count() for text in ("predict:", "explain:")
        ] == [2, 2]


def test_a_training_is_watched_stopped_and_continued(lab, watch):
    page = watch(lab.url, **_WIDE).page
    start = (
        "from mi_cot_lib import RunConfig\nfrom mi_cot_lib.course.widgets import live_training\n"
        f"training = live_training(RunConfig(**{_SHORT}), 'runs')\ntraining"
    )
    with lab.opened(page, lab.write("live.ipynb", start)):
        lab.run_all(page)
        said = page.locator(".widget-html-content").first
        picture = page.locator(".widget-html-content img")
        page.get_by_role("button", name="Train").press("Enter")
        said.get_by_text(re.compile("^Step .* left")).wait_for(timeout=60_000)
        picture.wait_for()
        first = picture.get_attribute("src")
        page.get_by_role("button", name="Stop").press("Enter")
        said.get_by_text("Stopped at step").wait_for(timeout=60_000)
        stopped = int(re.search(r"Stopped at step (\d+)", said.inner_text())[1])
        assert 0 < stopped < 120 and picture.get_attribute("src") != first
        assert list((lab.folder / "runs").glob("*/checkpoints/*"))
        page.get_by_role("button", name="Continue").press("Enter")
        said.get_by_text("Finished after 120 steps").wait_for(timeout=120_000)
        assert "test set" in said.inner_text()
        assert list((lab.folder / "runs").glob("*/run.json"))
