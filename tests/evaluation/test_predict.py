"""Generation in batches says what generation one by one says, and confidence is a probability."""

import pytest
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation.predict import accuracy, generate, predict
from mi_cot_lib.student.encode import PREDICT_PREFIX


@pytest.fixture(scope="module")
def examples():
    return load_split("nano_svamp", "test")[:12]


def test_answers_do_not_depend_on_their_batch(nano, examples):
    prompts = [PREDICT_PREFIX + example.input for example in examples]
    together = generate(nano, prompts, 256, 24)
    for prompt, (text, confidence) in zip(prompts, together, strict=True):
        ((alone, alone_confidence),) = generate(nano, [prompt], 256, 24)
        assert alone == text
        assert confidence == pytest.approx(alone_confidence, rel=1e-3, abs=1e-9)


def test_confidence_is_the_teacher_forced_probability_of_the_sequence(nano):
    ((text, confidence),) = generate(nano, ["predict: Ann has 3 red pens."], 256, 40)
    ids = nano.tokeniser("predict: Ann has 3 red pens.", return_tensors="pt")
    with torch.no_grad():
        sequence = nano.model.generate(**ids, max_new_tokens=40, do_sample=False)
        logits = nano.model(**ids, decoder_input_ids=sequence[:, :-1]).logits
    logs = logits.log_softmax(-1).gather(-1, sequence[:, 1:, None]).sum()
    assert confidence == pytest.approx(logs.exp().item(), rel=1e-4, abs=1e-9)
    assert text == nano.tokeniser.decode(sequence[0], skip_special_tokens=True).strip()


def ask(nano, examples, method, explain):
    return predict(
        nano,
        examples,
        "nano_svamp",
        method,
        explain=explain,
        max_input_tokens=256,
        max_new_tokens=16,
        max_rationale_tokens=24,
    )


def test_predictions_keep_the_order_and_score_of_their_examples(nano, examples):
    predictions = ask(nano, examples, "dss", True)
    assert [p.id for p in predictions] == [e.id for e in examples]
    assert [p.gold for p in predictions] == [e.label for e in examples]
    assert all(0 <= p.confidence <= 1 for p in predictions)
    assert all(isinstance(p.rationale, str) for p in predictions)
    assert accuracy(predictions) == sum(p.correct for p in predictions) / len(examples)


def test_rationales_are_written_only_where_asked_and_trained(nano, examples):
    assert all(p.rationale is None for p in ask(nano, examples, "dss", False))
    assert all(p.rationale is None for p in ask(nano, examples, "finetune", True))


def test_the_counter_hears_of_every_prompt(nano, examples):
    heard = []
    generate(nano, [e.input for e in examples], 256, 4, heard.append)
    assert sum(heard) == len(examples)
