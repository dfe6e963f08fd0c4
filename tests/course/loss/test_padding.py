"""What padding does to the released loss, and that leaving it out leaves nothing else out."""

import math

import pytest

from mi_cot_lib.course.loss.padding import PADDED, draw_padding, measure_padding, prepare_padding
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.load import load_student


@pytest.fixture(scope="module")
def prepared():
    return prepare_padding(300, counts=(0, 1, 4), sharpness=30.0, alike=0.5)


def test_padding_of_the_label_side_costs_log_n_a_position_and_takes_no_gradient(prepared):
    mine = prepared[prepared["padded"] == "label side only"].set_index("padding")
    assert mine.loc[1, "S"] - mine.loc[0, "S"] == pytest.approx(1, abs=0.05)
    assert mine.loc[1, "loss"] - mine.loc[0, "loss"] == pytest.approx(math.log(300), abs=0.4)
    assert (mine["at padding"] == 0).all()
    no_padding = prepared[prepared["padding"] == 0]
    assert no_padding["loss"].nunique() == no_padding["real"].nunique() == 1


@pytest.mark.parametrize("larger", ["real", "at padding"])
def test_the_figure_shows_the_numbers_and_both_gradients_whole_on_one_scale(prepared, larger):
    found = prepared.assign(**{larger: prepared[larger] + 3 * prepared["real"].max()})
    loss, real, padding = draw_padding(found).axes
    for place, name in enumerate(list(PADDED)[:-1]):
        mine = found[found["padded"] == name]
        assert list(loss.lines[place].get_ydata()) == mine["loss"].tolist()
        assert list(padding.lines[place].get_ydata()) == mine["at padding"].tolist()
    assert real.get_ylim() == padding.get_ylim()
    assert real.get_ylim()[1] > found[["real", "at padding"]].to_numpy().max()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"counts": (-1,)}, "no negative count"),
        ({"label_tokens": 13}, "1 to 12 tokens"),
        ({"alike": 1.5}, "alike must be from 0 to 1"),
    ],
)
def test_what_is_out_of_range_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        prepare_padding(50, **given)


@pytest.fixture(scope="module")
def student():
    return load_student("nano")


@pytest.fixture(scope="module")
def examples():
    return [e for e in load_split("nano_cqa", "test")[:20] if e.rationale is not None][:4]


def test_without_padding_each_example_scores_as_if_alone(student, examples):
    alone = [measure_padding(student, [example]) for example in examples]
    for found in alone:
        assert found["loss"].tolist() == pytest.approx([found["loss"].iloc[0]] * 4)
        assert found["cosine"].tolist() == pytest.approx([1] * 4)
    mean = sum(alone) / len(alone)
    together = measure_padding(student, examples).loc["none", ["loss", "S", "overlap"]]
    assert together.tolist() == pytest.approx(mean.loc["none", together.index].tolist(), rel=1e-5)
    in_batches = measure_padding(student, examples, batch_size=1)
    assert in_batches["gradient"].tolist() == pytest.approx(mean["gradient"].tolist(), rel=1e-5)
