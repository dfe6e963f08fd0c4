"""What was measured of trained students: I(Z;V), I(Z;Y) and H(V), each quantity a row of its own."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import pandas as pd

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.runs import Record, Run, Values, by_setting, over_seeds


class Quantity(NamedTuple):
    """One quantity: what it says about the truth, and the keys that lead to it in what was measured."""

    bounds: str
    place: tuple[str, ...]

    def of(self, record: Record) -> Record:
        """Return it from a run's record: `nats`, and `null` and `cap` where it has them."""
        return reduce(lambda found, key: found[key], self.place, record["information"]["measured"])


_LOWER = "lower bound"
QUANTITIES = {
    "zv_infonce": Quantity(_LOWER, ("zv", "infonce")),
    "zv_barber_agakov": Quantity(
        f"{_LOWER}, if the entropy of V is right", ("zv", "barber_agakov")
    ),
    "zv_vclub": Quantity("upper bound, if q(v|z) is right", ("zv", "vclub")),
    "zy": Quantity(_LOWER, ("zy",)),
    "zy_noised": Quantity(_LOWER, ("zy_noised",)),
    "v_noised": Quantity("upper bound", ("v_noised",)),
    "v_codes": Quantity("of the codes", ("v_codes",)),
    "v_answers": Quantity("of the labels", ("v_answers",)),
}


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
    groups = by_setting(runs)
    rows = []
    for setting, values in information_by_seed(runs).items():
        records = [run.record for run in groups[setting.with_(quantity="")].values()]
        measured = [QUANTITIES[setting.quantity].of(one) for one in records]
        rows.append(
            {
                "setting": setting,
                **over_seeds(map(float, values.values())),
                "null": pd.Series([one.get("null") for one in measured], dtype=float).mean(),
                "cap": _cap(setting.quantity, records[0]),
                "seeds": len(values),
                "items": protocols[0]["test_items"],
            }
        )
    return pd.DataFrame(rows).astype({"cap": float})


def information_by_seed(runs: Sequence[Run]) -> Values:
    """Return each quantity of each seed in nats, by setting; one that some student lacks is left out."""
    groups = by_setting(runs)
    return {
        setting.with_(quantity=name): {
            seed: quantity.of(run.record)["nats"] for seed, run in group.items()
        }
        for name, quantity in QUANTITIES.items()
        for setting, group in groups.items()
        if all("nats" in quantity.of(run.record) for run in group.values())
    }


def _cap(quantity: str, record: Record) -> float | None:
    """Return what a quantity cannot exceed, in nats; None where nothing limits it.

    I(Z;V) and what of V passes the noise lie below the noise's ceiling, InfoNCE below log N as well;
    I(Z;Y) below H(Y); k-means codes below the logarithm of their number. vCLUB, which bounds from above,
    can exceed what it bounds.
    """
    measured = record["information"]["measured"]
    if quantity in ("v_answers", "zv_vclub"):
        return None
    if quantity in ("zy", "zy_noised"):
        return float(measured["y"]["nats"])
    if quantity == "v_codes":
        return float(np.log(record["information"]["protocol"]["codes"]))
    own = QUANTITIES[quantity].of(record).get("cap")
    return float(measured["ceiling"] if own is None else min(own, measured["ceiling"]))
