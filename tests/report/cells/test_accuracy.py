"""Accuracy, recall by gold label, and calibration, against what they are made from."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.data.specs import ALL_FOLDS
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.calibration import expected_calibration_error
from mi_cot_lib.report.cells.accuracy import accuracy_by_seed, accuracy_cells, recall_cells
from mi_cot_lib.report.cells.calibration import calibration_cells, error_by_seed
from mi_cot_lib.report.compare import MI_AGAINST_DSS, compare
from tests.report.made import run, setting

DSS = setting("dss", "nano_esnli")


def test_a_cell_is_the_mean_over_its_seeds_with_students_interval_and_its_cost():
    made = [
        run(DSS, seed, right, seconds={"total": 60.0 * (seed + 1)}, flops=2e12)
        for seed, right in enumerate((10, 12, 11))
    ]
    (cell,) = accuracy_cells(made).to_dict("records")
    low, high = stats.t.interval(0.95, 2, 55.0, stats.sem([50, 60, 55]))
    assert (cell["setting"], cell["value"]) == (DSS, pytest.approx(55.0))
    assert (cell["low"], cell["high"]) == pytest.approx((low, high))
    assert (cell["seeds"], cell["items"], cell["minutes"], cell["tflop"]) == (3, 20, 2.0, 2.0)
    assert (cell["steps"], cell["converged"]) == (30, 3)
    by_seed = accuracy_by_seed(made)[DSS]
    assert {seed: outcomes.mean() for seed, outcomes in by_seed.items()} == pytest.approx(
        {0: 50.0, 1: 60.0, 2: 55.0}
    )


def test_folds_are_compared_fold_by_fold_and_each_has_questions_of_its_own():
    folds = {"dss": ("110", "1100", "111"), "mi": ("111", "1110", "110")}
    made = [
        run(setting(method, ALL_FOLDS.name), fold, 0, correct={"test": bits})
        for method, answered in folds.items()
        for fold, bits in enumerate(answered)
    ]
    cells = accuracy_cells(made)
    assert cells["items"].tolist() == [10, 10]
    assert cells["value"].tolist() == pytest.approx([100 * (2 / 3 + 0.5 + 1) / 3] * 2, abs=9)
    (found,) = compare(accuracy_by_seed(made), (MI_AGAINST_DSS,), 3.0).to_dict("records")
    each = [100 / 3, 25.0, -100 / 3]
    assert found["seeds"] == 3 and found["difference"] == pytest.approx(np.mean(each))
    low, high = stats.t.interval(0.95, 2, np.mean(each), stats.sem(each))
    assert (found["low"], found["high"]) == pytest.approx((low, high))


def test_no_runs_are_refused():
    with pytest.raises(ConfigError, match="no finished runs"):
        accuracy_cells([])


LABELS = ("neutral", "entailment", "contradiction")
GOLD = [label for label in LABELS for _ in range(40)]


def student(seed, *shares):
    """Return a student that is right in these shares of each label's items."""
    counts = [round(40 * share) for share in shares]
    return run(DSS, seed, 1, correct={"test": "".join("1" * n + "0" * (40 - n) for n in counts)})


@pytest.mark.parametrize(
    ("shares", "unknown"),
    [
        ((0.9, 0.8, 0.85), 0),
        ((1.0, 0.3, 0.7), 1),
        ((0.4, 1.0, 0.8), 1),
        ((1.0, 0.6, 0.65), 0),
        ((1.0, 0.0, 1.0), 1),
    ],
)
def test_a_label_that_is_not_known_is_told_from_knowing_all_three(shares, unknown):
    (cell,) = recall_cells([student(0, *shares)], {"nano_esnli": GOLD}).to_dict("records")
    assert [cell[label] for label in LABELS] == pytest.approx([100 * one for one in shares])
    assert (cell["unknown"], cell["seeds"]) == (unknown, 1)


def test_recalls_are_means_over_seeds_of_test_sets_whose_labels_are_known():
    made = [student(0, 1.0, 0.5, 0.5), student(1, 0.5, 1.0, 1.0)]
    elsewhere = [run(setting("dss", "nano_svamp"), 0, 9), run(DSS.with_(split="valid"), 0, 9)]
    (cell,) = recall_cells(made + elsewhere, {"nano_esnli": GOLD}).to_dict("records")
    assert (cell["neutral"], cell["entailment"], cell["unknown"]) == (75.0, 75.0, 2)
    assert cell["least"] == 50.0


def confident(seed, items=200, sure=0.0, **more):
    """Return a student that is as often right as it says, or surer by some share."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.3, 0.8, items)
    bits = "".join(str(int(one)) for one in generator.random(items) < confidence)
    kept = {"temperature": 1.5, "correct": bits, "confidence": (confidence + sure).tolist()}
    return run(DSS, seed, 1, calibration={**kept, "scaled": confidence.tolist(), **more})


def test_calibration_is_measured_of_each_seed_and_averaged():
    made = [confident(seed, sure=0.2) for seed in range(2)]
    (cell,) = calibration_cells(made).to_dict("records")
    kept = [one.calibration() for one in made]
    right = [np.array([bit == "1" for bit in one["correct"]]) for one in kept]
    sure = [np.array(one["confidence"]) for one in kept]
    both = list(zip(sure, right, strict=True))
    errors = [100 * expected_calibration_error(one, bits, 10) for one, bits in both]
    assert error_by_seed(made) == {DSS: dict(enumerate(errors))}
    assert cell["value"] == pytest.approx(np.mean(errors))
    assert cell["accuracy"] == pytest.approx(100 * np.mean(right))
    assert cell["confidence"] == pytest.approx(100 * np.mean(sure))
    assert cell["brier"] == pytest.approx(np.mean([(one - bits) ** 2 for one, bits in both]))
    assert (cell["temperature"], cell["seeds"], cell["items"]) == (1.5, 2, 200)
    # Surer than right by 20 points; at the temperature it is calibrated, and lies near what chance does.
    assert cell["value"] > cell["floor_95"] > cell["floor"] > 0
    assert cell["item_low"] < cell["value"] < cell["item_high"]
    assert cell["ece_scaled"] < cell["value"] - 10
    assert cell["bound_broken"] == 0 and np.isnan(cell["ece_normalised"])
    # Sequences have a confidence by length as well.
    (cell,) = calibration_cells([confident(0, normalised=[0.9] * 200)]).to_dict("records")
    assert cell["confidence_normalised"] == pytest.approx(90.0)
    assert cell["ece_normalised"] == pytest.approx(90.0 - cell["accuracy"])
