"""Which students the packed forward pass takes, and that it reads the shape of T5 v1.1 as T5 does."""

import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.packed import (
    Rows,
    both_states,
    can_pack,
    encoder_states,
    t5_v1_1_config,
    together,
)

SMALL = {"vocab_size": 50, "d_model": 8, "d_kv": 4, "num_heads": 2, "d_ff": 16, "num_layers": 1}


def test_the_shape_of_v1_1_has_what_its_checkpoints_have():
    config = t5_v1_1_config("small")
    assert config.scale_decoder_outputs is False
    with torch.device("meta"):
        model = T5ForConditionalGeneration(config)
        # The checkpoints bring an output layer of their own.
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    assert sum(p.numel() for p in model.parameters()) == 76_961_152
    with pytest.raises(ConfigError, match="huge"):
        t5_v1_1_config("huge")


def test_the_packed_encoder_is_the_models_own_on_the_shape_of_v1_1():
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5_v1_1_config("small")).eval()
    assert can_pack(model)
    ids = torch.randint(3, 32000, (2, 9))
    mask = (torch.arange(9) < torch.tensor([[9], [5]])).long()
    with torch.inference_mode():
        plain = model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        packed = encoder_states(model, ids, mask)
    torch.testing.assert_close(packed[mask.bool()], plain[mask.bool()], rtol=1e-4, atol=1e-4)


def test_stacks_with_embeddings_of_their_own_are_left_to_the_models_own_forward():
    config = T5Config(**SMALL)
    assert can_pack(T5ForConditionalGeneration(config))
    config.tie_word_embeddings = False
    assert not can_pack(T5ForConditionalGeneration(config))


def rows_of(*lengths: int) -> Rows:
    generator = torch.Generator().manual_seed(sum(lengths))
    width = max(1, *lengths)
    ids = torch.randint(3, 50, (len(lengths), width), generator=generator)
    return Rows(ids, torch.arange(width) < torch.tensor(lengths)[:, None])


@pytest.mark.parametrize("rationales", [(9, 4, 17), (0, 3, 5), (0, 0, 0)], ids=str)
def test_one_group_of_all_rows_has_the_states_of_the_groups(rationales):
    # A GPU takes all rows as one group; the order of the tokens must stay that of the groups.
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(T5Config(**SMALL)).eval()
    inputs, targets = [rows_of(5, 2, 7), rows_of(6, 1, 8)], [rows_of(1, 2, 1), rows_of(*rationales)]
    grouped, one = (
        both_states(model, *sides)
        for sides in ((inputs, targets), (together(inputs), together(targets)))
    )
    for expected, found in zip(grouped, one, strict=True):
        torch.testing.assert_close(torch.cat(found), torch.cat(expected), rtol=1e-5, atol=1e-5)
