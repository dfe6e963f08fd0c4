"""Tables 7 and 8 and Figures 4 and 5 from records: judged rationales and cases."""

from collections.abc import Callable, Sequence

import pandas as pd

from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    prepare_accuracy_cells,
    prepare_seed_differences,
)
from mi_cot_lib.analysis.paper_figures import Pictures, draw_cases, draw_cells, draw_judged
from mi_cot_lib.analysis.paper_notes import case_notes, correlation_notes, judged_notes
from mi_cot_lib.analysis.paper_quality import (
    print_correlations,
    print_each,
    print_judged,
    print_judged_details,
)
from mi_cot_lib.analysis.paper_rationales import (
    CASE_RULES,
    JudgedSample,
    choose_cases,
    correlation_by_seed,
    prepare_correlations,
    prepare_judged,
    quality_by_seed,
)
from mi_cot_lib.analysis.paper_tables import Printed, print_costs, print_seed_differences
from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.data.load import load_split
from mi_cot_lib.reproduce.judging import JudgeChoice, judge_samples
from mi_cot_lib.reproduce.paper_numbers import CORRELATION, JUDGED
from mi_cot_lib.reproduce.paper_titles import column_titles, is_built_in, titled
from mi_cot_lib.reproduce.presets import Preset

OVER_ITEMS = "mean over seeds and 95% bootstrap interval over sampled items"


def make_judged_item(
    item: str, preset: Preset, entries: Sequence[Entry], judge: JudgeChoice
) -> tuple[Printed, Pictures]:
    """Make one of Tables 7 and 8 and Figures 4 and 5; see `paper_items.make_item`."""
    samples = judge_samples(preset, entries, judge)
    makers: dict[str, Callable[..., tuple[Printed, Pictures]]] = {
        "table7": _judged,
        "table8": _correlations,
    }
    printed, pictures = makers.get(item, _cases)(item, preset, samples, judge)
    if item in makers:
        printed.more["Cost"] = print_costs(prepare_accuracy_cells(entries))
    return printed, pictures


def _judged(
    item: str,
    preset: Preset,
    samples: Sequence[JudgedSample],
    judge: JudgeChoice,
) -> tuple[Printed, Pictures]:
    columns = column_titles(preset)
    found = prepare_judged(samples)
    differences = prepare_seed_differences(quality_by_seed(samples), "mi", "dss")
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=print_judged(found, columns, JUDGED, built_in=is_built_in(preset)),
        numbers={"cells": found, "differences": differences},
        more={
            "Each cell": print_each(
                found,
                columns,
                JUDGED,
                "Judged quality [95% over seeds]",
                "mean",
                built_in=is_built_in(preset),
            ),
            "Details": print_judged_details(found, columns),
            "MI against DSS": print_seed_differences(differences, columns, "mean quality"),
        },
        notes=judged_notes(judge.title, differences, columns),
        pictures=[f"{item}.png"],
    )
    return printed, {f"{item}.png": draw_judged(found, columns, titled(item, preset))}


def _correlations(
    item: str,
    preset: Preset,
    samples: Sequence[JudgedSample],
    judge: JudgeChoice,
) -> tuple[Printed, Pictures]:
    columns = column_titles(preset)
    found = prepare_correlations(samples)
    differences = prepare_seed_differences(correlation_by_seed(samples), "mi", "dss")
    title = f"{titled(item, preset)}\n{OVER_ITEMS}"
    picture = draw_cells(found, columns, title, value="r", unit="Pearson's r")
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=print_correlations(found, columns, CORRELATION, built_in=is_built_in(preset)),
        numbers={"cells": found, "differences": differences},
        more={
            "Each cell": print_each(
                found,
                columns,
                CORRELATION,
                "Pearson's r [95% over items]",
                "r",
                built_in=is_built_in(preset),
            ),
            "MI against DSS": print_seed_differences(differences, columns, "r"),
        },
        notes=correlation_notes(judge.title),
        pictures=[f"{item}.png"],
    )
    return printed, {f"{item}.png": picture}


def _cases(
    item: str,
    preset: Preset,
    samples: Sequence[JudgedSample],
    judge: JudgeChoice,
) -> tuple[Printed, Pictures]:
    cases = choose_cases(samples, CASE_RULES[item])
    dataset = preset.datasets[samples[0].column]
    examples = {one.id: one for one in load_split(dataset, "test", preset.data_root)}
    golds = {
        case.id: {
            "label": examples[case.id].label,
            "rationale": examples[case.id].rationale or "not to be read",
        }
        for case in cases
    }
    inputs = {case.id: examples[case.id].input for case in cases}
    rows = [
        {
            "Case": f"{case.title} ({case.id})",
            "Question": inputs[case.id],
            "Gold": f"{golds[case.id]['label']}. {golds[case.id]['rationale']}",
            **{
                row_title(row): f"{answer['predicted']} "
                f"({'right' if answer['correct'] else 'wrong'}), judged {answer['score']:g} of 5. "
                f"{answer['rationale']}"
                for row, answer in case.answers.items()
            },
        }
        for case in cases
    ]
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=pd.DataFrame(rows) if rows else pd.DataFrame({"Case": ["no sampled item fits"]}),
        numbers={},
        notes=case_notes(judge.title, len(CASE_RULES[item]), len(cases)),
        pictures=[f"{item}.png"],
    )
    return printed, {f"{item}.png": draw_cases(cases, inputs, golds, titled(item, preset))}
