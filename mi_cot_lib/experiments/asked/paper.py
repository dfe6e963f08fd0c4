"""The paper's tables and figures."""

from typing import Any

from mi_cot_lib.experiments.asked.comparisons import STORY_ROWS
from mi_cot_lib.experiments.asked.item import BY_SIZE, COMPARED, EACH, LONGER, Item, Rows
from mi_cot_lib.report.compare import DSS_AGAINST_FINETUNING, MI_AGAINST_DSS, Comparison

ALL_METHODS: Rows = tuple({"method": one} for one in ("finetune", "single_task", "dss", "mi"))
LONGER_METHODS: Rows = tuple(
    {**row, LONGER: True} if row["method"] == "single_task" else row for row in ALL_METHODS
)
# Smallest differences of interest: of a scale from 1 to 5, and of r.
QUALITY, CORRELATION = 0.25, 0.2

_TABLES_OF_METHODS: dict[str, Any] = {
    "rows": ALL_METHODS,
    "asked": (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING),
    "explored": None,
    "pictures": ("cells", "progress"),
    "needs": ("correct", "curves"),
    "folded": ("recall", "unseen"),
}
_BY_SIZE: dict[str, Any] = {
    "rows": STORY_ROWS,
    "fields": ("method", "change"),
    "sizes": "each",
    "pictures": ("sizes",),
}
_JUDGED: dict[str, Any] = {"measure": "quality", "needs": ("samples",), "margin": QUALITY}
_CASES: dict[str, Any] = {
    "measure": "cases",
    "needs": ("samples",),
    "seeds": 1,
    "asked": (),
    "pictures": ("cases",),
}
TABLES_AND_FIGURES: tuple[Item, ...] = (
    Item(
        id="table1",
        presets=EACH,
        title="Accuracy with the larger student",
        question="Do rationales, and the MI loss, help the larger student?",
        seeds="whole_seeds",
        # The runs and the comparisons of what was declared of all examples.
        declared=True,
        **_TABLES_OF_METHODS,
    ),
    Item(
        id="table2",
        title="Accuracy with the smaller student",
        question="Do rationales, and the MI loss, help the smaller student?",
        students="small",
        **{**_TABLES_OF_METHODS, "rows": LONGER_METHODS},
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
        presets=EACH,
        title="Mean against maximum over positions",
        question="Does it matter how positions are pooled?",
        # The maximum is the default, so that its runs are Table 1's.
        rows=({"method": "mi", "pool": "mean"}, {"method": "mi"}),
        fields=("method", "pool"),
        asked=(Comparison({"pool": "max"}, {"pool": "mean"}),),
        folded=("recall", "unseen"),
    ),
    Item(
        id="table5",
        presets=EACH,
        title="KL divergence against cross-entropy",
        question="Does it matter which divergence is taken?",
        rows=({"method": "mi", "divergence": "kl"}, {"method": "mi"}),
        fields=("method", "divergence"),
        asked=(Comparison({"divergence": "ce"}, {"divergence": "kl"}),),
        folded=("recall", "unseen"),
    ),
    Item(
        id="table6",
        presets=EACH,
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
        presets=EACH,
        title="Judged quality of rationales",
        question="Are rationales better with the MI loss?",
        pictures=("judged",),
        folded=("judged",),
        **_JUDGED,
    ),
    Item(
        id="table8",
        presets=EACH,
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
        # Of the sizes that were declared as many as were declared.
        seeds=BY_SIZE,
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
        presets=EACH,
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
)
