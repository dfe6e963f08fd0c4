"""What a reader of the course can move: controls, and what follows them."""

from mi_cot_lib.course.widgets.calibration_bench import calibration_bench
from mi_cot_lib.course.widgets.certainty import how_sure
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider
from mi_cot_lib.course.widgets.loss_lab import loss_lab
from mi_cot_lib.course.widgets.run_explorer import run_explorer

__all__ = [
    "Controlled",
    "beside",
    "calibration_bench",
    "controlled",
    "how_sure",
    "loss_lab",
    "named_slider",
    "run_explorer",
]
