"""The loss lab's numbers are those of the loss, and its arrows point where a step goes."""

import math

import numpy as np
import pytest
import torch

from mi_cot_lib import mi_loss
from mi_cot_lib.course.widgets.lab import LAB_FORMS, WORDS, draw_lab, loss_lab, prepare_lab

LABEL, RATIONALE = (0.9, 0.02, 0.04, 0.04), (0.2, 0.2, 0.3, 0.3)


def test_losses_are_those_of_mi_loss_where_no_other_question_counts():
    lab = prepare_lab(LABEL, RATIONALE)
    t, q = (torch.tensor(side).log()[None, None] for side in (LABEL, RATIONALE))
    for form in ("released", "paper", "js"):
        assert lab.losses[form] == pytest.approx(mi_loss(t, q, form=form).item(), abs=1e-5), form
    assert set(LAB_FORMS) == {"released", "paper", "js", "barber_agakov", "infonce"}


@pytest.mark.parametrize("form", LAB_FORMS)
def test_a_step_along_the_arrows_lowers_the_loss(form):
    lab = prepare_lab(LABEL, RATIONALE)
    moved = np.log(lab.sides["rationale"]) + 0.01 * lab.pulls.loc[form]
    after = prepare_lab(LABEL, tuple(np.exp(moved)))
    assert after.losses[form] < lab.losses[form]
    assert lab.pulls.loc[form].sum() == pytest.approx(0, abs=1e-6)


def test_agreement_costs_nothing_but_in_the_released_form_and_where_questions_are_told_apart():
    lab = prepare_lab((1, 0, 0, 0), (1, 0, 0, 0))
    assert lab.losses["js"] == pytest.approx(0, abs=1e-3)
    assert lab.losses["paper"] < 0.01
    assert lab.losses["released"] == pytest.approx(math.log(len(WORDS) - 1 + math.e) - 1, abs=0.01)


def test_each_slider_moves_the_picture():
    widget = loss_lab()
    *controls, picture = widget.children
    assert len(controls) == 2 * len(WORDS)
    for control in controls:
        before = picture.value
        control.value = 0.55
        assert picture.value != before, control.description
    assert 'alt="Both sides over dog, bird, so, is. ' in picture.value
    assert len(draw_lab(prepare_lab(LABEL, RATIONALE)).axes) == 1 + len(LAB_FORMS)
