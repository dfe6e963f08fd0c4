"""Comparisons of the kit's own: what was declared, the story on one data set, what was measured."""

from collections.abc import Mapping
from typing import Any

from mi_cot_lib.experiments.asked.declared import DECLARED, equal_steps
from mi_cot_lib.experiments.asked.item import (
    COMPARED,
    EQUAL_OPERATIONS,
    FOLDS_OF_SVAMP,
    NANO,
    OWN,
    REAL_SMALL,
    STORY,
    Item,
    Rows,
)
from mi_cot_lib.report.compare import DSS_AGAINST_FINETUNING, MI_AGAINST_DSS, Comparison

# The control, and how it is told from what is not changed.
OTHER_RATIONALES: dict[str, Any] = {
    "method": "dss",
    "teacher_change": "other_rationales",
    "change_share": 1.0,
}
UNCHANGED: dict[str, Any] = {"change": "none", "share": 0.0}
OTHERS_AGAINST_FINETUNING = Comparison(
    {"method": "dss", "change": "other_rationales", "share": 1.0},
    {"method": "finetune", **UNCHANGED},
)
DSS_AGAINST_OTHERS = Comparison(
    {"method": "dss", **UNCHANGED},
    {"change": "other_rationales", "share": 1.0},
    question="Is it what they say?",
)
AS_MANY_OPERATIONS: dict[str, Any] = {"method": "finetune", EQUAL_OPERATIONS: True}
DSS_AGAINST_AS_MANY_OPERATIONS = Comparison(
    {"method": "dss", "teacher_accuracy": None, **UNCHANGED},
    {"method": "finetune", "steps": lambda one: equal_steps(one.dataset, one.student, one.size)},
)
# In the order of Figures 2 and 3.
STORY_ROWS: Rows = ({"method": "finetune"}, *COMPARED, OTHER_RATIONALES)
# By the name in `declared.toml`.
DECLARABLE: Mapping[str, Comparison] = {
    "MI − DSS": Comparison(
        {"form": "released"}, {"method": "dss"}, question=MI_AGAINST_DSS.question
    ),
    "MI in the paper's form − DSS": Comparison({"form": "paper"}, {"method": "dss"}),
    "DSS − finetuning": DSS_AGAINST_FINETUNING,
    "DSS − DSS with other rationales": DSS_AGAINST_OTHERS,
    "DSS with other rationales − finetuning": OTHERS_AGAINST_FINETUNING,
    "DSS − finetuning at equal operations": DSS_AGAINST_AS_MANY_OPERATIONS,
}
# Smallest difference of interest, in nats.
NATS = 0.1
# And in points of ROUGE-L.
OVERLAP = 3.0

_DECLARED: dict[str, Any] = {
    "kind": OWN,
    "rows": (*STORY_ROWS, {"method": "mi", "mi_form": "paper"}, AS_MANY_OPERATIONS),
    "fields": ("method", "form", "change", "operations"),
    "also": ("unseen",),
    "asked": tuple(DECLARABLE[name] for name in DECLARED.comparisons),
    "declared": True,
    "pictures": ("gains", "cells"),
    "folded": ("recall", "unseen"),
}

_REAL: dict[str, Any] = {
    "kind": OWN,
    "fields": ("method", "form"),
    "declared": True,
    "pictures": ("gains", "cells"),
    "presets": (REAL_SMALL,),
}

DECISIONS: tuple[Item, ...] = (
    Item(
        id="declared",
        title="What was declared, of few examples",
        question="Do rationales help, is it what they say, and does the MI loss add anything?",
        sizes="short",
        seeds="seeds",
        primary=DECLARABLE[DECLARED.primary],
        **_DECLARED,
    ),
    Item(
        id="declared_whole",
        title="What was declared, of all examples",
        question="And where examples are many?",
        seeds="whole_seeds",
        **_DECLARED,
    ),
    Item(
        id="real",
        title="What was declared, on real data",
        question="Do rationales, and the MI loss, help a small pretrained student?",
        seeds="seeds",
        rows=({"method": "finetune"}, *COMPARED, {"method": "mi", "mi_form": "paper"}),
        asked=tuple(
            DECLARABLE[name]
            for name in ("MI − DSS", "MI in the paper's form − DSS", "DSS − finetuning")
        ),
        also=("unseen",),
        folded=("unseen",),
        **_REAL,
    ),
    Item(
        id="folds",
        title="All questions of SVAMP in five folds, whose training sets overlap",
        question="And where no story is both trained on and tested?",
        rows=({"method": "finetune"}, *COMPARED),
        asked=tuple(DECLARABLE[name] for name in ("MI − DSS", "DSS − finetuning")),
        families=FOLDS_OF_SVAMP,
        seeds=1,
        **_REAL,
    ),
)

FURTHER: tuple[Item, ...] = (
    Item(
        id="overlap",
        title="Rationales beside the teacher's",
        question="Do rationales come closer to the teacher's with the MI loss?",
        kind=OWN,
        rows=COMPARED,
        seeds="seeds",
        measure="overlap",
        margin=OVERLAP,
        needs=("samples",),
        pictures=("cells",),
        folded=("overlap",),
        presets=(REAL_SMALL,),
    ),
    Item(
        id="architectures",
        title="A student without an encoder",
        question="Does it matter which architecture the student has?",
        kind=OWN,
        rows=({"method": "finetune"}, *COMPARED),
        fields=("method", "student"),
        students="kinds",
        sizes="short",
        asked=(DSS_AGAINST_FINETUNING, MI_AGAINST_DSS),
        contrast="changes",
        pictures=("gains", "cells"),
        folded=("recall", "unseen"),
        presets=(NANO,),
    ),
    Item(
        id="information",
        title="Mutual information of trained students",
        question="Does the MI loss raise what it is named after?",
        kind=OWN,
        families="swept",
        fields=("method", "quantity"),
        measure="information",
        margin=NATS,
        # Upper bounds decide nothing, and several measures of one thing are one question.
        asked=tuple(
            Comparison({"method": "mi", "quantity": name}, {"method": "dss"})
            for name in ("zv_infonce", "zy", "v_answers")
        ),
        explored=(MI_AGAINST_DSS,),
        pictures=("gains",),
        folded=("information",),
        needs=("information",),
    ),
    Item(
        id="methods",
        title="The story on one data set",
        question="Do rationales help, is it what they say, and does the MI loss add anything?",
        kind=STORY,
        rows=STORY_ROWS,
        fields=("method", "change"),
        # The one that is trained soonest, and of which the course's own run is.
        families=("cqa",),
        sizes="short",
        seeds=5,
        # Rationales can help on questions like those of training and harm on others.
        also=("unseen",),
        asked=(DSS_AGAINST_FINETUNING, DSS_AGAINST_OTHERS, MI_AGAINST_DSS),
        declared=True,
        pictures=("cells", "curves"),
        folded=("recall", "unseen"),
        needs=("correct", "curves"),
    ),
)
