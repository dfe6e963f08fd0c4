"""The comparison of measured students on records whose differences are known."""

import copy
import math

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.analysis.mutual_information.quantities import QUANTITIES
from mi_cot_lib.analysis.mutual_information.student_report import report_students
from mi_cot_lib.analysis.mutual_information.student_table import (
    prepare_other_noise,
    prepare_students,
)
from mi_cot_lib.analysis.mutual_information.student_words import conclusions, verdict
from mi_cot_lib.analysis.mutual_information.students import Protocol
from mi_cot_lib.errors import ConfigError

GAINS = {"zv_infonce": 0.5, "zy": -0.2, "v_answers": 0.0}
SPREAD = (0.01, -0.02, 0.03, 0.0, -0.01)


def found(nats, cap=None):
    return {"nats": nats, "low": nats, "high": nats, "cap": cap, "bounds": "", "null": 0.01}


def record(method, seed, dataset="nano_cqa", student="nano48"):
    def value(name, start):
        gain = GAINS.get(name, 0.0) + SPREAD[seed] if method == "mi" else 0.0
        return start + 0.1 * seed + gain

    measured = {
        "zv": {
            name: found(value(f"zv_{name}", 1.5), cap=6.9 if name == "infonce" else None)
            for name in ("infonce", "barber_agakov", "vclub")
        },
        "zv_other_noise": {"0.25": found(value("", 2.5)), "1": found(value("", 0.5))},
        "zy": found(value("zy", 1.0)),
        "zy_noised": found(value("", 0.5)),
        "v_noised": {"nats": value("", 4.0)},
        "v_codes": {"nats": value("", 3.0), "plug_in": 3.0, "values": 32},
        "v_answers": {"nats": value("v_answers", 2.0), "plug_in": 2.0, "values": 9},
        "y": {"nats": 2.5, "plug_in": 2.5, "values": 12},
        "kept": {"v": 0.6, "z": 0.7},
        "ceiling": 6.4378,
    }
    return {
        "run": f"{dataset}-{method}-{student}-{seed}",
        "config": {"dataset": dataset, "method": method, "student": student, "seed": seed},
        "protocol": Protocol().to_dict(),
        "measured": measured,
        "seconds": {"features": 30.0, "fits": 20.0},
    }


@pytest.fixture
def records():
    return [record(method, seed) for method in ("mi", "dss") for seed in range(5)]


def row_of(table, quantity):
    return table[table["quantity"] == quantity].iloc[0]


def test_each_quantity_has_its_means_and_paired_difference(records):
    table = prepare_students(records)
    assert list(table["quantity"]) == list(QUANTITIES)
    row = row_of(table, "zv_infonce")
    gains = np.array(SPREAD) + 0.5
    assert row["dss"] == pytest.approx(1.7) and row["null"] == pytest.approx(0.01)
    assert row["difference"] == pytest.approx(gains.mean())
    expected = stats.ttest_1samp(gains, 0.0)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["low"] == pytest.approx(expected.confidence_interval(0.95).low)
    assert row["seeds"] == 5


def test_p_is_corrected_over_all_quantities_and_data_sets(records):
    both = records + [record(m, s, "nano_svamp") for m in ("mi", "dss") for s in range(5)]
    one, two = prepare_students(records), prepare_students(both)
    least = one["p"].min()
    assert row_of(one, "zv_infonce")["p_holm"] == pytest.approx(len(one) * least)
    assert len(two) == 2 * len(one)
    assert row_of(two, "zv_infonce")["p_holm"] == pytest.approx(2 * len(one) * least)


def test_caps_are_of_noise_labels_and_codes(records):
    table = prepare_students(records)
    caps = {name: row_of(table, name)["cap"] for name in QUANTITIES}
    assert (
        caps["zv_infonce"] == caps["zv_barber_agakov"] == caps["v_noised"] == pytest.approx(6.4378)
    )
    assert caps["zy"] == caps["zy_noised"] == pytest.approx(2.5)
    assert caps["v_codes"] == pytest.approx(math.log(32))
    assert np.isnan(caps["v_answers"]) and np.isnan(caps["zv_vclub"])


