"""What a reader of the course can move: controls, and what follows them."""

from mi_cot_lib.course.widgets.certainty import how_sure
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider

__all__ = ["Controlled", "beside", "controlled", "how_sure", "named_slider"]
