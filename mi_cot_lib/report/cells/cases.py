"""Cases: two students' answers to one item, chosen by a rule that was fixed beforehand (Figures 4 and 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mi_cot_lib.report.cells.quality import JudgedSample, item_means
from mi_cot_lib.report.setting import TEACHER
from mi_cot_lib.report.words import RULES


@dataclass(frozen=True, slots=True)
class Case:
    """One sampled item, and what two students wrote about it.

    Attributes:
        title: By which rule it was chosen.
        id: Of the example.
        answers: For each method `predicted`, `correct`, `rationale`, `score`.
    """

    title: str
    id: str
    answers: dict[str, dict[str, Any]]


def choose_cases(samples: Sequence[JudgedSample], about: str) -> list[Case]:
    """Choose cases: of the first seed's sampled items the first that fits, for each of two rules.

    Args:
        samples: Of DSS and MI on one data set, the teacher's apart.
        about: Of `RULES`: whose label is right, or whose rationale is judged higher. A rule that no item
            fits is left out, and there are none where a method has no run.
    """
    first: dict[str, JudgedSample] = {}
    for sample in sorted(samples, key=lambda one: one.seed):
        if sample.setting.method != TEACHER:
            first.setdefault(sample.setting.method, sample)
    if not {"dss", "mi"} <= first.keys():
        return []
    means = {method: item_means(sample) for method, sample in first.items()}
    items = [
        {
            method: {**sample.items[place], "score": float(means[method][place])}
            for method, sample in first.items()
        }
        for place in range(len(first["mi"].items))
    ]
    cases = []
    for rule, better, worse in zip(RULES[about], ("mi", "dss"), ("dss", "mi"), strict=True):
        fits = _label_fits if about == "labels" else _rationale_fits
        chosen = next((one for one in items if fits(one[better], one[worse])), None)
        if chosen is not None:
            cases.append(Case(rule, chosen[better]["id"], chosen))
    return cases


def _label_fits(better: Mapping[str, Any], worse: Mapping[str, Any]) -> bool:
    return better["correct"] and not worse["correct"]


def _rationale_fits(better: Mapping[str, Any], worse: Mapping[str, Any]) -> bool:
    return better["correct"] and worse["correct"] and better["score"] > worse["score"]
