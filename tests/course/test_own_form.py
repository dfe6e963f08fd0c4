"""A form of one's own trains as a named one does, on fresh seeds, and is forgotten afterwards."""

import pytest
import torch

from mi_cot_lib import RunConfig, run
from mi_cot_lib.course.own_form import FIRST_SEED, compare_form
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.training.record import read_record

SIZES = {"train": 64, "valid": 16, "test": 64, "unseen": 4}


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    write_dataset("nano_cqa", root, sizes=SIZES)
    return {
        "data_root": str(root),
        "train_size": 32,
        "max_steps": 12,
        "eval_every": 6,
        "student": "nano16",
    }


def jensen_shannon(t, q):
    middle = (t + q) / 2
    return sum(torch.xlogy(p, p / middle.clamp_min(1e-30)).sum(dim=-1) for p in (t, q)) / 2


def test_a_form_that_equals_a_named_one_gives_the_same_student(short, tmp_path):
    trial = compare_form(jensen_shannon, seeds=2, alpha3=5.0, **short)
    assert list(trial.accuracies.index) == [FIRST_SEED, FIRST_SEED + 1]
    named = RunConfig(
        dataset="nano_cqa", method="mi", mi_form="js", alpha3=5.0, seed=FIRST_SEED, **short
    )
    plain = RunConfig(dataset="nano_cqa", method="dss", seed=FIRST_SEED, **short)
    for side, config in (("own", named), ("DSS", plain)):
        metrics = read_record(run(config, tmp_path))["metrics"]
        assert trial.accuracies.loc[FIRST_SEED, side] == 100 * metrics["test_accuracy"]
    gains = trial.accuracies["own"] - trial.accuracies["DSS"]
    assert trial.verdict.found.mean == pytest.approx(gains.mean())
    assert "own − DSS" in str(trial) and trial.verdict.decision in trial._repr_html_()


def test_a_form_is_known_while_it_is_tried_only(short):
    seen = []

    def form(t, q):
        seen.append((t.sum(dim=-1), q.sum(dim=-1)))
        return ((t - q) ** 2).sum(dim=-1)

    compare_form(form, seeds=1, **short)
    for side in seen[0]:  # distributions
        assert torch.allclose(side.detach(), torch.ones_like(side), atol=1e-5)
    with pytest.raises(ConfigError, match="own"):
        RunConfig(dataset="nano_cqa", method="mi", mi_form="own")


def test_a_form_that_is_not_finite_is_told(short):
    with pytest.raises(KitError, match="loss_mi is -inf"):
        compare_form(lambda t, q: q.log().sum(dim=-1) / 0, seeds=1, **short)
