"""How strong the MI loss was while recorded students trained, beside the loss of the rationales."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.report.cells.curves import gradient_cells
from mi_cot_lib.report.runs import Run, by_setting
from mi_cot_lib.report.setting import title


def prepare_strength(runs: Sequence[Run]) -> pd.DataFrame:
    """Compare the weighted gradient norms of the three terms of runs with all of them.

    Args:
        runs: With curves.

    Returns:
        One row a setting: `data` and `change` (of its teacher), `seeds`, the median over the logged steps of
        the norms `prediction`, `generation` and `mi` (means over seeds), `mi / generation` (the median of the
        steps' quotients), and `low` and `high`, the least and greatest of its seeds.
    """
    rows = []
    for setting, group in by_setting(runs).items():
        seeds = [_quotient([run])["mi / generation"] for run in group.values()]
        whole = _quotient(list(group.values()))
        rows.append(
            {"data": title(setting, ("dataset",)), "change": setting.change, "seeds": len(group)}
            | whole
            | {"low": min(seeds), "high": max(seeds)}
        )
    return pd.DataFrame(rows)


def prepare_changes(runs: Sequence[Run]) -> pd.DataFrame:
    """Collect the MI loss's gradient norms of runs under changed teachers, for `draw_naming`.

    Args:
        runs: With curves; those with the MI term count.

    Returns:
        `change`, `data`, `step`, and of the MI term's weighted gradient `norm` (mean over seeds), `low`
        and `high` (least and greatest).
    """
    found = gradient_cells([run for run in runs if run.setting.method == "mi"])
    found = found[found["term"] == "mi"].drop(columns="term")
    settings = found.pop("setting")
    return found.rename(columns={"value": "norm"}).assign(
        change=[one.change for one in settings],
        data=[title(one, ("dataset",)) for one in settings],
    )


def _quotient(runs: Sequence[Run]) -> dict[str, float]:
    norms = gradient_cells(runs).pivot(index="step", columns="term", values="value")
    found: Mapping[str, pd.Series] = {str(term): norms[term] for term in norms}
    quotients = found["mi"] / found["generation"]
    medians = {term: float(np.median(values)) for term, values in found.items()}
    return {**medians, "mi / generation": float(np.median(quotients))}
