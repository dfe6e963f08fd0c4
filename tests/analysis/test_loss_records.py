"""Which recorded columns are complete, and how strong the MI loss was in them."""

import pytest

from mi_cot_lib.analysis.loss_figures import draw_naming, draw_strength
from mi_cot_lib.analysis.loss_records import complete_columns, prepare_changes, prepare_strength
from mi_cot_lib.analysis.paper_accuracy import Entry


def entry(row: str, column: str, seed: int, mi: list[float]) -> Entry:
    training = {
        "step": [10, 20, 30],
        "grad_norm_prediction": [1.0, 1.0, 1.0],
        "grad_norm_generation": [0.5, 0.5, 0.5],
        "grad_norm_mi": mi,
    }
    return Entry(row, column, seed, {"curves": {"training": training}})


@pytest.fixture
def entries():
    found = []
    for seed in (0, 1):
        found.append(entry("mi none", "cqa", seed, [0.1, 0.2, 0.3 + 0.2 * seed]))
        found.append(entry("mi label_named", "cqa", seed, [0.4, 0.4, 0.4]))
        found.append(entry("mi none", "esnli", seed, [0.1, 0.1, 0.1]))
    found.append(entry("mi label_named", "esnli", 0, [0.1, 0.1, 0.1]))
    return found


def test_a_column_is_complete_with_all_rows_in_all_seeds(entries):
    cells = [(row, column) for row in ("mi none", "mi label_named") for column in ("cqa", "esnli")]
    assert complete_columns(entries, cells, seeds=2) == (["cqa"], ["esnli"])
    assert complete_columns(entries, cells, seeds=1) == (["cqa", "esnli"], [])
    assert complete_columns(entries, cells[:2], seeds=2) == (["cqa", "esnli"], [])
    assert complete_columns([], cells, seeds=1) == ([], ["cqa", "esnli"])


def test_strength_is_the_median_over_steps_of_the_quotient_of_means_over_seeds(entries):
    found = prepare_strength([e for e in entries if e.row == "mi none"]).set_index("column")
    assert found.loc["cqa", "mi / generation"] == pytest.approx(0.4)
    assert found.loc["esnli", "mi / generation"] == pytest.approx(0.2)
    assert found.loc["cqa", "mi"] == pytest.approx(0.2)
    assert found.loc["cqa", ["low", "high"]].tolist() == pytest.approx([0.4, 0.4])
    assert found["seeds"].tolist() == [2, 2]


def test_changes_are_the_mi_terms_norms_by_the_teachers_change(entries):
    found = prepare_changes(entries)
    mine = found[(found["change"] == "none") & (found["column"] == "cqa")]
    assert mine["norm"].tolist() == pytest.approx([0.1, 0.2, 0.4])
    assert mine["high"].iloc[-1] == pytest.approx(0.5)
    figure = draw_naming(found, {"cqa": "CQA", "esnli": "e-SNLI"}, "title")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["CQA", "e-SNLI"]
    assert list(figure.axes[0].lines[0].get_ydata()) == pytest.approx([0.1, 0.2, 0.4])
    assert figure.get_suptitle() == "title\nline: mean over seeds; band: least and greatest"
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert "rationales: as they are" in legend


def test_a_figure_of_one_seed_speaks_of_no_band(entries):
    found = prepare_changes([one for one in entries if one.seed == 0])
    assert draw_naming(found, {"cqa": "CQA"}, "title").get_suptitle() == "title"


def test_the_figure_of_strength_shows_the_quotients(entries):
    strength = prepare_strength([e for e in entries if e.row == "mi none"])
    axes = draw_strength(strength, {"cqa": "CQA", "esnli": "e-SNLI"}, "title").axes[0]
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots == pytest.approx(strength["mi / generation"].tolist())
