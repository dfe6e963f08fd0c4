"""Mutual information from samples: eight estimators, and what each of them bounds."""

from mi_cot_lib.measure.mutual_information.documented import documented_error
from mi_cot_lib.measure.mutual_information.estimate import (
    ESTIMATORS,
    estimate_held_out,
    estimate_mi,
)
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate

__all__ = ["ESTIMATORS", "MiEstimate", "documented_error", "estimate_held_out", "estimate_mi"]
