"""The retold calibration script against its lists, step by step, and against the real labels."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.course.released_confidence import score_as_released
from mi_cot_lib.errors import ConfigError


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


@pytest.mark.parametrize("sure_of", [3, 4])
def test_confidence_is_1_over_the_vocabulary_and_the_error_of_a_perfect_student_is_largest(sure_of):
    first_step = np.full((5, 100), 1e-6)
    first_step[:, sure_of] = 1 - 99e-6
    found = score_as_released(first_step, [[3, 1]] * 5)
    assert found.confidence == pytest.approx(1 / 100)
    assert found.error == pytest.approx(1.0 if sure_of == 3 else 0.0, abs=1e-5)


def test_labels_must_fit_the_answers():
    with pytest.raises(ConfigError, match="2 answers and 1 labels"):
        score_as_released(np.ones((2, 3)) / 3, [[1]])
    with pytest.raises(ConfigError, match="none may be empty"):
        score_as_released(np.ones((1, 3)) / 3, [[]])


def test_all_but_one_of_the_real_svamp_labels_start_with_a_bracket(shared):
    labels = []
    for split in ("train", "test"):
        path = shared / "dss" / "datasets" / "svamp" / f"svamp_{split}.json"
        rows = [line for line in path.read_text("utf-8").split("\n") if line]
        labels += [json.loads(row)["label"] for row in rows]
    assert len(labels) == 1_000
    assert sum(label.startswith("(") for label in labels) == 999
