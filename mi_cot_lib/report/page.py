"""One self-contained HTML page of any items: no file beside it, no network, no script."""

import base64
import re
from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from matplotlib.figure import Figure

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.answer import WORDS, answer_of
from mi_cot_lib.report.export import facts_of, run_facts
from mi_cot_lib.report.paper import SETTINGS
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.pictures.canvas import to_png
from mi_cot_lib.report.runs import Result
from mi_cot_lib.report.setting import WORDING
from mi_cot_lib.report.tables import folded_tables, main_table

# A picture's inch on a screen; its letters are then as large as the page's small ones.
_DOTS_PER_INCH = 96


def render_page(results: Sequence[Result], commands: Mapping[str, str], command: str) -> str:
    """Return the page, with the commands that make each item, and the page, again.

    Every text is escaped, since students wrote some of it.

    Raises:
        ConfigError: There is nothing to show.
    """
    if not results:
        raise ConfigError("no table, figure or question to show on a page; name at least one.")
    # By kind, items by number; one without a number is a kind of its own.
    contents: dict[str, dict[str, Result]] = {}
    for one in results:
        number = one.id.lstrip(ascii_lowercase + "_")
        kind = one.kind.removesuffix(f" {number}")
        contents.setdefault(kind, {})[number] = one
    return WORDS.get_template("page.html.jinja").render(
        sections=[_section(one, commands[one.id]) for one in results],
        contents=contents,
        caveats=list(dict.fromkeys(filter(None, (one.mark["caveat"] for one in results)))),
        presets=list(dict.fromkeys(one.preset for one in results)),
        settings=SETTINGS,
        facts=facts_of(results),
        command=command,
        drawn=WORDING["pictures"],
        unbroken=_unbroken,
    )


def _unbroken(text: Any) -> str:
    """Return a cell's text whose intervals do not end in the next line."""
    return re.sub(
        r"\[[^\]]*\]", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), str(text)
    )


def _section(result: Result, command: str) -> dict[str, Any]:
    """Return what the page shows of an item; all but the answer, the first picture and `main` is folded."""
    return {
        "result": result,
        "answer": answer_of(result),
        "pictures": [_picture(name, figure) for name, figure in draw(result).items()],
        "main": main_table(result),
        "folded": folded_tables(result),
        "facts": run_facts(result),
        "command": command,
    }


def _picture(name: str, figure: Figure) -> dict[str, Any]:
    """Return a picture as a data URI, and its size on a screen in pixels."""
    uri = f"data:image/png;base64,{base64.b64encode(to_png(figure)).decode('ascii')}"
    width, height = (round(inches * _DOTS_PER_INCH) for inches in figure.get_size_inches())
    return {"name": name, "uri": uri, "width": width, "height": height}
