"""An answer to each open question in plain words, chosen and filled in by its numbers alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from mi_cot_lib.analysis.findings import Columns, finding, named, signed, verdict
from mi_cot_lib.analysis.row_titles import JOINT, row_title
from mi_cot_lib.errors import ConfigError, unknown_name

Numbers = Mapping[str, pd.DataFrame]


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
        numbers: `cells` and `comparisons`; of question 2 `tradeoff`, of 1 and 6 `gradients`, of 4 and 6
            `gain_changes` as well.
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
    short = verdict(
        to_dss,
        columns,
        none=f"None of the {forms} losses between the two tasks, the paper's own among them, makes a "
        "measurable difference to DSS.",
    )
    shares = _pull_shares(numbers["gradients"])
    faint = [
        f"{row_title(str(row))} on {columns[str(column)]}"
        for row, column in shares[shares < _FAINT].index
    ]
    if faint:
        short += (
            " Some were hardly tried: with the one weight that all forms share, their gradient stays below "
            f"{_FAINT:g} of the rationale loss's ({_list(faint)})."
        )
    details = [finding("Each loss against DSS, which has none", to_dss, columns)]
    if len(to_mi):
        details.append(
            finding("Each alternative against the paper's released loss", to_mi, columns)
        )
    if len(shares):
        details.append(
            _pulls(shares, columns)
            + " All share one weight, so the form of a loss and its strength cannot be told apart here."
        )
    return Answer(short, details)


def _weights(numbers: Numbers, columns: Columns) -> Answer:
    known, found = numbers["comparisons"], numbers["tradeoff"]
    short = verdict(
        known,
        columns,
        none="No weight of the MI loss makes a measurable difference to the same training without it, at "
        "any division between the two tasks.",
    )
    details = [
        finding("Each weight of the MI loss against none, on validation", known, columns),
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
    against_dss = verdict(
        kept,
        columns,
        none="At no quality of the teacher does MI differ measurably from DSS.",
    )
    return Answer(
        f"{_gains_over_finetuning(control, right, columns)} {against_dss}".strip(),
        [
            finding(
                "Rationales of other questions in all examples, against finetuning",
                control,
                columns,
            ),
            finding("The teacher's own rationales, against finetuning", right, columns),
            finding("DSS with a worse teacher, against DSS", lost, columns),
            finding("MI against DSS, both with the same teacher", kept, columns),
        ],
    )


def _gains_over_finetuning(control: pd.DataFrame, right: pd.DataFrame, columns: Columns) -> str:
    """Say what rationales of other questions leave, and then what the teacher's own bring.

    Each gain by its own interval, with p after the correction beside it: Holm's family is the whole grid.
    """
    if not (control["low"].notna().any() and right["low"].notna().any()):
        return ""
    survives = control[control["low"] > 0]
    if len(survives):
        short = (
            "With rationales of other questions a gain over finetuning survives; it is not from reasoning: "
            f"{named(survives, columns)}."
        )
    else:
        short = (
            "With rationales of other questions no gain over finetuning is measurable, though up to "
            f"{signed(control['high'].max())} points remain possible: {named(control, columns)}."
        )
    gains = right[right["low"] > 0]
    if len(gains):
        short += (
            f" With the teacher's own rationales students lie above it: {named(gains, columns)}. "
            "Intervals are taken one by one."
        )
    else:
        short += (
            " Nor is there a measurable gain that the control could explain: with the teacher's own "
            "rationales neither DSS nor MI lies above finetuning by more than its 95% interval."
        )
    return short


def _sizes(numbers: Numbers, columns: Columns) -> Answer:
    known, cells = numbers["comparisons"], numbers["cells"]
    sizes = known["row"].str.split(JOINT).str[1].nunique()
    short = verdict(
        numbers["gain_changes"],
        columns,
        none="What MI adds to DSS does not measurably depend on the student's size.",
    )
    short += " " + verdict(
        known, columns, none=f"At none of the {sizes} sizes does MI differ measurably from DSS."
    )
    told = "; ".join(
        f"{row_title(one['row'])} on {columns[one['column']]} {one['accuracy']:.1f}%"
        for one in cells[cells["row"].str.startswith("dss")].to_dict("records")
    )
    return Answer(
        short,
        [
            finding(
                "MI's gain over DSS with each smaller student, less that of the largest",
                numbers["gain_changes"],
                columns,
            ),
            finding("MI against DSS with each student", known, columns),
            f"Where a student answers next to nothing rightly, no loss can make a difference: {told}.",
        ],
    )


def _outside(numbers: Numbers, columns: Columns) -> Answer:
    known = numbers["comparisons"]
    return Answer(
        verdict(
            known,
            columns,
            none="Neither on questions of kinds that were not trained on nor on the other NLI set does MI "
            "differ measurably from DSS; in domain it does not either: no gain is measurable that could "
            "carry over.",
        ),
        [finding("MI against DSS", known, columns)],
    )


def _naming(numbers: Numbers, columns: Columns) -> Answer:
    known, changes = numbers["comparisons"], numbers["gain_changes"]
    short = verdict(
        changes,
        columns,
        none="What MI adds to DSS does not measurably depend on whether rationales name the label.",
    )
    short += " MI against DSS, both with the same rationales: " + verdict(
        known, columns, none="no measurable difference with any of them."
    )
    answer = Answer(
        short,
        [
            finding(
                "MI's gain over DSS with changed rationales, less that with the teacher's own",
                changes,
                columns,
            ),
            finding("MI against DSS, both with the same rationales", known, columns),
        ],
    )
    shares = _pull_shares(numbers["gradients"])
    if len(shares):
        answer.details.append(_pulls(shares, columns))
    return answer


def _pull_shares(norms: pd.DataFrame) -> pd.Series:
    """Divide the weighted MI loss's gradient norm by the rationale loss's: median over the logged steps.

    Args:
        norms: From `prepare_gradients`.

    Returns:
        By `row` and `column`, rows with an MI loss alone.
    """
    if not len(norms):
        return pd.Series(
            index=pd.MultiIndex.from_arrays([[], []], names=["row", "column"]), dtype=float
        )
    wide = norms.pivot_table(
        index=["row", "column", "step"], columns="term", values="norm", sort=False
    )
    wide = wide.reindex(columns=["mi", "generation"]).dropna()
    return (wide["mi"] / wide["generation"]).groupby(level=["row", "column"], sort=False).median()


def _pulls(shares: pd.Series, columns: Columns) -> str:
    """Say how strongly each MI loss pulls beside the rationale loss."""
    told = "; ".join(
        f"{columns[str(column)]}, {row_title(str(row))}: {share:.2f}"
        for (row, column), share in shares.items()
    )
    return (
        "Gradient norm of the weighted MI loss over that of the rationale loss, median over the logged "
        f"steps (a loss that does nothing would be near 0): {told}."
    )


def _list(names: list[str]) -> str:
    return "; ".join(names)


# Share of the rationale loss's gradient below which an MI loss hardly acts.
_FAINT = 0.1
_ANSWERS: dict[str, Callable[[Numbers, Columns], Answer]] = {
    "question1": _forms,
    "question2": _weights,
    "question3": _teacher,
    "question4": _sizes,
    "question5": _outside,
    "question6": _naming,
}
