"""How strong the MI loss was in recorded runs, and the drawings of it."""

import pytest

from mi_cot_lib.course.loss.figures import draw_naming, draw_strength
from mi_cot_lib.course.loss.records import prepare_changes, prepare_strength
from mi_cot_lib.report.runs import Run
from mi_cot_lib.report.setting import Setting


def run(dataset: str, change: str, seed: int, mi: list[float]) -> Run:
    training = {
        "step": [10, 20, 30],
        "grad_norm_prediction": [1.0, 1.0, 1.0],
        "grad_norm_generation": [0.5, 0.5, 0.5],
        "grad_norm_mi": mi,
    }
    record = {
        "run": f"{dataset}-{change}-{seed}", "curves": {"training": training},
        "data": {"sha256": "0"}, "weights_sha256": "0", "results_version": 1,
    }  # fmt: skip
    return Run(Setting(dataset=dataset, method="mi", change=change), seed, record)


@pytest.fixture
def runs():
    return [
        one
        for seed in (0, 1)
        for one in (
            run("nano_cqa", "none", seed, [0.1, 0.2, 0.3 + 0.2 * seed]),
            run("nano_cqa", "label_named", seed, [0.4, 0.4, 0.4]),
            run("nano_esnli", "none", seed, [0.1, 0.1, 0.1]),
        )
    ]


def test_strength_is_the_median_over_steps_of_the_quotient_of_means_over_seeds(runs):
    found = prepare_strength(runs).set_index(["data", "change"])
    cqa = found.loc["nano-CQA", "none"]
    assert cqa["mi / generation"] == pytest.approx(0.4) and cqa["mi"] == pytest.approx(0.2)
    assert cqa[["low", "high"]].tolist() == pytest.approx([0.4, 0.4])
    assert found.loc["nano-e-SNLI", "none"]["mi / generation"] == pytest.approx(0.2)
    assert found["seeds"].tolist() == [2, 2, 2]


def test_changes_are_the_mi_terms_norms_by_the_teachers_change(runs):
    found = prepare_changes(runs)
    mine = found[(found["change"] == "none") & (found["data"] == "nano-CQA")]
    assert mine["norm"].tolist() == pytest.approx([0.1, 0.2, 0.4])
    assert mine["high"].iloc[-1] == pytest.approx(0.5)
    figure = draw_naming(found, "title")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["nano-CQA", "nano-e-SNLI"]
    assert list(figure.axes[0].lines[0].get_ydata()) == pytest.approx([0.1, 0.2, 0.4])
    assert figure.get_suptitle() == "title\nline: mean over seeds; band: least and greatest"
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "rationales: as they are" in legend


def test_a_figure_of_one_seed_speaks_of_no_band(runs):
    found = prepare_changes([one for one in runs if one.seed == 0])
    assert draw_naming(found, "title").get_suptitle() == "title"


def test_the_figure_of_strength_shows_the_quotients(runs):
    strength = prepare_strength([one for one in runs if one.setting.change == "none"])
    axes = draw_strength(strength, "title").axes[0]
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots == pytest.approx(strength["mi / generation"].tolist())
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["nano-CQA", "nano-e-SNLI"]
