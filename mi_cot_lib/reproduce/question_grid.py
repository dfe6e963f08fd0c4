"""Which runs answer the questions that the paper leaves open."""

from typing import Any

from mi_cot_lib.analysis.row_titles import JOINT
from mi_cot_lib.reproduce.cells import COMPARED, Cell, Item, cells_in
from mi_cot_lib.reproduce.presets import FAMILIES, Preset

# Fields of `RunConfig` by row.
Rows = dict[str, dict[str, Any]]

QUESTIONS: dict[str, Item] = {
    item.id: item
    for item in (
        Item("question1", "Does another loss between the tasks do better?"),
        Item("question2", "How should the losses be weighted?"),
        Item("question3", "What does the teacher's quality do?"),
        Item("question4", "Does the gain depend on the student's size?"),
        Item("question5", "Does the gain carry over to other data?"),
        Item("question6", "Does the loss need rationales that name the label?"),
    )
}

# Question 1: beside DSS and the released form, every other form on its own features.
ALTERNATIVES = (
    *("paper", "js", "barber_agakov", "infonce"),
    *("contrastive", "variational", "adversarial"),
)
# Question 2: shares of the two tasks' losses, and the MI loss's weight beside them.
TASK_WEIGHTS = ((0.25, 0.75), (0.5, 0.5), (0.75, 0.25))
MI_WEIGHTS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
# Question 3: the control whose rationales belong to other questions comes first.
SPOILED = ("other_rationales", "wrong_labels", "shuffled_words", "truncated")
SPOILED_SHARES = (0.1, 0.25, 0.5, 1.0)
# Question 6: all rationales changed.
NAMING = ("label_hidden", "label_named")
# Where rationales name the label at all; elsewhere hiding it changes none of them.
NAMED = ("cqa",)


def question_cells(item: str, preset: Preset) -> list[Cell]:
    """Return the cells of a question, row by row.

    All but questions 4 and 5 are asked of the preset's smaller student: its runs take half the time, and its
    DSS and MI runs are those of Table 2.

    Args:
        item: One of `QUESTIONS`.
        preset: On what.
    """
    if item == "question4":
        return [
            cell
            for student in (preset.large, *preset.smaller)
            for cell in cells_in(
                {f"{method}{JOINT}{student}": {"method": method} for method in COMPARED},
                preset.swept,
                student,
            )
        ]
    if item == "question5":
        rows: Rows = {method: {"method": method} for method in COMPARED}
        return list(cells_in(rows, FAMILIES, preset.large))
    if item == "question6":
        cells = cells_in(_naming(), FAMILIES, preset.small)
        hidden = NAMING[0]
        return [one for one in cells if hidden not in one.row or one.column in NAMED]
    if item == "question3":
        return list(cells_in(_spoiled(), preset.taught, preset.small))
    asked = {"question1": _forms, "question2": _weights}
    return list(cells_in(asked[item](), preset.swept, preset.small))


def _forms() -> Rows:
    others = {form: {"method": "mi", "mi_form": form} for form in ALTERNATIVES}
    return {**{method: {"method": method} for method in COMPARED}, **others}


def _weights() -> Rows:
    rows: Rows = {}
    for alpha1, alpha2 in TASK_WEIGHTS:
        for alpha3 in MI_WEIGHTS:
            tasks: dict[str, Any] = {"alpha1": alpha1, "alpha2": alpha2}
            # Without the MI term the method is DSS, whose runs have no α3 of their own.
            mi = {"method": "mi", "alpha3": alpha3} if alpha3 else {"method": "dss"}
            rows[f"{alpha1:g}{JOINT}{alpha2:g}{JOINT}{alpha3:g}"] = {**tasks, **mi}
    return rows


def _spoiled() -> Rows:
    rows: Rows = {"finetune": {"method": "finetune"}}
    rows |= {f"{method}{JOINT}none{JOINT}0": {"method": method} for method in COMPARED}
    for change in SPOILED:
        for share in SPOILED_SHARES:
            for method in COMPARED:
                rows[f"{method}{JOINT}{change}{JOINT}{share:g}"] = {
                    "method": method,
                    "teacher_change": change,
                    "change_share": share,
                }
    return rows


def _naming() -> Rows:
    rows: Rows = {f"{method}{JOINT}none": {"method": method} for method in COMPARED}
    for change in NAMING:
        for method in COMPARED:
            rows[f"{method}{JOINT}{change}"] = {
                "method": method,
                "teacher_change": change,
                "change_share": 1.0,
            }
    return rows
