"""What the paper's printed accuracies say, and the released calibration script, against plain arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mi_cot_lib.course.paper_checks import fewest_runs, prepare_gains, score_as_released
from mi_cot_lib.errors import ConfigError


@given(st.integers(50, 10_000), st.floats(5, 95), st.floats(5, 95))
def test_gains_are_tested_as_by_hand(n, first, second):
    found = prepare_gains({"x": first}, {"x": second}, {"x": n}).loc["x"]
    a, b = first / 100, second / 100
    pooled = (a + b) / 2
    z = (a - b) / math.sqrt(2 * pooled * (1 - pooled) / n)
    assert found["p"] == pytest.approx(2 * norm.sf(abs(z)), abs=1e-9)
    width = 196 * math.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert found["half-width"] == pytest.approx(width, rel=1e-3)


@given(st.integers(1, 2_000), st.data())
def test_what_one_run_has_needs_no_second(items, data):
    right = data.draw(st.integers(0, items))
    assert fewest_runs(round(100 * right / items, 2), items) == 1


def test_a_mean_over_runs_is_found_out():
    assert fewest_runs(62.63, 200) > 1
    assert fewest_runs(50.25, 200) == 2
    with pytest.raises(ConfigError, match="no mean of 1 runs"):
        fewest_runs(50.25, 200, most=1)


def step_by_step(first_step, labels):
    """The script's own way through lists: one list a step, the pairs that zip leaves, 100 bins."""
    confidence, error, accuracy = [], [], []
    for distribution, label in zip(first_step, labels, strict=True):
        step = [distribution.tolist()]  # one decoder step, as the script holds it
        probabilities, predicted = max(step), [int(np.argmax(step[0]))]
        confidence.append(np.mean(probabilities))
        accuracy.append(sum(a == b for a, b in zip(predicted, label, strict=False)) / len(label))
        triples = sorted(zip(probabilities, predicted, label, strict=False))
        size = math.ceil(len(triples) / 100)
        gaps = []
        for start in range(0, len(triples), size):
            held = triples[start : start + size]
            right = np.mean([a == b for _, a, b in held])
            gaps.append(len(held) * abs(right - np.mean([p for p, _, _ in held])))
        error.append(sum(gaps) / len(triples))
    return np.mean(confidence), np.mean(error), np.mean(accuracy)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 30))
def test_it_is_what_the_lists_come_to(seed, answers, vocabulary):
    generator = np.random.default_rng(seed)
    first_step = generator.dirichlet(np.ones(vocabulary), size=answers)
    labels = [
        generator.integers(vocabulary, size=generator.integers(1, 5)).tolist()
        for _ in range(answers)
    ]
    assert score_as_released(first_step, labels) == pytest.approx(
        step_by_step(first_step, labels), abs=1e-12
    )


@pytest.mark.parametrize(
    ("answers", "labels", "message"),
    [(2, [[1]], "2 answers and 1 labels"), (1, [[]], "none may be empty")],
)
def test_labels_must_fit_the_answers(answers, labels, message):
    with pytest.raises(ConfigError, match=message):
        score_as_released(np.ones((answers, 3)) / 3, labels)
