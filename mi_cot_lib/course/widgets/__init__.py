"""What a reader of the course can move: controls, and what follows them."""

from mi_cot_lib.course.widgets.bench import calibration_bench
from mi_cot_lib.course.widgets.certainty import how_sure
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider
from mi_cot_lib.course.widgets.explorer.view import run_explorer
from mi_cot_lib.course.widgets.lab import loss_lab
from mi_cot_lib.course.widgets.live import live_training
from mi_cot_lib.course.widgets.playground import student_playground

__all__ = [
    "Controlled",
    "beside",
    "calibration_bench",
    "controlled",
    "how_sure",
    "live_training",
    "loss_lab",
    "named_slider",
    "run_explorer",
    "student_playground",
]
