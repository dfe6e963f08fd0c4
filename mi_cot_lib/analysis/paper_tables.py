"""The paper's tables as printed: the only place where their numbers are rounded and put into words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.analysis.tables import MISSING, p_text, with_interval

NOT_THE_PAPERS = "built-in data and students, not the paper's"


@dataclass(frozen=True, slots=True)
class Printed:
    """A table or figure as text.

    Attributes:
        id: `table1` … `figure5`, `question1` … `question6`.
        title: With the mark of built-in data where it is due.
        main: The table, text cells.
        numbers: The numbers behind it, unrounded, by name.
        more: Further tables by their headings.
        notes: What a reader must know, a sentence or two each.
        pictures: Names of the files drawn for it.
        answer: Of a question: what the runs allow one to say, in short first, a paragraph each.
    """

    id: str
    title: str
    main: pd.DataFrame
    numbers: dict[str, pd.DataFrame]
    more: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)


def print_accuracy(
    cells: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, float]],
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print accuracy by row and data set, with the paper's numbers below, marked where data differ.

    Args:
        cells: From `prepare_accuracy_cells`.
        columns: Title of each column's data set.
        paper: The paper's accuracy in percent, by row and column.
        built_in: Whether the runs are on built-in data.
    """
    rows = []
    for row in dict.fromkeys(cells["row"]):
        mine = cells[cells["row"] == row].set_index("column")
        seeds = sorted({int(count) for count in mine["seeds"]})
        rows.append(
            {
                "": row_title(row),
                **{
                    title: with_interval(*mine.loc[column, ["accuracy", "low", "high"]])
                    if column in mine.index
                    else MISSING
                    for column, title in columns.items()
                },
                "Seeds": "–".join(str(count) for count in dict.fromkeys([seeds[0], seeds[-1]])),
            }
        )
    mark = "paper (T5, real data: not comparable)" if built_in else "paper"
    for row, numbers in paper.items():
        rows.append(
            {
                "": f"{row_title(row)}, {mark}",
                **{
                    title: f"{numbers[column]:.2f}" if column in numbers else MISSING
                    for column, title in columns.items()
                },
                "Seeds": MISSING,
            }
        )
    return pd.DataFrame(rows)


def print_against_paper(
    cells: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, float]],
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print each cell beside the paper's number, with what it cost.

    On built-in data no difference to the paper is taken: data and students are others.
    """
    rows = []
    for cell in cells.to_dict("records"):
        theirs = paper.get(cell["row"], {}).get(cell["column"])
        compared = theirs is not None and not built_in
        gap = cell["accuracy"] - theirs if compared else None
        inside = MISSING
        if theirs is not None and compared and not pd.isna(cell["low"]):
            inside = "yes" if cell["low"] <= theirs <= cell["high"] else "no"
        rows.append(
            {
                "Row": row_title(cell["row"]),
                "Data set": columns[cell["column"]],
                "Ours, % [95% over seeds]": with_interval(
                    cell["accuracy"], cell["low"], cell["high"]
                ),
                "Seeds": str(int(cell["seeds"])),
                "Test items": f"{int(cell['items']):,}",
                "Paper, %" + (" (other data)" if built_in else ""): MISSING
                if theirs is None
                else f"{theirs:.2f}",
                "Difference": MISSING if gap is None else f"{gap:+.1f}".replace("-", "−"),
                "Paper within our interval": inside,
                "Minutes a run": f"{cell['minutes']:.1f}",
                "TFLOP a run": f"{cell['tflop']:,.1f}",
            }
        )
    return pd.DataFrame(rows)


def print_comparisons(comparisons: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print the paired comparisons, each p beside its Holm correction."""
    rows = []
    for one in comparisons.to_dict("records"):
        size = "" if pd.isna(one["size"]) else f", {int(one['size']):,} examples"
        rows.append(
            {
                "Compared": f"{row_title(one['row'])} − {row_title(one['against'])}",
                "Data set": columns[one["column"]] + size,
                "Points [95% over seeds]": with_interval(
                    one["difference"], one["low"], one["high"], signed=True
                ),
                "[95% over items]": with_interval(
                    one["difference"], one["item_low"], one["item_high"], signed=True
                ).partition(" ")[2],
                "p over seeds (Holm)": _both(one, "p_seeds"),
                "p over items (Holm)": _both(one, "p_items"),
                "McNemar p of majority votes (Holm)": _both(one, "p_votes"),
                "only the one : only the other": f"{one['only_row']} : {one['only_against']}",
            }
        )
    return pd.DataFrame(rows)


