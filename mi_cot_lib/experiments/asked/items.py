"""Every table, figure and question: one list, from which one function makes any of them (`make.make`)."""

from collections.abc import Iterable, Mapping
from typing import Any

from mi_cot_lib.errors import unknown_name
from mi_cot_lib.experiments.asked.declared import DECLARED, equal_steps
from mi_cot_lib.experiments.asked.item import (
    COMPARED,
    EQUAL_OPERATIONS,
    OWN,
    PAPER,
    QUESTION,
    TWICE_AS_MANY,
    Item,
    Rows,
)
from mi_cot_lib.report.compare import DSS_AGAINST_FINETUNING, MI_AGAINST_DSS, Comparison

# The paper's.
ALL_METHODS: Rows = tuple({"method": one} for one in ("finetune", "single_task", "dss", "mi"))
# Smallest differences of interest: of a scale from 1 to 5, of r, in nats.
QUALITY, CORRELATION, NATS = 0.25, 0.2, 0.1


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
_RIGHT = {"change": "none", "share": 0.0}
_FINETUNED = {"method": "finetune", **_RIGHT}


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


_OTHERS: dict[str, Any] = {
    "method": "dss",
    "teacher_change": "other_rationales",
    "change_share": 1.0,
}
_AS_MANY_OPERATIONS: dict[str, Any] = {"method": "finetune", EQUAL_OPERATIONS: True}
_RELEASED_AGAINST_DSS = Comparison({"form": "released"}, {"method": "dss"})
_AS_IT_IS: dict[str, Any] = {**_RIGHT, "teacher_accuracy": None}
# Do rationales help, is it what they say, does the MI loss add anything.
_STORY = (
    DSS_AGAINST_FINETUNING,
    Comparison({"change": "other_rationales"}, _FINETUNED),
    MI_AGAINST_DSS,
)
_AGAINST_AS_MANY_OPERATIONS = Comparison(
    {"method": "dss", **_AS_IT_IS},
    {"method": "finetune", "steps": lambda one: equal_steps(one.student, one.size)},
)
_TABLES_OF_METHODS: dict[str, Any] = {
    "rows": ALL_METHODS,
    "declared": (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING),
    "explored": None,
    "pictures": ("cells", "progress"),
    "needs": ("correct", "curves"),
    "folded": ("recall", "unseen"),
}
_DECLARED: dict[str, Any] = {
    "kind": OWN,
    "rows": (
        {"method": "finetune"},
        *COMPARED,
        {"method": "mi", "mi_form": "paper"},
        _OTHERS,
        _AS_MANY_OPERATIONS,
    ),
    "fields": ("method", "form", "change", "steps"),
    "also": ("unseen",),
    "declared": (
        _RELEASED_AGAINST_DSS,
        Comparison({"form": "paper"}, {"method": "dss"}),
        DSS_AGAINST_FINETUNING,
        Comparison({"change": "other_rationales"}, _FINETUNED),
        _AGAINST_AS_MANY_OPERATIONS,
    ),
    "pictures": ("gains", "cells"),
    "folded": ("recall", "unseen"),
}
_BY_SIZE: dict[str, Any] = {
    "rows": ({"method": "finetune"}, *COMPARED, _OTHERS),
    "fields": ("method", "change"),
    "sizes": "each",
    "pictures": ("sizes",),
}
_JUDGED: dict[str, Any] = {"measure": "quality", "needs": ("samples",), "margin": QUALITY}
_CASES: dict[str, Any] = {
    "measure": "cases",
    "needs": ("samples",),
    "seeds": 1,
    "declared": (),
    "pictures": ("cases",),
}
_QUESTION: dict[str, Any] = {"kind": QUESTION, "sizes": "short", "folded": ("recall",)}

