"""What runs logged, averaged over seeds, against what it is made from."""

import pytest
from scipy import stats

from mi_cot_lib.report.cells.curves import gradient_cells, progress_cells, tradeoff_cells
from tests.report.made import columns, run, setting


def curves(loss: float, norm: float = 1.0) -> dict:
    return {
        "training": {
            "step": [10, 20], "loss_prediction": [2.0, loss], "grad_norm_prediction": [norm, 0.5],
        },
        "validation": {"step": [10, 20], "loss_generation": [9.0, loss], "accuracy": [0.25, 0.5]},
    }  # fmt: skip


@pytest.mark.parametrize("split", ["test", "valid"])
def test_the_trade_off_is_read_on_validation_at_the_selected_step(split):
    runs = [run(setting("dss", split=split), s, 10, curves=curves(1.0 + s)) for s in (0, 1)]
    (cell,) = tradeoff_cells(runs).to_dict("records")
    assert (cell["loss"], cell["value"], cell["seeds"]) == (1.5, 50.0, 2)
    assert cell["setting"].split == "valid"


def test_a_setting_that_another_beats_in_both_is_not_the_best_and_data_sets_stay_apart():
    found = tradeoff_cells(
        [
            run(setting("dss", alpha1=0.5), 0, 10, curves=curves(1.0)),
            run(setting("dss", alpha1=0.3), 0, 8, curves=curves(0.5)),
            run(setting("dss", alpha1=0.7), 0, 8, curves=curves(1.0)),
            run(setting("dss", "nano_svamp"), 0, 1, curves=curves(9.0)),
        ]
    )
    assert found["best"].tolist() == [True, True, False, True]


def test_gradients_are_averaged_over_seeds_and_bounded_by_them():
    runs = [run(setting("dss"), s, 9, curves=curves(1.0, 1.0 + s)) for s in (0, 1)]
    # A run that answers several splits was trained once.
    valid = run(setting("dss", split="valid"), 0, 9, curves=curves(1.0))
    found = gradient_cells([*runs, valid])
    assert set(found["setting"]) == {setting("dss")}
    assert columns(found, "term", "step", "value", "low", "high", "seeds") == [
        ("prediction", 10, 1.5, 1.0, 2.0, 2),
        ("prediction", 20, 0.5, 0.5, 0.5, 2),
    ]


def test_progress_is_the_best_so_far_which_a_run_that_ended_keeps():
    def made(seed, accuracies):
        steps = [10 * (n + 1) for n in range(len(accuracies))]
        validation = {"step": steps, "accuracy": accuracies}
        metrics = {"steps": steps[-1], "converged": True}
        logged = {"training": {}, "validation": validation}
        return run(
            setting("dss"), seed, 9, curves=logged, metrics=metrics, flops=seed * 1e13 + 2e13
        )

    found = progress_cells([made(0, [0.5, 0.4]), made(1, [0.1, 0.3, 0.9])])
    assert columns(found, "step", "value") == [(10, pytest.approx(30.0)), (20, 40.0), (30, 70.0)]
    assert found["tflop"].tolist() == pytest.approx([(10 + 10) / 2, (20 + 20) / 2, (20 + 30) / 2])
    low, high = stats.ttest_1samp([50.0, 90.0], 0.0).confidence_interval()
    assert columns(found, "low", "high")[2] == (pytest.approx(low), pytest.approx(high))
