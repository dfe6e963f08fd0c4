"""The curves of a training: those of its record, with their units, and in words."""

import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.course.widgets.curves import (
    curves_picture,
    describe_curves,
    draw_curves,
    prepare_curves,
    recorded_run,
)
from mi_cot_lib.experiments.running.run_record import curves_of

HISTORY = [
    {"step": 25, "loss": 2.0, "loss_prediction": 2.0, "loss_mi": 15.0},
    {"step": 50, "loss": 1.0, "loss_prediction": 1.0, "loss_mi": 14.0},
    {"step": 50, "eval_accuracy": 0.25, "eval_loss_prediction": 1.5, "eval_loss_mi": 14.5},
    {"step": 100, "eval_accuracy": 0.75, "eval_loss_prediction": 1.2, "eval_loss_mi": 14.25},
    {"step": 150, "eval_accuracy": 0.75, "eval_loss_prediction": 1.3, "eval_loss_mi": 14.25},
]


def test_every_line_is_what_was_logged_and_the_best_step_the_earliest_of_equals():
    prepared = prepare_curves(curves_of(HISTORY))
    assert prepared.lines["loss_prediction"] == {
        "training": ([25, 50], [2.0, 1.0]),
        "validation": ([50, 100, 150], [1.5, 1.2, 1.3]),
    }
    assert prepared.lines["accuracy"] == {"validation": ([50, 100, 150], [25.0, 75.0, 75.0])}
    assert prepared.best == (100, 75.0)


def test_before_the_first_validation_only_training_is_drawn():
    prepared = prepare_curves(curves_of(HISTORY[:1]))
    assert prepared.best is None and set(prepared.lines) == {"loss_prediction", "loss_mi"}
    assert len(draw_curves(prepared, "").axes) == 2


def test_lines_differ_in_more_than_colour_and_axes_say_their_units():
    figure = draw_curves(prepare_curves(curves_of(HISTORY)), "a training")
    first, *_, last = figure.axes
    looks = [(line.get_linestyle(), line.get_marker()) for line in first.lines]
    assert len(set(looks)) == len(looks) == 2
    assert first.get_ylabel() == "label loss (nats a token)" and last.get_ylabel() == "accuracy (%)"
    assert {axes.get_xlabel() for axes in figure.axes} == {"step"}
    assert last.lines[-1].get_xydata().tolist() == [[100, 75.0]]


def test_the_picture_has_its_numbers_in_words_and_its_title_escaped():
    prepared = prepare_curves(curves_of(HISTORY))
    words = describe_curves(prepared)
    assert "training label loss: 2 nats a token at step 25, 1 at step 50" in words
    assert "best validation so far: 75.0% at step 100" in words
    html = curves_picture(prepared, 'a "<b>"').html
    assert f'alt="a &quot;&lt;b&gt;&quot;. {words}"' in html and "<b>" not in html


@pytest.mark.parametrize("size", [250, None])
def test_a_recorded_run_differs_in_examples_and_seed_only(size):
    config = RunConfig(dataset="nano_cqa", method="mi", train_size=size)
    found = recorded_run(config)
    if found is None:
        pytest.skip("no run of this student is committed")
    differs = {name for name, value in config.to_dict().items() if found["config"][name] != value}
    assert differs <= {"train_size", "seed"}
    assert (found["data"]["train_used"] < 1_000) == (size is not None)
