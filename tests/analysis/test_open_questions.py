"""The open questions' numbers, against what they are made from."""

import numpy as np
import pytest

from mi_cot_lib.analysis.open_questions import (
    answers_of,
    answers_outside,
    prepare_gradients,
    prepare_tradeoff,
)
from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    prepare_accuracy_cells,
    prepare_comparisons,
)
from mi_cot_lib.analysis.question_figures import draw_gradients


def entry(row: str, seed: int, bits: str, *, column="cqa", loss=1.0, norms=(1.0, 2.0)) -> Entry:
    accuracy = bits.count("1") / len(bits)
    record = {
        "run": f"{row}-{seed}",
        "results_version": 1,
        "weights_sha256": "w",
        "data": {"sha256": "d"},
        "correct": {"test": bits, "valid": bits[::-1], "unseen": "0" * len(bits)},
        "metrics": {
            "test_accuracy": accuracy, "test_n": len(bits),
            "valid_accuracy": accuracy, "valid_n": len(bits),
            "unseen_accuracy": 0.0, "unseen_n": len(bits),
            "selected_step": 20,
        },
        "seconds": {"total": 60.0},
        "flops": 1e12,
        "curves": {
            "training": {"step": [5, 10], "grad_norm_prediction": list(norms)},
            "validation": {"step": [10, 20, 30], "loss_generation": [9.0, loss, 8.0]},
        },
    }  # fmt: skip
    return Entry(row, column, seed, record)


def test_answers_to_another_split_stand_in_a_column_of_their_own():
    (moved,) = answers_of([entry("dss", 0, "1100")], "unseen")
    assert moved.column == "cqa_unseen"
    cells = prepare_accuracy_cells([moved, entry("dss", 0, "1100")])
    assert dict(zip(cells["column"], cells["accuracy"], strict=True)) == {
        "cqa_unseen": 0.0,
        "cqa": 50.0,
    }


def test_data_without_the_split_is_left_out():
    assert answers_of([entry("dss", 0, "1100")], "other") == []


def test_answers_outside_keep_the_cost_of_the_run_that_gave_them():
    own = entry("dss", 0, "1100")
    kept = {**own.record, "calibration": {"correct": "1110"}}
    del kept["seconds"], kept["flops"], kept["metrics"]
    (moved,) = answers_outside([Entry("dss", "anli1_out", 0, kept)], [own])
    assert moved.record["metrics"]["test_accuracy"] == 0.75
    assert moved.record["seconds"] == own.record["seconds"]


def test_only_the_named_pairs_are_compared_and_corrected_for():
    entries = [
        entry(row, seed, bits)
        for row, bits in (("a", "1100"), ("b", "1110"), ("c", "0000"))
        for seed in range(2)
    ]
    found = prepare_comparisons(entries, [("b", "a"), ("c", "a")])
    assert list(zip(found["row"], found["against"], strict=True)) == [("b", "a"), ("c", "a")]
    assert found["difference"].tolist() == [25.0, -50.0]
    assert len(prepare_comparisons(entries)) == 3


def test_the_trade_off_is_read_at_the_selected_step():
    found = prepare_tradeoff(
        [entry("0.5 0.5 0", 0, "1100", loss=1.0), entry("0.5 0.5 0", 1, "1100", loss=2.0)]
    )
    assert found["loss"].tolist() == [1.5]
    assert found["accuracy"].tolist() == [50.0]


def test_the_best_cells_are_those_that_no_other_beats_in_both():
    rng = np.random.default_rng(0)
    points = [(int(rng.integers(0, 9)), float(rng.integers(0, 9))) for _ in range(30)]
    entries = [
        entry(f"0.5 0.5 {i}", 0, "1" * right + "0" * (8 - right), loss=loss)
        for i, (right, loss) in enumerate(points)
    ]
    found = prepare_tradeoff(entries)
    expected = [
        not any(r >= right and x <= loss and (r, x) != (right, loss) for r, x in points)
        for right, loss in points
    ]
    assert found["best"].tolist() == expected


def test_gradient_norms_are_averaged_over_seeds_at_each_step():
    found = prepare_gradients(
        [entry("mi", 0, "1", norms=(1.0, 2.0)), entry("mi", 1, "1", norms=(3.0, 6.0))]
    )
    assert found["norm"].tolist() == pytest.approx([2.0, 4.0])
    assert found["low"].tolist() == [1.0, 2.0]
    assert set(found["term"]) == {"prediction"}


def test_gradients_are_drawn_where_a_row_has_runs_and_nowhere_else(tmp_path):
    found = prepare_gradients(
        [entry("mi none", 0, "10"), entry("mi label_hidden", 0, "10"),
         entry("mi none", 0, "10", column="svamp")]
    )  # fmt: skip
    titles = {"cqa": "nano-CQA", "svamp": "nano-SVAMP"}
    hidden = draw_gradients(found, "mi label_hidden", titles, "Norms")
    hidden.savefig(tmp_path / "hidden.png")
    assert [axes.get_title(loc="left") for axes in hidden.axes] == ["nano-CQA"]
    both = draw_gradients(found, "mi none", titles, "Norms")
    assert [axes.get_title(loc="left") for axes in both.axes] == ["nano-CQA", "nano-SVAMP"]
