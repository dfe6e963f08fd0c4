"""Numbers as text, and frames of text as Markdown and LaTeX: the only place where numbers are rounded."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

MISSING = "–"
# Digits after the point, by measure.
DIGITS = {
    **{"accuracy": 1, "error": 1, "quality": 2, "correlation": 2, "information": 2},
    "overlap": 1,
}
# Signs that LaTeX has no letter for; its own special letters are escaped by pandas.
_LATEX_SIGNS = {"−": "$-$", "–": "--", "±": "$\\pm$", "×": "$\\times$"}
_LATEX = {**_LATEX_SIGNS, "%": "\\%", "&": "\\&", "_": "\\_", "#": "\\#", "$": "\\$"}
# Cells with more letters are set as paragraphs.
_LONG = 60


def number(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """Return a number with a true minus sign, which lines up with the plus; no `−0.0`."""
    if pd.isna(value):
        return MISSING
    sign = "+" if signed else ""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}".replace("-", "−")


def interval(low: float, high: float, digits: int = 1, *, signed: bool = False) -> str:
    """Return an interval in brackets: `[−0.3, +2.7]`."""
    if pd.isna(low):
        return "[no interval]"
    return f"[{number(low, digits, signed=signed)}, {number(high, digits, signed=signed)}]"


def with_interval(
    mean: float, low: float, high: float, digits: int = 1, *, signed: bool = False
) -> str:
    """Return a mean with its interval: `+1.2 [−0.3, +2.7]`."""
    if pd.isna(mean):
        return MISSING
    return f"{number(mean, digits, signed=signed)} {interval(low, high, digits, signed=signed)}"


def p_text(p: float) -> str:
    """Return a p-value to three decimals, `<0.001` below that."""
    if pd.isna(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def to_markdown(frame: pd.DataFrame) -> str:
    """Return a table of text cells in Markdown, with a line break at its end."""

    def line(cells: Sequence[Any]) -> str:
        escaped = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
        return f"| {' | '.join(escaped)} |\n"

    rule = ["---", *("---:" for _ in frame.columns[1:])]
    return "".join(line(cells) for cells in [frame.columns, rule, *frame.to_numpy().tolist()])


def to_latex(frame: pd.DataFrame, label: str, caption: str) -> str:
    """Return a table of text cells in LaTeX (needs the package booktabs)."""
    wide = frame.map(len).max() > _LONG
    shape = "l" + "".join(
        f"p{{{0.8 / len(wide):.2f}\\linewidth}}" if long else "r" for long in wide[1:]
    )
    styled = frame.style.hide(axis="index").format(escape="latex")
    styled = styled.format_index(escape="latex", axis="columns")
    text = styled.to_latex(hrules=True, column_format=shape, label=f"tab:{label}")
    head, rule, rest = text.partition("\\begin{tabular}")
    body = "".join(_LATEX_SIGNS.get(letter, letter) for letter in rule + rest)
    return f"{head}\\caption{{{''.join(_LATEX.get(letter, letter) for letter in caption)}}}\n{body}"
