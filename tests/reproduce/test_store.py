"""What a record keeps of a run's history."""

from mi_cot_lib.reproduce import store


def test_curves_keep_training_and_validation_apart_and_leave_out_terms_that_are_not_there():
    history = [
        {"step": 5, "loss": 1.0, "loss_prediction": 1.23456, "grad_norm_prediction": 2.0},
        {"step": 10, "loss": 1.0, "loss_prediction": 0.5, "grad_norm_prediction": 1.0},
        {"step": 10, "eval_accuracy": 0.25, "eval_loss_prediction": 0.75},
    ]
    assert store.curves_of(history) == {
        "training": {
            "step": [5, 10],
            "loss_prediction": [1.235, 0.5],
            "grad_norm_prediction": [2.0, 1.0],
        },
        "validation": {"step": [10], "accuracy": [0.25], "loss_prediction": [0.75]},
    }
