"""The report page and README's results, written from the records that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.experiments.asked.item import NANO, REAL_SMALL, STORY
from mi_cot_lib.experiments.asked.items import FIRST, ITEMS, PAPER
from mi_cot_lib.experiments.request import Request
from mi_cot_lib.experiments.running.execute import Outcome
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root
from mi_cot_lib.measure.verdicts import UNDECIDED
from mi_cot_lib.report.answer import WORDS, answer_of
from mi_cot_lib.report.export import facts_of, write_item
from mi_cot_lib.report.page import render_page
from mi_cot_lib.report.runs import Result, column_title, has_claims, pairs_of
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.report.tables import answering_table
from mi_cot_lib.report.text import to_markdown

PAGE = "report.html"
START, END = "<!-- results: written by `mi-cot paper all --record` -->", "<!-- /results -->"
REAL_START = "<!-- results: `mi-cot paper all --preset real-small --record` -->"


@dataclass(frozen=True, slots=True)
class Section:
    """What README shows of a preset: the mark that it begins with, the item it opens with, its template."""

    start: str
    first: str
    template: str


# By preset.
SECTIONS = {
    NANO: Section(START, FIRST, "readme.md.jinja"),
    REAL_SMALL: Section(REAL_START, "real", "readme_real.md.jinja"),
}


def write_page(request: Request) -> tuple[list[Result], list[Outcome]]:
    """Write the page and its items: the paper's for which any run is there, others that have all of theirs.

    Questions share runs with tables: some of their runs are always there, and answer nothing. The story of
    one data set is in what was declared of all. Also returned are the items that could not be made.
    """
    made, failures = [], []
    for item in ITEMS.values():
        found = request.find(item)
        if not found.runs or item.kind == STORY or (item.kind != PAPER and found.missing):
            continue
        try:
            made.append(request.result(item))
        except KitError as error:
            failures.append(Outcome(item.id, str(error)))
    if made:
        commands = {result.id: request.command(f"paper {result.id}") for result in made}
        write_results(made, request, commands, request.command("report"))
    return made, failures


def write_results(
    results: Sequence[Result], request: Request, commands: Mapping[str, str], command: str
) -> Path:
    """Write the items' files and one page of them, each with the command that makes it; return the page."""
    for result in results:
        write_item(result, request.out, commands[result.id])
    write_atomically(request.out / PAGE, render_page(results, commands, command))
    return request.out / PAGE


def write_readme(results: Sequence[Result], preset: str) -> Path:
    """Write what README shows of a preset, between its marks.

    What was declared and decided, and one line an item.
    """
    shown = SECTIONS[preset]
    first = next((result for result in results if result.id == shown.first), None)
    if first is None:
        raise ConfigError(
            f"README shows {shown.first}, of which runs are missing: "
            f"`mi-cot paper {shown.first} --preset {preset}`."
        )
    section = WORDS.get_template(shown.template).render(
        first=first,
        # What is decided over all data sets at once; the table says the rest.
        answer=answer_of(first)[: len(first.pooled) or None],
        table=to_markdown(answering_table(first)),
        seeds=first.declared["seeds"].max(),
        lines=[(one, _line(one)) for one in _telling(results, shown.first)],
        facts=facts_of(results),
    )
    readme = repository_root() / "README.md"
    before, found, rest = readme.read_text(encoding="utf-8").partition(shown.start)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise DataError(f"README.md lacks the lines {shown.start} and {END}.")
    write_atomically(readme, f"{before}{shown.start}\n\n{section.strip()}\n\n{END}{after}")
    return readme


def _telling(results: Sequence[Result], first: str) -> list[Result]:
    """Return the items that README names beside the one it opens with.

    What else was declared; and where of another measure than accuracy a difference lies beyond the smallest
    of interest, whatever it says.
    """
    told: set[tuple[Setting, Setting]] = set()
    lines = []
    for one in results:
        if one.asked.empty:
            continue
        pairs = set(pairs_of(one.declared))
        beyond = (one.asked["low"] > one.margin) | (one.asked["high"] < -one.margin)
        if one.id != first and (pairs - told or (one.measure != "accuracy" and beyond.any())):
            lines.append(one)
        told |= pairs
    return lines


def _line(result: Result) -> str:
    """Return what README says of an item: its first sentence; of claims all that are decided."""
    said = answer_of(result)
    if not has_claims(result):
        return said[0]
    decided = [one for one in said if not one.startswith(UNDECIDED.capitalize())]
    where = f"On {column_title(result, result.declared['setting'].iloc[0])}."
    return " ".join([where, *decided, *(["The others are undecided."] if decided != said else [])])
