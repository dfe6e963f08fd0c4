"""What was measured of trained students: I(Z;V), I(Z;Y) and H(V), each quantity a row of its own."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import mean_interval
from mi_cot_lib.report.cells.quantities import QUANTITIES, Quantity
from mi_cot_lib.report.runs import Record, Run, by_setting
from mi_cot_lib.report.setting import Setting


def information_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Average what was measured over seeds, one row a setting and quantity, in nats.

    Returns:
        Columns `setting` (with its `quantity`), `value`, `low`, `high` (mean over seeds and 95% t interval
        of what the estimators say), `null` (mean of the same estimators on shuffled pairs, NaN where nothing
        is fitted to pairs), `cap` (what cannot be exceeded, by noise, items or values), `seeds`, `items`.

    Raises:
        ConfigError: Records of different protocols.
    """
    protocols = [run.record["information"]["protocol"] for run in runs]
    if any(one != protocols[0] for one in protocols):
        raise ConfigError("students were measured by different protocols; measure them again.")
    rows = []
    for setting, values in information_by_seed(runs).items():
        quantity = QUANTITIES[setting.quantity]
        records = [run.record for run in by_setting(runs)[setting.with_(quantity="")].values()]
        nulls = [found["null"] for one in records if "null" in (found := _of(quantity, one))]
        estimate = mean_interval(list(values.values()))
        rows.append(
            {
                "setting": setting,
                "value": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "null": float(np.mean(nulls)) if nulls else None,
                "cap": _cap(quantity, records[0]),
                "seeds": len(values),
                "items": protocols[0]["test_items"],
            }
        )
    numbers = ("value", "low", "high", "null", "cap")
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))


def information_by_seed(runs: Sequence[Run]) -> dict[Setting, dict[int, float]]:
    """Return each quantity of each seed in nats, by setting; one that some student lacks is left out."""
    found: dict[Setting, dict[int, float]] = {}
    cells = by_setting(runs)
    for quantity in QUANTITIES.values():
        for setting, group in cells.items():
            values = {
                seed: measured["nats"]
                for seed, run in group.items()
                if "nats" in (measured := _of(quantity, run.record))
            }
            if len(values) == len(group):
                found[setting.with_(quantity=quantity.name)] = values
    return found


def _of(quantity: Quantity, record: Record) -> Record:
    return quantity.of(record["information"]["measured"])


def _cap(quantity: Quantity, record: Record) -> float | None:
    """Return what a quantity cannot exceed, in nats; None where nothing limits it.

    I(Z;V) and what of V passes the noise lie below the noise's ceiling, InfoNCE below log N as well;
    I(Z;Y) below H(Y); k-means codes below the logarithm of their number. vCLUB, which bounds from above,
    can exceed what it bounds.
    """
    measured = record["information"]["measured"]
    if quantity.name in ("v_answers", "zv_vclub"):
        return None
    if quantity.symbol == "I(Z;Y)":
        return float(measured["y"]["nats"])
    if quantity.name == "v_codes":
        return float(np.log(record["information"]["protocol"]["codes"]))
    caps = [measured["ceiling"], quantity.of(measured).get("cap")]
    return float(min(cap for cap in caps if cap is not None))
