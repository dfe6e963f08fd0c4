"""Measured students compared: each quantity's mean over seeds, its null, and MI against DSS."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.mutual_information.quantities import QUANTITIES, Quantity
from mi_cot_lib.analysis.statistics import holm, mean_interval, paired_difference
from mi_cot_lib.errors import ConfigError

Record = Mapping[str, Any]
REFERENCE, COMPARED = "dss", "mi"


def prepare_students(records: Sequence[Record]) -> pd.DataFrame:
    """Compare the students with the MI term to those without it, quantity by quantity.

    Args:
        records: Of measured students, one a run; of one protocol.

    Returns:
        A row a data set, student and quantity, in nats:

        * `dataset`, `student`, `quantity`: names;
        * `dss`, `dss_low`, `dss_high`, `mi`, `mi_low`, `mi_high`: means and 95% t intervals over seeds;
        * `null`: the mean of both methods' students on shuffled pairs, NaN where nothing is fitted to pairs;
        * `cap`: what cannot be exceeded, by noise, items or values;
        * `difference`, `low`, `high`, `p`, `p_holm`: MI − DSS over shared seeds with its 95% t interval, of
          the paired t-test, and Holm-corrected over all rows; NaN where one method is not there;
        * `spread`: standard deviation of the differences; `seeds`: how many are shared.

        A quantity that was not measured on some student has no row.

    Raises:
        ConfigError: No records, two of one run, or records of different protocols.
    """
    check_records(records)
    rows = []
    for (dataset, student), group in _groups(records).items():
        for quantity in QUANTITIES.values():
            if all("nats" in quantity.of(one["measured"]) for one in group):
                rows.append({"dataset": dataset, "student": student, **_row(quantity, group)})
    corrected = holm([row["p"] for row in rows])
    frame = pd.DataFrame([{**row, "p_holm": p} for row, p in zip(rows, corrected, strict=True)])
    return _numeric(frame)


def prepare_other_noise(records: Sequence[Record]) -> pd.DataFrame:
    """Compare I(Z;V) at every noise that it was measured with, by one estimator.

    Args:
        records: As for `prepare_students`.

    Returns:
        A row a data set, student and noise: `dataset`, `student`, `noise` (in standard deviations of a
        component), `dss`, `mi` (means over seeds, nats), `difference`, `low`, `high` (MI − DSS over shared
        seeds and 95% t interval), `seeds`.
    """
    check_records(records)
    rows = []
    for (dataset, student), group in _groups(records).items():
        for noise in sorted(_by_noise(group[0])):
            values = _by_method(group, lambda one, noise=noise: _by_noise(one)[noise])
            rows.append(
                {
                    "dataset": dataset,
                    "student": student,
                    "noise": noise,
                    **{name: _mean(values, name)["mean"] for name in (REFERENCE, COMPARED)},
                    **{
                        key: value
                        for key, value in _paired(values).items()
                        if key not in ("p", "spread")
                    },
                }
            )
    return _numeric(pd.DataFrame(rows))


def check_records(records: Sequence[Record]) -> None:
    """Refuse records that do not belong in one table.

    Raises:
        ConfigError: There are none, two are of one run, or their protocols differ.
    """
    if not records:
        raise ConfigError(
            "no measured students to compare; `mi-cot measure --help` says how to make them."
        )
    names = [one["run"] for one in records]
    if len(set(names)) < len(names):
        raise ConfigError("two records are of the same run.")
    if any(one["protocol"] != records[0]["protocol"] for one in records):
        raise ConfigError("the students were measured by different protocols; measure them again.")


def _numeric(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn what is not there into NaN."""
    texts = ("dataset", "student", "quantity", "seeds")
    return frame.astype({name: float for name in frame.columns if name not in texts})


def _groups(records: Sequence[Record]) -> dict[tuple[str, str], list[Record]]:
    groups: dict[tuple[str, str], list[Record]] = {}
    for one in records:
        groups.setdefault((one["config"]["dataset"], one["config"]["student"]), []).append(one)
    return groups


def _row(quantity: Quantity, group: Sequence[Record]) -> dict[str, Any]:
    found = [quantity.of(one["measured"]) for one in group]
    nulls = [one["null"] for one in found if "null" in one]
    values = _by_method(group, lambda one: quantity.of(one["measured"])["nats"])
    row: dict[str, Any] = {"quantity": quantity.name}
    for name in (REFERENCE, COMPARED):
        mean = _mean(values, name)
        row |= {name: mean["mean"], f"{name}_low": mean["low"], f"{name}_high": mean["high"]}
    row |= {"null": float(np.mean(nulls)) if nulls else None, "cap": cap_of(quantity, group[0])}
    return row | _paired(values)


def cap_of(quantity: Quantity, record: Record) -> float | None:
    """Return what a quantity cannot exceed, in nats; None where nothing limits it.

    I(Z;V) and what of V passes the noise lie below the noise's ceiling, InfoNCE below log N as well;
    I(Z;Y) below H(Y); k-means codes below the logarithm of their number. vCLUB, which bounds from above,
    can exceed what it bounds.
    """
    measured, protocol = record["measured"], record["protocol"]
    if quantity.name in ("v_answers", "zv_vclub"):
        return None
    if quantity.symbol == "I(Z;Y)":
        return float(measured["y"]["nats"])
    if quantity.name == "v_codes":
        return float(np.log(protocol["codes"]))
    caps = [measured["ceiling"], quantity.of(measured).get("cap")]
    return float(min(cap for cap in caps if cap is not None))


def _by_noise(record: Record) -> dict[float, float]:
    measured, protocol = record["measured"], record["protocol"]
    found = {float(noise): one["nats"] for noise, one in measured["zv_other_noise"].items()}
    return {
        **found,
        protocol["noise"]: measured["zv"][protocol["estimator_of_other_noise"]]["nats"],
    }


def _by_method(group: Sequence[Record], value: Any) -> dict[str, dict[int, float]]:
    values: dict[str, dict[int, float]] = {}
    for one in group:
        config = one["config"]
        values.setdefault(config["method"], {})[config["seed"]] = value(one)
    return values


def _mean(values: Mapping[str, Mapping[int, float]], name: str) -> dict[str, float | None]:
    if name not in values:
        return {"mean": None, "low": None, "high": None}
    found = mean_interval(list(values[name].values()))
    return {"mean": found.mean, "low": found.low, "high": found.high}


def _paired(values: Mapping[str, Mapping[int, float]]) -> dict[str, Any]:
    shared = values.get(REFERENCE, {}).keys() & values.get(COMPARED, {}).keys()
    names = ("difference", "low", "high", "p", "spread")
    if not shared:
        return {**dict.fromkeys(names), "seeds": 0}
    found = paired_difference(values[COMPARED], values[REFERENCE])
    difference = found.difference
    numbers = (difference.mean, difference.low, difference.high, found.p, found.spread)
    return {**dict(zip(names, numbers, strict=True)), "seeds": len(shared)}
