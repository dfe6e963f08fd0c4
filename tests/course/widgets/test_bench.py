"""The bench's numbers against plain arithmetic and a student whose truth is known; its controls move it."""

import json

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.course.widgets import calibration_bench
from mi_cot_lib.course.widgets.answers import made_answers, recorded_answers
from mi_cot_lib.course.widgets.bench import draw_bench, prepare_bench, told
from mi_cot_lib.course.widgets.records import read_runs
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.errors import DataError
from mi_cot_lib.evaluation.predict import Prediction

MADE = made_answers()


def bench_at(temperature, items=5_000, **how):
    return prepare_bench(MADE.confidence(temperature)[:items], MADE.correct[:items], **how)


def recorded(dataset):
    """The first record of a data set that keeps confidences."""
    found = (run for run in read_runs(None) if run.setting.dataset == dataset)
    return next(run for run in found if "calibration" in run.record)


def test_the_made_student_is_calibrated_at_its_own_temperature_and_at_no_other():
    low, high = bench_at(2.0).range
    assert low < bench_at(2.0).error < high
    for wrong in (0.5, 1.0, 1.5, 3.0):
        found = bench_at(wrong)
        assert found.error > 2 * found.range[1], wrong
    assert MADE.fitted == pytest.approx(2.0, abs=0.15)


def test_a_bins_interval_is_wilsons():
    for one in bench_at(1.0, 200).bins.itertuples():
        z, n, p = stats.norm.isf(0.025), one.count, one.accuracy
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        assert (one.least, one.most) == pytest.approx((middle - half, middle + half), abs=1e-9)


def test_the_floor_of_one_bin_is_that_of_a_binomial_count():
    found = prepare_bench(np.full(200, 0.9), np.arange(200) < 150, 1)
    counts = np.arange(201)
    gaps, chances = np.abs(counts / 200 - 0.9), stats.binom.pmf(counts, 200, 0.9)
    assert found.error == pytest.approx(0.15)
    assert found.by_chance.mean() == pytest.approx(gaps @ chances, rel=0.1)
    inside = chances[(gaps >= found.range[0] - 1e-9) & (gaps <= found.range[1] + 1e-9)].sum()
    assert inside >= 0.93


def test_a_small_test_set_hides_what_a_large_one_shows():
    few, many = bench_at(1.7, 100), bench_at(1.7)
    assert few.range[0] < few.error < few.range[1] and "no miscalibration" in told(few)
    assert many.error > many.range[1] and "hardly ever" in told(many)
    assert few.by_chance.mean() > 3 * many.by_chance.mean()


def test_bins_without_answers_are_marked_and_thin_ones_too():
    bench = prepare_bench(np.array([0.05, 0.95, 0.95]), np.array([True, True, False]), 4)
    assert bench.empty == [(0.25, 0.5), (0.5, 0.75)]
    figure = draw_bench(bench)
    names = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"bin without answers", "of fewer than 10 answers"} <= names
    above, below, errors = figure.axes
    assert sorted(text.get_text() for text in below.texts) == ["0", "0", "1", "2"]
    assert below.get_xlabel() == "confidence (0 to 1)" and errors.get_xlabel() == "ECE (points)"
    assert "share" in above.get_ylabel()
    everywhere = draw_bench(prepare_bench(np.linspace(0, 1, 100), np.ones(100, bool), 4))
    names = {text.get_text() for text in everywhere.legends[0].get_texts()}
    assert not {"bin without answers", "of fewer than 10 answers"} & names


def test_a_recorded_sequence_has_any_temperature_and_the_records_own_is_the_same():
    run = recorded("nano_svamp")
    answers = recorded_answers(run, None)
    kept = run.record["calibration"]
    np.testing.assert_allclose(answers.confidence(1.0), kept["confidence"], atol=1e-4)
    np.testing.assert_allclose(answers.confidence(answers.fitted), kept["scaled"], atol=2e-3)
    assert {0.25, 4.0, kept["temperature"]} <= set(answers.temperatures)


def test_a_closed_sets_record_has_two_temperatures_and_a_runs_folder_has_all(tmp_path):
    run = recorded("nano_cqa")
    kept = run.record["calibration"]
    answers = recorded_answers(run, None)
    assert set(answers.temperatures) == {1.0, kept["temperature"]}
    np.testing.assert_array_equal(answers.confidence(kept["temperature"]), kept["scaled"])
    scores = (-0.1, -2.5, -4.0)
    lines = [
        Prediction(f"d/{split}/0", gold, "neutral", False, None, NLI_LABELS, scores, -0.2, 2)
        for split, gold in (("test", "entailment"), ("unseen", "neutral"))
    ]
    folder = tmp_path / run.record["run"]
    folder.mkdir()
    (folder / "predictions.jsonl").write_text(
        "".join(json.dumps(one.to_dict()) + "\n" for one in lines)
    )
    here = recorded_answers(run, tmp_path)
    # Of the test split, and of the most probable label, which is not the one that was written.
    assert here.correct.tolist() == [True] and len(here.temperatures) > 2
    shares = np.exp(np.array(scores) / 3)
    assert here.confidence(3.0) == pytest.approx([shares[0] / shares.sum()])


def test_every_control_moves_the_view_and_a_student_limits_the_temperatures():
    widget = calibration_bench()
    *controls, view = widget.children
    student, bins, mass, temperature, items = controls
    assert widget.still == view.value
    assert 'alt="ECE 11.' in view.value and "5,000 answers" in view.value
    moves = ((temperature, 2.0), (items, 200), (bins, 17), (mass, True))
    for control, value in moves:
        before = view.value
        control.value = value
        assert view.value != before, control.description
    before = view.value
    student.value = next(name for name in student.options if name.startswith("nano-CQA"))
    assert view.value != before and len(temperature.options) == 2 and temperature.value == 1.0
    assert items.value == 200 and items.options[-1] == ("all 2,000", 2_000)
    assert "no scores" in view.value


def test_a_folder_without_runs_is_refused_with_what_makes_some(tmp_path):
    with pytest.raises(DataError, match="make reproduce"):
        calibration_bench(runs=tmp_path)
