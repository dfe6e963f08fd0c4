"""MI-CoT: mutual information for chain-of-thought distillation, taught, re-run and checked.

Public names load on first use, so that the command line answers before torch is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi_cot_lib.data.arithmetic import equation_value
    from mi_cot_lib.data.parse import parse_teacher_output
    from mi_cot_lib.objective.mi import mi_loss
    from mi_cot_lib.reproduce.run import run
    from mi_cot_lib.training.config import RunConfig
    from mi_cot_lib.training.record import load_runs

__all__ = ["RunConfig", "equation_value", "load_runs", "mi_loss", "parse_teacher_output", "run"]

_HOMES = {
    "RunConfig": "training.config",
    "equation_value": "data.arithmetic",
    "load_runs": "training.record",
    "mi_loss": "objective.mi",
    "parse_teacher_output": "data.parse",
    "run": "reproduce.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
