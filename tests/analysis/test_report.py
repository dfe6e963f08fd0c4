"""The page is whole in one file, escapes what it is given, and says what the numbers say."""

import re
from html.parser import HTMLParser

import pytest

from mi_cot_lib.analysis.conclusions import describe_resolution, describe_result
from mi_cot_lib.analysis.figures import draw_accuracy, draw_curves, prepare_accuracy, prepare_curves
from mi_cot_lib.analysis.figures import save as save_figure
from mi_cot_lib.analysis.report import render_report
from mi_cot_lib.analysis.tables import prepare_method_table
from mi_cot_lib.errors import DataError

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Collects tags, text and attributes, and fails on a tag that is closed out of order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.addresses, self.text = [], [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def render(records, folder, command="make reproduce"):
    paths = [folder / "accuracy.png", folder / "curves.png"]
    save_figure(draw_accuracy(prepare_accuracy(records)), paths[0])
    save_figure(draw_curves(prepare_curves(records)), paths[1])
    out = folder / "new" / "report.html"
    render_report(records, prepare_method_table(records), paths, command, out)
    page = Page()
    page.feed(out.read_text("utf-8"))
    assert page.open == []
    return page


def mi_against_dss(record, differences):
    runs = [record("dss", seed, 0.5) for seed in range(len(differences))]
    runs += [record("mi", seed, 0.5 + d / 100) for seed, d in enumerate(differences)]
    return " ".join(describe_result(prepare_method_table(runs), runs))


def test_page_needs_nothing_beside_it(records, tmp_path):
    page = render(records, tmp_path)
    assert len(page.addresses) == 2
    assert all(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert not {"script", "link", "iframe"} & set(page.tags)


def test_page_says_what_was_run_and_on_what(records, tmp_path):
    text = render(records, tmp_path).text
    for expected in (
        "nano-SVAMP", "None of these numbers is the paper's", "make reproduce", "A processor",
        "2 cores", "torch 2.13.0", "0123456789ab", "13.2 minutes", "57.0 [52.0, 62.0]",
        *(record["run"] for record in records),
    ):  # fmt: skip
        assert expected in re.sub(r"\s+", " ", text), expected


def test_hostile_text_is_shown_and_not_run(records, tmp_path):
    hostile = '<script>alert("x")</script><img src=x onerror=alert(1)>{{ 7*7 }}'
    for record in records:
        record["hardware"]["processor"] = hostile
        record["git_commit"] = hostile
    records[0]["run"] = hostile
    page = render(records, tmp_path, command=hostile)
    assert "script" not in page.tags and page.tags.count("img") == 2
    assert page.text.count(hostile) == 4


def test_a_figure_that_is_missing_or_no_png_is_named(records, tmp_path):
    table = prepare_method_table(records)
    (tmp_path / "a.png").write_text("<svg/>")
    for name in ("a.png", "gone.png"):
        with pytest.raises(DataError, match=name):
            render_report(records, table, [tmp_path / name], "", tmp_path / "r.html")


def test_a_clear_gain_is_called_significant(record):
    text = mi_against_dss(record, [2.0, 2.1, 2.2])
    assert "2.1 points above DSS" in text and "the gain is significant" in text


def test_a_clear_loss_is_called_a_significant_loss(record):
    text = mi_against_dss(record, [-2.0, -2.1, -2.2])
    assert "2.1 points below DSS" in text and "the loss is significant" in text


@pytest.mark.parametrize("differences", [[2.0, -1.0, 1.5], [-2.0, 1.0, -1.5]])
def test_an_unclear_difference_is_called_neither_gain_nor_equality(record, differences):
    text = mi_against_dss(record, differences)
    assert "not significant" in text and "nor that there is none" in text
    assert "is significant" not in text


def test_a_gain_that_holm_takes_away_is_said_to_be_lost(records):
    for seed, accuracy in enumerate((0.560, 0.575, 0.598)):
        records[seed]["metrics"]["test_accuracy"] = accuracy
    table = prepare_method_table(records)
    assert table.loc["mi", "p"] < 0.05 < table.loc["mi", "p_holm"]
    (sentence,) = [s for s in describe_result(table, records) if s.startswith("MI (released")]
    assert "not after correcting" in sentence


def test_equal_methods_draw_no_conclusion(record):
    text = mi_against_dss(record, [0.0, 0.0, 0.0])
    assert "same mean" in text and "nothing follows" in text


def test_one_seed_draws_no_conclusion(record):
    text = mi_against_dss(record, [3.0])
    assert "one shared seed" in text and "nothing follows" in text


def test_missing_methods_are_said_to_be_missing(record):
    only_mi, only_dss = [record("mi", 0, 0.5)], [record("dss", 0, 0.5)]
    assert "DSS is not among" in describe_result(prepare_method_table(only_mi), only_mi)[-1]
    assert "MI is not among" in describe_result(prepare_method_table(only_dss), only_dss)[-1]


def test_resolution_names_the_test_sets_own_uncertainty(records):
    text = " ".join(describe_resolution(prepare_method_table(records)))
    # 1.96 · √(0.55 · 0.45 / 2000) = 2.2 points.
    assert "±2.2 points" in text and "3 seeds are few" in text


def with_validation(records, accuracies, wobble=0.01):
    """Give every run these validation accuracies, with a higher end or a lower one by turns."""
    steps = [400 * (number + 1) // len(accuracies) for number in range(len(accuracies))]
    for number, record in enumerate(records):
        values = [*accuracies[:-1], accuracies[-1] + wobble * (-1) ** number]
        record["history"] = [
            {"step": step, "eval_accuracy": value}
            for step, value in zip(steps, values, strict=True)
        ]
        record["metrics"]["selected_step"] = 400
    return " ".join(describe_result(prepare_method_table(records), records))


def test_whether_training_was_over_is_judged_by_the_slope_of_validation(records):
    rising = with_validation(records, [0.2, 0.3, 0.4, 0.5])
    assert "Over the last 100 of 400 steps validation accuracy moved by +10.0 points" in rising
    assert "it was still rising" in rising
    # Most runs validate best at the last step here as well, by less than they differ.
    flat = with_validation(records, [0.2, 0.5, 0.5, 0.502])
    assert "still rising" not in flat and "no rise beyond the noise" in flat
    falling = with_validation(records, [0.2, 0.5, 0.5, 0.4])
    assert "moved by −10.0 points" in falling and "no rise beyond the noise" in falling


def test_many_late_evaluations_are_judged_by_their_common_slope(records):
    # Ends four points above where it began, and leads nowhere.
    zigzag = [0.1] * 14 + [0.48, 0.50 + 1 / 30, 0.50, 0.50, 0.50 - 1 / 30, 0.52]
    text = with_validation(records, zigzag)
    assert "0.0 points (mean of 12 runs" in text and "no rise beyond the noise" in text


@pytest.mark.parametrize("accuracies", [[0.2, 0.3, 0.4, 0.5], [0.5, 0.5, 0.5, 0.5]])
def test_no_curve_is_taken_to_show_where_training_would_end(records, accuracies):
    text = with_validation(records, accuracies)
    assert "only a longer run can tell" in text and "learning rate falls to 0" in text
    assert "still learning" not in text


def test_one_evaluation_says_nothing_of_a_slope(records):
    assert "Over the last" not in with_validation(records, [0.5])


def test_one_run_has_a_slope_and_no_interval(record):
    text = with_validation([record("dss", 0, 0.5)], [0.2, 0.3], wobble=0)
    assert "+10.0 points (1 run, no interval)" in text and "rising" not in text


def test_real_data_is_not_called_built_in(records, tmp_path):
    for record in records:
        record["config"]["dataset"] = "svamp"
    text = render(records, tmp_path).text
    assert "built-in data" not in text and "one of the paper's data sets" in text
