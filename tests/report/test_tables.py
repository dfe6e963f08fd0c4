"""Tables, answers and files of an item, from results whose numbers are known."""

import csv
import json
from dataclasses import replace

import pandas as pd
import pytest

from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME, UNDECIDED
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.compare import (
    CONFIRMED,
    DSS_AGAINST_FINETUNING,
    MI_AGAINST_DSS,
    REFUTED,
    Claim,
    Comparison,
)
from mi_cot_lib.report.export import to_object, write_item
from mi_cot_lib.report.tables import answering_table, folded_tables, main_table
from mi_cot_lib.report.text import interval, number, p_text, to_latex, to_markdown, with_interval
from tests.report.made import columns, result, run, setting

DSS, MI, PLAIN = (setting(name) for name in ("dss", "mi", "finetune"))
CLEAR = {DSS: (10, 11, 12), MI: (13, 14, 16)}
NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (number(-0.04), "0.0"),
        (number(-1.25, 2, signed=True), "−1.25"),
        (number(1.25, 1, signed=True), "+1.2"),
        (number(NAN), "–"),
        (interval(NAN, NAN), "[no interval]"),
        (interval(-0.3, 2.7, signed=True), "[−0.3, +2.7]"),
        (with_interval(1.2, -0.3, 2.7, signed=True), "+1.2 [−0.3, +2.7]"),
        (with_interval(NAN, NAN, NAN), "–"),
        (p_text(0.0004), "<0.001"),
        (p_text(0.0304), "0.030"),
        (p_text(NAN), "–"),
    ],
)
def test_numbers_as_text(text, shown):
    assert text == shown


def test_the_main_table_holds_a_row_a_setting_and_the_papers_marked():
    rows = main_table(result(CLEAR)).to_dict("records")
    assert rows[0] == {"": "DSS", "nano-CQA": "55.0 [42.6, 67.4]", "Seeds": "3"}
    theirs = {one[""]: one["nano-CQA"] for one in rows[2:]}
    assert theirs["DSS (paper, other data)"] == "63.29"
    methods = ("Finetuning", "Single-task", "DSS", "MI")
    assert list(theirs) == [f"{name} (paper, other data)" for name in methods]
    real = {setting("dss", "cqa"): (10, 11)}
    assert main_table(result(real, built_in=False))[""].tolist()[-1] == "MI (paper)"


def test_a_table_of_many_rows_shows_the_ten_largest_declared_effects():
    sizes = [None, *range(100, 800, 100)]
    right = {
        setting(method, size=size): [5 + index * gain + seed % 2 for seed in range(3)]
        for index, size in enumerate(sizes)
        for method, gain in (("dss", 0), ("mi", 1))
    }
    found = main_table(result(right, fields=("method",)))
    assert len(found) == 8 and found["Compared"][0] == "MI − DSS, 700 examples"
    more = {one.with_(dataset="nano_svamp"): counts for one, counts in right.items()}
    assert len(main_table(result({**right, **more}))) == 10


def test_on_built_in_data_no_difference_to_the_paper_is_taken():
    (every, *_) = folded_tables(result(CLEAR)).values()
    assert every["Paper"].tolist() == ["63.29", "63.88"] and "Difference" not in every
    real = {setting("dss", "cqa"): (12, 13, 13), setting("mi", "cqa"): (10, 10, 10)}
    (every, *_) = folded_tables(result(real, built_in=False)).values()
    assert every["Difference"].tolist() == ["+0.0", "−13.9"]
    # Without an interval nothing lies within it.
    assert every["Paper within our interval"].tolist() == ["yes", "–"]


def test_comparisons_and_costs_are_folded_away():
    declared = (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING)
    right = {PLAIN: (9, 8, 9), **CLEAR}
    found = folded_tables(result(right, declared=declared, parts={MI: {"flops": 4e12}}))
    assert list(found) == ["Every cell", "Declared comparisons", "Cost"]
    assert found["Declared comparisons"]["Compared"].tolist() == ["MI − DSS", "DSS − Finetuning"]
    assert columns(found["Cost"], "Row", "Times the first row's") == [
        ("Finetuning", "1.0"), ("DSS", "1.0"), ("MI", "4.0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dss", "mi", "start"),
    [
        ((10, 11, 12), (13, 14, 16), "MI is higher than DSS on nano-CQA: +16.7 ["),
        ((13, 14, 16), (10, 11, 12), "MI is lower than DSS on nano-CQA: −16.7 ["),
        ((9, 9), (9, 9), "MI and DSS are equal for every seed on nano-CQA."),
        ((9, 14, 9), (12, 9, 13), "MI − DSS on nano-CQA is undecided: +3.3 ["),
    ],
)
def test_a_verdict_is_one_sentence(dss, mi, start):
    (sentence,) = answer_of(result({DSS: dss, MI: mi}))
    assert sentence.startswith(start) and sentence.endswith(".")


