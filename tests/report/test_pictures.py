"""Pictures of items: the numbers drawn are those of the result, and each item's pictures exist."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.report.cells.quality import quality_cells
from mi_cot_lib.report.compare import DSS_AGAINST_FINETUNING, MI_AGAINST_DSS
from mi_cot_lib.report.pictures import PICTURES, draw
from mi_cot_lib.report.pictures.canvas import LOOKS
from mi_cot_lib.report.runs import JudgedSample
from mi_cot_lib.report.setting import TEACHER
from tests.report.made import result, setting

DSS, MI = setting("dss"), setting("mi")
CURVES = {
    "training": {
        "step": [10, 20],
        **{f"loss_{name}": [2.0, 1.0] for name in ("prediction", "generation", "mi")},
        **{f"grad_norm_{name}": [0.5, 0.25] for name in ("prediction", "generation", "mi")},
    },
    "validation": {"step": [10, 20], "loss_generation": [3.0, 1.5], "accuracy": [0.25, 0.5]},
}


def shown(figure):
    """Return the panels that are drawn."""
    return [axes for axes in figure.axes if axes.get_visible()]


def lines(axes):
    """Return what lines of a panel go through, those with a name of matplotlib's own too."""
    return [
        [*zip(*(map(float, side) for side in line.get_data()), strict=True)] for line in axes.lines
    ]


def points(axes):
    """Return where the single points of a panel are."""
    return [line[0] for line in lines(axes) if len(line) == 1]


def titles(panels):
    return [axes.get_title(loc="left") for axes in panels]


def test_every_picture_that_an_item_names_exists():
    assert {name for item in ITEMS.values() for name in item.pictures} == set(PICTURES)


def test_methods_differ_in_colour_line_and_mark():
    students = [look for method, look in LOOKS.items() if method != TEACHER]
    for part in ("color", "ls", "marker"):
        assert len({look[part] for look in students}) == len(students)


def logged(right, **fields):
    """Return a result whose runs all have the same curves."""
    return result(right, parts=dict.fromkeys(right, {"curves": CURVES}), **fields)


def test_a_dot_is_a_mean_and_its_line_the_interval_in_the_panel_of_its_data_set():
    other = setting("dss", "nano_svamp")
    made = result({DSS: [10, 12], MI: [14, 15], other: [3, 4]})
    first, second = shown(PICTURES["cells"](made))
    assert titles([first, second]) == ["nano-CQA", "nano-SVAMP"]
    assert [label.get_text() for label in first.get_yticklabels()] == ["DSS", "MI"]
    assert (points(first), points(second)) == ([(55.0, 0.0), (72.5, 1.0)], [(17.5, 0.0)])
    low, high = made.cells.loc[0, ["low", "high"]]
    assert [(low, 0.0), (high, 0.0)] in lines(first)
    # One seed has no interval.
    (panel,) = shown(PICTURES["cells"](result({DSS: [10]})))
    assert lines(panel) == [[(50.0, 0.0)]]


@pytest.mark.parametrize("built_in", [True, False])
def test_only_built_in_data_are_marked(built_in):
    figure = PICTURES["cells"](result({DSS: [10, 12]}, built_in=built_in))
    assert ("built-in data" in {text.get_text() for text in figure.texts}) == built_in


@pytest.mark.parametrize(
    ("name", "changes", "level", "whole"),
    [("sizes", {"size": 500}, 500.0, 4_000.0), ("students", {"student": "nano16"}, 3e4, 1e6)],
)
def test_sizes_are_drawn_at_their_examples_and_students_at_their_parameters(
    name, changes, level, whole
):
    small = replace(DSS, **changes)
    right = {DSS: [16, 16], small: [10, 10], MI: [14, 14]}
    (panel,) = shown(PICTURES[name](result(right, parts={small: {"parameters": 30_000}})))
    assert lines(panel) == [[(level, 50.0), (whole, 80.0)], [(whole, 70.0)]]


