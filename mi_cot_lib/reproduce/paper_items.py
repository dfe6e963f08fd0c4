"""From records to each table and figure of the paper: numbers, text and pictures."""

from collections.abc import Sequence

from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    prepare_accuracy_cells,
    prepare_comparisons,
    prepare_seed_differences,
)
from mi_cot_lib.analysis.paper_calibration import (
    answers_by_seed,
    errors_by_seed,
    prepare_calibration,
)
from mi_cot_lib.analysis.paper_figures import (
    Pictures,
    draw_cells,
    draw_reliability,
    draw_sizes,
)
from mi_cot_lib.analysis.paper_notes import (
    accuracy_notes,
    calibration_notes,
    size_notes,
)
from mi_cot_lib.analysis.paper_quality import (
    print_calibration,
    print_calibration_details,
    print_each,
)
from mi_cot_lib.analysis.paper_recall import prepare_recall, print_recall, recall_notes
from mi_cot_lib.analysis.paper_tables import (
    Printed,
    print_accuracy,
    print_against_paper,
    print_comparisons,
    print_costs,
    print_seed_differences,
)
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.reproduce.gold import gold_labels
from mi_cot_lib.reproduce.judging import JudgeChoice
from mi_cot_lib.reproduce.paper_judged import make_judged_item
from mi_cot_lib.reproduce.paper_numbers import (
    ACCURACY,
    CALIBRATION,
    TEST_ITEMS,
    impossible_cells,
)
from mi_cot_lib.reproduce.paper_titles import column_titles, is_built_in, titled
from mi_cot_lib.reproduce.presets import FAMILIES, Preset
from mi_cot_lib.reproduce.question_grid import QUESTIONS
from mi_cot_lib.reproduce.question_items import make_question

OVER_SEEDS = "mean and 95% t interval over seeds"
OUT_COLUMNS = ("esnli_out", "anli1_out")


def make_item(
    item: str, preset: Preset, entries: Sequence[Entry], judge: JudgeChoice
) -> tuple[Printed, Pictures]:
    """Make one table or figure from the records of its runs.

    Args:
        item: Its id.
        preset: On what the runs were made.
        entries: The runs, all of one version of the kit's numbers.
        judge: Who scores rationales, for Tables 7 and 8 and Figures 4 and 5.

    Returns:
        Its text, and its pictures by file name.

    Raises:
        ConfigError: There are no entries, or they do not belong together.
    """
    if not entries:
        raise ConfigError("no finished runs to make this from.")
    if item in ("table1", "table2", "table3", "table4", "table5"):
        return _accuracy(item, preset, entries)
    if item in ("figure2", "figure3"):
        return _sizes(item, preset, entries)
    if item == "table6":
        return _calibration(item, preset, entries)
    if item in QUESTIONS:
        return make_question(item, preset, entries)
    return make_judged_item(item, preset, entries, judge)


def _accuracy(item: str, preset: Preset, entries: Sequence[Entry]) -> tuple[Printed, Pictures]:
    cells = prepare_accuracy_cells(entries)
    comparisons = prepare_comparisons(entries)
    columns = column_titles(preset)
    held = {column: title for column, title in columns.items() if column in set(cells["column"])}
    recall = prepare_recall(entries, gold_labels(preset, list(held)))
    paper, built_in = ACCURACY[item], is_built_in(preset)
    more = {
        "Each cell": print_against_paper(cells, columns, paper, built_in=built_in),
        "Paired comparisons": print_comparisons(comparisons, columns),
        "Cost": print_costs(cells),
    }
    numbers = {"cells": cells, "comparisons": comparisons}
    if len(recall):
        numbers["recall"] = recall
        more["Answers by gold label"] = print_recall(recall, columns)
    if all("unseen_accuracy" in entry.record["metrics"] for entry in entries):
        unseen = prepare_accuracy_cells(entries, "unseen")
        numbers["unseen"] = unseen
        more["Unseen templates"] = print_accuracy(unseen, held, {}, built_in=built_in)
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=print_accuracy(cells, held, paper, built_in=built_in),
        numbers=numbers,
        more=more,
        notes=[
            *accuracy_notes(
                cells,
                comparisons,
                columns,
                paper,
                TEST_ITEMS,
                {family: dataset_spec(family).title for family in FAMILIES},
                built_in=built_in,
            ),
            *(recall_notes(recall, columns) if len(recall) else []),
        ],
        pictures=[f"{item}.png"],
    )
    return printed, {
        f"{item}.png": draw_cells(cells, columns, f"{titled(item, preset)}\n{OVER_SEEDS}")
    }


def _sizes(item: str, preset: Preset, entries: Sequence[Entry]) -> tuple[Printed, Pictures]:
    cells = prepare_accuracy_cells(entries)
    comparisons = prepare_comparisons(entries)
    columns = column_titles(preset)
    shown = cells.assign(
        label=[
            f"{columns[c]}, {int(n):,}" for c, n in zip(cells["column"], cells["size"], strict=True)
        ]
    )
    by_label = dict.fromkeys(shown["label"])
    main = print_accuracy(
        shown.assign(column=shown["label"]),
        {label: label for label in by_label},
        {},
        built_in=is_built_in(preset),
    )
    # Data sets and sizes as rows read better than twenty columns.
    turned = (
        main.drop(columns="Seeds").set_index("").T.rename_axis("Training examples").reset_index()
    )
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=turned,
        numbers={"cells": cells, "comparisons": comparisons},
        more={
            "Paired comparisons": print_comparisons(comparisons, columns),
            "Cost": print_costs(cells),
        },
        notes=size_notes(cells, comparisons, columns, built_in=is_built_in(preset)),
        pictures=[f"{item}.png"],
    )
    return printed, {f"{item}.png": draw_sizes(cells, columns, titled(item, preset))}


def _own(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out answers to another data set, which cost nothing to train."""
    return [entry for entry in entries if not entry.column.endswith("_out")]


def _calibration(item: str, preset: Preset, entries: Sequence[Entry]) -> tuple[Printed, Pictures]:
    found = prepare_calibration(entries)
    columns = column_titles(preset, (*FAMILIES, *OUT_COLUMNS))
    answers = answers_by_seed(entries)
    differences = prepare_seed_differences(errors_by_seed(entries), "mi", "dss")
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=print_calibration(found, columns, CALIBRATION, built_in=is_built_in(preset)),
        numbers={"cells": found, "differences": differences},
        more={
            "Each cell": print_each(
                found,
                columns,
                CALIBRATION,
                "ECE, % [95% over seeds]",
                "ece",
                built_in=is_built_in(preset),
            ),
            "All measures": print_calibration_details(found, columns),
            "MI against DSS": print_seed_differences(differences, columns, "ECE, points"),
            "Cost": print_costs(prepare_accuracy_cells(_own(entries))),
        },
        notes=calibration_notes(found, columns, impossible_cells()),
        pictures=[f"{item}.png"],
    )
    return printed, {f"{item}.png": draw_reliability(answers, columns, titled(item, preset))}
