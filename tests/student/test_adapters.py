"""Adapters train beside a student's weights, are saved alone, found again, merged, and refused elsewhere."""

import json
import shutil

import pytest
import torch

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.adapters import (
    BASE,
    WEIGHTS,
    Base,
    add_adapters,
    base_of,
    merge_adapters,
    save_adapters,
)
from mi_cot_lib.student.encode import EncodedPair, collate
from mi_cot_lib.student.folder import ADAPTERS
from mi_cot_lib.student.load import load_student, weights_fingerprint
from mi_cot_lib.training.packed_step import is_fast, loss_terms
from mi_cot_lib.training.plain_step import forward_terms

pytest.importorskip("peft", reason="adapters need peft, an extra")

PROMPTS = ["predict: Ann has 3 pens.", "explain: Is a cat an animal?"]
PAIR = EncodedPair([5, 6, 7, 11], [20, 1], [5, 6, 7, 12], [30, 31, 1])


def with_adapters(name: str, rank=2, targets=None):
    student = load_student(name)
    add_adapters(student.model, rank, targets, seed=0)
    return student


def stirred(student):
    """Let adapters, which begin without effect, have one."""
    torch.manual_seed(1)
    for name, weight in student.model.named_parameters():
        if "lora_" in name:
            weight.data = 0.3 * torch.randn_like(weight)
    return student


def texts(student):
    return [(one.text, one.log_probability) for one in outputs(student, PROMPTS, 64, [12, 12])]


def saved(student, folder, name="nano"):
    folder.mkdir()
    save_adapters(student.model, folder, Base(name, weights_fingerprint(load_student(name))))
    return folder


@pytest.mark.parametrize(
    ("name", "layer"), [("nano", "SelfAttention.q"), ("nano_llama", "self_attn.q_proj")]
)
def test_only_adapters_are_trained_and_at_first_they_change_nothing(name, layer):
    plain, student = load_student(name), with_adapters(name)
    trained = {n for n, weight in student.model.named_parameters() if weight.requires_grad}
    assert trained and all("lora_" in one for one in trained)
    assert any(layer in one for one in trained)
    assert texts(student) == texts(plain)
    assert texts(stirred(student)) != texts(plain)


@pytest.mark.parametrize("name", ["nano", "nano_llama"])
def test_the_fast_step_takes_them_into_account(name):
    model = stirred(with_adapters(name)).model
    batch, objective = collate([PAIR], 0), Objective()
    total, sums = loss_terms(model, objective, batch, term_counts(batch))
    plain, _ = forward_terms(model, objective, batch)
    torch.testing.assert_close(sums, plain, rtol=1e-5, atol=1e-6)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    found = torch.autograd.grad(total, weights)
    counts = term_counts(batch)
    expected = torch.autograd.grad(
        sum(objective.weights[t] * plain[t] / counts[t] for t in plain), weights
    )
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["nano", "nano_llama"])
def test_a_folder_of_adapters_is_found_again_and_merges_to_the_same_student(tmp_path, name):
    student = stirred(with_adapters(name))
    again = load_student(str(saved(student, tmp_path / "adapters", name)))
    assert texts(again) == texts(student)
    assert weights_fingerprint(again) == weights_fingerprint(student)
    merge_adapters(again.model)
    assert [text for text, _ in texts(again)] == [text for text, _ in texts(student)]
    assert not [n for n, _ in again.model.named_parameters() if "lora_" in n]
    again.model.save_pretrained(tmp_path / "merged")
    again.tokeniser.save_pretrained(tmp_path / "merged")
    assert [t for t, _ in texts(load_student(str(tmp_path / "merged")))] == [
        t for t, _ in texts(student)
    ]


def test_how_a_student_was_asked_is_found_again_with_its_adapters(tmp_path):
    student = with_adapters("nano_llama")
    (tmp_path / "adapters").mkdir()
    print_of = weights_fingerprint(load_student("nano_llama"))
    save_adapters(student.model, tmp_path / "adapters", Base("nano_llama", print_of, "chat"))
    assert load_student(str(tmp_path / "adapters")).prompting == "chat"
    assert load_student(str(tmp_path / "adapters"), "plain").prompting == "plain"


def test_adapters_can_be_trained_on_from_adapters(tmp_path):
    first = saved(stirred(with_adapters("nano_llama")), tmp_path / "first", "nano_llama")
    begun = load_student(str(first))
    base = Base(str(first), weights_fingerprint(begun))
    merge_adapters(begun.model)
    add_adapters(begun.model, 2, None, seed=1)
    student = stirred(begun)
    (tmp_path / "second").mkdir()
    save_adapters(student.model, tmp_path / "second", base)
    again = load_student(str(tmp_path / "second"))
    assert texts(again) == texts(student) != texts(load_student(str(first)))
    assert weights_fingerprint(again) == weights_fingerprint(student)


def test_adapters_beside_the_output_layer_are_trained_by_the_plain_step():
    model = with_adapters("nano", targets="lm_head").model
    assert not is_fast(model)
    batch = collate([PAIR], 0)
    total, _ = loss_terms(model, Objective(), batch, term_counts(batch))
    total.backward()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert trained and any(weight.grad.abs().sum() > 0 for weight in trained)


def test_the_folder_is_an_ordinary_one_of_peft(tmp_path):
    from peft import PeftModel

    student = stirred(with_adapters("nano_llama"))
    folder = saved(student, tmp_path / "adapters", "nano_llama")
    usual = PeftModel.from_pretrained(load_student("nano_llama").model, folder)
    ids = torch.tensor([[5, 6, 7]])
    torch.testing.assert_close(usual(ids).logits, student.model(ids).logits)


def test_adapters_of_another_base_are_refused(tmp_path):
    folder = saved(stirred(with_adapters("nano")), tmp_path / "adapters")
    for name, said in (("nano24", "trained on other weights than nano24"),):
        noted = json.loads((folder / BASE).read_text())
        (folder / BASE).write_text(json.dumps({**noted, "student": name}))
        with pytest.raises(ConfigError, match=said):
            load_student(str(folder))
        # Where nobody knows the fingerprint, the shapes tell.
        (folder / BASE).write_text(json.dumps({"student": name}))
        with pytest.raises(ConfigError, match="belong to another student"):
            load_student(str(folder))


@pytest.mark.parametrize("lost", [ADAPTERS, WEIGHTS])
def test_half_a_folder_is_refused_in_one_line(tmp_path, lost):
    folder = saved(with_adapters("nano"), tmp_path / "adapters")
    path = folder / lost
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ConfigError) as error:
        load_student(str(folder))
    assert "\n" not in str(error.value) and str(folder) in str(error.value)


def test_a_folder_that_names_its_base_like_peft_does_is_enough(tmp_path):
    folder = saved(with_adapters("nano"), tmp_path / "adapters")
    (folder / BASE).unlink()
    assert base_of(folder) == Base("nano")
    shutil.copy(folder / ADAPTERS, tmp_path / "kept")
    (folder / ADAPTERS).write_text("{}")
    with pytest.raises(ConfigError, match="does not say which student"):
        load_student(str(folder))


def test_layers_that_are_not_there_are_refused_by_name():
    with pytest.raises(ConfigError, match="lora_targets elbow fit no layer"):
        with_adapters("nano", targets="elbow")
