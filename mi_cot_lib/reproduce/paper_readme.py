"""README's section about the paper's tables and figures, written from the recorded runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mi_cot_lib.analysis.paper_tables import Printed, to_markdown
from mi_cot_lib.errors import DataError
from mi_cot_lib.reproduce.readme import replace_section

START = "<!-- paper: written by `mi-cot paper all --record` -->"
END = "<!-- /paper -->"


def paper_section(items: Sequence[Printed], records: Sequence[Mapping[str, Any]]) -> str:
    """Return the section: Table 1 as it came out, what it says, and where the other items are.

    Args:
        items: Every item that was made, Table 1 among them.
        records: The records of their runs, each once.

    Raises:
        DataError: Table 1 was not made.
    """
    first = next((item for item in items if item.id == "table1"), None)
    if first is None:
        raise DataError("README shows Table 1, and none of its runs is there.")
    ours = first.main[~first.main[""].str.contains("paper")]
    hours = sum(one["seconds"]["total"] for one in records) / 3600
    lines = "".join(f"- {note}\n" for note in first.notes)
    others = "".join(
        f"- [{item.title}](figures/paper/nano/{item.id}.md){_said(item)}\n" for item in items
    )
    return (
        f"\n\n**{first.title}.** Test accuracy in percent, mean and 95% interval over seeds.\n\n"
        f"{to_markdown(ours)}\n{lines}\n"
        f"All of it, from {len(records)} runs that took {hours:.1f} hours added up, several at a time:\n\n"
        f"{others}\n"
    )


def _said(item: Printed) -> str:
    return f": {item.answer[0]}" if item.answer else ""


def write_readme(items: Sequence[Printed], records: Sequence[Mapping[str, Any]]) -> Path:
    """Write the section between its marks in README.

    Raises:
        DataError: README lacks the marks.
    """
    return replace_section(START, END, paper_section(items, records))