def test_up_to_three_comparisons_have_a_sentence_each_in_their_order():
    right = {PLAIN: (5, 6, 7), DSS: (9, 10, 12), MI: (9, 10, 12)}
    said = answer_of(result(right, declared=(DSS_AGAINST_FINETUNING, MI_AGAINST_DSS)))
    assert [one.split(" on ")[0] for one in said] == [
        "DSS is higher than Finetuning",
        "MI and DSS are equal for every seed",
    ]


def test_the_largest_decided_effect_comes_first_and_all_others_are_one_sentence():
    right = {
        "nano_anli": ((9, 10, 11), (9, 10, 11)),
        "nano_cqa": ((9, 10, 11), (9, 10, 11)),
        "nano_svamp": ((5, 6, 7), (14, 15, 17)),
        "nano_esnli": ((9, 10, 11), (13, 14, 16)),
    }
    first, second = answer_of(
        result(
            {
                of.with_(dataset=name): counts
                for name, sides in right.items()
                for of, counts in zip((DSS, MI), sides, strict=True)
            }
        )
    )
    assert first.startswith("MI is higher than DSS on nano-SVAMP: +46.7 [")
    assert second.startswith("Also higher: MI − DSS on nano-e-SNLI;")
    assert second.endswith("is the same within 2.")
    # Where nothing is declared nothing is said.
    assert answer_of(result({DSS: (9, 10)})) == []


def test_an_item_that_asks_two_things_answers_each():
    cells = {PLAIN: (5, 6, 7), DSS: (9, 10, 12), MI: (15, 17, 18)}
    other = {one.with_(dataset="nano_svamp"): (9, 10, 11) for one in cells}
    asked = (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING)
    first, second = answer_of(result({**cells, **other}, declared=asked))
    assert first.startswith("MI is higher than DSS on nano-CQA")
    assert second == (
        "MI − DSS: the same within 2 on nano-SVAMP; "
        "DSS − Finetuning: higher on nano-CQA, the same within 2 on nano-SVAMP."
    )


@pytest.mark.parametrize(
    ("expects", "mi", "answer"),
    [
        ("higher", (13, 14, 16), "Confirmed"),
        ("lower", (13, 14, 16), "Refuted"),
        ("same within the margin", (13, 14, 16), "Refuted"),
        ("same within the margin", (10, 11, 12), "Confirmed"),
        ("higher", (10, 11, 12), "Refuted"),
        ("higher", (9, 19, 9), "Undecided"),
    ],
)
def test_a_claim_is_confirmed_refuted_or_undecided(expects, mi, answer):
    said = Claim("it helps", "Somebody 2024", expects)
    made = result({DSS: (10, 11, 12), MI: mi}, declared=(replace(MI_AGAINST_DSS, claim=said),))
    assert answer_of(made) == [f"{answer}: it helps."]
    (row,) = main_table(made).to_dict("records")
    assert (row["Claim"], row["Claim is"]) == ("it helps (Somebody 2024)", answer.lower())
    (compared,) = json.loads(json.dumps(to_object(made)))["comparisons"]
    assert compared["claim"]["source"] == "Somebody 2024"


@pytest.mark.parametrize(
    ("verdict", "low", "high", "answer"),
    [
        (SAME, -0.5, 0.5, CONFIRMED),
        (HIGHER, 1.1, 2.0, REFUTED),
        (LOWER, -2.0, -1.1, REFUTED),
        (LOWER, -1.7, -0.8, UNDECIDED),
        (UNDECIDED, -2.0, 0.2, UNDECIDED),
    ],
)
def test_sameness_is_refuted_only_by_an_interval_outside_the_margin(verdict, low, high, answer):
    assert Claim("as much", "", SAME).answer(verdict, low, high, 1.0) == answer


def test_differences_of_too_few_seeds_are_said_to_be_that():
    right = {one.with_(dataset=name): (9,) for one in CLEAR for name in ("nano_cqa", "nano_svamp")}
    right[MI.with_(dataset="nano_svamp")] = (10,)
    right[MI.with_(dataset="nano_cqa")] = (8,)
    said = answer_of(result(right, decided=False))
    assert said == ["None of 2 differences has seeds enough for an interval."]


