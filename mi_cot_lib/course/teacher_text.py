"""A question with its teacher's raw text, the segments marked, for notebooks."""

from html import escape

from mi_cot_lib.data.layout import RawRow
from mi_cot_lib.data.teacher.parse import split_teacher_output

# Light backgrounds under dark text; the border's style tells the segments apart without colour.
_STYLES = {
    "lead": "background:#ffffff;color:#777777;border-bottom:2px dashed #bbbbbb",
    "rationale": "background:#fde4c8;border-bottom:2px solid #b35806",
    "announcement": "background:#eeeeee;border-bottom:2px dotted #555555",
    "label": "background:#cfe5f5;border-bottom:4px double #0173b2;font-weight:bold",
    "rest": "background:#ffffff;color:#777777;border-bottom:2px dashed #bbbbbb",
}
_MEANINGS = {
    "lead": "question, thoughts",
    "rationale": "rationale",
    "announcement": "announcement",
    "label": "label",
    "rest": "run-on, cut off",
}


def example_html(dataset: str, row: RawRow) -> str:
    """Show a row: its input, its gold label and the teacher's raw text with the segments marked.

    Args:
        dataset: Any data set's name; it says which teacher format to expect.
        row: From `data.layout.read_split`. Its texts are escaped, so none can act as HTML.

    Raises:
        ConfigError: No data set has that name.
    """
    read = split_teacher_output(dataset, row.teacher_text, row.choices, row.input)
    segments = {name: part for name, part in read._asdict().items() if part}
    marked = "".join(_span(part, _STYLES[name]) for name, part in segments.items())
    legend = " ".join(
        _span(_MEANINGS[name], style) for name, style in _STYLES.items() if name in segments
    )
    return (
        '<div style="background:#ffffff;color:#1f1f1f;padding:8px;line-height:1.6">'
        f"<b>input</b>{_block(escape(row.input))}"
        f"<b>gold label</b>{_block(escape(row.label))}"
        f'<b>teacher</b> <span style="font-size:85%">({legend})</span>{_block(marked)}</div>'
    )


def _block(html: str) -> str:
    return f'<div style="white-space:pre-wrap;margin:2px 0 8px 14px">{html}</div>'


def _span(text: str, style: str) -> str:
    return f'<span style="{style}">{escape(text)}</span>'
