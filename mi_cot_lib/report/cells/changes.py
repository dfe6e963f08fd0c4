"""Does what the MI loss adds to DSS depend on a setting? Gains subtracted from gains, seed by seed.

That one gain is significant and another is not says nothing about the two being different; their own
difference has to be tested.
"""

from collections.abc import Sequence

import pandas as pd

from mi_cot_lib.report.cells.accuracy import accuracy_by_seed
from mi_cot_lib.report.compare import MI_AGAINST_DSS, Values, compare
from mi_cot_lib.report.runs import Run


def gain_changes(runs: Sequence[Run], field: str) -> pd.DataFrame:
    """Compare MI's gain over DSS in each setting with that in the first one.

    Args:
        runs: Of DSS and MI.
        field: Of a setting, which tells those that are compared apart.

    Returns:
        As `compare`; differences in points.
    """
    values = accuracy_by_seed(runs)
    gains: Values = {
        one: {
            seed: values[one][seed] - values[other][seed]
            for seed in values[one].keys() & values[other].keys()
        }
        for one, other in MI_AGAINST_DSS.pairs(list(values))
    }
    first = getattr(next(iter(gains)), field)
    found = compare(gains, (), 1.0, None)
    return (
        found[[getattr(one, field) == first for one in found["against"]]] if len(found) else found
    )
