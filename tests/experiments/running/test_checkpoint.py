"""Which folders are a trained student, and which data a run's student can be scored on."""

from pathlib import Path

import pytest

from mi_cot_lib.data.specs import DATASETS, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.experiments.running import evaluate as module
from mi_cot_lib.experiments.running.checkpoint import (
    Checkpoint,
    open_checkpoint,
    refuse_other_labels,
)
from mi_cot_lib.experiments.running.evaluate import evaluate


@pytest.mark.parametrize("trained_on", DATASETS)
@pytest.mark.parametrize("scored_on", DATASETS)
def test_a_run_is_scored_on_its_own_kind_of_answers_only(trained_on, scored_on):
    checkpoint = Checkpoint("a run", Path("."), {"dataset": trained_on}, "mi", 1, 1, 1)
    one, other = dataset_spec(trained_on), dataset_spec(scored_on)
    if one.answer_type == other.answer_type:
        refuse_other_labels(checkpoint, other)
        return
    with pytest.raises(ConfigError) as refused:
        refuse_other_labels(checkpoint, other)
    words = {
        "nli": "the labels entailment, neutral, contradiction",
        "equation": "equations",
        "choice": "choices that the question lists",
    }
    for spec in (one, other):
        assert spec.name in str(refused.value)
        assert words[spec.answer_type] in str(refused.value)


def test_labels_that_a_run_has_not_learned_are_refused_before_the_student_loads(
    trained, own, monkeypatch
):
    monkeypatch.setattr(module, "load_student", None)
    with pytest.raises(ConfigError, match=r"entailment, neutral.*labels good, bad"):
        evaluate(trained("nano_esnli", "finetune"), "reviews", own)
    with pytest.raises(ConfigError, match=r"equations.*the labels contradiction, neutral"):
        evaluate(trained("nano_svamp", "mi"), "pairs", own)


def test_wrong_methods_are_refused(trained, own):
    folder = trained("nano_svamp", "mi")
    with pytest.raises(ConfigError, match="was trained as mi.*leave out --method dss"):
        evaluate(folder, "asdiv", own, method="dss")
    with pytest.raises(ConfigError, match="unknown method 'ms'. Did you mean"):
        evaluate(folder, "asdiv", own, method="ms")
    assert open_checkpoint(folder, "mi").method == "mi"
    with pytest.raises(ConfigError, match="writes no rationales; leave out --explain, or name"):
        evaluate(folder / "student", "asdiv", own, explain=True)
    with pytest.raises(ConfigError, match=r"writes no rationales; leave out --explain\."):
        evaluate(trained("nano_esnli", "finetune"), "pairs", own, explain=True)


def test_wrong_checkpoints_are_refused(trained, own, tmp_path):
    folder = trained("nano_svamp", "mi")
    with pytest.raises(DataError, match=f"no folder .*Did you mean {folder}"):
        evaluate(folder.with_name(folder.name[:-1]), "asdiv", own)
    with pytest.raises(DataError, match=f"name one of the runs in it, such as {folder.parent}"):
        evaluate(folder.parent, "asdiv", own)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"neither a finished run .* nor a saved student"):
        evaluate(tmp_path / "empty", "asdiv", own)
    (tmp_path / "begun" / "student").mkdir(parents=True)
    with pytest.raises(DataError, match="the run has not finished"):
        evaluate(tmp_path / "begun", "asdiv", own)
    (tmp_path / "begun" / "run.json").write_text((folder / "run.json").read_text())
    with pytest.raises(DataError, match="no trained student in student/"):
        evaluate(tmp_path / "begun", "asdiv", own)
    (tmp_path / "begun" / "run.json").write_text('{"run": "x", "config": {}, "metrics": {}}')
    with pytest.raises(DataError, match="lacks dataset, method"):
        evaluate(tmp_path / "begun", "asdiv", own)
    (tmp_path / "empty" / "config.json").write_text("{}")
    with pytest.raises(KitError, match="no complete sequence-to-sequence student"):
        evaluate(tmp_path / "empty", "asdiv", own)
