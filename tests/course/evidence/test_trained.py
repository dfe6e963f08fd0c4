"""What is drawn of recorded trainings: where they stood at a step, and which labels they know."""

import pytest

from mi_cot_lib.course.evidence.labels import draw_labels, labels_picture, prepare_labels
from mi_cot_lib.course.evidence.stopped import draw_stopped, prepare_stopped, stopped_training
from mi_cot_lib.course.evidence.stopped import told as stopped_told
from mi_cot_lib.course.widgets.records import read_runs
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.experiments.request import request_of
from mi_cot_lib.report.cells.curves import progress_cells


@pytest.fixture(scope="module")
def runs():
    """Recorded runs of the usual methods on two data sets, one seed, all their examples."""
    found = {}
    for run in read_runs(None):
        if run.setting.dataset in ("nano_cqa", "nano_esnli") and run.setting.size is None:
            found.setdefault((run.setting.dataset, run.setting.method), run)
    return list(found.values())


def test_at_a_step_counts_the_best_validation_until_then(runs):
    progress = progress_cells(runs)
    found = prepare_stopped(progress, 300).set_index(["dataset", "method"])
    for run in runs:
        curve = run.record["curves"]["validation"]
        until = [a for s, a in zip(curve["step"], curve["accuracy"], strict=True) if s <= 300]
        data = dataset_spec(run.setting.dataset).title
        row = found.loc[data, run.setting.method]
        assert row["stopped"] == pytest.approx(100 * max(until))
        assert row["finished"] == pytest.approx(100 * run.record["metrics"]["valid_accuracy"])


def test_the_last_step_is_where_all_finished_and_before_the_first_there_is_nothing(runs):
    progress = progress_cells(runs)
    last = prepare_stopped(progress, int(progress["step"].max()))
    assert (last["stopped"] == last["finished"]).all()
    none = prepare_stopped(progress, 0)
    assert none["stopped"].isna().all() and "none ahead at step 0" in stopped_told(none, 0)
    panels = draw_stopped(last, 1_000).axes
    assert [one.get_xlabel() for one in panels] == ["validation (%)"] * len(panels)


def test_the_step_moves_the_picture(runs):
    lab = stopped_training(runs)
    step, picture = lab.children
    assert step.value == 250
    before = picture.value
    step.value = step.options[-1][1]
    assert picture.value != before and "when finished" in lab.still


def test_shares_by_label_add_up_to_the_accuracy():
    result = request_of("nano").result("table3")
    found = prepare_labels(result)
    for cell in result.cells.to_dict("records"):
        setting = cell["setting"]
        gold = result.golds[setting.dataset]
        named = dataset_spec(setting.dataset).title
        chosen = found[(found["dataset"] == named) & (found["method"] == setting.method)]
        shares = chosen.set_index("label")["value"]
        mean = sum(shares[label] * gold.count(label) for label in shares.index) / len(gold)
        assert mean == pytest.approx(cell["value"])
    told = labels_picture(result).told
    assert "least known is" in told
    assert draw_labels(found).axes[0].get_ylabel() == "right (%)"
