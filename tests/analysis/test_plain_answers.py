"""Answers in words say what their numbers say, in every case that they tell apart."""

import numpy as np
import pandas as pd
import pytest

from mi_cot_lib.analysis.paper_accuracy import with_holm
from mi_cot_lib.analysis.plain_answers import plain_answer
from mi_cot_lib.errors import ConfigError

COLUMNS = {"cqa": "nano-CQA", "svamp": "nano-SVAMP"}


def compared(*found: tuple[str, str, str, float, float]) -> pd.DataFrame:
    """Frame of (row, against, column, difference, p over seeds); intervals are ±2 points."""
    frame = pd.DataFrame(
        found, columns=["row", "against", "column", "difference", "p_seeds"]
    ).assign(seeds=5)
    frame["low"], frame["high"] = frame["difference"] - 2, frame["difference"] + 2
    frame["p_seeds_holm"] = with_holm(frame["p_seeds"])
    return frame.assign(p_items_holm=1.0)


def answer(item: str, comparisons: pd.DataFrame, **more: pd.DataFrame):
    none = comparisons.head(0)
    numbers = {
        "comparisons": comparisons,
        "gradients": pd.DataFrame(),
        "gain_changes": none,
        "cells": pd.DataFrame({"row": [], "column": [], "accuracy": []}, dtype=object),
        **more,
    }
    return plain_answer(item, numbers, COLUMNS)


def pulls(**shares: float) -> pd.DataFrame:
    """Gradient norms on nano-CQA at three steps: of the MI loss by form, and of the rationale loss."""
    norms = {("mi", row): share for row, share in shares.items()}
    norms |= {("generation", row): 1.0 for row in shares}
    return pd.DataFrame(
        {"row": row, "column": "cqa", "step": step, "term": term, "norm": norm * step}
        for (term, row), norm in norms.items()
        for step in (1, 2, 3)
    )


def test_without_a_significant_difference_the_answer_is_none():
    said = answer(
        "question1", compared(("mi", "dss", "cqa", 0.4, 0.6), ("js", "dss", "svamp", -0.3, 0.7))
    )
    assert said.short.startswith("None of the 2 losses")
    assert "−0.3 to +0.4 points; none significant" in said.details[0]
    assert "a median half-width of 2.0 points; 0 of 2 lie on one side of 0" in said.details[0]
    assert "one by one" not in said.short


def test_forms_that_hardly_pull_are_named():
    known = compared(("js", "dss", "cqa", 0.4, 0.6), ("infonce", "dss", "cqa", -0.3, 0.7))
    said = answer("question1", known, gradients=pulls(js=0.01, infonce=0.4))
    assert said.short.endswith(
        "below 0.1 of the rationale loss's (MI, Jensen–Shannon on nano-CQA)."
    )
    assert "MI, Jensen–Shannon: 0.01; nano-CQA, MI, InfoNCE: 0.40." in said.details[-1]


def test_a_significant_difference_is_named_with_its_interval():
    said = answer(
        "question1", compared(("js", "dss", "cqa", 6.0, 0.001), ("mi", "dss", "cqa", 0.1, 0.9))
    )
    assert said.short == (
        "1 of 2 differences are significant over seeds after Holm's correction: MI, Jensen–Shannon − DSS "
        "on nano-CQA +6.0 points [+4.0, +8.0] (p after Holm 0.002)."
    )


def test_what_is_not_corrected_for_is_not_significant():
    many = [("js", "dss", "cqa", 3.0, 0.03), *(("mi", "dss", "svamp", 0.1, 0.5),) * 3]
    said = answer("question1", compared(*many)).short
    assert said.startswith("None of the 2 losses")
    assert said.endswith(
        "Taken one by one, without Holm's correction, 1 of 4 intervals lie on one side of 0: "
        "MI, Jensen–Shannon − DSS on nano-CQA +3.0 points [+1.0, +5.0] (p after Holm 0.120)."
    )


def test_what_is_significant_over_items_alone_is_no_answer_but_is_told():
    known = compared(("js", "dss", "cqa", -3.0, 0.3), ("mi", "dss", "cqa", 0.1, 0.9))
    known = known.assign(p_items_holm=[0.002, 0.8], item_low=-4.0, item_high=-1.5)
    said = answer("question1", known)
    assert said.short.startswith("None of the 2 losses")
    assert said.details[0].endswith(
        "(true of these very students, not of others trained from new seeds): "
        "MI, Jensen–Shannon − DSS on nano-CQA −3.0 points [−4.0, −1.5] (p after Holm 0.002)."
    )


def test_too_few_seeds_give_no_answer():
    one = compared(("mi", "dss", "cqa", 5.0, np.nan)).assign(seeds=1, low=np.nan, high=np.nan)
    said = answer("question4", one.assign(row="mi nano", against="dss nano"))
    assert said.short.startswith("Too few seeds")
    assert "intervals" not in said.details[0]


def teacher(gain: float, control: float) -> str:
    """Short answer where rationales, and those of other questions, bring so many points (±2)."""
    known = compared(
        ("dss other_rationales 1", "finetune", "cqa", control, 0.5),
        ("dss none 0", "finetune", "cqa", gain, 0.03),
        ("mi none 0", "dss none 0", "cqa", 0.1, 0.9),
        ("dss other_rationales 1", "dss none 0", "cqa", -1.0, 0.8),
        ("mi other_rationales 1", "dss other_rationales 1", "cqa", 0.2, 0.9),
    )
    return answer("question3", known).short


