"""The MI loss at its minimum without mutual information, by construction and by training."""

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.course.theory.degenerate_optimum import (
    draw_collapse,
    logits_of,
    prepare_collapse,
    prepare_students,
    released_minimum,
)
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.mi import mi_loss


@given(
    st.integers(2, 30),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2**31),
    st.floats(0, 30),
)
def test_no_outputs_beat_the_minimum(vocabulary, label_positions, positions, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    label, rationale = (
        scale * torch.randn(3, n, vocabulary, generator=generator)
        for n in (label_positions, positions)
    )
    assert mi_loss(label, rationale).item() >= released_minimum(vocabulary) - 1e-5


@given(st.integers(2, 30), st.integers(0, 2**31))
def test_for_a_given_label_side_no_rationale_side_beats_its_minimum(vocabulary, seed):
    generator = torch.Generator().manual_seed(seed)
    count = int(torch.randint(1, min(vocabulary, 5) + 1, (), generator=generator))
    tokens = torch.randperm(vocabulary, generator=generator)[:count].tolist()
    label = logits_of([tuple(tokens)], vocabulary)
    rationale = 10 * torch.randn(1, 6, vocabulary, generator=generator)
    least = released_minimum(vocabulary, count)
    assert mi_loss(label, rationale).item() >= least - 1e-5
    assert mi_loss(label, label).item() == pytest.approx(least, abs=1e-4)


def test_a_run_repeats_from_its_seed_and_the_mean_of_seeds_is_drawn():
    runs = [prepare_collapse(0.5, steps=20, every=10, seed=seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(runs[0], runs[1])
    assert not runs[0].equals(runs[2])
    panels = draw_collapse({"one": runs[1:], "other": runs[:1]}).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["one", "other"]
    mean = (runs[1]["I(Z;V)"] + runs[2]["I(Z;V)"]) / 2
    thick = [line for line in panels[0].lines if line.get_linewidth() > 2]
    assert list(thick[1].get_ydata()) == pytest.approx(mean.tolist())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: prepare_students(50, 1), "two examples"),
        (lambda: logits_of([(3,)], 3), "not in a vocabulary of 3"),
        (lambda: released_minimum(5, 6), "from 1 to 5"),
        (lambda: prepare_collapse(1.0), "below 1"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
