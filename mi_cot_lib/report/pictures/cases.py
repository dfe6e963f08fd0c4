"""Case studies as a picture: two students' answers to the same items side by side."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mi_cot_lib.report.cells.cases import Case, choose_cases
from mi_cot_lib.report.pictures.canvas import new_figure
from mi_cot_lib.report.pictures.look import LOOKS, finish
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import TEACHER, title

# Height in inches of a line of text at 8.5 points.
_LINE = 0.165


def draw_cases(result: Result) -> Figure | None:
    """Draw each case: its question, the gold label, the teacher's rationale, and the students' answers."""
    cases = choose_cases(result.samples, result.cases or "labels")
    if not cases:
        return None
    asked = {
        item["id"]: item
        for sample in result.samples
        if sample.setting.method == TEACHER
        for item in sample.items
    }
    names = {one.setting.method: title(one.setting, result.fields) for one in result.samples}
    blocks = [(_question(asked[case.id]), _answers(case, names)) for case in cases]
    heights = [
        head.count("\n") + max(text.count("\n") for text in answers.values()) + 4.5
        for head, answers in blocks
    ]
    figure = new_figure(9.4, 0.6 + _LINE * sum(heights))
    panels = np.atleast_1d(figure.subplots(len(heights), 1, height_ratios=heights))
    for axes, lines, case, (head, answers) in zip(panels, heights, cases, blocks, strict=True):
        axes.axis("off")
        # One unit of the axis is a line of text.
        axes.set(xlim=(0, 1), ylim=(lines, 0))
        axes.text(0, 1, f"{case.title}: {case.id}", fontsize=9.5, weight="bold")
        axes.text(0, 1.6, head, fontsize=8.5, va="top", parse_math=False)
        for place, (method, text) in enumerate(answers.items()):
            colour = LOOKS[method].colour
            axes.text(
                0.01 + 0.51 * place, head.count("\n") + 3.2, text, fontsize=8.5, va="top",
                parse_math=False,
                bbox={"boxstyle": "round", "fc": (*colour, 0.12), "ec": colour},
            )  # fmt: skip
    return finish(figure, result, f"judged by {result.judge}")


def _question(item: Mapping[str, Any]) -> str:
    return _wrapped(f"{item['input']}\nGold: {item['label']}. Teacher: {item['rationale']}", 145)


def _answers(case: Case, names: Mapping[str, str]) -> dict[str, str]:
    return {
        method: _wrapped(
            f"{names[method]}: {answer['predicted']} ({'right' if answer['correct'] else 'wrong'}), "
            f"rationale judged {answer['score']:g} of 5\n{answer['rationale']}",
            68,
        )
        for method, answer in case.answers.items()
    }


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())
