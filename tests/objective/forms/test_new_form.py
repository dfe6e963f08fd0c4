"""A new form is one file: every part of the kit knows it by that file alone."""

import pytest
import torch
from transformers import T5ForConditionalGeneration

from mi_cot_lib import RunConfig, mi_loss
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective import forms
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training import packed_step
from mi_cot_lib.training.train import train

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
def test_a_form_in_one_file_trains_by_the_plain_and_the_fast_step(
    new_form, name, tmp_path, monkeypatch
):
    with pytest.raises(ConfigError, match=f"unknown mi_form '{name}'"):
        RunConfig(dataset="nano_svamp", mi_form=name)
    config = RunConfig(
        dataset="nano_svamp", mi_form=new_form(name), student="nano16", max_steps=2, alpha3=1.0
    )
    nano = load_student("nano16")
    # Both ways draw their dropout differently.
    nano.model.config.dropout_rate = 0.0
    examples = load_split("nano_svamp", "train")[:32]
    labels = [example.label for example in examples]
    limits = {"max_input_tokens": 64, "max_target_tokens": 64}
    pairs = encode_pairs(examples, labels, nano.tokeniser, explain=True, **limits)
    found = []
    for can_pack in (True, False):
        monkeypatch.setattr(packed_step, "can_pack", lambda model, answer=can_pack: answer)
        student = Student(T5ForConditionalGeneration(nano.model.config), nano.tokeniser)
        student.model.load_state_dict(nano.model.state_dict())
        folder = tmp_path / str(can_pack)
        history = train(config, student, pairs, pairs[:8], lambda _: {"accuracy": 0.5}, folder)
        weights = torch.cat([p.detach().flatten() for p in student.model.parameters()])
        found.append((weights, [row["loss_mi"] for row in history.history if "loss_mi" in row]))
    start = torch.cat([p.detach().flatten() for p in nano.model.parameters()])
    (fast, fast_losses), (plain, plain_losses) = found
    assert len(fast_losses) == 2 and fast_losses == pytest.approx(plain_losses, rel=1e-4)
    assert (fast - plain).norm() <= 1e-2 * (plain - start).norm()


def test_its_loss_is_that_of_the_public_function_on_what_its_file_names(new_form):
    name = new_form("squares")
    even, certain = torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[0.0, -50.0]]])
    assert mi_loss(even, certain, form=name).item() == pytest.approx(0.5)
    with pytest.raises(ConfigError, match="does not work on features decoder_hidden"):
        RunConfig(dataset="nano_svamp", mi_form=name, features="decoder_hidden")
    with pytest.raises(ConfigError, match="divergence kl is for mi_form paper and released"):
        RunConfig(dataset="nano_svamp", mi_form=name, divergence="kl")