def test_what_was_not_declared_is_told_without_a_verdict():
    other = {one.with_(dataset="nano_svamp"): (9, 9, 9) for one in CLEAR}
    made = result({**CLEAR, **other}, decided=False)
    none = "; none was declared, so none has a verdict."
    assert answer_of(made) == [
        f"One of 2 differences has an interval that leaves 0 out: MI − DSS is above it on nano-CQA{none}"
    ]
    (alone,) = answer_of(result(CLEAR, decided=False))
    assert alone.startswith("MI − DSS on nano-CQA: +16.7 [")
    assert alone.endswith("] points of accuracy; not declared, so without a verdict.")
    loose = {one: (1, 9, 15) for one in other}
    (sentence,) = answer_of(result({**loose, DSS: (2, 8, 1), MI: (9, 1, 4)}, decided=False))
    assert sentence == f"None of 2 differences has an interval that leaves 0 out{none}"
    alike = dict.fromkeys((*CLEAR, *other), (9, 10, 11))
    (sentence,) = answer_of(result(alike, decided=False))
    assert sentence == "All 2 differences are 0 for every seed."
    found = folded_tables(made)
    assert "Declared comparisons" not in found and made.declared.empty
    assert list(found["Exploratory comparisons"]) == [
        "Compared", "Data set", "Difference [95%]", "Seeds", "p",
    ]  # fmt: skip


def test_the_same_without_room_for_anything_else_says_so():
    right = {DSS: (20, 20, 20), MI: (20, 20, 19)}
    (sentence,) = answer_of(result(right, room=(10, 95), margin=10.0))
    assert "the same on nano-CQA within 10 points of accuracy, without room for more:" in sentence
    (sentence,) = answer_of(result(right, room=(10, 100), margin=10.0))
    assert "room" not in sentence


def test_what_is_decided_below_the_smallest_difference_of_interest_says_so():
    (sentence,) = answer_of(result({DSS: (9, 10, 11), MI: (13, 14, 16)}, margin=40.0))
    assert sentence.endswith(", less than the smallest difference of interest.")


def test_an_item_as_one_object_says_what_it_answers_in_plain_values():
    made = result({**CLEAR, PLAIN: (9,)}, missing={"a": "absent"})
    # No number that JSON does not have.
    found = json.loads(json.dumps(to_object(made, ["table1.md"]), allow_nan=False))
    assert found["answer"] == answer_of(made) and found["files"] == ["table1.md"]
    first, _, last = found["cells"]
    assert (first["setting"]["method"], first["mean"], first["n"]) == ("dss", 55.0, 20)
    assert first["interval"] == pytest.approx([42.579, 67.421], abs=1e-3)
    # One seed has no interval.
    assert last["interval"] is None
    (compared,) = found["comparisons"]
    assert (compared["verdict"], compared["difference"]) == ("higher", 16.6667)
    assert found["cost"]["Incomplete"] == "1 runs missing: absent"


def test_an_item_is_written_with_its_numbers_and_its_command_and_again_the_same(tmp_path):
    made = result(CLEAR, pictures=("cells", "gains"))
    first, again = (write_item(made, tmp_path / name, "make it") for name in "ab")
    ends = [".md", ".csv", ".tex", ".json", ".png", "_gains.png"]
    assert [path.name for path in first] == [f"table1{end}" for end in ends]
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    page = first[0].read_text()
    assert all(
        one in page for one in ("make it", answer_of(made)[0], to_markdown(main_table(made)))
    )
    rows = list(csv.DictReader(first[1].open(encoding="utf-8", newline="")))
    assert columns(pd.DataFrame(rows), "method", "value", "built_in") == [
        ("dss", "55.0", "True"),
        ("mi", "71.6667", "True"),
    ]
    assert "\\caption{Table 1. A title}" in first[2].read_text()
    assert json.loads(first[3].read_text())["files"] == [path.name for path in first]
    assert first[4].stat().st_size > 5_000
    # Nothing to draw is no picture.
    assert len(write_item(replace(made, pictures=()), tmp_path, "c")) == 4


def test_what_a_student_wrote_breaks_neither_latex_nor_markdown():
    frame = main_table(result(CLEAR)).head(1)
    frame = frame.assign(Seeds="100% _a_ & {b}\\ | −1\n#")
    text = to_latex(frame, "x", "50% & _")
    assert "100\\% \\_a\\_ \\& \\{b\\}\\textbackslash" in text and "$-$1" in text
    assert "\\caption{50\\% \\& \\_}" in text
    assert len(to_markdown(frame).splitlines()) == 3


