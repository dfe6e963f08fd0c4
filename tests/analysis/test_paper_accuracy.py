"""Cells and comparisons of the paper's tables, on outcomes whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from mi_cot_lib.analysis.paired_items import mcnemar
from mi_cot_lib.analysis.paper_accuracy import (
    Entry,
    prepare_accuracy_cells,
    prepare_comparisons,
    prepare_seed_differences,
)
from mi_cot_lib.analysis.paper_notes import accuracy_notes, size_notes
from mi_cot_lib.analysis.paper_tables import (
    Printed,
    print_accuracy,
    print_against_paper,
    print_comparisons,
    print_costs,
    to_latex,
    to_markdown,
)
from mi_cot_lib.errors import ConfigError

COLUMNS = {"svamp": "nano-SVAMP", "cqa": "nano-CQA"}
PAPER = {"dss": {"svamp": 65.5, "cqa": 63.29}, "mi": {"svamp": 68.0, "cqa": 63.88}}


def entry(row, column, seed, outcomes, **changes):
    record = {
        "run": f"{column}-{row}-{seed}",
        "results_version": 1,
        "metrics": {"test_accuracy": float(np.mean(outcomes)), "test_n": len(outcomes)},
        "data": {"sha256": column},
        "weights_sha256": "w",
        "seconds": {"total": 60.0 if row == "dss" else 90.0},
        "flops": 1e12 if row == "dss" else 3e12,
        "correct": {"test": "".join(str(int(bit)) for bit in outcomes)},
        **changes,
    }
    return Entry(row, column, seed, record)


@pytest.fixture
def entries():
    """MI answers what DSS answers, and of 400 items 40 more; on CQA the two are alike."""
    generator = np.random.default_rng(0)
    found = []
    for seed in range(3):
        base = generator.random(400) < 0.5
        better = base.copy()
        better[np.flatnonzero(~base)[: 38 + seed]] = True
        found += [entry("dss", "svamp", seed, base), entry("mi", "svamp", seed, better)]
        found += [entry("dss", "cqa", seed, base), entry("mi", "cqa", seed, base)]
    return found


def test_a_cell_is_the_mean_over_its_seeds(entries):
    cells = prepare_accuracy_cells(entries).set_index(["row", "column"])
    own = [100 * e.record["metrics"]["test_accuracy"] for e in entries if e.row == "mi"][::2]
    cell = cells.loc[("mi", "svamp")]
    assert cell["accuracy"] == pytest.approx(np.mean(own))
    assert cell["low"] < cell["accuracy"] < cell["high"]
    assert (cell["seeds"], cell["items"], cell["minutes"], cell["tflop"]) == (3, 400, 1.5, 3.0)


def test_a_clear_gain_is_found_in_every_sense_and_no_gain_in_none(entries):
    found = prepare_comparisons(entries).set_index("column")
    gain, none = found.loc["svamp"], found.loc["cqa"]
    assert gain["difference"] == pytest.approx(100 * 39 / 400)
    assert gain["low"] < gain["difference"] < gain["high"]
    assert max(gain[f"p_{kind}_holm"] for kind in ("seeds", "items", "votes")) < 0.01
    assert none["difference"] == 0 and none["p_votes"] == 1 and none["p_items"] == 1
    assert np.isnan(none["p_seeds"])


def test_majority_votes_are_compared_by_mcnemar():
    a = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0]])
    b = np.array([[0, 1, 0, 1], [0, 1, 0, 1], [1, 1, 0, 0]])
    entries = [
        entry(row, "svamp", seed, outcomes)
        for row, side in (("mi", a), ("dss", b))
        for seed, outcomes in enumerate(side)
    ]
    found = prepare_comparisons(entries).iloc[0]
    expected = mcnemar([1, 1, 0, 0], [0, 1, 0, 1])
    assert (found["only_row"], found["only_against"]) == (expected.only_a, expected.only_b)
    assert found["p_votes"] == expected.p


def test_of_an_even_number_of_seeds_the_last_has_no_vote():
    a, b = [[1, 0], [0, 1]], [[0, 0], [0, 0]]
    entries = [
        entry(row, "svamp", seed, outcomes)
        for row, side in (("dss", b), ("mi", a))
        for seed, outcomes in enumerate(side)
    ]
    assert prepare_comparisons(entries).iloc[0]["only_row"] == 1


def test_every_two_rows_are_compared_once(entries):
    more = [entry("finetune", e.column, e.seed, [1, 0] * 200) for e in entries if e.row == "dss"]
    found = prepare_comparisons([*more, *entries])
    pairs = set(zip(found["row"], found["against"], strict=True))
    assert pairs == {("dss", "finetune"), ("mi", "finetune"), ("mi", "dss")}
    assert len(found) == 3 * 2


def test_one_seed_gives_no_test_over_seeds_and_the_notes_say_so(entries):
    one = [e for e in entries if e.seed == 0]
    compared = prepare_comparisons(one)
    assert compared["p_seeds"].isna().all()
    text = "\n".join(size_notes(prepare_accuracy_cells(one), compared, COLUMNS, built_in=True))
    assert "Not to be tested over seeds" in text and "Significant over test items" in text


def test_a_measure_is_compared_on_the_seeds_that_have_it():
    nan = float("nan")
    values = {
        ("mi", "svamp"): {0: 2.0, 1: 3.5, 2: nan},
        ("dss", "svamp"): {0: 1.0, 1: 2.0, 2: 9.0},
        ("mi", "cqa"): {0: nan},
        ("dss", "cqa"): {0: 1.0},
    }
    found = prepare_seed_differences(values, "mi", "dss")
    assert list(found["column"]) == ["svamp"] and found["seeds"].iloc[0] == 2
    assert found["difference"].iloc[0] == pytest.approx(1.25)


def test_only_shared_seeds_are_compared(entries):
    entries = [e for e in entries if not (e.row == "dss" and e.seed == 2)]
    assert set(prepare_comparisons(entries)["seeds"]) == {2}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": {"sha256": "other"}}, "data"),
        ({"weights_sha256": "other"}, "weights"),
        ({"results_version": 2}, "version"),
    ],
)
def test_runs_of_different_origin_are_refused(entries, changes, said):
    with pytest.raises(ConfigError, match=said):
        prepare_accuracy_cells([*entries, entry("mi", "svamp", 9, [1, 0], **changes)])


def test_a_seed_that_occurs_twice_is_refused(entries):
    with pytest.raises(ConfigError, match="twice"):
        prepare_accuracy_cells([*entries, entries[0]])


def test_no_runs_are_refused():
    with pytest.raises(ConfigError, match="no finished runs"):
        prepare_accuracy_cells([])


def test_on_built_in_data_no_difference_to_the_paper_is_taken(entries):
    cells = prepare_accuracy_cells(entries)
    marked = print_against_paper(cells, COLUMNS, PAPER, built_in=True)
    assert set(marked["Difference"]) == {"–"} and "Paper, % (other data)" in marked
    real = print_against_paper(cells, COLUMNS, PAPER, built_in=False)
    inside = [
        low <= PAPER[row][column] <= high
        for row, column, low, high in cells[["row", "column", "low", "high"]].to_numpy()
    ]
    assert real["Paper within our interval"].tolist() == ["yes" if one else "no" for one in inside]
    first = cells.iloc[0]
    expected = f"{first['accuracy'] - PAPER[first['row']][first['column']]:+.1f}"
    assert real["Difference"].iloc[0] == expected.replace("-", "−")


def test_the_papers_number_lies_within_an_interval_or_not_and_without_one_it_is_not_said(entries):
    cells = prepare_accuracy_cells(entries)
    row, column, mean = cells[["row", "column", "accuracy"]].iloc[0]

    def said(theirs: float, **changes) -> str:
        changed = cells.iloc[:1].assign(**changes)
        paper = {row: {column: theirs}}
        return print_against_paper(changed, COLUMNS, paper, built_in=False)[
            "Paper within our interval"
        ].item()

    assert said(mean + 0.5, low=mean - 1, high=mean + 1) == "yes"
    assert said(mean + 1.5, low=mean - 1, high=mean + 1) == "no"
    assert said(mean, low=float("nan"), high=float("nan")) == "–"


def test_the_printed_table_holds_ours_above_the_papers(entries):
    shown = print_accuracy(prepare_accuracy_cells(entries), COLUMNS, PAPER, built_in=True)
    assert list(shown[""])[:2] == ["DSS", "MI"]
    assert all("not comparable" in name for name in list(shown[""])[2:])
    assert shown["nano-SVAMP"].iloc[2] == "65.50"
    assert len(to_markdown(shown).splitlines()) == 2 + 4


def test_costs_are_given_as_multiples_of_the_first_row(entries):
    costs = print_costs(prepare_accuracy_cells(entries)).set_index("Row")
    assert costs.loc["MI", "TFLOP, times the first row's"] == "3.0"


def test_latex_escapes_what_it_must(entries):
    shown = print_accuracy(prepare_accuracy_cells(entries), COLUMNS, PAPER, built_in=True)
    text = to_latex(Printed("table1", "50% & more_or_less", shown, {}))
    assert r"50\% \& more\_or\_less" in text and r"\toprule" in text


def test_what_a_student_wrote_cannot_break_latex():
    shown = pd.DataFrame(
        {"Case": ["x"], "Answer": [r"$5 {a} \end{tabular} ~ ^ < > − " + "w " * 60]}
    )
    text = to_latex(Printed("figure4", "Cases", shown, {}))
    body = text.split(r"\midrule")[1]
    assert r"\$5" in body and r"\{a\}" in body and text.count(r"\end{tabular}") == 1
    assert "$-$" in body and r"p{" in text


def test_notes_name_what_is_significant_and_what_the_papers_gain_would_need(entries):
    cells, compared = prepare_accuracy_cells(entries), prepare_comparisons(entries)
    notes = accuracy_notes(
        cells,
        compared,
        COLUMNS,
        PAPER,
        {"svamp": 200, "cqa": 1221},
        {"svamp": "SVAMP", "cqa": "CQA"},
        built_in=True,
    )
    text = "\n".join(notes)
    assert "MI − DSS on nano-SVAMP (p <0.001) +9.8 points" in text and "on nano-CQA (p" not in text
    assert "SVAMP against DSS: 2.50 points, 5,5" in text and "(the paper's set has 200)" in text
    assert len(print_comparisons(compared, COLUMNS)) == 2
