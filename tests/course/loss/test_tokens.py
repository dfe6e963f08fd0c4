"""Whether rationales name their label, and which tokens the loss rests on."""

import pytest
import torch
from transformers import AutoTokenizer

from mi_cot_lib.course.brief_student import encoded, train_briefly
from mi_cot_lib.course.loss.figures import draw_pulled
from mi_cot_lib.course.loss.padding import measure_padding
from mi_cot_lib.course.loss.terms import gradient_of
from mi_cot_lib.course.loss.tokens import GROUPS, naming, prepare_naming, prepare_pulled
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.teacher.changes import changed_teacher
from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student.encode import collate
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.plain_step import forward_terms


def example(label: str, rationale: str | None) -> Example:
    return Example("nano_cqa/test/0", "a question", label, rationale, label)


def test_a_label_counts_in_any_case_and_inside_a_word_and_a_missing_rationale_not():
    found = naming(
        [
            example("dog", "A Dog barks."),
            example("dog", "That is a doghouse."),
            example("dog", "No."),
            example("dog", None),
        ]
    )
    assert (found.named, found.rationales) == (2, 3)
    assert found.share == pytest.approx(2 / 3)


def test_without_rationales_there_is_nothing_to_count():
    with pytest.raises(DataError, match="no example has a rationale"):
        naming([example("dog", None)])


def test_t5_makes_one_to_four_tokens_of_an_inference_label(shared):
    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    labels = ("entailment", "neutral", "contradiction")
    assert [len(tokeniser.tokenize(label)) for label in labels] == [4, 1, 1]


@pytest.fixture(scope="module")
def built_in():
    names = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
    return {name: load_split(name, "test") for name in names}


def test_built_in_rationales_name_it_as_the_real_ones_do(built_in):
    tokeniser = load_student("nano48").tokeniser
    found = prepare_naming(
        {name: rows[:400] for name, rows in built_in.items()},
        lambda text: tokeniser(text, add_special_tokens=False)["input_ids"],
    )
    assert 70 < found.loc["nano_cqa", "named, %"] < 85
    assert found.drop("nano_cqa")["named, %"].tolist() == [0, 0, 0]
    # The loss knows tokens: an equation's digits stand in its rationale, though never the equation.
    assert found.loc["nano_svamp", "found, %"] > 50
    assert found.loc["nano_cqa", "label tokens"] < found["label tokens"].drop("nano_cqa").min()


def test_hiding_the_label_changes_nothing_where_no_rationale_names_it(built_in):
    for name, rows in built_in.items():
        hidden = changed_teacher(rows[:400], "label_hidden", 1.0, seed=0)
        assert (hidden == rows[:400]) == (name != "nano_cqa")
        assert naming(changed_teacher(rows[:400], "label_named", 1.0, seed=0)).share == 1


def gradient_of_overlap(student, rows) -> torch.Tensor:
    """Gradient of the mean overlap of all tokens by the weights, one example after the other."""
    total = torch.zeros(())
    for row in rows:
        batch = collate(encoded(student, [row]), student.tokeniser.pad_token_id)
        _, logits = forward_terms(student.model, Objective(), batch)
        t, q = (logits[side].softmax(dim=-1).amax(dim=1)[0] for side in ("label", "rationale"))
        total = total + (t.detach() * q).sum() / len(rows)
    return gradient_of(total, student)


def test_the_groups_add_up_to_the_sides_that_the_loss_takes(built_in):
    student = load_student("nano48")
    rows = [e for e in built_in["nano_esnli"][:20] if e.rationale is not None][:4]
    found = prepare_pulled(student, rows)
    assert list(found.index) == list(GROUPS)
    whole = measure_padding(student, rows).loc["none"]
    assert found["t"].sum() == pytest.approx(whole["S"], rel=1e-4)
    assert found["overlap"].sum() == pytest.approx(whole["overlap"], rel=1e-4)
    norm = gradient_of_overlap(student, rows).norm().item()
    parts = sorted(found["gradient"])
    # Three vectors that add up to this one: no longer than all, no shorter than the longest less the rest.
    assert parts[2] - parts[1] - parts[0] <= norm <= sum(parts) * (1 + 1e-5)
    assert parts[0] > 0
    assert (found["pull"] <= found["overlap"] + 1e-6).all()
    figure = draw_pulled({"a": found, "b": found})
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths[::2] == pytest.approx(found["t"].tolist())


def test_a_brief_training_logs_all_three_norms_and_repeats(built_in):
    rows = load_split("nano_cqa", "train")[:32]
    first, second = (train_briefly(rows, method="mi", steps=2) for _ in range(2))
    assert {"grad_norm_prediction", "grad_norm_generation", "grad_norm_mi"} <= first.history[
        -1
    ].keys()
    assert first.history[-1]["grad_norm_mi"] == second.history[-1]["grad_norm_mi"]
    assert not first.student.model.training