def print_seed_differences(
    found: pd.DataFrame, columns: Mapping[str, str], unit: str
) -> pd.DataFrame:
    """Print differences of a measure over seeds.

    Args:
        found: From `prepare_seed_differences`.
        columns: Title of each column.
        unit: What the difference is of, such as `ECE, points`.
    """
    return pd.DataFrame(
        [
            {
                "Compared": f"{row_title(one['row'])} − {row_title(one['against'])}",
                "Data set": columns[one["column"]],
                f"{unit} [95% over seeds]": two_digits(one["difference"], one["low"], one["high"]),
                "Seeds": str(one["seeds"]),
                "p over seeds (Holm)": f"{p_text(one['p'])} ({p_text(one['p_holm'])})",
            }
            for one in found.to_dict("records")
        ]
    )


def two_digits(mean: float, low: float, high: float) -> str:
    """Return a mean with its interval, two decimals; a dash where there is none."""
    if pd.isna(mean):
        return MISSING
    interval = "no interval" if pd.isna(low) else f"{low:.2f}, {high:.2f}"
    return f"{mean:.2f} [{interval}]".replace("-", "−")


def print_costs(cells: pd.DataFrame) -> pd.DataFrame:
    """Print what the rows cost, averaged over data sets: a reader must see what a gain was paid with."""
    rows = []
    for row in dict.fromkeys(cells["row"]):
        mine = cells[cells["row"] == row]
        rows.append(
            {
                "Row": row_title(row),
                "Minutes a run (on a shared machine)": f"{mine['minutes'].mean():.1f}",
                "TFLOP of training a run": f"{mine['tflop'].mean():,.1f}",
                "TFLOP, times the first row's": f"{mine['tflop'].mean() / _first(cells):.1f}",
            }
        )
    return pd.DataFrame(rows)


def to_markdown(frame: pd.DataFrame) -> str:
    """Return a table of text cells in Markdown, with a line break at its end."""

    def line(cells: Sequence[Any]) -> str:
        escaped = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
        return f"| {' | '.join(escaped)} |\n"

    rule = ["---", *("---:" for _ in frame.columns[1:])]
    return "".join(line(cells) for cells in [frame.columns, rule, *frame.to_numpy().tolist()])


def to_latex(printed: Printed) -> str:
    """Return the main table in LaTeX (needs the package booktabs)."""
    wide = printed.main.map(len).max() > _LONG
    shape = "l" + "".join(
        f"p{{{0.8 / len(wide):.2f}\\linewidth}}" if long else "r" for long in wide[1:]
    )
    styled = printed.main.style.hide(axis="index").format(escape="latex")
    styled = styled.format_index(escape="latex", axis="columns")
    text = styled.to_latex(hrules=True, column_format=shape, label=f"tab:{printed.id}")
    head, rule, rest = text.partition("\\begin{tabular}")
    caption = "".join(_LATEX.get(letter, letter) for letter in printed.title)
    body = "".join(_LATEX_SIGNS.get(letter, letter) for letter in rule + rest)
    return f"{head}\\caption{{{caption}}}\n{body}"


def whole_markdown(printed: Printed, command: str) -> str:
    """Return table, further tables, notes and command as one Markdown page."""
    parts = [f"# {printed.title}\n", *(f"{text}\n" for text in printed.answer)]
    parts.append(to_markdown(printed.main))
    parts += [f"![{name}]({name})\n" for name in printed.pictures]
    parts += [f"## {heading}\n\n{to_markdown(frame)}" for heading, frame in printed.more.items()]
    parts += ["".join(f"- {note}\n" for note in printed.notes), f"Made by `{command}`.\n"]
    return "\n".join(part for part in parts if part)


def numbers_json(printed: Printed) -> str:
    """Return the numbers behind an item, four digits, and its text, as JSON."""
    numbers = {name: _rows(frame.round(4)) for name, frame in printed.numbers.items()}
    text: dict[str, Any] = {"main": _rows(printed.main), "notes": printed.notes}
    if printed.answer:
        text["answer"] = printed.answer
    text["more"] = {heading: _rows(frame) for heading, frame in printed.more.items()}
    whole = {"id": printed.id, "title": printed.title, "numbers": numbers, "text": text}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _both(one: Mapping[str, Any], name: str) -> str:
    return f"{p_text(one[name])} ({p_text(one[f'{name}_holm'])})"


def _first(cells: pd.DataFrame) -> float:
    return float(cells[cells["row"] == cells["row"].iloc[0]]["tflop"].mean())


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(frame.to_json(orient="records", force_ascii=False))
    return rows


# Cells with more letters are set as paragraphs.
_LONG = 60
# Signs that LaTeX has no letter for; its own special letters are escaped by pandas.
_LATEX_SIGNS = {"−": "$-$", "–": "--", "±": "$\\pm$", "×": "$\\times$"}
_LATEX = {**_LATEX_SIGNS, "%": "\\%", "&": "\\&", "_": "\\_", "#": "\\#", "$": "\\$"}
