"""The loss along a path: what is known in closed form, and where each measure stops pulling."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.course.loss.path import (
    MEASURES,
    OVERLAP,
    PAPER,
    PROPER,
    RELEASED,
    draw_path,
    prepare_path,
    rationale_side,
)
from mi_cot_lib.errors import ConfigError


@pytest.fixture(scope="module")
def path():
    return prepare_path(32128, log_odds=[-14, -6, 0, 6, 14])


def test_with_one_token_the_values_are_those_of_the_closed_forms(path):
    p = path["probability"]
    others = (1 - p).map(math.exp) + 32126
    assert path[RELEASED].tolist() == pytest.approx(
        ((p.map(math.exp) + others).map(math.log) - p).tolist(), abs=5e-5
    )
    assert path[OVERLAP].tolist() == pytest.approx((-p).tolist(), abs=1e-6)
    for name in (PAPER, PROPER):
        assert path[name].tolist() == pytest.approx((-p.map(math.log)).tolist(), abs=1e-5)


@pytest.mark.parametrize(("tokens", "positions"), [(1, 1), (2, 5), (3, 3)])
def test_a_pull_is_the_slope_of_its_value(tokens, positions):
    step = 0.05
    found = prepare_path(50, tokens, positions, [-1 - step, -1, -1 + step])
    for name in MEASURES:
        slope = (found[name].iloc[2] - found[name].iloc[0]) / (2 * step)
        assert -slope == pytest.approx(found[f"{name} pull"].iloc[1], abs=2e-3)


@pytest.mark.parametrize("tokens", [1, 2, 5])
def test_the_trainable_part_is_one_nat_a_unit_of_s(tokens):
    found = prepare_path(32128, tokens, 8, [-14, 14])
    for name in (RELEASED, OVERLAP):
        assert found[name].iloc[0] - found[name].iloc[1] == pytest.approx(tokens, abs=2e-3)


def test_the_papers_form_is_the_log_of_the_length_at_agreement():
    # t is spread over k tokens and q over n: −Σ t log q = log n.
    found = prepare_path(50, 2, 6, [30])
    assert found[PAPER].iloc[0] == pytest.approx(math.log(6), abs=1e-5)


@given(st.floats(-10, 10), st.integers(1, 3), st.integers(0, 4))
def test_the_path_gives_each_token_of_the_label_its_probability(place, tokens, more):
    side = rationale_side(torch.tensor(place), 20, tokens, tokens + more).softmax(-1)[0]
    for token in range(tokens):
        assert side[token, token].item() == pytest.approx(1 / (1 + math.exp(-place)), abs=1e-5)
    assert side[tokens:, :tokens].sum().item() == pytest.approx(0, abs=1e-5)


def test_the_figure_shows_the_numbers_and_marks_the_place(path):
    low, _, pulls = draw_path(path, marked=5.0).axes
    assert list(pulls.lines[0].get_ydata()) == path[f"{RELEASED} pull"].tolist()
    assert low.lines[0].get_ydata().max() == pytest.approx(1, abs=1e-4)
    assert low.lines[1].get_xdata()[0] == 5.0
    assert low.lines[1].get_ydata()[0] == pytest.approx(low.lines[0].get_ydata()[3])


@pytest.mark.parametrize(("tokens", "positions"), [(0, 1), (3, 2)])
def test_a_label_longer_than_the_rationale_is_refused(tokens, positions):
    with pytest.raises(ConfigError, match="positions"):
        prepare_path(20, tokens, positions, [0])
