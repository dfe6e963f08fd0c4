"""Pooled features of batches against one example at a time through the model's own generation."""

import pytest
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation import features
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX

LIMITS = {"label": 12, "rationale": 24}


@torch.inference_mode()
def alone(student, prompt, limit):
    """Generate without a batch, and average the logits of the tokens written."""
    ids = student.tokeniser(prompt, return_tensors="pt")["input_ids"]
    written = student.model.generate(ids, max_new_tokens=limit, do_sample=False, num_beams=1)
    logits = student.model(input_ids=ids, decoder_input_ids=written[:, :-1]).logits[0]
    return logits.mean(dim=0), student.tokeniser.decode(written[0], skip_special_tokens=True)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("task", ["label", "rationale"])
def test_features_are_those_of_each_example_alone(trained_nano, task, packed, monkeypatch):
    student, examples = trained_nano("nano_esnli"), load_split("nano_esnli", "test")[:12]
    if not packed:
        monkeypatch.setattr(features, "can_pack", lambda model: False)
    limits = {"max_new_tokens": LIMITS["label"], "max_rationale_tokens": LIMITS["rationale"]}
    found = getattr(student_features(student, examples, max_input_tokens=256, **limits), task)
    prefix = {"label": PREDICT_PREFIX, "rationale": EXPLAIN_PREFIX}[task]
    lengths = set()
    for example, row, text in zip(examples, found.pooled, found.texts, strict=True):
        expected, written = alone(student, prefix + example.input, LIMITS[task])
        assert text == written.strip()
        # The output layer is linear: of the mean state it makes the mean logits.
        logits = student.model.lm_head(torch.from_numpy(row)).detach()
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
        lengths.add(len(student.tokeniser(prefix + example.input)["input_ids"]))
    # Only prompts of several lengths, in one batch, put padding to the test.
    assert len(lengths) > 3
