"""Measured students as table, text and figures: everything that is printed of them."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.analysis.mutual_information.quantities import QUANTITIES
from mi_cot_lib.analysis.mutual_information.student_figure import (
    draw_differences,
    draw_levels,
    prepare_levels,
)
from mi_cot_lib.analysis.mutual_information.student_table import (
    Record,
    prepare_other_noise,
    prepare_students,
)
from mi_cot_lib.analysis.mutual_information.student_words import (
    conclusions,
    group_title,
    protocol_notes,
)
from mi_cot_lib.analysis.paper_tables import NOT_THE_PAPERS, Printed, two_digits
from mi_cot_lib.analysis.tables import MISSING, p_text
from mi_cot_lib.data.specs import dataset_spec

NAME = "students"


def report_students(records: Sequence[Record]) -> tuple[Printed, dict[str, Figure]]:
    """Make table, conclusions and figures of measured students.

    Args:
        records: One a student, of one protocol.

    Returns:
        The table as text, with `numbers` `cells` (see `prepare_students`) and `other_noise`; and its
        pictures by file name.

    Raises:
        ConfigError: No records, or records that do not belong together.
    """
    records = sorted(records, key=_order)
    table, noise = prepare_students(records), prepare_other_noise(records)
    built_in = all(dataset_spec(name).built_in for name in set(table["dataset"]))
    mark = f" ({NOT_THE_PAPERS})" if built_in else ""
    title = f"Mutual information of trained students{mark}"
    pictures = {
        f"{NAME}.png": draw_levels(prepare_levels(records), table, title),
        f"{NAME}_differences.png": draw_differences(table, title),
    }
    printed = Printed(
        id=NAME,
        title=title,
        main=print_students(table),
        numbers={"cells": table, "other_noise": noise},
        more={"I(Z;V) by InfoNCE at other noise": print_other_noise(noise)},
        notes=[*conclusions(table), *protocol_notes(records, table)],
        pictures=list(pictures),
    )
    return printed, pictures


def print_students(table: pd.DataFrame) -> pd.DataFrame:
    """Print each quantity in nats: both methods, null and cap, and the difference with its tests."""
    rows = []
    for one in table.to_dict("records"):
        quantity = QUANTITIES[one["quantity"]]
        rows.append(
            {
                "Data set, student": group_title(one["dataset"], one["student"]),
                "Quantity (nats)": quantity.title,
                "Says": quantity.bounds,
                "DSS [95% of the estimate, over seeds]": two_digits(
                    one["dss"], one["dss_low"], one["dss_high"]
                ),
                "MI [95% of the estimate, over seeds]": two_digits(
                    one["mi"], one["mi_low"], one["mi_high"]
                ),
                "Null": _number(one["null"]),
                "Cap": _number(one["cap"]),
                "MI − DSS [95% of the estimates, over seeds]": _signed(
                    one["difference"], one["low"], one["high"]
                ),
                "Seeds": str(one["seeds"]),
                "p (Holm)": f"{p_text(one['p'])} ({p_text(one['p_holm'])})",
            }
        )
    return pd.DataFrame(rows)


def print_other_noise(noise: pd.DataFrame) -> pd.DataFrame:
    """Print I(Z;V) by noise, both methods and their difference."""
    return pd.DataFrame(
        [
            {
                "Data set, student": group_title(one["dataset"], one["student"]),
                "Noise": f"{one['noise']:g}",
                "DSS (nats)": _number(one["dss"]),
                "MI (nats)": _number(one["mi"]),
                "MI − DSS [95% of the estimates, over seeds]": _signed(
                    one["difference"], one["low"], one["high"]
                ),
                "Seeds": str(one["seeds"]),
            }
            for one in noise.to_dict("records")
        ]
    )


def _order(one: Record) -> tuple[int, str, str, int]:
    config = one["config"]
    families = ("esnli", "anli1", "cqa", "svamp")
    family = families.index(dataset_spec(config["dataset"]).family)
    return family, config["student"], config["method"], config["seed"]


def _number(value: float) -> str:
    return MISSING if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _signed(mean: float, low: float, high: float) -> str:
    if pd.isna(mean):
        return MISSING
    # 0.004 below zero is no "-0.00".
    numbers = [f"{round(value, 2) + 0.0:+.2f}".replace("-", "−") for value in (mean, low, high)]
    return f"{numbers[0]} [{'no interval' if pd.isna(low) else ', '.join(numbers[1:])}]"
