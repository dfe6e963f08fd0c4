"""How well confidence matches accuracy, in and out of domain, with what chance alone does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.measure.calibration import (
    bin_numbers,
    binned_error,
    breaks_the_bound,
    brier_score,
    equal_mass_error,
    expected_calibration_error,
    noise_floor,
)
from mi_cot_lib.measure.over_items import resampled
from mi_cot_lib.report.runs import Run, Values, by_seed, by_setting, over_seeds

N_BINS = 10
# Sums are rounded.
_SLACK = 1e-9


def calibration_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Measure calibration of each setting over its seeds, whose records hold confidences.

    Returns:
        One row a setting, all shares in percent, means over seeds: `setting`, `seeds`, `items`, `value`
        (the ECE) with `low` and `high` (95% t interval over seeds) and `item_low`, `item_high` (95% basic
        bootstrap over items), `accuracy` (of the most probable label in closed sets), `confidence`,
        `ece_equal_mass`, `brier` (0 to 1), `floor` and `floor_95` (a perfectly calibrated student's ECE:
        mean and 95th percentile), `temperature`, `ece_scaled` (at the temperature that validation asks
        for), `ece_normalised` and `confidence_normalised` (sequences only, by length), and
        `bound_broken`: how many seeds break `ECE ≥ |accuracy − confidence|`.
    """
    rows = []
    for setting, group in by_setting(runs).items():
        kept = [run.calibration() for run in group.values()]
        seeds = pd.DataFrame([_measure(one) for one in kept])
        rows.append(
            {
                "setting": setting,
                "seeds": len(seeds),
                "items": len(kept[0]["correct"]),
                **seeds.drop(columns="bound_broken").mean(skipna=False),
                **over_seeds(seeds["value"]),
                **dict(zip(("item_low", "item_high"), _over_items(kept), strict=True)),
                "bound_broken": seeds["bound_broken"].sum(),
            }
        )
    return pd.DataFrame(rows)


def error_by_seed(runs: Sequence[Run]) -> Values:
    """Return the ECE of each seed in percent, by setting."""
    return by_seed(runs, lambda run: _measure(run.calibration())["value"])


def outcomes_of(calibration: Mapping[str, Any]) -> np.ndarray:
    """Return a record's outcomes, (items,) of bool."""
    return np.array([bit == "1" for bit in calibration["correct"]])


def _measure(calibration: Mapping[str, Any]) -> dict[str, float]:
    correct = outcomes_of(calibration)
    confidence = np.array(calibration["confidence"])
    error = expected_calibration_error(confidence, correct, N_BINS)
    floor, floor_95 = noise_floor(confidence)
    # Of sequences only.
    by_length = calibration.get("normalised")
    return {
        "accuracy": 100 * float(correct.mean()),
        "confidence": 100 * float(confidence.mean()),
        "value": 100 * error,
        "ece_equal_mass": 100 * equal_mass_error(confidence, correct),
        "brier": brier_score(confidence, correct),
        "floor": 100 * floor,
        "floor_95": 100 * floor_95,
        "temperature": float(calibration["temperature"]),
        "ece_scaled": 100 * expected_calibration_error(calibration["scaled"], correct),
        "bound_broken": breaks_the_bound(
            error, float(correct.mean()), float(confidence.mean()), slack=_SLACK
        ),
        "confidence_normalised": np.nan if by_length is None else 100 * float(np.mean(by_length)),
        "ece_normalised": (
            np.nan if by_length is None else 100 * expected_calibration_error(by_length, correct)
        ),
    }


def _over_items(seeds: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Resample the shared items: 95% interval of the mean over seeds of ECE, in percent.

    A resample's ECE lies above that of its sample, since noise adds gaps; the basic bootstrap turns that
    bias round where percentiles would double it. An error below 0 does not exist, and is cut there.
    """
    pairs = []
    for one in seeds:
        confidence = np.array(one["confidence"])
        pairs.append((bin_numbers(confidence, N_BINS), outcomes_of(one) - confidence))

    def mean_error(chosen: np.ndarray) -> float:
        return float(np.mean([binned_error(n[chosen], gaps[chosen], N_BINS) for n, gaps in pairs]))

    found = resampled(len(pairs[0][0]), mean_error, "basic").confidence_interval
    return 100 * max(0.0, float(found.low)), 100 * float(found.high)
