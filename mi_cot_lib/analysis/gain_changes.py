"""Does what the MI loss adds to DSS depend on a setting? Gains subtracted from gains, seed by seed.

That one gain is significant and another is not says nothing about the two being different; their own
difference has to be tested.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from mi_cot_lib.analysis.findings import difference_title
from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    grouped,
    item_outcomes,
    prepare_seed_differences,
    with_holm,
)
from mi_cot_lib.analysis.row_titles import JOINT
from mi_cot_lib.analysis.tables import p_text, with_interval

# Columns of the frame, also where there is nothing in it.
_NAMES = ["row", "against", "column", "difference", "low", "high", "seeds", "p_seeds"]


def prepare_gain_changes(entries: Sequence[Entry], base: str) -> pd.DataFrame:
    """Compare MI's gain over DSS in each setting with that in one of them.

    Args:
        entries: Runs of rows `mi SETTING` and `dss SETTING`.
        base: The setting whose gain is subtracted.

    Returns:
        Columns `row`, `against` (settings), `column`, `difference`, `low`, `high` (points, 95% t interval
        over the seeds that all four students share), `seeds`, `p_seeds`, `p_seeds_holm` (over all rows) and
        `is_gain`, true throughout.
    """
    accuracy: dict[tuple[str, str, str], dict[int, float]] = {}
    for (row, column, _), group in grouped(entries).items():
        method, _, setting = row.partition(JOINT)
        accuracy[method, setting, column] = {
            seed: 100 * float(item_outcomes(entry.record).mean()) for seed, entry in group.items()
        }
    gains = {}
    for (method, setting, column), mine in accuracy.items():
        plain = accuracy.get(("dss", setting, column), {})
        if method == "mi":
            gains[setting, column] = {s: mine[s] - plain[s] for s in mine.keys() & plain.keys()}
    settings = dict.fromkeys(setting for setting, _ in gains)
    found = [
        prepare_seed_differences(gains, setting, base) for setting in settings if setting != base
    ]
    known = [frame.drop(columns="p_holm") for frame in found if len(frame)]
    frame = (
        pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=_NAMES[:-1] + ["p"])
    )
    frame = frame.rename(columns={"p": "p_seeds"})[_NAMES]
    return frame.assign(p_seeds_holm=with_holm(frame["p_seeds"]), is_gain=True)


def print_gain_changes(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print how MI's gain over DSS changes with the setting."""
    return pd.DataFrame(
        [
            {
                "Compared": difference_title(one),
                "Data set": columns[str(one["column"])],
                "Points [95% over seeds]": with_interval(
                    one["difference"], one["low"], one["high"], signed=True
                ),
                "Seeds": str(one["seeds"]),
                "p over seeds (Holm)": f"{p_text(one['p_seeds'])} ({p_text(one['p_seeds_holm'])})",
            }
            for one in found.to_dict("records")
        ]
    )
