"""What every check does, whatever it is given: nothing is raised or hangs, and what is wrong is said."""

import time
from collections import Counter

import pytest
import torch

from mi_cot_lib.course import checks
from mi_cot_lib.course.checks.alike import difference
from mi_cot_lib.course.checks.check import Check, Misconception
from mi_cot_lib.measure.calibration import expected_calibration_error as kit_ece
from tests.course.checks import losses_and_numbers as numbers
from tests.course.checks import texts_and_batches as texts


def name(one):
    return getattr(one, "name", "")


EACH = pytest.mark.parametrize("check", checks.CHECKS.values(), ids=name)
RIGHT, WRONG = [*texts.RIGHT, *numbers.RIGHT], [*texts.WRONG, *numbers.WRONG]


def test_each_check_is_tried_with_another_right_way_and_three_wrong_ones():
    right = {check.name for check, _ in RIGHT}
    wrong = Counter(check.name for check, *_ in WRONG)
    assert right == wrong.keys() == checks.CHECKS.keys() and min(wrong.values()) >= 3
    assert len(checks.CHECKS) >= 18


@pytest.mark.parametrize(("check", "answer"), RIGHT, ids=name)
def test_another_right_way_is_right(check, answer):
    assert check(answer).passed, check(answer)


@pytest.mark.parametrize(("check", "answer", "said"), WRONG, ids=name)
def test_a_misconception_is_named(check, answer, said):
    verdict = check(answer)
    assert not verdict.passed and said in verdict.message, verdict


@EACH
def test_the_solution_passes_and_each_known_wrong_way_is_told_its_own_message(check):
    assert check(check.solution).passed
    for one in check.misconceptions:
        for answer in (one.answer, *one.also):
            verdict = check(answer)
            assert (verdict.passed, verdict.message) == (False, one.message)


@EACH
def test_an_answer_that_fails_in_any_way_is_told_so(check):
    def crashes(*given):
        return {}["nothing here"]

    def leaves(*given):
        raise SystemExit

    def unwritten(*given):
        raise NotImplementedError

    said = {
        crashes: "raised KeyError: 'nothing here', at `return {}[\"nothing here\"]`",
        leaves: "raised SystemExit",
        unwritten: "not written yet",
        (lambda a, b, c, d, e, f: 0): "arguments, in the order",
    }
    for answer, words in said.items():
        verdict = check(answer)
        assert not verdict.passed and words in verdict.message, verdict
    for answer in (lambda *given: None, lambda *given: "forty-two", lambda *given: object()):
        assert not check(answer).passed
    for no_function in (3, "text", None):
        assert "the function itself" in check(no_function).message


def test_an_answer_that_never_ends_is_stopped():
    def hangs(logits, mask):
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue

    quick = Check("max_pool", hangs, checks.max_pool.cases, "right", seconds=0.2)
    started = time.monotonic()
    assert "not come to an end after 0.2 seconds" in quick(hangs).message
    assert time.monotonic() - started < 5


def test_an_answer_that_changes_its_input_is_told_so():
    def in_place(logits, mask):
        logits[~mask] = -torch.inf
        return logits.softmax(-1).nan_to_num().amax(1)

    assert "changes what it was given" in checks.max_pool(in_place).message


def test_an_error_of_the_kit_is_told_with_the_learners_own_line():
    said = checks.ece(lambda confidence, correct, bins: kit_ece(confidence, correct, 0)).message
    assert "raised ConfigError: n_bins must" in said and "kit_ece(confidence" in said
    assert "at `" not in Check("kit_ece", kit_ece, lambda: [([], [])], "right")(kit_ece).message


def test_a_long_text_is_shown_by_its_beginning_and_length():
    check = Check("length", len, lambda: [("9" * 400,)], "right")
    assert f"given: '{'9' * 120}' … (400 characters)" in check(lambda text: 0).message


def test_a_wrong_answer_is_diagnosed_by_the_trials_before_it_failed():
    named = Misconception(lambda text: 0, "It is always 0.")
    check = Check("length", len, lambda: [("a",), ("bc",)], "right", (named,))

    def fails_later(text):
        return 0 if len(text) == 1 else text.missing

    assert check(fails_later).message == "It is always 0."


def test_what_is_wrong_is_shown_with_the_input_and_as_html_with_nothing_of_the_learners_run():
    check = Check("length", len, lambda: [("<b>",)], "right")
    verdict = check(lambda text: text)
    assert "It should give a number, and gives '<b>'.\nIt was given: '<b>'" in verdict.message
    assert "&lt;b&gt;" in verdict._repr_html_() and "<b>'" not in verdict._repr_html_()
    assert "✗ not yet" in verdict._repr_html_() and "✓ right" in check(len)._repr_html_()


@pytest.mark.parametrize(
    ("wanted", "got", "said"),
    [
        (torch.ones(2), torch.ones(2) + 1e-9, ""),
        (torch.ones(2), torch.ones(3), "shape (3,)"),
        (torch.ones(2), torch.ones(2).long(), "int64"),
        (torch.ones(2), [1.0, 1.0], "should give a tensor"),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), "3 at [1], and should give 2"),
        (1.0, torch.tensor(1.0), ""),
        (1.0, True, "should give a number"),
        (float("nan"), float("nan"), ""),
        ({"a": 1}, {"b": 1}, "names ['b']"),
        ({"a": 1}, {"a": 2}, "Of 'a': It gives 2"),
        ((1, 2), [1, 2], ""),
        ((1, 2), (1,), "1 values"),
        ("a", "b", "gives 'b'"),
        (None, 0, "gives 0"),
    ],
)
def test_a_difference_is_told_by_type_shape_and_value(wanted, got, said):
    found = difference(wanted, got)
    assert (said in found) if said else found == ""
