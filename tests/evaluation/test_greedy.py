"""The fast decoder writes what `model.generate` writes, whenever and however rows end."""

import pytest
import torch
from transformers import T5ForConditionalGeneration

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.evaluation.greedy import (
    follow,
    greedy_sequences,
    is_plain_greedy,
    plain_sequences,
)
from mi_cot_lib.evaluation.read import read_prompts
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from tests.student.small_bart import small_bart


def both(student, prompts, limits):
    fast, plain = (outputs(student, prompts, 256, limits, plain=plain) for plain in (False, True))
    assert [(o.text, o.ended) for o in fast] == [(o.text, o.ended) for o in plain]
    for one, other in zip(fast, plain, strict=True):
        assert one.probability == pytest.approx(other.probability, rel=1e-3, abs=1e-12)
    return fast


@pytest.mark.parametrize("prefix", [PREDICT_PREFIX, EXPLAIN_PREFIX])
@pytest.mark.parametrize("limit", [1, 2, 48])
def test_nano_writes_what_generate_writes(nano, prefix, limit):
    prompts = [prefix + example.input for example in load_split("nano_svamp", "test")[:40]]
    fast = both(nano, prompts, [limit] * len(prompts))
    if limit == 48:
        assert len({output.ended for output in fast}) == 2


def test_a_limit_for_each_prompt_cuts_each_output_at_its_own(nano):
    prompts = [EXPLAIN_PREFIX + example.input for example in load_split("nano_svamp", "test")[:30]]
    both(nano, prompts, [1 + 5 * (row % 7) for row in range(30)])


def test_a_batch_of_one_is_written_alike_and_none_of_nothing(nano):
    both(nano, [PREDICT_PREFIX + load_split("nano_cqa", "test")[0].input], [40])
    assert outputs(nano, [], 256, []) == []


def test_random_weights_that_never_end_are_written_alike(real_student, shared):
    examples = load_split("cqa", "test", shared / "dss")[:12]
    prompts = [PREDICT_PREFIX + example.input for example in examples]
    assert not any(output.ended for output in both(real_student, prompts, [20] * len(prompts)))


class Script:
    """Steps that write given tokens and note how many rows they were asked for."""

    def __init__(self, lines, vocabulary=5):
        self.lines, self.vocabulary, self.step, self.rows = torch.tensor(lines), vocabulary, 0, []

    def logits(self, last):
        if self.step:
            assert torch.equal(last, self.lines[:, self.step - 1])
        self.rows.append(len(last))
        scores = torch.nn.functional.one_hot(self.lines[:, self.step], self.vocabulary).float()
        self.step += 1
        return 3 * scores

    def keep(self, rows):
        self.lines = self.lines[rows]


def test_rows_that_ended_are_taken_out_when_a_quarter_has():
    script = Script([[1, 0, 0, 0], [2, 1, 0, 0], [2, 2, 2, 1], [2, 2, 2, 2]])
    found = follow(script, torch.zeros(4, dtype=torch.long), [1], [4] * 4)
    assert found.ids == [[1], [2, 1], [2, 2, 2, 1], [2, 2, 2, 2]]
    assert found.ended == [True, True, True, False]
    assert script.rows == [4, 3, 2, 2]
    log = torch.tensor([3.0, 0, 0, 0, 0]).log_softmax(0)[0].item()
    expected = [length * log for length in (1, 2, 4, 4)]
    assert found.log_probabilities == pytest.approx(expected, rel=1e-5)


def test_when_all_rows_end_at_once_nothing_more_is_computed():
    # Padding, 0, that the model chose counts as a token.
    script = Script([[0, 1, 3, 3], [3, 4, 3, 3]])
    found = follow(script, torch.zeros(2, dtype=torch.long), [1, 4], [4, 4])
    assert (found.ids, found.ended) == ([[0, 1], [3, 4]], [True, True])
    assert script.rows == [2, 2]


def test_another_architecture_is_written_alike():
    model = small_bart(forced_eos_token_id=None)
    assert is_plain_greedy(model)
    ids = torch.randint(4, 60, (9, 12))
    mask = torch.ones_like(ids)
    for row in range(9):
        mask[row, 12 - row :] = 0
    with torch.inference_mode():
        fast = greedy_sequences(read_prompts(model, ids, mask), [15] * 9)
        plain = plain_sequences(model, ids, mask, [15] * 9)
    assert (fast.ids, fast.ended) == (plain.ids, plain.ended)
    assert fast.log_probabilities == pytest.approx(plain.log_probabilities, rel=1e-3)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("forced_bos_token_id", 3),
        ("forced_eos_token_id", 1),
        ("min_length", 5),
        ("min_new_tokens", 5),
        ("no_repeat_ngram_size", 1),
        ("repetition_penalty", 1.2),
        ("suppress_tokens", [0]),
        ("bad_words_ids", [[3]]),
        ("a_setting_of_the_future", 1),
    ],
)
def test_settings_beyond_greedy_go_through_generate(nano, setting, value):
    model = T5ForConditionalGeneration(nano.model.config)
    assert is_plain_greedy(model)
    setattr(model.generation_config, setting, value)
    assert not is_plain_greedy(model)
    setattr(model.generation_config, setting, None)
    assert is_plain_greedy(model)
