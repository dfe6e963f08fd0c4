"""Drawings of ideas: each is computed another way here, or by what the kit itself computes."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.course.evidence.bound import draw_bound
from mi_cot_lib.course.evidence.correlations import correlation_lab, prepare_tie
from mi_cot_lib.course.evidence.divergences import divergence_lab, prepare_divergences
from mi_cot_lib.course.evidence.floors import HUNDRED_EQUAL, TEN_WIDE, draw_floors, prepare_floors
from mi_cot_lib.course.evidence.printed_gains import draw_gains
from mi_cot_lib.course.evidence.printed_gains import told as gains_told
from mi_cot_lib.course.evidence.temperature import (
    CANDIDATES,
    LIKELIEST,
    SUM,
    TOKENS,
    WRITTEN,
    draw_temperatures,
    log_probabilities,
    prepare_temperatures,
)
from mi_cot_lib.course.paper_checks import impossible_cells, prepare_gains, printed_calibration
from mi_cot_lib.evaluation.predict import Prediction
from mi_cot_lib.measure.calibration import noise_floor


@pytest.mark.parametrize("target", [0.05, 0.3, 0.5, 0.95])
def test_both_divergences_pull_alike_and_lie_an_entropy_apart(target):
    found = prepare_divergences(target)
    entropy = stats.entropy([target, 1 - target])
    apart = found["cross-entropy"] - found["KL divergence"]
    assert apart.to_numpy() == pytest.approx(entropy)
    for name in ("cross-entropy", "KL divergence"):
        assert found[f"{name} pull"].to_numpy() == pytest.approx(found["q"] - target, abs=1e-9)
    by_hand = [stats.entropy([target, 1 - target], [q, 1 - q]) for q in found["q"]]
    assert found["KL divergence"].to_numpy() == pytest.approx(by_hand, abs=1e-9)


def test_the_target_moves_the_divergences():
    lab = divergence_lab()
    before = lab.still
    lab.children[0].value = 0.5
    assert lab.still != before and "0.69 nats above" in lab.still


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_temperature_does_what_it_does_to_the_kits_own_confidence(temperature):
    logs = log_probabilities().tolist()
    likeliest = prepare_temperatures([temperature]).loc[temperature].xs(LIKELIEST, level=1)
    answer = {
        "id": "",
        "gold": "a",
        "predicted": "a",
        "correct": True,
        "rationale": None,
        "tokens": 2,
    }
    closed = Prediction(
        candidates=tuple("abcd"), scores=tuple(logs), log_probability=max(logs), **answer
    )
    written = Prediction(candidates=None, scores=None, log_probability=max(logs), **answer)
    assert closed.confidence_at(temperature) == pytest.approx(likeliest[CANDIDATES])
    assert written.confidence_at(temperature) == pytest.approx(likeliest[WRITTEN])


def test_only_written_sequences_stop_being_a_distribution():
    found = prepare_temperatures((0.25, 1.0, 4.0))
    sums = found.xs(SUM, axis=1, level=1)
    assert np.allclose(sums[[CANDIDATES, TOKENS]], 1) and np.allclose(sums.loc[1.0], 1)
    assert sums.loc[4.0, WRITTEN] > 2 > 1 > sums.loc[0.25, WRITTEN]
    assert "temperature" in draw_temperatures(found).axes[1].get_xlabel()


def test_a_mark_lies_below_the_diagonal_just_where_a_cell_is_impossible():
    cells = printed_calibration()
    assert (cells["least"] == (cells["accuracy (Table 1)"] - cells["confidence"]).abs()).all()
    assert ((cells["ECE"] < cells["least"] - 0.02) == cells["impossible"]).all()
    assert len(impossible_cells()) == cells["impossible"].sum() == 7
    axes = draw_bound(cells).axes[0]
    assert "(points)" in axes.get_xlabel() and "(points)" in axes.get_ylabel()
    drawn = {tuple(point) for line in axes.lines[1:] for point in line.get_xydata()}
    assert drawn == {(one.least, one.ECE) for one in cells.itertuples()}


def test_floors_are_those_of_the_kit_and_fall_with_the_items():
    found = prepare_floors((100, 1_000), draws=200)
    even = (np.arange(1_000) + 0.5) / 1_000
    assert found.loc[1_000, TEN_WIDE] == pytest.approx(
        100 * noise_floor(even, draws=200)[0], rel=0.1
    )
    assert (found.loc[1_000] < found.loc[100]).all()
    assert found.loc[100, HUNDRED_EQUAL] > 3 * found.loc[100, TEN_WIDE]
    assert draw_floors(found).axes[0].get_xlabel() == "test items"


@pytest.mark.parametrize("tie", [0.0, 0.3, 1.0])
def test_many_questions_have_the_correlation_that_is_said(tie):
    found = prepare_tie(tie, 200_000)
    assert found.r == pytest.approx(found.truth, abs=0.01)
    assert found.low < found.truth < found.high


def test_few_questions_leave_a_wider_interval():
    few, many = prepare_tie(0.4, 20), prepare_tie(0.4, 1_000)
    assert few.high - few.low > 5 * (many.high - many.low)
    lab = correlation_lab()
    before = lab.still
    lab.children[0].value = 0.9
    assert lab.still != before


def test_gains_are_filled_where_their_interval_leaves_zero_out():
    items = {"anli1": 1_000, "svamp": 200}
    gains = prepare_gains({"anli1": 51.2, "svamp": 68}, {"anli1": 42, "svamp": 67}, items)
    assert "ANLI R1 +9.20 ± 4." in gains_told(gains)
    axes = draw_gains(gains, "gain (points)").axes[0]
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() in ("o", "D")]
    assert faces == ["#d55e00", "white"]