def test_unchanged_texts_are_share_0_of_every_change_and_finetuning_is_a_level():
    wrong = setting("dss", change="wrong_labels", share=0.5)
    cut = setting("dss", change="truncated", share=1.0)
    made = result({DSS: [16, 16], wrong: [8, 8], cut: [12, 12], setting("finetune"): [4, 4]})
    panels = shown(PICTURES["shares"](made))
    assert [lines(axes)[0] for axes in panels] == [
        [(0.0, 80.0), (0.5, 40.0)],
        [(0.0, 80.0), (1.0, 60.0)],
    ]
    assert [{y for _, y in lines(axes)[1]} for axes in panels] == [{20.0}, {20.0}]
    # Nothing changed is nothing to draw.
    assert list(draw(result({DSS: [16, 16]}, pictures=("shares", "cells")))) == ["cells"]


def test_a_declared_difference_is_filled_where_it_is_decided_and_the_margin_is_a_band():
    decided, same = setting("mi", "nano_svamp"), setting("mi", "nano_anli")
    made = result(
        {
            DSS: [10, 12, 9], MI: [11, 10, 12],
            replace(DSS, dataset="nano_svamp"): [2, 3, 2, 3], decided: [12, 13, 12, 14],
            replace(DSS, dataset="nano_anli"): [7, 8, 9], same: [7, 9, 9],
        },
        margin=30.0,
    )  # fmt: skip
    verdicts = ["undecided", "higher", "same within the margin"]
    assert made.declared["verdict"].tolist() == verdicts
    (panel,) = shown(PICTURES["gains"](made))
    found = [line for line in panel.lines if len(line.get_xdata()) == 1]
    assert [x for x, _ in points(panel)] == pytest.approx(made.declared["difference"].tolist())
    filled = [to_rgb(one.get_markerfacecolor()) == to_rgb(one.get_color()) for one in found]
    assert filled == [False, True, False]
    assert len({one.get_marker() for one in found}) == 2
    (band,) = panel.patches
    assert (band.get_x(), band.get_width()) == (-30.0, 60.0)


def test_several_declared_pairs_have_a_line_each_and_data_sets_a_panel():
    methods = ("finetune", "dss", "mi")
    right = {setting(one, on): [10, 12, 9] for on in ("nano_cqa", "nano_svamp") for one in methods}
    made = result(right, declared=(MI_AGAINST_DSS, DSS_AGAINST_FINETUNING))
    first, second = shown(PICTURES["gains"](made))
    assert [text.get_text() for text in first.get_yticklabels()] == ["MI − DSS", "DSS − Finetuning"]
    assert [place for _, place in points(second)] == [0.0, 1.0]


def test_many_panels_stand_in_rows_the_test_set_first():
    sets = ("nano_cqa", "nano_svamp", "nano_anli")
    right = {
        setting(method, on, split=split): [10, 12, 9]
        for on in sets
        for split in ("test", "unseen")
        for method in ("dss", "mi")
    }
    named = ["nano-CQA", "nano-SVAMP", "nano-ANLI"]
    panels = shown(PICTURES["cells"](result(right)))
    assert titles(panels) == named + [f"{one}\n(unseen)" for one in named]
    heights = [round(axes.get_position().y0, 3) for axes in panels]
    assert heights[0] == heights[3] > heights[4] == heights[5]


def test_a_bar_of_a_reliability_diagram_is_the_accuracy_of_its_bin():
    kept = {"confidence": [0.25, 0.25, 0.95, 0.95], "correct": "0111"}
    made = result({DSS: [10, 10]}, parts={DSS: {"calibration": kept}})
    (panel,) = shown(PICTURES["reliability"](made))
    bars = {round(bar.get_x(), 6): bar.get_height() for bar in panel.patches}
    assert bars == {0.2: 0.5, 0.9: 1.0}


