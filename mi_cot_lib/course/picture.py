"""A figure with words for those who do not see it."""

import io
from base64 import b64encode
from dataclasses import dataclass
from html import escape

from matplotlib.figure import Figure

_DOTS_PER_INCH = 90


@dataclass(frozen=True)
class Picture:
    """A figure that a notebook, a widget and a static page show alike, with an alternative text.

    A figure by itself is shown as an image without one.

    Attributes:
        figure: What is drawn.
        told: What it shows, in words.
    """

    figure: Figure
    told: str

    @property
    def html(self) -> str:
        """An `img` that holds its own data."""
        drawn = io.BytesIO()
        self.figure.savefig(drawn, format="png", dpi=_DOTS_PER_INCH)
        data = b64encode(drawn.getvalue()).decode("ascii")
        source = f"data:image/png;base64,{data}"
        return f'<img alt="{escape(self.told)}" style="max-width:100%" src="{source}">'

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"Picture: {self.told}"
