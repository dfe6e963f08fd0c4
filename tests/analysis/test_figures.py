"""The numbers behind the figures, and that what is drawn is those numbers."""

import matplotlib
import pytest

from mi_cot_lib.analysis.figures import (
    draw_accuracy,
    draw_curves,
    prepare_accuracy,
    prepare_curves,
    save,
)
from mi_cot_lib.errors import ConfigError


def test_accuracy_holds_every_run_in_percent(records):
    prepared = prepare_accuracy(records)
    assert len(prepared.seeds) == len(records)
    mi = prepared.seeds[prepared.seeds["method"] == "mi"]
    assert list(mi["accuracy"]) == pytest.approx([55, 57, 59])
    assert prepared.setting == "built-in data nano-SVAMP, student nano, not the paper's"


def test_each_method_is_drawn_at_its_mean_between_its_interval(records):
    prepared = prepare_accuracy(records)
    (axes,) = draw_accuracy(prepared).axes
    drawn = [sorted(line.get_xdata()) for line in axes.lines]
    for _, row in prepared.table.iterrows():
        assert any(xs == pytest.approx([row["accuracy"]]) for xs in drawn if len(xs) == 1)
        assert any(xs == pytest.approx([row["low"], row["high"]]) for xs in drawn if len(xs) == 2)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(prepared.table["title"])
    assert "%" in axes.get_xlabel() and "95%" in axes.get_xlabel()


def test_one_seed_is_drawn_without_an_interval(record):
    figure = draw_accuracy(prepare_accuracy([record("dss", 0, 0.5)]))
    (axes,) = figure.axes
    assert [len(line.get_xdata()) for line in axes.lines] == [1, 1]


def test_curves_are_means_and_ranges_over_seeds(records):
    points = prepare_curves(records).points.set_index(["panel", "method", "step"])
    row = points.loc[("loss_prediction", "dss", 100)]
    base = 2.0 * 0.99**100
    assert list(row) == pytest.approx([base + 0.01, base, base + 0.02, 3])
    assert points.loc[("eval_accuracy", "mi", 400), "mean"] == pytest.approx(57)


def test_a_term_that_a_method_lacks_has_no_curve(records):
    points = prepare_curves(records).points
    by_panel = points.groupby("panel")["method"].agg(set)
    assert by_panel["loss_mi"] == {"mi"}
    assert by_panel["loss_generation"] == {"dss", "mi"}


def test_curves_differ_in_line_style_and_marker_for_grey_print(records):
    figure = draw_curves(prepare_curves(records))
    lines = figure.axes[0].lines
    assert len({line.get_marker() for line in lines}) == len(lines) == 4
    assert len({line.get_linestyle() for line in lines}) == 4
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "MI (released form)"


def test_a_panel_without_runs_says_so(record):
    figure = draw_curves(prepare_curves([record("finetune", 0, 0.5)]))
    said = [axes.get_title(loc="left") for axes in figure.axes if axes.texts]
    assert said == ["Rationale loss", "MI loss"]


def test_runs_that_do_not_compare_are_not_drawn(record):
    with pytest.raises(ConfigError, match="max_steps"):
        prepare_curves([record("dss", 0, 0.5), record("mi", 0, 0.5, max_steps=9)])


def test_drawing_again_gives_the_same_bytes_and_leaves_global_style_alone(records, tmp_path):
    before = dict(matplotlib.rcParams)
    for name in ("one.png", "two.png"):
        save(draw_curves(prepare_curves(records)), tmp_path / "sub" / name)
    assert (tmp_path / "sub/one.png").read_bytes() == (tmp_path / "sub/two.png").read_bytes()
    assert dict(matplotlib.rcParams) == before


def test_no_text_of_a_figure_leaves_it_or_overlaps_another(records):
    figures = (draw_accuracy(prepare_accuracy(records)), draw_curves(prepare_curves(records)))
    for figure in figures:
        figure.canvas.draw()
        texts = [figure._suptitle] if figure._suptitle else []
        texts += [text for legend in figure.legends for text in legend.get_texts()]
        for axes in figure.axes:
            texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        boxes = [text.get_window_extent() for text in texts if text.get_text()]
        for place, box in enumerate(boxes):
            assert box.x0 >= 0 and box.y0 >= 0
            assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
            assert not any(box.overlaps(other) for other in boxes[place + 1 :])
