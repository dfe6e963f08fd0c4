"""Contrasts: does MI's gain over DSS change with what was varied, does accuracy change with a weight?

That one gain is significant and another is not says nothing about the two being different; their own
difference has to be tested (Nieuwenhuis et al. 2011).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.measure.verdicts import Side, decide
from mi_cot_lib.report.cells.accuracy import accuracy_by_seed
from mi_cot_lib.report.compare import MI_AGAINST_DSS
from mi_cot_lib.report.runs import Run, Values
from mi_cot_lib.report.setting import WORDING, Setting, title

# What is compared, in which setting, and its two sides, of which the second is subtracted.
_Contrast = tuple[str, Setting, Side, Side]


def contrasts(kind: str, runs: Sequence[Run], fields: Sequence[str], margin: float) -> pd.DataFrame:
    """Make an item's contrasts of accuracies, in points, and decide them together.

    Args:
        kind: `changes` subtracts MI's gain over DSS where the fields have their first values from that where
            they have others; `slopes` are of MI's accuracy over the logarithm of the last field, by what ten
            times as much does.
        fields: Of a setting: what was varied.
        margin: Smallest change of interest.

    Returns:
        One row a contrast: `contrast` (what it is called), `setting`, `difference`, `low`, `high` (95%, over
        seeds and items), `seeds`, `p`, `p_holm`, `p_same` (both corrected for all contrasts) and `verdict`.
    """
    made = _KINDS[kind](accuracy_by_seed(runs), fields)
    decided = decide([(one, other) for _, _, one, other in made], margin)
    return pd.DataFrame(
        [
            {
                "contrast": name,
                "setting": setting,
                "difference": verdict.found.mean,
                "low": verdict.found.low,
                "high": verdict.found.high,
                "seeds": len(verdict.found.seeds),
                "p": verdict.found.p,
                "p_holm": verdict.p_holm,
                "p_same": verdict.p_same,
                "verdict": verdict.decision,
            }
            for (name, setting, _, _), verdict in zip(made, decided, strict=True)
        ]
    )


def _changes(values: Values, fields: Sequence[str]) -> list[_Contrast]:
    emptied = {"change": "none", "share": 0.0} if "change" in fields else dict.fromkeys(fields, "")
    first: dict[Setting, tuple[Setting, Side]] = {}
    found: list[_Contrast] = []
    for one, other in MI_AGAINST_DSS.pairs(list(values)):
        gain = {
            seed: values[one][seed] - values[other][seed]
            for seed in values[one].keys() & values[other].keys()
        }
        base, its_gain = first.setdefault(one.with_(**emptied), (one, gain))
        if base != one and gain.keys() & its_gain.keys():
            sides = (title(side, fields) or WORDING["titles"]["unchanged"] for side in (one, base))
            found.append((" − ".join(sides), one, gain, its_gain))
    return found


def _slopes(values: Values, fields: Sequence[str]) -> list[_Contrast]:
    *shared, varied = fields
    lines: dict[Setting, dict[float, Side]] = {}
    for setting, side in values.items():
        if setting.method == "mi":
            line = lines.setdefault(setting.with_(**{varied: None}), {})
            line[getattr(setting, varied)] = side
    found: list[_Contrast] = []
    for setting, line in lines.items():
        seeds = set.intersection(*({*side} for side in line.values()))
        if len(line) > 1 and seeds:
            scale = np.log10(list(line)) - np.log10(list(line)).mean()
            weights = scale / (scale**2).sum()
            slope = {
                seed: sum(w * side[seed] for w, side in zip(weights, line.values(), strict=True))
                for seed in sorted(seeds)
            }
            flat = {seed: np.zeros_like(values) for seed, values in slope.items()}
            found.append((title(setting, shared), setting, slope, flat))
    return found


_KINDS: Mapping[str, Callable[[Values, Sequence[str]], list[_Contrast]]] = {
    "changes": _changes,
    "slopes": _slopes,
}
