"""An answer to each open question in plain words, chosen and filled in by its numbers alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.row_titles import JOINT, row_title
from mi_cot_lib.analysis.tables import p_text
from mi_cot_lib.errors import ConfigError, unknown_name

Numbers = Mapping[str, pd.DataFrame]
Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runs of a question allow one to say.

    Attributes:
        short: In one or two sentences.
        details: How sure that is, and what else was seen; a paragraph each.
    """

    short: str
    details: list[str]


def plain_answer(item: str, numbers: Numbers, columns: Columns) -> Answer:
    """Put the result of a question into words.

    Args:
        item: Its id.
        numbers: `cells` and `comparisons`; of question 2 `tradeoff`, of question 6 `gradients` as well.
        columns: Title of each column.

    Raises:
        ConfigError: There is no such question, or nothing of it is compared.
    """
    if item not in _ANSWERS:
        raise unknown_name("question", item, _ANSWERS)
    if not len(numbers["comparisons"]):
        raise ConfigError(f"{item}: no two rows share a seed, so there is nothing to say.")
    return _ANSWERS[item](numbers, columns)


def _forms(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    to_dss, to_mi = (known[known["against"] == name] for name in ("dss", "mi"))
    forms = to_dss["row"].nunique()
    short = _verdict(
        to_dss,
        columns,
        none=f"None of the {forms} losses between the two tasks, the paper's own among them, makes a "
        "measurable difference to DSS.",
    )
    details = [_finding("Each loss against DSS, which has none", to_dss, columns)]
    if len(to_mi):
        details.append(
            _finding("Each alternative against the paper's released loss", to_mi, columns)
        )
    return Answer(short, details)


def _weights(numbers: Numbers, columns: Columns) -> Answer:
    known, found = numbers["comparisons"], numbers["tradeoff"]
    short = _verdict(
        known,
        columns,
        none="No weight of the MI loss makes a measurable difference to the same training without it, at "
        "any division between the two tasks.",
    )
    details = [
        _finding("Each weight of the MI loss against none, on validation", known, columns),
        "Test items had no say in this: weights are chosen on validation. The best of many cells is best "
        "in part by luck, so its accuracy is a little too high.",
    ]
    for column, cells in found.groupby("column", sort=False):
        best = cells.loc[cells["accuracy"].idxmax()]
        plain = cells[[row.split(JOINT)[2] == "0" for row in cells["row"]]]
        front = [row_title(row) for row in cells[cells["best"]]["row"]]
        told = (
            f"{columns[str(column)]}: highest with {row_title(best['row'])}, "
            f"{best['accuracy']:.1f}% [{best['low']:.1f}, {best['high']:.1f}]"
        )
        if len(plain):
            without = plain.loc[plain["accuracy"].idxmax()]
            told += (
                f"; without the MI loss with {row_title(without['row'])}, {without['accuracy']:.1f}% "
                f"[{without['low']:.1f}, {without['high']:.1f}]"
            )
        details.append(f"{told}. Not beaten in both accuracy and rationale loss: {_list(front)}.")
    return Answer(short, details)


def _teacher(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    plain = known[known["against"] == "finetune"]
    right = plain[plain["row"].str.endswith(f"{JOINT}none{JOINT}0")]
    control = plain.drop(right.index)
    worse = known["row"].str.startswith("dss") & known["against"].str.startswith("dss")
    lost = known[worse]
    kept = known.drop(plain.index).drop(lost.index)
    gains = right[_sure(right) & (right["difference"] > 0)]
    if not len(gains):
        short = (
            "There is no gain from rationales for the control to explain: with the teacher's own "
            "rationales neither DSS nor MI is measurably above finetuning."
        )
    else:
        places = list(zip(gains["row"].str.split(JOINT).str[0], gains["column"], strict=True))
        methods = control["row"].str.split(JOINT).str[0]
        same = control[[pair in places for pair in zip(methods, control["column"], strict=True)]]
        survives = same[_sure(same) & (same["difference"] > 0)]
        short = f"Rationales help in {_told(gains, columns)}. " + (
            f"With rationales of other questions the gain survives in {_told(survives, columns)}: there "
            "it is not from reasoning."
            if len(survives)
            else "No gain over finetuning is measurable with rationales of other questions."
        )
    short += " " + _verdict(
        kept,
        columns,
        none="At no quality of the teacher does MI differ measurably from DSS.",
    )
    return Answer(
        short,
        [
            _finding(
                "Rationales of other questions in all examples, against finetuning",
                control,
                columns,
            ),
            _finding("The teacher's own rationales, against finetuning", right, columns),
            _finding("DSS with a worse teacher, against DSS", lost, columns),
            _finding("MI against DSS, both with the same teacher", kept, columns),
        ],
    )


def _sizes(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    sizes = known["row"].str.split(JOINT).str[1]
    means = known.groupby(sizes, sort=False)["difference"].mean()
    told = ", ".join(f"{name} {_signed(value)}" for name, value in means.items())
    return Answer(
        _verdict(
            known,
            columns,
            none=f"At none of the {sizes.nunique()} sizes does MI differ measurably from DSS.",
        ),
        [
            _finding("MI against DSS with each student", known, columns),
            f"Mean difference over the data sets, largest student first: {told} points.",
        ],
    )


def _outside(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    return Answer(
        _verdict(
            known,
            columns,
            none="Neither on questions of kinds that were not trained on nor on the other NLI set does MI "
            "differ measurably from DSS; in domain it does not either, so there is no gain to carry over.",
        ),
        [_finding("MI against DSS", known, columns)],
    )


def _naming(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    answer = Answer(
        _verdict(
            known,
            columns,
            none="Whether rationales name the label or not, MI does not differ measurably from DSS.",
        ),
        [_finding("MI against DSS, both with the same rationales", known, columns)],
    )
    norms = numbers["gradients"]
    if len(norms):
        answer.details.append(_pulls(norms, columns))
    return answer


def _pulls(norms: pd.DataFrame, columns: Columns) -> str:
    """Say how strongly the MI loss pulls beside the rationale loss, by what rationales name."""
    wide = norms.pivot_table(index=["row", "column", "step"], columns="term", values="norm")
    wide = wide.dropna(subset=["mi", "generation"])
    shares = (wide["mi"] / wide["generation"]).groupby(level=["row", "column"], sort=False).median()
    told = "; ".join(
        f"{columns[str(column)]}, {row_title(str(row))}: {share:.2f}"
        for (row, column), share in shares.items()
    )
    return (
        "Gradient norm of the weighted MI loss over that of the rationale loss, median over the logged "
        f"steps (a loss that does nothing would be near 0): {told}."
    )


def _verdict(rows: pd.DataFrame, columns: Columns, *, none: str) -> str:
    """Name the differences that are significant over seeds; where there are none, say `none`."""
    if not rows["p_seeds_holm"].notna().any():
        return "Too few seeds for an answer: nothing can be tested over seeds."
    sure = rows[_sure(rows)]
    if not len(sure):
        return none
    return (
        f"{len(sure)} of {len(rows)} differences are significant over seeds after Holm's correction: "
        f"{_largest(sure, columns)}."
    )


def _finding(what: str, rows: pd.DataFrame, columns: Columns) -> str:
    """Say how far differences go, which are significant, and how large any could be."""
    if not len(rows):
        return f"{what}: not compared, runs are missing."
    span = f"{_signed(rows['difference'].min())} to {_signed(rows['difference'].max())} points"
    sure = rows[_sure(rows)]
    text = f"{what}: {len(rows)} compared, {span}; "
    text += (
        f"significant over seeds after Holm's correction: {_told(sure, columns)}."
        if len(sure)
        else "none significant over seeds after Holm's correction."
    )
    if rows["low"].notna().any():
        text += (
            f" The 95% intervals, each by itself, reach from {_signed(rows['low'].min())} to "
            f"{_signed(rows['high'].max())}, with a median half-width of "
            f"{((rows['high'] - rows['low']) / 2).median():.1f} points: effects smaller than that are "
            f"neither shown nor excluded by {int(rows['seeds'].min())} seeds."
        )
    these = rows[~_sure(rows) & (rows["p_items_holm"] < LEVEL)]
    if len(these):
        over_items = {"item_low": "low", "item_high": "high", "p_items_holm": "p_seeds_holm"}
        these = these.drop(columns=list(over_items.values())).rename(columns=over_items)
        text += (
            " Significant over items alone, with intervals over items (true of these very students, not "
            f"of others trained from new seeds): {_largest(these, columns)}."
        )
    return text


def _largest(rows: pd.DataFrame, columns: Columns) -> str:
    """Name the largest differences, and how many more there are."""
    order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
    few = rows.reindex(order).head(_MOST_NAMED)
    rest = f", and {len(rows) - len(few)} more" if len(rows) > len(few) else ""
    return _told(few, columns) + rest


def _told(rows: pd.DataFrame, columns: Columns) -> str:
    return "; ".join(
        f"{row_title(one['row'])} − {row_title(one['against'])} on {columns[one['column']]} "
        f"{_signed(one['difference'])} points [{_signed(one['low'])}, {_signed(one['high'])}] "
        f"(p {p_text(one['p_seeds_holm'])})"
        for one in rows.to_dict("records")
    )


def _sure(rows: pd.DataFrame) -> pd.Series:
    return rows["p_seeds_holm"] < LEVEL


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _list(names: list[str]) -> str:
    return "; ".join(names)


# Differences that a short answer names, of those over items as well; the details name all over seeds.
_MOST_NAMED = 4
_ANSWERS: dict[str, Callable[[Numbers, Columns], Answer]] = {
    "question1": _forms,
    "question2": _weights,
    "question3": _teacher,
    "question4": _sizes,
    "question5": _outside,
    "question6": _naming,
}