def test_verdicts_follow_the_numbers(records):
    table = prepare_students(records)
    words = {name: verdict(row_of(table, name)) for name in QUANTITIES}
    assert words["zv_infonce"] == "raised" and words["zy"] == "lowered"
    assert {words[name] for name in QUANTITIES if name not in GAINS} == {"not decided"}
    zv, zy, v = conclusions(table)
    assert zv.startswith("I(Z;V) on nano-CQA, nano48: raised in 1 of 2 measures: InfoNCE (+0.502")
    assert zy.startswith("I(Z;Y) on nano-CQA, nano48: lowered in 1 of 2 measures")
    assert v.startswith("H(V) on nano-CQA, nano48: not decided")


def lowered(records, name):
    for one in records:
        if one["config"]["method"] == "mi":
            one["measured"]["zv"][name]["nats"] -= 1
    return prepare_students(records)


def test_measures_that_contradict_each_other_are_named(records):
    assert (
        "the measures disagree: raised by InfoNCE; lowered by Barber–Agakov"
        in conclusions(lowered(records, "barber_agakov"))[0]
    )


def test_an_upper_bound_that_moved_is_named_and_decides_nothing(records):
    table = lowered(records, "vclub")
    assert verdict(row_of(table, "zv_vclub")) == "lowered"
    said = conclusions(table)[0]
    assert "raised in 1 of 2 measures: InfoNCE" in said and "disagree" not in said
    assert "Upper bounds, which decide nothing: vCLUB was lowered (−0.998 nats" in said
    # Nor does it where nothing else was measured.
    assert conclusions(table[table["quantity"] == "zv_vclub"]) == []


def test_other_noise_stands_beside_the_protocols(records):
    noise = prepare_other_noise(records)
    assert list(noise["noise"]) == [0.25, 0.5, 1.0]
    assert noise["difference"].to_list() == pytest.approx([0.002, 0.502, 0.002])


def test_one_method_alone_has_means_and_no_difference(records):
    alone = [one for one in records if one["config"]["method"] == "dss"]
    table = prepare_students(alone)
    assert table["dss"].notna().all() and table["mi"].isna().all()
    assert table["difference"].isna().all() and table["p_holm"].isna().all()
    assert conclusions(table) == []
    report_students(alone)


def test_a_quantity_that_was_not_measured_has_no_row(records):
    records[0]["measured"]["zy"] = {"reason": "too many labels"}
    assert "zy" not in set(prepare_students(records)["quantity"])


def test_records_of_other_protocols_or_one_run_twice_are_refused(records):
    other = copy.deepcopy(records)
    other[0]["protocol"]["noise"] = 1.0
    for bad, said in (
        (other, "different protocols"),
        ([*records, records[0]], "same run"),
        ([], "no measured"),
    ):
        with pytest.raises(ConfigError, match=said):
            prepare_students(bad)


def test_figures_show_every_quantity_and_fill_what_is_decided(records):
    _, pictures = report_students(records)
    levels, differences = pictures["students.png"], pictures["students_differences.png"]
    for figure in (levels, differences):
        titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
        assert titles == [one.title for one in QUANTITIES.values()]
    for axes, name in zip(differences.axes, QUANTITIES, strict=False):
        (dot,) = [line for line in axes.lines if line.get_marker() == "o"]
        assert (dot.get_markerfacecolor() != "white") == (name in ("zv_infonce", "zy"))


def test_every_interval_says_that_it_is_of_the_estimate_and_not_of_the_information(records):
    printed, pictures = report_students(records)
    tables = [printed.main, *printed.more.values()]
    headings = [name for table in tables for name in table.columns if "95%" in name]
    assert len(headings) == 4 and all("95% of the estimate" in name for name in headings)
    assert any("not of I" in note and "sampling noise" in note for note in printed.notes)
    legend = [text.get_text() for text in pictures["students.png"].legends[0].get_texts()]
    assert any("95%" in text for text in legend)
    assert all("of the estimate" in text for text in legend if "95%" in text)
    assert "95% of the estimate" in pictures["students_differences.png"].get_suptitle()
