"""How strong the MI loss is: for a student, as the released loss has it, and in recorded runs."""

import pytest

from mi_cot_lib.course.loss.padding import measure_padding
from mi_cot_lib.course.loss.strength import (
    draw_naming,
    measure_terms,
    prepare_changes,
    prepare_own_pulls,
    prepare_strength,
)
from mi_cot_lib.data.load import load_split
from mi_cot_lib.report.runs import Run
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.student.load import load_student


def test_the_mi_terms_norm_is_its_weight_times_the_released_losss_and_batches_are_averaged():
    student = load_student("nano")
    examples = [e for e in load_split("nano_cqa", "test")[:20] if e.rationale is not None][:4]
    found = measure_terms(student, examples)
    released = measure_padding(student, examples).loc["as released", "gradient"]
    assert found["mi"] == pytest.approx(0.1 * released, rel=1e-3)
    assert -1 <= found["mi with prediction"] <= 1
    halves = [measure_terms(student, part) for part in (examples[:2], examples[2:])]
    whole = measure_terms(student, examples, batch_size=2)
    assert whole.tolist() == pytest.approx(((halves[0] + halves[1]) / 2).tolist(), rel=1e-4)


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
    of_one_seed = prepare_changes([one for one in runs if one.seed == 0])
    assert draw_naming(of_one_seed, "title").get_suptitle() == "title"


def test_own_pulls_are_the_logged_norms_and_none_where_one_term_alone_is_trained(runs):
    found = prepare_own_pulls(runs[0].record)
    assert found.index.tolist() == [10, 20, 30]
    assert found["mi"].tolist() == [0.1, 0.2, 0.3]
    logged = {"step": [1, 2], "loss": [2.0, 1.0]}
    assert prepare_own_pulls({"curves": {"training": logged}}).empty
    of_two = {**logged, "grad_norm_prediction": [1.0, 1.0], "grad_norm_generation": [1.0, 1.0]}
    assert list(prepare_own_pulls({"curves": {"training": of_two}})) == ["prediction", "generation"]