def test_what_a_run_answers_beside_its_test_set_is_read_once():
    bits = {"correct": {"test": "1" * 20, "valid": "1" * 20, "unseen": "10" * 10}}
    right = {one: (10, 11) for side in (DSS, MI) for one in (side, side.with_(split="unseen"))}
    made = result(right, parts=dict.fromkeys(right, bits), folded=("unseen",))
    found = folded_tables(made)
    new = found["Questions unlike any training example"]
    assert len(new) == 2 and new["Seeds"].tolist() == ["2", "2"]
    assert found["Cost"]["Ended by patience"].tolist() == ["2 of 2", "2 of 2"]


def test_a_cell_of_students_that_had_not_finished_learning_says_so():
    ended = {"selected_step": 20, "steps": 30, "converged": False, "valid_accuracy": 0.5}
    # Who takes all steps by design has nothing to wait for.
    by_design = {**run(DSS, 0, 1).record["config"], "patience": 0}
    parts = {MI: {"metrics": ended}, PLAIN: {"metrics": ended, "config": by_design}}
    made = result({DSS: (10, 12), MI: (9, 10), PLAIN: (9, 9)}, parts=parts)
    cells = main_table(made).set_index("")["nano-CQA"]
    assert cells["MI"].endswith("] (unfinished)")
    assert not any(cells[name].endswith(")") for name in ("DSS", "Finetuning"))


def test_a_side_that_changes_nothing_has_a_name():
    words = setting("dss", change="shuffled_words", share=1.0)
    shuffled = Comparison({"change": "shuffled_words"}, {"change": "none", "share": 0.0})
    right = {DSS: (10, 12), words: (9, 10)}
    made = result(right, declared=(shuffled,), fields=("method", "change"))
    (row,) = folded_tables(made)["Declared comparisons"].to_dict("records")
    assert row["Compared"] == "DSS, rationales' words shuffled − DSS"
    assert "DSS, rationales' words shuffled − DSS on nano-CQA" in answer_of(made)[0]


def test_a_size_stands_with_its_data_set_unless_rows_differ_in_it():
    cqa = {one.with_(size=500): counts for one, counts in CLEAR.items()}
    svamp = {one.with_(size=1_000, dataset="nano_svamp"): counts for one, counts in CLEAR.items()}
    found = main_table(result({**cqa, **svamp}))
    assert list(found) == ["", "nano-CQA, 500 examples", "nano-SVAMP, 1,000 examples", "Seeds"]
    assert found[""].tolist()[:2] == ["DSS", "MI"]
    found = main_table(result({**cqa, **CLEAR}))
    assert list(found)[:2] == ["", "nano-CQA"]
    assert found[""].tolist()[:2] == ["DSS, 500 examples", "MI, 500 examples"]


def test_of_many_comparisons_each_is_a_sentence_that_names_a_split_only_where_it_must():
    right = {setting("single_task"): (5, 6, 7), PLAIN: (5, 6, 7), **CLEAR}
    right |= {one.with_(split="unseen"): counts for one, counts in right.items()}
    right[MI.with_(split="unseen")] = CLEAR[DSS]
    against_single_task = Comparison({"method": "finetune"}, {"method": "single_task"})
    declared = (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING, against_single_task)
    assert answer_of(result(right, declared=declared)) == [
        "Does the MI loss add anything? MI − DSS: higher on nano-CQA (test); the same within 2 on nano-CQA "
        "(unseen).",
        "Do rationales help? DSS − Finetuning: higher on nano-CQA.",
        "Finetuning − Single-task: the same within 2 on nano-CQA.",
    ]


def test_of_many_comparisons_the_table_shows_intervals_and_verdicts():
    right = {setting("single_task"): (5, 6, 7), PLAIN: (5, 6, 7), **CLEAR}
    right |= {one.with_(split="unseen"): counts for one, counts in right.items()}
    against_single_task = Comparison({"method": "finetune"}, {"method": "single_task"})
    declared = (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING, against_single_task)
    made = result(right, declared=declared)
    found = main_table(made)
    assert list(found) == ["", "nano-CQA", "nano-CQA (unseen)"]
    first = made.declared.iloc[0]
    shown = with_interval(*first[["difference", "low", "high"]], signed=True)
    assert found.loc[0].tolist()[:2] == ["MI − DSS", f"{shown} higher"]
    assert found["nano-CQA"].str.split().str[-1].tolist() == ["higher", "higher", "same"]
    # Where what answers a question is shown, the other way round.
    answers = answering_table(made).set_index("")
    assert answers.T.equals(found.set_index("").loc[["MI − DSS", "DSS − Finetuning"]])
