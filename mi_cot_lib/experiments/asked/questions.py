"""Questions that the paper leaves open."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mi_cot_lib.experiments.asked.comparisons import (
    AS_MANY_OPERATIONS,
    DSS_AGAINST_AS_MANY_OPERATIONS,
    DSS_AGAINST_OTHERS,
    OTHER_RATIONALES,
    OTHERS_AGAINST_FINETUNING,
    UNCHANGED,
)
from mi_cot_lib.experiments.asked.declared import DECLARED
from mi_cot_lib.experiments.asked.item import COMPARED, QUESTION, TWICE_AS_MANY, Item, Rows
from mi_cot_lib.report.compare import DSS_AGAINST_FINETUNING, MI_AGAINST_DSS, Claim, Comparison

# Question 1: beside DSS and the released form, every other form on its own features, at the released code's
# weight and at the one that validated best.
FORMS = ("paper", "js", "barber_agakov", "infonce", "contrastive", "variational", "adversarial")
COMMON_WEIGHT = 0.1
# Question 2: shares of the two tasks' losses, and the MI loss's weight beside them.
TASK_WEIGHTS = ((0.25, 0.75), (0.5, 0.5), (0.75, 0.25))
MI_WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0)
# Question 3: the control, rationales of other questions, comes first.
SPOILED = ("other_rationales", "wrong_labels", "shuffled_words", "truncated")
SPOILED_SHARES = (0.5, 1.0)
# Question 7: the same, and what else rationales could be good for.
REWRITTEN = (
    "other_rationales", "shuffled_words", "shuffled_steps", "key_words", "last_step_missing",
)  # fmt: skip
# Shares of texts that argue for the right answer; their labels stay right.
WRONG_TEACHERS = (0.5, 0.0)
# By what is asked of rationales.
CLAIMS: Mapping[str, Claim] = {
    name: Claim(**said)
    for name, said in tomllib.loads(
        Path(__file__).with_name("claims.toml").read_text(encoding="utf-8")
    ).items()
}


def _weighted() -> Rows:
    # Without the MI term the method is DSS, whose runs have no α3 of their own.
    return tuple(
        {
            "alpha1": alpha1,
            "alpha2": alpha2,
            **({"method": "mi", "alpha3": alpha3} if alpha3 else {"method": "dss"}),
        }
        for alpha1, alpha2 in TASK_WEIGHTS
        for alpha3 in MI_WEIGHTS
    )


def _changed(changes: tuple[str, ...], shares: tuple[float, ...]) -> Rows:
    return tuple(
        {**row, "teacher_change": change, "change_share": share}
        for change in changes
        for share in shares
        for row in COMPARED
    )


def _forms() -> Rows:
    return tuple(
        {"method": "mi", "mi_form": form, "alpha3": weight}
        for form in ("released", *FORMS)
        for weight in sorted({COMMON_WEIGHT, DECLARED.weights[form]})
    )


_QUESTION: dict[str, Any] = {"kind": QUESTION, "sizes": "short", "folded": ("recall",)}

QUESTIONS: tuple[Item, ...] = (
    Item(
        id="question1",
        title="Other losses between the tasks",
        question="Does another loss between the tasks do better?",
        rows=({"method": "dss"}, *_forms()),
        fields=("method", "form", "alpha3"),
        families="swept",
        # And with the released form at its own best weight.
        explored=(
            Comparison(
                {"method": "mi"},
                {
                    "form": "released",
                    "features": "vocabulary",
                    "alpha3": DECLARED.weights["released"],
                },
            ),
        ),
        pictures=("gains", "cells"),
        needs=("correct", "curves"),
        **_QUESTION,
    ),
    Item(
        id="question2",
        title="Weights of the losses",
        question="How should the losses be weighted?",
        rows=_weighted(),
        fields=("method", "alpha1", "alpha3"),
        families="swept",
        # Weights are chosen on validation; the test set has no say.
        split="valid",
        pictures=("tradeoff", "gains"),
        needs=("correct", "curves"),
        contrast="slopes",
        **{**_QUESTION, "folded": ("tradeoff",)},
    ),
    Item(
        id="question3",
        title="Quality of the teacher's texts",
        question="Do rationales help, and is it what they say?",
        rows=({"method": "finetune"}, *COMPARED, *_changed(SPOILED, SPOILED_SHARES)),
        fields=("method", "change", "share"),
        families="taught",
        asked=(
            Comparison({"method": "dss", **UNCHANGED}, {"method": "finetune"}),
            DSS_AGAINST_OTHERS,
            OTHERS_AGAINST_FINETUNING,
        ),
        explored=(MI_AGAINST_DSS, Comparison({"method": "dss"}, UNCHANGED)),
        contrast="changes",
        pictures=("shares",),
        **_QUESTION,
    ),
    Item(
        id="question4",
        title="Size of the student",
        question="Does the MI loss gain at any size of student?",
        fields=("method", "student"),
        families="swept",
        students="each",
        contrast="changes",
        pictures=("students", "gains"),
        **_QUESTION,
    ),
    Item(
        id="question5",
        title="Other data",
        question="Does the gain carry over to other data?",
        also=("unseen", "outside"),
        pictures=("gains",),
        needs=("correct", "calibration"),
        **_QUESTION,
    ),
    Item(
        id="question6",
        title="Rationales that name the label",
        question="Does the loss need rationales that name the label?",
        rows=(*COMPARED, *_changed(("label_hidden", "label_named"), (1.0,))),
        fields=("method", "change"),
        contrast="changes",
        pictures=("gains", "gradients"),
        needs=("correct", "curves"),
        **_QUESTION,
    ),
    Item(
        id="question7",
        title="What rationales are good for",
        question="Why do rationales help?",
        rows=(
            {"method": "finetune"},
            {"method": "dss"},
            *({**OTHER_RATIONALES, "teacher_change": change} for change in REWRITTEN),
            *({"method": "dss", "teacher_accuracy": share} for share in WRONG_TEACHERS),
            {"method": "single_task"},
            {"method": "label_first"},
            {"method": "finetune", TWICE_AS_MANY: True},
            AS_MANY_OPERATIONS,
        ),
        fields=("method", "change", "teacher_accuracy", "operations"),
        families="taught",
        asked=(
            replace(DSS_AGAINST_FINETUNING, claim=CLAIMS["dss"]),
            *(Comparison({"change": change}, UNCHANGED, CLAIMS[change]) for change in REWRITTEN),
            *(
                Comparison({"teacher_accuracy": share}, {"teacher_accuracy": None}, CLAIMS[said])
                for share, said in zip(WRONG_TEACHERS, ("half_wrong", "all_wrong"), strict=True)
            ),
            Comparison(
                {"method": "dss", "teacher_accuracy": 0.0},
                {"method": "finetune", "teacher_accuracy": None},
                CLAIMS["all_wrong_still"],
            ),
            Comparison(
                {"method": "single_task"}, {"method": "label_first"}, CLAIMS["before_the_label"]
            ),
            Comparison(
                {"method": "dss", "teacher_accuracy": None, **UNCHANGED},
                {"method": "finetune", "size": lambda one: one.size and 2 * one.size},
                CLAIMS["twice_as_many"],
            ),
            replace(DSS_AGAINST_AS_MANY_OPERATIONS, claim=CLAIMS["equal_operations"]),
        ),
        declared=True,
        pictures=("gains",),
        seeds="whole_seeds",
        **_QUESTION,
    ),
)
