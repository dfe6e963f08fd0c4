"""The comparison of methods as one table, and the only place where its numbers are rounded."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mi_cot_lib.analysis.comparable import Record, by_method, check_comparable, method_title
from mi_cot_lib.analysis.statistics import Estimate, holm, mean_interval, paired_difference
from mi_cot_lib.training.record import write_atomically

REFERENCE = "dss"
MISSING = "–"
_DECIMALS = {"p": 4, "p_holm": 4, "minutes": 2}


def prepare_method_table(records: Sequence[Record]) -> pd.DataFrame:
    """Compare the methods over their seeds, one row a method in the paper's order.

    Args:
        records: Records of finished runs as `load_runs` returns them.

    Returns:
        A frame indexed by `method` with the columns

        * `title`: what to print;
        * `accuracy`, `low`, `high`: test accuracy in percent, mean over seeds and 95% t interval;
        * `seeds`, `test_items`: how many seeds, and test items of each run;
        * `difference`, `difference_low`, `difference_high`: to DSS in points, paired by seed;
        * `p`, `p_holm`: of the paired t-test against DSS, and Holm-corrected over the rows;
        * `unseen_accuracy`, `unseen_low`, `unseen_high`: percent, on templates that training never
          shows;
        * `minutes`: mean wall time of a run.

        What the runs do not give (one seed, no DSS, no unseen split) is NaN.

    Raises:
        ConfigError: The records do not belong in one table (see `check_comparable`), or a method
            shares no seed with DSS.
    """
    check_comparable(records)
    groups = by_method(records)
    points = {
        name: {r["config"]["seed"]: 100 * r["metrics"]["test_accuracy"] for r in group}
        for name, group in groups.items()
    }
    rows = []
    for name, group in groups.items():
        row = {
            "method": name,
            "title": method_title(name, group),
            **_named("accuracy", "", mean_interval(list(points[name].values()))),
            "seeds": len(group),
            "test_items": group[0]["metrics"]["test_n"],
            "difference": None,
            "difference_low": None,
            "difference_high": None,
            "p": None,
        }
        if REFERENCE in points and name != REFERENCE:
            paired = paired_difference(points[name], points[REFERENCE])
            row |= _named("difference", "difference_", paired.difference) | {"p": paired.p}
        unseen = [r["metrics"].get("unseen_accuracy") for r in group]
        known = [100 * value for value in unseen if value is not None]
        # A mean over fewer seeds than the row says would mislead.
        estimate = mean_interval(known) if len(known) == len(group) else None
        row |= _named("unseen_accuracy", "unseen_", estimate)
        row["minutes"] = sum(r["seconds"]["total"] for r in group) / len(group) / 60
        rows.append(row)
    for row, corrected in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = corrected
    frame = pd.DataFrame(rows).set_index("method")
    p_holm = frame.pop("p_holm")
    frame.insert(frame.columns.get_loc("p") + 1, "p_holm", p_holm)
    text_or_count = ("title", "seeds", "test_items")
    return frame.astype({name: float for name in frame.columns if name not in text_or_count})


def display_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as printed: text cells under headings with units."""
    shown = pd.DataFrame(index=table.index)
    shown["Method"] = table["title"]
    shown["Accuracy, % [95% interval]"] = [
        with_interval(*cells) for cells in _cells(table, "accuracy", "low", "high")
    ]
    shown["Seeds"] = table["seeds"].astype(str)
    shown["Test items"] = [f"{n:,}" for n in table["test_items"]]
    shown["Difference to DSS, points [95% interval]"] = [
        with_interval(mean, low, high, signed=True)
        for mean, low, high in _cells(table, "difference", "difference_low", "difference_high")
    ]
    shown["p"] = [p_text(p) for p in table["p"]]
    shown["p (Holm)"] = [p_text(p) for p in table["p_holm"]]
    shown["Unseen templates, % [95% interval]"] = [
        with_interval(*cells)
        for cells in _cells(table, "unseen_accuracy", "unseen_low", "unseen_high")
    ]
    shown["Minutes a run"] = [f"{minutes:.1f}" for minutes in table["minutes"]]
    return shown


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table as printed, in Markdown, with a line break at its end."""
    shown = display_table(table)
    head = [_escape(name) for name in shown.columns]
    rows = [[_escape(cell) for cell in row] for row in shown.itertuples(index=False)]
    rule = ["---", *("---:" for _ in head[1:])]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, rule, *rows])


def to_csv(table: pd.DataFrame, path: Path) -> None:
    """Write the numbers behind the table: points to 2 decimals, p to 4, empty where unknown."""
    rounding = {name: _DECIMALS.get(name, 2) for name in table.select_dtypes("float")}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, table.round(rounding).to_csv(lineterminator="\n"))


def with_interval(mean: float, low: float, high: float, signed: bool = False) -> str:
    """Return a mean in points or percent with its interval, one decimal: `+1.2 [-0.3, +2.7]`."""
    if pd.isna(mean):
        return MISSING
    sign = "+" if signed else ""

    def number(value: float) -> str:
        # 0.04 below zero is no "-0.0"; a true minus sign lines up with the plus.
        return f"{round(value, 1) + 0.0:{sign}.1f}".replace("-", "−")

    interval = "no interval" if pd.isna(low) else f"{number(low)}, {number(high)}"
    return f"{number(mean)} [{interval}]"


def p_text(p: float) -> str:
    """Return a p-value to three decimals, `<0.001` below that."""
    if pd.isna(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _named(mean_name: str, prefix: str, estimate: Estimate | None) -> dict[str, float | None]:
    names = (mean_name, f"{prefix}low", f"{prefix}high")
    values = (estimate.mean, estimate.low, estimate.high) if estimate else (None, None, None)
    return dict(zip(names, values, strict=True))


def _cells(table: pd.DataFrame, mean: str, low: str, high: str) -> list[tuple[float, float, float]]:
    return list(zip(*(table[column] for column in (mean, low, high)), strict=True))


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
