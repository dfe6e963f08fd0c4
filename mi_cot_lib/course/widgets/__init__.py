"""What a reader of the course can move: controls, and what follows them."""

from mi_cot_lib.course.widgets.certainty import how_sure
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider
from mi_cot_lib.course.widgets.lab import loss_lab

__all__ = ["Controlled", "beside", "controlled", "how_sure", "loss_lab", "named_slider"]