def judged():
    """Return two students' and the teacher's rationales of two items; MI alone has the first right."""
    asked = [
        {"id": f"i{n}", "input": f"$input {n}$", "label": "l", "rationale": "t"} for n in (0, 1)
    ]
    own = {"predicted": "l", "rationale": "r"}
    dss = [{"id": "i0", **own, "correct": False}, {"id": "i1", **own, "correct": True}]
    mi = [{**item, "correct": True} for item in dss]
    samples = [
        JudgedSample(setting(TEACHER), 0, asked, [(5,), (5,)]),
        JudgedSample(DSS, 0, dss, [(2,), (4,)]),
        JudgedSample(MI, 0, mi, [(3,), (1,)]),
    ]
    return result(
        {DSS: [10], MI: [10]}, samples=samples, measure="quality", cells=quality_cells(samples),
        judge="a judge", cases="labels",
    )  # fmt: skip


def test_judged_quality_keeps_its_whole_scale_and_shows_how_much_items_differ():
    (panel,) = shown(PICTURES["judged"](judged()))
    assert panel.get_xlim() == (1, 5)
    assert points(panel) == [(5.0, 0.0), (3.0, 1.0), (2.0, 2.0)]
    sd = np.std([2, 4], ddof=1)
    assert [(3 - sd, 1.0), (3 + sd, 1.0)] in lines(panel)


def test_a_case_shows_question_and_both_answers_and_none_is_no_picture():
    made = judged()
    (panel,) = shown(PICTURES["cases"](made))
    texts = " ".join(text.get_text() for text in panel.texts)
    assert "$input 0$" in texts
    assert {text.get_bbox_patch() is None for text in panel.texts} == {True, False}
    alike = [*made.samples[:2], replace(made.samples[1], setting=MI)]
    assert PICTURES["cases"](replace(made, samples=alike)) is None


def test_the_trade_off_has_a_mark_a_setting_and_a_line_through_the_best():
    beaten = setting("mi", alpha1=0.3, alpha2=0.7, alpha3=1.0)
    best = setting("dss", alpha1=0.5, alpha2=0.5)
    made = logged({best: [10, 10], beaten: [8, 8]}, fields=("alpha1", "alpha3"))
    (panel,) = shown(PICTURES["tradeoff"](made))
    assert lines(panel) == [[(1.5, 50.0)], [(1.5, 50.0)], [(1.5, 40.0)]]


def test_gradients_have_a_line_a_term_and_only_students_of_mi_are_drawn():
    (panel,) = shown(PICTURES["gradients"](logged({DSS: [9], MI: [9]})))
    assert lines(panel) == [[(10.0, 0.5), (20.0, 0.25)]] * 3
    assert PICTURES["gradients"](logged({DSS: [9]})) is None


def test_a_loss_that_no_student_has_gets_no_panel_and_one_that_some_lack_no_curve():
    plain = {**CURVES, "training": {k: v for k, v in CURVES["training"].items() if "_mi" not in k}}
    alone = shown(PICTURES["curves"](result({DSS: [9]}, parts={DSS: {"curves": plain}})))
    assert titles(alone) == ["Label loss", "Rationale loss", "Validation accuracy"]
    other = setting("mi", "nano_svamp")
    parts = {DSS: {"curves": plain}, other: {"curves": CURVES}}
    both = shown(PICTURES["curves"](result({DSS: [9], other: [9]}, parts=parts)))
    drawn = dict(zip(titles(both), [len(axes.lines) for axes in both], strict=True))
    assert (drawn["nano-CQA: MI loss"], drawn["nano-SVAMP: MI loss"]) == (0, 1)
    # All in all a panel a loss, and one of accuracy.
    panels = shown(PICTURES["curves"](logged({DSS: [9], MI: [9]})))
    assert [lines(axes) for axes in panels] == [
        *[[[(10.0, 2.0), (20.0, 1.0)]] * 2] * 3,
        [[(10.0, 25.0), (20.0, 50.0)]] * 2,
    ]