def test_the_control_is_told_first_and_then_the_gain():
    survives = teacher(5.0, 4.0)
    assert survives.startswith("With rationales of other questions a gain over finetuning survives")
    assert "it is not from reasoning: DSS, rationales of other questions in 100%" in survives
    left = teacher(5.0, 1.0)
    assert "no gain over finetuning is measurable, though up to +3.0 points remain" in left
    assert "students lie above it: DSS, teacher as it is − Finetuning on nano-CQA +5.0" in left
    assert "(p after Holm 0.150)" in left
    assert "Nor is there a measurable gain" in teacher(1.0, 1.0)
    assert teacher(1.0, 1.0).endswith("does MI differ measurably from DSS.")


def test_one_seed_says_nothing_about_rationales():
    one = compared(
        ("dss other_rationales 1", "finetune", "cqa", 4.0, np.nan),
        ("dss none 0", "finetune", "cqa", 5.0, np.nan),
        ("mi none 0", "dss none 0", "cqa", 0.1, np.nan),
    )
    said = answer("question3", one.assign(seeds=1, low=np.nan, high=np.nan))
    assert said.short == "Too few seeds for an answer: nothing can be tested over seeds."


def test_the_kinds_of_comparison_of_question_three_are_kept_apart():
    known = compared(
        ("dss other_rationales 1", "finetune", "cqa", 1.0, 0.5),
        ("dss none 0", "finetune", "cqa", 2.0, 0.5),
        ("mi none 0", "dss none 0", "cqa", 3.0, 0.5),
        ("dss truncated 0.5", "dss none 0", "cqa", 4.0, 0.5),
        ("mi truncated 0.5", "dss truncated 0.5", "cqa", 5.0, 0.5),
    )
    spans = [
        text.partition(": ")[2].partition(" points")[0]
        for text in answer("question3", known).details
    ]
    assert spans == [
        "1 compared, +1.0 to +1.0",
        "1 compared, +2.0 to +2.0",
        "1 compared, +4.0 to +4.0",
        "2 compared, +3.0 to +5.0",
    ]


def test_weights_name_the_best_cell_with_and_without_the_loss():
    cells = pd.DataFrame(
        {
            "row": ["0.5 0.5 0", "0.5 0.5 0.1", "0.25 0.75 0"],
            "column": "svamp", "accuracy": [50.0, 52.0, 49.0], "low": 48.0, "high": 53.0,
            "best": [False, True, True],
        }
    )  # fmt: skip
    known = compared(("0.5 0.5 0.1", "0.5 0.5 0", "svamp", 2.0, 0.2))
    said = answer("question2", known, tradeoff=cells)
    assert said.short.startswith("No weight of the MI loss")
    assert (
        "nano-SVAMP: highest with α = 0.5, 0.5, 0.1, 52.0% [48.0, 53.0]; without the MI loss with α = 0.5, "
        "0.5, 0, 50.0%" in said.details[-1]
    )
    assert said.details[-1].endswith("α = 0.5, 0.5, 0.1; α = 0.25, 0.75, 0.")


def test_the_pull_of_the_loss_is_told_beside_the_rationale_losss():
    steps = [
        {"row": "mi none", "column": "cqa", "step": step, "term": term, "norm": norm}
        for step, mi in ((20, 0.1), (40, 0.2), (60, 0.9))
        for term, norm in (("mi", mi), ("generation", 2.0), ("prediction", 5.0))
    ]
    known = compared(("mi none", "dss none", "cqa", 0.1, 0.9))
    said = answer("question6", known, gradients=pd.DataFrame(steps))
    assert said.details[-1].endswith("nano-CQA, MI, teacher as it is: 0.10.")


def test_whether_a_gain_depends_on_a_setting_is_asked_of_the_change_itself():
    known = compared(
        ("mi none", "dss none", "svamp", 0.2, 0.5),
        ("mi label_named", "dss label_named", "svamp", -5.0, 0.001),
    )
    change = compared(("label_named", "none", "svamp", -1.0, 0.4)).assign(is_gain=True)
    change = change.drop(columns="p_items_holm")
    said = answer("question6", known, gain_changes=change)
    assert said.short.startswith("What MI adds to DSS does not measurably depend")
    assert "1 of 2 differences are significant over seeds" in said.short
    assert said.details[0].startswith("MI's gain over DSS with changed rationales")
    large = change.assign(low=-1.5, high=-0.5, p_seeds_holm=0.01)
    assert answer("question6", known, gain_changes=large).short.startswith(
        "1 of 1 differences are significant over seeds after Holm's correction: gain with label named − "
        "gain with teacher as it is on nano-SVAMP −1.0 points [−1.5, −0.5]"
    )


def test_sizes_come_with_the_accuracy_they_have_to_differ_in():
    known = compared(
        ("mi nano", "dss nano", "cqa", 1.0, 0.5), ("mi nano48", "dss nano48", "cqa", -1.0, 0.5)
    )
    cells = pd.DataFrame(
        {"row": ["dss nano48", "mi nano48"], "column": "cqa", "accuracy": [3.0, 2.0]}
    )
    change = compared(("nano48", "nano", "cqa", -2.0, 0.5)).assign(is_gain=True)
    said = answer("question4", known, cells=cells, gain_changes=change)
    assert said.short.startswith(
        "What MI adds to DSS does not measurably depend on the student's size."
    )
    assert "At none of the 2 sizes" in said.short
    assert said.details[-1].endswith("no loss can make a difference: DSS, nano48 on nano-CQA 3.0%.")


def test_unknown_questions_and_empty_ones_are_refused():
    with pytest.raises(ConfigError, match="Did you mean 'question1'"):
        answer("qestion1", compared(("mi", "dss", "cqa", 0.4, 0.6)))
    with pytest.raises(ConfigError, match="no two rows share a seed"):
        answer("question1", compared())
