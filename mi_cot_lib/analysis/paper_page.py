"""One self-contained HTML page, and one of Markdown, of all tables and figures that were made."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import pandas as pd

from mi_cot_lib.analysis.paper_tables import Printed, to_markdown

Facts = Sequence[tuple[str, str]]


def render_page(
    items: Sequence[Printed],
    folder: Path,
    commands: Mapping[str, str],
    settings: pd.DataFrame,
    facts: Facts,
    *,
    heading: str,
    origin: str,
    command: str,
) -> str:
    """Return the page as HTML; every text is escaped, since students wrote some of it.

    Args:
        items: What to show, in order.
        folder: Where their pictures lie.
        commands: Each item's own command.
        settings: The paper's hyperparameters and their sources.
        facts: Name and value of what was run where.
        heading: Of the page.
        origin: Whose data and students these are.
        command: What makes the page again.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mi_cot_lib.analysis"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    uris = {name: _uri(folder / name) for item in items for name in item.pictures}
    return environment.get_template("paper.html.jinja").render(
        items=items,
        uris=uris,
        commands=commands,
        settings=settings,
        facts=facts,
        heading=heading,
        origin=origin,
        command=command,
    )


def render_markdown(items: Sequence[Printed], *, heading: str, origin: str, command: str) -> str:
    """Return the main tables, pictures and notes as one Markdown page."""
    parts = [f"# {heading}\n\n{origin}\n"]
    for item in items:
        notes = "".join(f"- {note}\n" for note in item.notes)
        pictures = "".join(f"![{item.title}]({name})\n" for name in item.pictures)
        more = "".join(
            f"\n### {heading}\n\n{to_markdown(frame)}" for heading, frame in item.more.items()
        )
        answer = "".join(f"{text}\n\n" for text in item.answer)
        parts.append(
            f"## {item.title}\n\n{answer}{to_markdown(item.main)}\n{pictures}\n{notes}{more}"
        )
    parts.append(f"Made by `{command}`.\n")
    return "\n".join(parts)


def _uri(path: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
