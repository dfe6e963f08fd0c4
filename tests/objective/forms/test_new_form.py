"""A new form is one file: every part of the kit knows it by that file alone."""

import pytest
import torch

from mi_cot_lib import RunConfig, mi_loss
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective import forms
from mi_cot_lib.objective.mi import carried, make_head
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import collate, encode_pairs
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.packed_step import loss_terms
from mi_cot_lib.training.plain_step import forward_terms

# One of distributions and one with a head.
FILE = """
from torch import nn
from mi_cot_lib.objective.forms import HIDDEN, Form

def loss(sides):
    return ((sides.label.exp() - sides.rationale.exp()) ** 2).sum(dim=-1)

class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.map = nn.Linear(width, width)

    def forward(self, label, rationale):
        return ((self.map(rationale) - label) ** 2).mean(dim=1)

FORM = Form({entry})
"""
ENTRIES = {"squares": "loss=loss", "mapped": "head=Head, features=HIDDEN"}


@pytest.fixture
def new_form(tmp_path, monkeypatch):
    """Put one file beside the others, and return the name of the form in it."""

    def add(name: str) -> str:
        (tmp_path / f"{name}.py").write_text(FILE.format(entry=ENTRIES[name]))
        monkeypatch.setattr(forms, "__path__", [*forms.__path__, str(tmp_path)])
        return name

    return add


@pytest.mark.parametrize("name", ENTRIES)
def test_a_form_in_one_file_trains_by_the_plain_and_the_fast_step(new_form, name):
    with pytest.raises(ConfigError, match=f"unknown mi_form '{name}'"):
        RunConfig(dataset="nano_svamp", mi_form=name)
    objective = RunConfig(dataset="nano_svamp", mi_form=new_form(name), alpha3=1.0).objective
    student = load_student("nano16")
    examples = load_split("nano_svamp", "train")[:8]
    limits = {"max_input_tokens": 64, "max_target_tokens": 64}
    labels = [example.label for example in examples]
    pairs = encode_pairs(examples, labels, student.wording, explain=True, **limits)
    batch = collate(pairs, student.tokeniser.pad_token_id)
    counts = term_counts(batch)
    with carried(student.model, make_head(objective, 16, seed=0)):
        sums, _ = forward_terms(student.model, objective, batch)
        fast, fast_sums = loss_terms(student.model, objective, batch, counts)
        assert can_pack(student.model) and fast_sums["mi"] > 0
        torch.testing.assert_close(fast_sums["mi"], sums["mi"], rtol=1e-4, atol=1e-5)
        weights = list(student.model.parameters())
        plain = weighted_total(objective, sums, counts)
        for one, other in zip(
            *(torch.autograd.grad(x, weights) for x in (plain, fast)), strict=True
        ):
            assert (one - other).norm() <= 1e-3 * one.norm() + 1e-6


def test_its_loss_is_that_of_the_public_function_on_what_its_file_names(new_form):
    name = new_form("squares")
    even, certain = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[0.0, -50.0]]])
    assert mi_loss(even, certain, form=name).item() == pytest.approx(0.5)
    with pytest.raises(ConfigError, match="does not work on features decoder_hidden"):
        RunConfig(dataset="nano_svamp", mi_form=name, features="decoder_hidden")
    with pytest.raises(ConfigError, match="divergence kl is for mi_form paper and released"):
        RunConfig(dataset="nano_svamp", mi_form=name, divergence="kl")
