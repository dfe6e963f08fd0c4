"""Small synthetic records of runs, in the form that `load_runs` returns."""

from collections.abc import Callable
from typing import Any

import pytest

Record = dict[str, Any]


def _record(method: str, seed: int, accuracy: float, **changes: Any) -> Record:
    config = {
        "dataset": "nano_svamp", "method": method, "student": "nano", "seed": seed,
        "train_size": None, "labels": "gold", "unparsed": "leave_out", "max_steps": 400,
        "batch_size": 32, "learning_rate": 0.002, "eval_every": 200, "alpha1": 0.5, "alpha2": 0.5,
        "alpha3": 0.1, "mi_form": "released", "pool": "max", "divergence": "ce", "detach": "label",
        "precision": "fp32", "max_target_tokens": 128, "max_new_tokens": 64,
    }  # fmt: skip
    metrics = {"test_accuracy": accuracy, "test_n": 2000, "valid_accuracy": accuracy - 0.01}
    history: list[Record] = []
    for step in range(50, 401, 50):
        row = {"step": step, "loss": 1.0, "loss_prediction": 2.0 * 0.99**step + 0.01 * seed}
        if method in ("dss", "mi"):
            row["loss_generation"] = 3.0 * 0.995**step + 0.02 * seed
        if method == "mi":
            row["loss_mi"] = 40 - step / 500
        history.append(row)
        if step % 200 == 0:
            history.append({"step": step, "eval_accuracy": accuracy * step / 400, "eval_loss": 1.0})
    record = {
        "run": f"nano_svamp-{method}-nano-seed{seed}",
        "config": config,
        "metrics": metrics,
        "history": history,
        "seconds": {"train": 50.0, "test": 10.0, "total": 60.0 + 6.0 * seed},
        "hardware": {"processor": "A processor", "cores": 2, "device": "cpu"},
        "versions": {"python": "3.11.7", "torch": "2.13.0"},
        "git_commit": "0123456789ab",
    }
    for name, value in changes.items():
        place = next((p for p in (config, metrics) if name in p), record)
        place = metrics if name.startswith("unseen") else place
        place[name] = value
    return record


@pytest.fixture
def record() -> Callable[..., Record]:
    """Make one record; a further keyword replaces a field of its config, metrics or top level."""
    return _record


@pytest.fixture
def records() -> list[Record]:
    """Four methods over three seeds, MI above DSS by 1, 2 and 3 points; not in order."""
    accuracies = {
        "mi": (0.55, 0.57, 0.59),
        "dss": (0.54, 0.55, 0.56),
        "single_task": (0.40, 0.46, 0.43),
        "finetune": (0.50, 0.53, 0.49),
    }
    return [
        _record(
            method, seed, value, unseen_accuracy=value - 0.1, unseen_n=1000,
            max_new_tokens=192 if method == "single_task" else 64,
        )
        for method, values in accuracies.items()
        for seed, value in enumerate(values)
    ]  # fmt: skip
