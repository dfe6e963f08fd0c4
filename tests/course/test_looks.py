"""Choosing among many looks: what it gains is counted rightly, and the record is of a real training."""

import numpy as np
import pytest

from mi_cot_lib.course.looks import (
    LAST,
    LOOKS,
    ON_TEST,
    ON_VALIDATION,
    TEST_ITEMS,
    Looks,
    prepare_looks,
    read_looks,
    recorded_path,
    watch,
    write_looks,
)
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.paper import SETTINGS
from mi_cot_lib.training.config import RunConfig


def coins(looks=40, items=2_000):
    """A student that tosses a coin for each item at each look: nothing is learned."""
    generator = np.random.default_rng(0)
    return Looks(np.full(looks, 0.5), generator.random((looks, items)) < 0.5)


def test_the_best_of_many_looks_at_a_coin_is_above_half_by_extreme_values():
    looks = coins()
    found = prepare_looks(looks, items=200, draws=400)
    # The mean largest of 40 standard normals is 2.16; one look's standard deviation 3.54 points.
    assert found.loc[ON_TEST, "accuracy"] == pytest.approx(50 + 2.16 * 3.54, abs=0.5)
    assert found.loc[LAST, "accuracy"] == pytest.approx(100 * looks.right[-1].mean(), abs=0.5)
    assert (prepare_looks(coins(looks=1), items=50, draws=20)["gain"] == 0).all()


def test_on_all_items_the_best_look_is_the_largest_of_the_curve():
    right = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1]], dtype=bool)
    found = prepare_looks(Looks(np.array([0.1, 0.9, 0.2]), right), items=3, draws=2)
    accuracy = found["accuracy"].round(2).to_dict()
    assert accuracy == {ON_VALIDATION: 66.67, LAST: 33.33, ON_TEST: 100.0}


def test_more_items_than_there_are_are_refused():
    with pytest.raises(ConfigError, match="from 1 to 10, got 11"):
        prepare_looks(coins(items=10), items=11)


def test_both_sets_are_scored_at_every_evaluation_and_looks_are_read_as_written(tmp_path):
    config = RunConfig(
        dataset="nano_cqa", method="dss", student="nano16", train_size=16, max_steps=4, eval_every=2
    )
    valid, test = (load_split("nano_cqa", split)[:16] for split in ("valid", "test"))
    looks = watch(config, valid, test)
    assert looks.valid.shape == (2,) and looks.right.shape == (2, 16)
    write_looks(looks, tmp_path / "looks" / "x.json")
    read = read_looks(tmp_path / "looks" / "x.json")
    assert read.valid.tolist() == looks.valid.tolist() and (read.right == looks.right).all()


def test_the_record_has_as_many_looks_as_the_released_script():
    settings = {setting.field: setting.value for setting in SETTINGS}
    assert settings["max_steps"] // settings["eval_every"] == LOOKS
    looks = read_looks(recorded_path())
    assert looks.right.shape == (LOOKS, TEST_ITEMS)
