"""Checks of the exercises: each takes the learner's function and says what is right, or what went wrong."""

from mi_cot_lib.course.checks.calibration import ece, noise_floor
from mi_cot_lib.course.checks.check import Check, Verdict
from mi_cot_lib.course.checks.compare import mcnemar, paired_interval, power
from mi_cot_lib.course.checks.experiment import SCRIPT, control, faults
from mi_cot_lib.course.checks.loss import (
    least_loss,
    max_pool,
    released_gradient,
    released_loss,
)
from mi_cot_lib.course.checks.own_form import my_form
from mi_cot_lib.course.checks.student import collate, shift_right, token_loss
from mi_cot_lib.course.checks.text import equation_value, read_teacher
from mi_cot_lib.course.checks.theory import barber_agakov, equation_9, fooled, infonce

# By name, in the order of the course.
CHECKS: dict[str, Check] = {
    check.name: check
    for check in (
        read_teacher, equation_value, collate, shift_right, token_loss, max_pool, released_loss, faults,
        paired_interval, mcnemar, power, my_form, ece, noise_floor, equation_9, fooled, barber_agakov,
        released_gradient, least_loss, infonce, control,
    )
}  # fmt: skip

__all__ = ["CHECKS", "SCRIPT", "Verdict", *CHECKS]
