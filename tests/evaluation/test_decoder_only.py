"""A decoder-only student writes, scores and is looked at as its own model would one prompt at a time."""

import numpy as np
import pytest
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.evaluation.greedy import is_plain_greedy
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from tests.student.small_decoders import small_gpt2, small_llama, with_nanos_tokens


@pytest.fixture(scope="module", params=[small_llama, small_gpt2], ids=["llama", "gpt2"])
def student(request):
    return with_nanos_tokens(request.param)


def questions(count):
    return [example.input for example in load_split("nano_cqa", "test")[:count]]


@pytest.mark.parametrize("prefix", [PREDICT_PREFIX, EXPLAIN_PREFIX])
@pytest.mark.parametrize("limit", [1, 12])
def test_the_fast_way_writes_what_generate_writes(student, prefix, limit):
    assert is_plain_greedy(student.model)
    # The shortest prompt is far shorter than the others of its batch.
    prompts = [prefix + "Why?", *(prefix + one for one in questions(20))]
    fast, plain = (
        outputs(student, prompts, 256, [limit] * len(prompts), plain=way) for way in (False, True)
    )
    assert [(o.text, o.ended) for o in fast] == [(o.text, o.ended) for o in plain]
    for one, other in zip(fast, plain, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, rel=1e-3, abs=1e-4)


def test_a_batch_writes_what_each_prompt_alone_gives(student):
    prompts = [PREDICT_PREFIX + one for one in ("Why?", *questions(6))]
    together = outputs(student, prompts, 256, [8] * len(prompts))
    alone = [outputs(student, [prompt], 256, [8])[0] for prompt in prompts]
    assert [one.text for one in together] == [one.text for one in alone]


def score_one_by_one(student, prompt, label):
    """The plain twin: one prompt and one label in one sequence, the model's own loss over the label."""
    (asked,), (target,) = (
        student.wording.prompts([prompt], 256),
        student.wording.targets([label], 64),
    )
    labels = torch.tensor([[-100] * len(asked) + target])
    with torch.no_grad():
        loss = student.model(input_ids=torch.tensor([asked + target]), labels=labels).loss
    return -loss.item() * len(target)


@pytest.mark.parametrize("plain", [False, True])
def test_scores_of_candidates_are_the_models_own(student, plain):
    prompts = [PREDICT_PREFIX + "Why?", *(PREDICT_PREFIX + one for one in questions(2))]
    candidates = [("a", "red pens", "no"), None, ("a cat", "five")]
    found = outputs(student, prompts, 256, [2] * 3, candidates=candidates, plain=plain)
    for prompt, labels, one in zip(prompts, candidates, found, strict=True):
        expected = [score_one_by_one(student, prompt, label) for label in labels or ()]
        assert (one.scores or []) == pytest.approx(expected, rel=1e-4)


def test_features_are_the_mean_state_where_the_written_tokens_are_predicted(student):
    examples = load_split("nano_cqa", "test")[:5]
    limits = {"max_input_tokens": 256, "max_new_tokens": 6, "max_rationale_tokens": 9}
    found = student_features(student, examples, **limits)
    for task, prefix, limit in (
        (found.label, PREDICT_PREFIX, 6),
        (found.rationale, EXPLAIN_PREFIX, 9),
    ):
        for row, example in enumerate(examples):
            (asked,) = student.wording.prompts([prefix + example.input], 256)
            with torch.no_grad():
                whole = student.model.generate(
                    torch.tensor([asked]), max_new_tokens=limit, do_sample=False
                )
                states = student.model(whole[:, :-1], output_hidden_states=True).hidden_states[-1]
            expected = states[0, len(asked) - 1 :].mean(dim=0).numpy()
            np.testing.assert_allclose(task.pooled[row], expected, rtol=1e-3, atol=1e-4)


def test_prompt_and_text_share_a_models_positions():
    student = with_nanos_tokens(small_gpt2)
    (asked,) = student.wording.prompts([PREDICT_PREFIX + "pens " * 300], 230)
    assert len(asked) == 230
    with pytest.raises(ConfigError, match="256 positions"):
        outputs(student, [PREDICT_PREFIX + "pens " * 300], 230, [40])
