"""MI-CoT: mutual information for chain-of-thought distillation, taught, re-run and checked.

Public names load on first use, so that the command line answers before torch is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi_cot_lib.data.arithmetic import equation_value
    from mi_cot_lib.data.load import load_split
    from mi_cot_lib.data.teacher.parse import parse_teacher_output
    from mi_cot_lib.experiments.running.evaluate import evaluate
    from mi_cot_lib.experiments.running.run import run
    from mi_cot_lib.measure.calibration import expected_calibration_error, reliability_bins
    from mi_cot_lib.measure.mutual_information.estimate import estimate_mi
    from mi_cot_lib.measure.over_items import mcnemar, paired_bootstrap
    from mi_cot_lib.objective.mi import mi_loss
    from mi_cot_lib.student.load import load_student
    from mi_cot_lib.training.config import RunConfig
    from mi_cot_lib.training.record import load_runs

__all__ = [
    "RunConfig",
    "equation_value",
    "estimate_mi",
    "evaluate",
    "expected_calibration_error",
    "load_runs",
    "load_split",
    "load_student",
    "mcnemar",
    "mi_loss",
    "paired_bootstrap",
    "parse_teacher_output",
    "reliability_bins",
    "run",
]

_HOMES = {
    "RunConfig": "training.config",
    "equation_value": "data.arithmetic",
    "estimate_mi": "measure.mutual_information.estimate",
    "evaluate": "experiments.running.evaluate",
    "expected_calibration_error": "measure.calibration",
    "load_runs": "training.record",
    "load_split": "data.load",
    "load_student": "student.load",
    "mcnemar": "measure.over_items",
    "mi_loss": "objective.mi",
    "paired_bootstrap": "measure.over_items",
    "parse_teacher_output": "data.teacher.parse",
    "reliability_bins": "measure.calibration",
    "run": "experiments.running.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
