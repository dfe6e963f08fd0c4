"""The learner's own run: trained once, found again, and the newest where there are several."""

import os

import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.course.own_run import OWN, own_run
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import KitError
from mi_cot_lib.training.record import RECORD, read_record

SIZES = {"train": 32, "valid": 8, "test": 8, "unseen": 4}


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Return a function that configures a run of seconds."""
    root = tmp_path_factory.mktemp("data")
    write_dataset("nano_cqa", root, sizes=SIZES)
    steps = {"max_steps": 2, "eval_every": 2, "data_root": str(root)}
    return lambda **changes: RunConfig(dataset="nano_cqa", **steps, **changes)


def test_a_run_is_trained_once_and_found_again_by_whoever_asks_later(short, tmp_path):
    made = own_run(short(method="dss"), tmp_path)
    written = (made / RECORD).stat().st_mtime_ns
    assert own_run(runs=tmp_path) == made == own_run(short(method="dss"), tmp_path)
    assert (made / RECORD).stat().st_mtime_ns == written
    assert read_record(made)["config"]["method"] == "dss"


def test_of_several_the_one_that_finished_last_is_the_learners(short, tmp_path):
    first, second = (own_run(short(method=name), tmp_path) for name in ("finetune", "dss"))
    os.utime(first / RECORD, (1, 1))
    assert own_run(runs=tmp_path) == second
    os.utime(second / RECORD, (0, 0))
    assert own_run(runs=tmp_path) == first


def test_a_folder_without_a_record_is_no_run_and_what_cannot_be_trained_is_said(short, tmp_path):
    (tmp_path / "begun").mkdir()
    with pytest.raises(KitError, match="no_such_student"):
        own_run(short(method="dss", student="no_such_student"), tmp_path)
    assert RunConfig.from_dict(OWN).train_size == 250
