"""The three terms' gradients: they add up to the whole one, and the MI term's is the released loss's."""

import pytest

from mi_cot_lib.course.loss.padding import measure_padding
from mi_cot_lib.course.loss.terms import measure_terms
from mi_cot_lib.data.load import load_split
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student.load import load_student


@pytest.fixture(scope="module")
def student():
    return load_student("nano48")


@pytest.fixture(scope="module")
def examples():
    return [e for e in load_split("nano_cqa", "test")[:20] if e.rationale is not None][:4]


def test_the_mi_terms_norm_is_its_weight_times_the_released_losss(student, examples):
    found = measure_terms(student, examples)
    released = measure_padding(student, examples).loc["as released", "gradient"]
    assert found["mi"] == pytest.approx(0.1 * released, rel=1e-3)


def test_weights_scale_norms_and_leave_angles(student, examples):
    once = measure_terms(student, examples)
    twice = measure_terms(
        student, examples, objective=Objective(alpha1=0.5, alpha2=1.0, alpha3=0.1)
    )
    assert twice["generation"] == pytest.approx(2 * once["generation"], rel=1e-4)
    assert twice["mi with generation"] == pytest.approx(once["mi with generation"], abs=1e-4)
    assert -1 <= once["mi with prediction"] <= 1


def test_batches_are_averaged(student, examples):
    halves = [measure_terms(student, part) for part in (examples[:2], examples[2:])]
    whole = measure_terms(student, examples, batch_size=2)
    assert whole.tolist() == pytest.approx(((halves[0] + halves[1]) / 2).tolist(), rel=1e-4)
