"""What charts of a table show is the table, and nothing is told apart by colour alone."""

import pandas as pd
import pytest

from mi_cot_lib.course.charts import draw_bars, draw_lines

TABLE = pd.DataFrame({"H(V)": [1.0, 2.5], "log N": [2.0, 3.0]}, pd.Index([10, 100]))


def test_each_column_is_a_line_over_the_index_with_a_mark_and_dashes_of_its_own():
    figure = draw_lines(TABLE, "items", "nats", log="x")
    (axes,) = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[1.0, 2.5], [2.0, 3.0]]
    assert all(list(line.get_xdata()) == [10, 100] for line in axes.lines)
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 2
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("items", "nats")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(TABLE)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "100"]


def test_bars_stand_beside_each_other_or_go_on_where_the_last_ended():
    beside, stacked = (draw_bars(TABLE, "nats", stacked=one).axes[0] for one in (False, True))
    for axes in (beside, stacked):
        widths = [[bar.get_width() for bar in group] for group in axes.containers]
        assert widths == [[1.0, 2.5], [2.0, 3.0]]
        assert len({group[0].get_hatch() for group in axes.containers}) == 2
        assert [text.get_text() for text in axes.get_yticklabels()] == ["10", "100"]
        assert {text.get_text() for text in axes.texts} == {"1.00", "2.50", "2.00", "3.00"}
    first, second = beside.containers
    assert first[0].get_y() + first[0].get_height() == pytest.approx(second[0].get_y())
    assert [bar.get_x() for bar in stacked.containers[1]] == [1.0, 2.5]
