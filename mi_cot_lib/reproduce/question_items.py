"""From records to the answer of each open question: numbers, text and pictures."""

from collections.abc import Sequence

from mi_cot_lib.analysis.gain_changes import prepare_gain_changes, print_gain_changes
from mi_cot_lib.analysis.open_questions import (
    answers_of,
    answers_outside,
    prepare_gradients,
    prepare_tradeoff,
)
from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    prepare_accuracy_cells,
    prepare_comparisons,
)
from mi_cot_lib.analysis.paper_figures import Pictures, draw_cells
from mi_cot_lib.analysis.paper_notes import question_notes
from mi_cot_lib.analysis.paper_recall import prepare_recall, print_recall, recall_notes
from mi_cot_lib.analysis.paper_tables import (
    Printed,
    print_accuracy,
    print_comparisons,
    print_costs,
)
from mi_cot_lib.analysis.plain_answers import plain_answer
from mi_cot_lib.analysis.question_figures import (
    draw_gains,
    draw_gradients,
    draw_shares,
    draw_students,
    draw_tradeoff,
)
from mi_cot_lib.analysis.row_titles import JOINT, row_title
from mi_cot_lib.reproduce.cells import COMPARED
from mi_cot_lib.reproduce.gold import gold_labels
from mi_cot_lib.reproduce.paper_titles import column_titles, is_built_in, titled
from mi_cot_lib.reproduce.presets import FAMILIES, Preset
from mi_cot_lib.reproduce.question_grid import (
    ALTERNATIVES,
    MI_WEIGHTS,
    SPOILED,
    SPOILED_SHARES,
    TASK_WEIGHTS,
)

Pairs = list[tuple[str, str]]


def make_question(item: str, preset: Preset, entries: Sequence[Entry]) -> tuple[Printed, Pictures]:
    """Make the answer to one question from the records of its runs.

    Args:
        item: Its id.
        preset: On what the runs were made.
        entries: The runs.

    Returns:
        Its text, and its pictures by file name.

    Raises:
        ConfigError: The entries do not belong together.
    """
    entries = list(entries)
    if item == "question5":
        inside = [entry for entry in entries if not entry.column.endswith("_out")]
        outside = [entry for entry in entries if entry.column.endswith("_out")]
        entries = [*inside, *answers_of(inside, "unseen"), *answers_outside(outside, inside)]
    if item == "question2":
        # Weights are chosen on validation; the test set has no say.
        entries = answers_of(entries, "valid")
    held = dict.fromkeys(entry.column for entry in entries)
    columns = column_titles(preset, list(held))
    cells = prepare_accuracy_cells(entries)
    comparisons = prepare_comparisons(entries, pairs_of(item, preset))
    built_in = is_built_in(preset)
    # Of answers to the students' own test sets.
    own = [entry for entry in entries if entry.column in FAMILIES]
    recall = prepare_recall(own, gold_labels(preset, [name for name in held if name in FAMILIES]))
    printed = Printed(
        id=item,
        title=titled(item, preset),
        main=print_accuracy(cells, columns, {}, built_in=built_in),
        numbers={"cells": cells, "comparisons": comparisons},
        more={
            "Paired comparisons": print_comparisons(comparisons, columns),
            "Cost": print_costs(cells),
        },
        notes=question_notes(cells, comparisons, columns, built_in=built_in),
    )
    base = {"question4": preset.large, "question6": "none"}.get(item)
    if base is not None:
        changes = prepare_gain_changes(entries, base)
        printed.numbers["gain_changes"] = changes
        printed.more["Does what MI adds change?"] = print_gain_changes(changes, columns)
    if len(recall):
        printed.numbers["recall"] = recall
        printed.more["Answers by gold label"] = print_recall(recall, columns)
    pictures = _pictures(item, preset, entries, printed)
    printed.pictures.extend(pictures)
    if len(comparisons):
        answer = plain_answer(item, printed.numbers, columns)
        guesses = recall_notes(recall, columns) if len(recall) else []
        printed.answer.extend([answer.short, *answer.details, *guesses])
    return printed, pictures


def pairs_of(item: str, preset: Preset) -> Pairs:
    """Return which rows a question compares; of each pair the second is subtracted.

    Args:
        item: Its id.
        preset: On what.
    """
    if item == "question1":
        others = [("mi", "dss"), *((form, "dss") for form in ALTERNATIVES)]
        return others + [(form, "mi") for form in ALTERNATIVES]
    if item == "question2":
        return [
            (_row(alpha1, alpha2, alpha3), _row(alpha1, alpha2, 0))
            for alpha1, alpha2 in TASK_WEIGHTS
            for alpha3 in MI_WEIGHTS
            if alpha3
        ]
    if item == "question4":
        sizes = (preset.large, *preset.smaller)
        return [(_row("mi", student), _row("dss", student)) for student in sizes]
    if item == "question6":
        changes = ("label_hidden", "none", "label_named")
        return [(_row("mi", change), _row("dss", change)) for change in changes]
    if item == "question3":
        # First of all what is left where no rationale fits its question.
        control = [(_row(method, SPOILED[0], 1), "finetune") for method in COMPARED]
        gain = [(_row(method, "none", 0), "finetune") for method in COMPARED]
        shares = [_row(change, share) for change in SPOILED for share in SPOILED_SHARES]
        kept = [(_row("mi", share), _row("dss", share)) for share in ["none 0", *shares]]
        lost = [(_row("dss", share), "dss none 0") for share in shares]
        return control + gain + kept + lost
    return [("mi", "dss")]


def _row(*parts: object) -> str:
    return JOINT.join(f"{part:g}" if isinstance(part, int | float) else str(part) for part in parts)


def _pictures(item: str, preset: Preset, entries: Sequence[Entry], printed: Printed) -> Pictures:
    cells, comparisons = printed.numbers["cells"], printed.numbers["comparisons"]
    columns, title = column_titles(preset, list(dict.fromkeys(cells["column"]))), printed.title
    if item == "question1":
        printed.numbers["gradients"] = prepare_gradients(entries)
        return {
            f"{item}.png": draw_cells(
                cells, columns, f"{title}\nmean and 95% t interval over seeds"
            ),
            f"{item}_gains.png": draw_gains(comparisons, columns, title),
        }
    if item == "question2":
        found = prepare_tradeoff(entries)
        printed.numbers["tradeoff"] = found
        return {
            f"{item}.png": draw_tradeoff(found, columns, title),
            f"{item}_gains.png": draw_gains(comparisons, columns, title),
        }
    if item == "question3":
        spoiled = cells["row"].str.contains(JOINT) & ~cells["row"].str.contains("none")
        return {f"{item}.png": draw_shares(cells, columns, title)} if spoiled.any() else {}
    if item == "question4":
        parameters = {
            entry.row.split(JOINT)[1]: int(entry.record["parameters"]) for entry in entries
        }
        return {
            f"{item}.png": draw_students(cells, parameters, columns, title),
            f"{item}_gains.png": draw_gains(comparisons, columns, title),
        }
    pictures = {f"{item}.png": draw_gains(comparisons, columns, title)}
    if item == "question6":
        found = prepare_gradients(entries)
        printed.numbers["gradients"] = found
        families = {family: columns[family] for family in FAMILIES if family in columns}
        for change in ("label_hidden", "none", "label_named"):
            if _row("mi", change) not in set(found["row"]):
                continue
            pictures[f"{item}_{change}.png"] = draw_gradients(
                found, _row("mi", change), families, f"{title}: {row_title(_row('mi', change))}"
            )
    return pictures