ITEMS: dict[str, Item] = {
    item.id: item
    for item in (
        Item(
            id="declared",
            title="What was declared, of few examples",
            question="Do rationales help, is it what they say, and does the MI loss add anything?",
            sizes="short",
            seeds="seeds",
            primary=_RELEASED_AGAINST_DSS,
            **_DECLARED,
        ),
        Item(
            id="declared_whole",
            title="What was declared, of all examples",
            question="And where examples are many?",
            seeds=DECLARED.whole_seeds,
            **_DECLARED,
        ),
        Item(
            id="table1",
            title="Accuracy with the larger student",
            question="Do rationales, and the MI loss, help the larger student?",
            **_TABLES_OF_METHODS,
        ),
        Item(
            id="table2",
            title="Accuracy with the smaller student",
            question="Do rationales, and the MI loss, help the smaller student?",
            students="small",
            **_TABLES_OF_METHODS,
        ),
        Item(
            id="table3",
            title="Training on the teacher's labels",
            question="Does the MI loss help where labels are the teacher's?",
            rows=tuple({**row, "labels": "teacher"} for row in COMPARED),
            families="nli",
            folded=("recall", "unseen"),
        ),
        Item(
            id="table4",
            title="Mean against maximum over positions",
            question="Does it matter how positions are pooled?",
            # The maximum is the default, so that its runs are Table 1's.
            rows=({"method": "mi", "pool": "mean"}, {"method": "mi"}),
            fields=("method", "pool"),
            declared=(Comparison({"pool": "max"}, {"pool": "mean"}),),
            folded=("recall", "unseen"),
        ),
        Item(
            id="table5",
            title="KL divergence against cross-entropy",
            question="Does it matter which divergence is taken?",
            rows=({"method": "mi", "divergence": "kl"}, {"method": "mi"}),
            fields=("method", "divergence"),
            declared=(Comparison({"divergence": "ce"}, {"divergence": "kl"}),),
            folded=("recall", "unseen"),
        ),
        Item(
            id="table6",
            title="Calibration, in and out of domain",
            question="Does confidence match accuracy better with the MI loss?",
            measure="error",
            also=("outside",),
            pictures=("reliability", "cells"),
            folded=("calibration",),
            needs=("correct", "calibration"),
        ),
        Item(
            id="table7",
            title="Judged quality of rationales",
            question="Are rationales better with the MI loss?",
            pictures=("judged",),
            folded=("judged",),
            **_JUDGED,
        ),
        Item(
            id="table8",
            title="Correlation of judged quality and correctness (intervals over items)",
            question="Does the MI loss tie right answers to better rationales?",
            measure="correlation",
            margin=CORRELATION,
            needs=("samples",),
            folded=("correlation",),
        ),
        Item(
            id="figure2",
            title="Accuracy by size of the training set, larger student",
            question="Does the MI loss save data, with the larger student?",
            **_BY_SIZE,
        ),
        Item(
            id="figure3",
            title="Accuracy by size of the training set, smaller student",
            question="Does the MI loss save data, with the smaller student?",
            students="small",
            **{**_BY_SIZE, "rows": _BY_SIZE["rows"][:-1]},
            families="swept",
        ),
        Item(
            id="figure4",
            title="Case study on SVAMP",
            question="What do DSS and MI write about one word problem?",
            families=("svamp",),
            cases="labels",
            **_CASES,
        ),
        Item(
            id="figure5",
            title="Case study on e-SNLI",
            question="What do DSS and MI write about one pair of sentences?",
            families=("esnli",),
            cases="rationales",
            **_CASES,
        ),
        Item(
            id="question1",
            title="Other losses between the tasks",
            question="Does another loss between the tasks do better?",
            rows=({"method": "dss"}, *_forms()),
            fields=("method", "form", "alpha3"),
            families="swept",
            explored=(Comparison({"method": "mi"}, {"form": "released", "features": None}),),
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
            **{**_QUESTION, "folded": ("tradeoff",)},
        ),
        Item(
            id="question3",
            title="Quality of the teacher's texts",
            question="Do rationales help, and is it what they say?",
            rows=({"method": "finetune"}, *COMPARED, *_changed(SPOILED, SPOILED_SHARES)),
            fields=("method", "change", "share"),
            families="taught",
            declared=(
                Comparison({"change": SPOILED[0], "share": 1.0}, _FINETUNED),
                Comparison({"method": "dss", **_RIGHT}, _FINETUNED),
                Comparison({"method": "mi", **_RIGHT}, _FINETUNED),
            ),
            explored=(MI_AGAINST_DSS, Comparison({"method": "dss"}, _RIGHT)),
            pictures=("shares",),
            **_QUESTION,
        ),
        Item(
            id="question4",
            title="Size of the student",
            question="Does the MI loss gain at any size of student?",
            fields=("method", "student"),
            families="swept",
            pictures=("students", "gains"),
            **{**_QUESTION, "students": "each", "folded": ("recall", "gain_changes")},
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
            pictures=("gains", "gradients"),
            needs=("correct", "curves"),
            **{**_QUESTION, "folded": ("recall", "gain_changes")},
        ),
        Item(
            id="question7",
            title="What rationales are good for",
            question="Why do rationales help?",
            rows=(
                {"method": "finetune"},
                {"method": "dss"},
                *({**_OTHERS, "teacher_change": change} for change in REWRITTEN),
                *({"method": "dss", "teacher_accuracy": share} for share in WRONG_TEACHERS),
                {"method": "single_task"},
                {"method": "label_first"},
                {"method": "finetune", TWICE_AS_MANY: True},
                _AS_MANY_OPERATIONS,
            ),
            fields=("method", "change", "teacher_accuracy", "steps"),
            families="taught",
            declared=(
                DSS_AGAINST_FINETUNING,
                *(Comparison({"change": change}, _RIGHT) for change in REWRITTEN),
                *(
                    Comparison({"teacher_accuracy": share}, {"teacher_accuracy": None})
                    for share in WRONG_TEACHERS
                ),
                Comparison({"method": "single_task"}, {"method": "label_first"}),
                Comparison(
                    {"method": "dss", **_AS_IT_IS},
                    {"method": "finetune", "size": lambda one: one.size and 2 * one.size},
                ),
                _AGAINST_AS_MANY_OPERATIONS,
            ),
            pictures=("gains",),
            **{**_QUESTION, "seeds": DECLARED.whole_seeds},
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
            declared=tuple(
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
            kind=OWN,
            rows=_BY_SIZE["rows"],
            fields=_BY_SIZE["fields"],
            families=("esnli",),
            sizes="short",
            seeds=5,
            declared=_STORY,
            pictures=("cells", "curves"),
            folded=("recall", "unseen"),
            needs=("correct", "curves"),
        ),
    )
}
# What README shows.
FIRST = "table1"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(one.id for one in ITEMS.values() if one.kind == PAPER),
    "questions": tuple(one.id for one in ITEMS.values() if one.kind == QUESTION),
}


def item_named(name: str, groups: Iterable[str] = ()) -> Item:
    """Look an item up by its id, or raise a ConfigError."""
    if name not in ITEMS:
        raise unknown_name("table, figure or question", name, [*ITEMS, *groups])
    return ITEMS[name]


def items_named(names: tuple[str, ...]) -> list[Item]:
    """Return the items that are named, each once; `all` is the paper's, `questions` every question."""
    ids = dict.fromkeys(one for name in names for one in GROUPS.get(name, (name,)))
    return [item_named(one, GROUPS) for one in ids]
