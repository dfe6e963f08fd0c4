"""The packed step of a Llama against the plain one: losses, every weight's gradient, and what is shared."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.packed_decoder import Task, branch_out, can_share, common_length
from mi_cot_lib.training.packed_step import loss_terms, split_batch
from tests.student.small_decoders import small_gpt2, small_llama, small_mistral, small_qwen
from tests.training.test_packed_step import (
    OBJECTIVES,
    VOCABULARY,
    assert_as_exact_in_bf16,
    assert_same_step,
    batch_of,
    gradients,
    ids,
    packed,
    plain,
    some_pairs,
    with_head,
)

# What has no encoder has no states of one.
OF_DECODERS = {name: one for name, one in OBJECTIVES.items() if one.features != "encoder_hidden"}


def asked(question, marks, targets) -> EncodedPair:
    """Make a pair whose two prompts begin with the same question."""
    return EncodedPair(question + marks[0], targets[0], question + marks[1], targets[1])


pairs = st.lists(
    st.builds(
        asked,
        st.one_of(st.just([]), ids(9)),
        st.tuples(ids(2), ids(3)),
        st.tuples(ids(4), st.one_of(st.just([]), ids(11))),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("name", OF_DECODERS)
@settings(max_examples=8)
@given(pairs=pairs)
def test_packed_step_equals_the_plain_one(name, pairs):
    assert_same_step(small_llama(VOCABULARY), OF_DECODERS[name], batch_of(pairs))


@pytest.mark.parametrize("name", ["released", "paper", "contrastive", "finetune"])
def test_in_bf16_it_is_as_exact_as_the_plain_one(name):
    batches = [batch_of(some_pairs(6, seed)) for seed in range(8)]
    assert_as_exact_in_bf16(small_llama(VOCABULARY), OF_DECODERS[name], batches)


@pytest.mark.parametrize(
    "changes",
    [
        {"tie_word_embeddings": False},
        {"num_key_value_heads": 4},
        {"num_key_value_heads": 1},
        {"attention_bias": True, "mlp_bias": True},
        {"head_dim": 8},
        {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10_000.0}},
    ],
    ids=str,
)
def test_other_shapes_of_llama_are_the_plain_ones(changes):
    assert_same_step(small_llama(VOCABULARY, **changes), Objective(), batch_of(some_pairs(3)))


@pytest.mark.parametrize("make", [small_qwen, small_mistral])
@pytest.mark.parametrize("name", ["released", "paper", "contrastive"])
def test_others_with_a_llamas_layers_are_the_plain_ones(make, name):
    model = make(VOCABULARY)
    assert can_share(model)
    assert_same_step(model, OF_DECODERS[name], batch_of(some_pairs(3)))


def test_what_sees_a_window_only_takes_its_own_forward():
    assert not can_share(small_mistral(VOCABULARY, sliding_window=4))


def test_a_decoder_of_unknown_layers_takes_its_own_forward():
    model = small_gpt2(VOCABULARY)
    assert not can_share(model) and can_share(small_llama(VOCABULARY))
    assert_same_step(model, Objective(), batch_of(some_pairs(3)))


@pytest.mark.parametrize("name", [n for n, one in OF_DECODERS.items() if not one.is_coupled])
def test_parts_of_a_batch_add_up_to_the_batch(name):
    model, objective, batch = small_llama(VOCABULARY), OF_DECODERS[name], batch_of(some_pairs(9))
    counts, parts = term_counts(batch), split_batch(batch, most_tokens=90)
    assert len(parts) > 2
    with with_head(model, objective):
        whole, _ = packed(model, objective, batch)
        expected = gradients(model, whole)
        totals = [loss_terms(model, objective, part, counts)[0] for part in parts]
        gradient = gradients(model, torch.stack(totals).sum())
    assert (gradient - expected).norm() <= 1e-5 * expected.norm()


def test_what_prompts_have_in_common_is_computed_once():
    question, targets = [5, 6, 7, 8, 9], ([20, 1], [30, 31, 1])
    pair = asked(question, ([11], [12]), targets)
    tasks = [
        Task([pair.predict_input], [pair.predict_target]),
        Task([pair.explain_input], [pair.explain_target]),
    ]
    laid = branch_out(tasks, torch.device("cpu"))
    # The end token is predicted, and not read.
    assert laid.ids.tolist() == [5, 6, 7, 8, 9, 11, 20, 12, 30, 31]
    assert laid.positions.tolist() == [0, 1, 2, 3, 4, 5, 6, 5, 6, 7]
    assert laid.branches.tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2, 2]
    assert [places.tolist() for places in laid.outputs] == [[5, 6], [7, 8, 9]]
    assert laid.lengths == [10]


def test_the_last_token_of_a_prompt_is_in_no_common_part():
    # Each task's own last token predicts its own first one.
    assert common_length([[4, 5], [4, 5]]) == 1
    assert common_length([[4], [4, 5]]) == 0
    assert common_length([[4, 5, 6]]) == 2


@pytest.mark.parametrize("form", ["released", "paper", "contrastive"])
@pytest.mark.parametrize("way", [packed, plain])
def test_loss_v_and_z_look_at_targets_only(form, way):
    """A marker in the prompts is found in no term, of losses and of pooled vectors; one in a target is."""
    marker, objective = 60, replace(OBJECTIVES[form], detach="none")
    model = small_llama(VOCABULARY, tie_word_embeddings=False)
    with torch.no_grad():
        # Wherever the marker was read, the state tells it from all others.
        model.model.embed_tokens.weight[marker] = 50.0
    plainly = asked([5, 6, 7], ([11], [12]), ([20, 21, 1], [30, 31, 1]))
    in_prompt = replace(plainly, predict_input=[marker, 6, 7, 11], explain_input=[marker, 6, 7, 12])
    in_target = replace(plainly, predict_target=[marker, 21, 1], explain_target=[marker, 31, 1])
    # With others, of other lengths, so that prompts and targets are padded.
    others = some_pairs(2)
    with with_head(blind(model), objective):
        without, prompted, targeted = (
            way(model, objective, batch_of([pair, *others]))[1]
            for pair in (plainly, in_prompt, in_target)
        )
    assert without.keys() == {"prediction", "generation", "mi"}
    for term, value in without.items():
        assert prompted[term].item() == pytest.approx(value.item(), rel=1e-5), term
        assert targeted[term].item() != pytest.approx(value.item(), rel=1e-3), term


def blind(model):
    """Let attention carry nothing, so that each state tells of the token at its own place only."""
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
    return model
