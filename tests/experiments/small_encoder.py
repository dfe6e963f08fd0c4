"""A text encoder of random weights, in the place of a fetched one."""

import json
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.pretrained.packages import SOURCE


def save_encoder(folder: Path) -> None:
    """Save it beside the built-in student's tokeniser, and a note of its source as fetching leaves one."""
    torch.manual_seed(0)
    tokeniser = load_student("nano").tokeniser
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(tokeniser), intermediate_size=32, **sizes)
    BertModel(config).save_pretrained(folder)
    tokeniser.save_pretrained(folder)
    (folder / SOURCE).write_text(json.dumps({"files": {}}), encoding="utf-8")
