"""One self-contained HTML page of any items: no file beside it, no network, no script."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jinja2
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.paper import SETTINGS
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.pictures.canvas import to_png
from mi_cot_lib.report.printed.tables import folded_tables, main_table
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.run_facts import facts_of, run_facts

# A picture's inch on a screen; its letters are then as large as the page's small ones.
_DOTS_PER_INCH = 96


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the page holds it: its name, a data URI, and its size on a screen in pixels."""

    name: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """What the page shows of one item; all but the answer, the first picture and `main` is folded."""

    result: Result
    answer: list[str]
    pictures: list[Picture]
    main: pd.DataFrame
    folded: dict[str, pd.DataFrame]
    facts: dict[str, str]
    command: str


def render_page(results: Sequence[Result], commands: Mapping[str, str], command: str) -> str:
    """Return the page; every text is escaped, since students wrote some of it.

    Args:
        results: What to show, in order.
        commands: By item what makes it again.
        command: What makes the page again.

    Raises:
        ConfigError: There is nothing to show.
    """
    if not results:
        raise ConfigError("no table, figure or question to show on a page; name at least one.")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mi_cot_lib.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    records = {run.record["run"]: run.record for one in results for run in one.runs}
    return environment.get_template("page.html.jinja").render(
        sections=[_section(one, commands[one.id]) for one in results],
        contents=_contents(results),
        built_in=any(one.built_in for one in results),
        presets=list(dict.fromkeys(one.preset for one in results)),
        settings=SETTINGS,
        facts=facts_of(records.values()),
        command=command,
    )


def _section(result: Result, command: str) -> Section:
    return Section(
        result,
        answer_of(result),
        [_picture(name, figure) for name, figure in draw(result).items()],
        main_table(result),
        folded_tables(result),
        run_facts(result),
        command,
    )


def _picture(name: str, figure: Figure) -> Picture:
    uri = f"data:image/png;base64,{base64.b64encode(to_png(figure)).decode('ascii')}"
    width, height = (round(inches * _DOTS_PER_INCH) for inches in figure.get_size_inches())
    return Picture(name, uri, width, height)


def _contents(results: Sequence[Result]) -> dict[str, dict[str, Result]]:
    """Return numbered items by their kind and number; one without a number is a kind of its own."""
    found: dict[str, dict[str, Result]] = {}
    for one in results:
        kind, _, number = one.kind.rpartition(" ")
        if number.isdecimal():
            found.setdefault(kind, {})[number] = one
        else:
            found[one.kind] = {"": one}
    return found
