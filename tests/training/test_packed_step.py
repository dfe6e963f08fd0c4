"""The packed step against the plain one on whole students: losses and every weight's gradient."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.load import load_split
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import carried, make_head
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import EncodedPair, collate, encode_pairs
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.packed_step import loss_terms, split_batch
from mi_cot_lib.training.plain_step import forward_terms

VOCABULARY = 61
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
OBJECTIVES = {
    "released": Objective(),
    "released-none": Objective(detach="none", alpha3=1.0),
    "released-mean": Objective(pool="mean"),
    "paper": Objective(form="paper", alpha3=1.0),
    "paper-mean-kl": Objective(form="paper", pool="mean", divergence="kl", detach="rationale"),
    "paper-kl-none": Objective(form="paper", divergence="kl", detach="none"),
    "js": Objective(form="js", alpha3=1.0, detach="none", pool="mean"),
    "barber_agakov": Objective(form="barber_agakov", alpha3=1.0),
    "infonce": Objective(form="infonce", alpha3=1.0, pool="mean"),
    "infonce-encoder": Objective(form="infonce", features="encoder_hidden", detach="none"),
    "contrastive": Objective(form="contrastive", features="decoder_hidden", pool="mean"),
    "variational": Objective(form="variational", features="decoder_hidden", detach="rationale"),
    "variational-encoder": Objective(form="variational", features="encoder_hidden", alpha3=1.0),
    "adversarial": Objective(form="adversarial", features="decoder_hidden", detach="none"),
    "dss": Objective(alpha3=0.0),
    "generation": Objective(alpha1=0.0, alpha3=0.0),
    "finetune": Objective(alpha1=1.0, alpha2=0.0, alpha3=0.0),
}


def small_t5(**changes) -> T5ForConditionalGeneration:
    torch.manual_seed(0)
    shape = {
        **{"vocab_size": VOCABULARY, "d_model": 16, "d_kv": 4, "num_heads": 3, "d_ff": 24},
        **{"num_layers": 2, "feed_forward_proj": "gated-gelu", "decoder_start_token_id": 0},
        **changes,
    }
    model = T5ForConditionalGeneration(T5Config(**shape)).eval().to(DEVICE)
    assert can_pack(model)
    return model


def batch_of(rows: list[EncodedPair]) -> dict[str, torch.Tensor]:
    return {name: tensor.to(DEVICE) for name, tensor in collate(rows, pad_id=0).items()}


def plain(model, objective, batch):
    sums, _ = forward_terms(model, objective, batch)
    return weighted_total(objective, sums, term_counts(batch)), sums


def packed(model, objective, batch):
    return loss_terms(model, objective, batch, term_counts(batch))


def with_head(model, objective):
    """Let the model carry the head that the objective asks for, always with the same weights."""
    head = make_head(objective, model.config.d_model, seed=0)
    return carried(model, head.to(DEVICE) if head else None)


def gradients(model, loss) -> torch.Tensor:
    weights = list(model.parameters())
    found = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in found])


def step(way, model, objective, batch, dtype=None):
    """Return loss, sums and all gradients of one way to take a step, under autocast to dtype."""
    with torch.autocast(DEVICE, dtype or torch.bfloat16, enabled=dtype is not None):
        loss, sums = way(model, objective, batch)
    return loss, sums, gradients(model, loss)


def error(expected, found) -> float:
    return ((found[2] - expected[2]).norm() / expected[2].norm().clamp(min=1e-9)).item()


def assert_losses_close(expected, found, rtol: float):
    torch.testing.assert_close(found[0], expected[0], rtol=rtol, atol=0)
    torch.testing.assert_close(found[1], expected[1], rtol=rtol, atol=1e-5)


def assert_same_step(model, objective, batch):
    with with_head(model, objective):
        expected, found = (step(way, model, objective, batch) for way in (plain, packed))
    assert_losses_close(expected, found, rtol=1e-5)
    assert error(expected, found) <= 1e-5


def ids(lengths: int | st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.integers(3, VOCABULARY - 1), min_size=1, max_size=lengths)


pairs = st.lists(
    st.tuples(ids(9), ids(4), ids(9), st.one_of(st.just([]), ids(11))), min_size=1, max_size=4
).map(lambda rows: [EncodedPair(*row) for row in rows])


@pytest.mark.parametrize("name", OBJECTIVES)
@settings(max_examples=8)
@given(pairs=pairs)
def test_packed_step_equals_the_plain_one(name, pairs):
    assert_same_step(small_t5(), OBJECTIVES[name], batch_of(pairs))


def assert_as_exact_in_bf16(model, objective, batches):
    """Compare the median errors of both ways over batches.

    Eight bits move the plain step's own gradients by percents, and now and then let another position hold a
    maximum.
    """
    errors = []
    for batch in batches:
        with with_head(model, objective):
            exact = step(plain, model, objective, batch)
            rounded, found = (
                step(way, model, objective, batch, torch.bfloat16) for way in (plain, packed)
            )
        errors.append((error(exact, rounded), error(exact, found)))
        assert_losses_close(exact, found, rtol=2e-2)
    of_plain, of_packed = torch.tensor(errors).quantile(0.5, dim=0)
    assert of_packed <= of_plain + 2e-2


def some_pairs(count: int) -> list[EncodedPair]:
    generator = torch.Generator().manual_seed(2)
    lengths = torch.randint(1, 12, (count, 4), generator=generator).tolist()
    return [
        EncodedPair(*([3 + i + n for n in range(m)] for m in row)) for i, row in enumerate(lengths)
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"tie_word_embeddings": False},
        {"scale_decoder_outputs": False},
        {"feed_forward_proj": "relu"},
        {"feed_forward_proj": "gated-silu", "num_decoder_layers": 1},
        {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 16},
    ],
    ids=str,
)
def test_other_shapes_of_t5_are_the_plain_ones(changes):
    model = small_t5(**changes)
    if "tie_word_embeddings" in changes:
        # An output layer of its own gets its own gradient.
        model.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, 16, device=DEVICE))
    assert_same_step(model, Objective(), batch_of(some_pairs(3)))


def encoded(tokeniser, chosen):
    labels, limits = [one.label for one in chosen], {"max_input_tokens": 1024}
    return encode_pairs(chosen, labels, tokeniser, explain=True, max_target_tokens=256, **limits)


@pytest.fixture(scope="module")
def nano():
    """Return the built-in student, and of each data set batches in each of which one lacks a rationale."""
    student = load_student("nano")
    student.model.to(DEVICE)
    batches = {}
    for dataset in ("nano_svamp", "nano_esnli"):
        rows = load_split(dataset, "train")[:64]
        rows[::8] = [replace(one, rationale=None) for one in rows[::8]]
        pairs = encoded(student.tokeniser, rows)
        batches[dataset] = [batch_of(pairs[start : start + 8]) for start in range(0, 64, 8)]
    return student.model, batches


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        *(("nano_svamp", name) for name in OBJECTIVES),
        *(("nano_esnli", name) for name in ("released", "paper-mean-kl", "infonce", "dss")),
    ],
)
def test_the_built_in_student_takes_the_same_step(nano, dataset, name):
    model, batches = nano
    assert_same_step(model, OBJECTIVES[name], batches[dataset][0])
    assert_as_exact_in_bf16(model, OBJECTIVES[name], batches[dataset])


@pytest.mark.parametrize("name", [n for n, one in OBJECTIVES.items() if not one.is_coupled])
def test_parts_of_a_batch_add_up_to_the_batch(name):
    model, objective, batch = small_t5(), OBJECTIVES[name], batch_of(some_pairs(9))
    counts, parts = term_counts(batch), split_batch(batch, most_tokens=90)
    assert len(parts) > 2
    assert sum(len(part["labels"]) for part in parts) == 9
    with with_head(model, objective):
        whole, _ = packed(model, objective, batch)
        expected = gradients(model, whole)
        totals = [loss_terms(model, objective, part, counts)[0] for part in parts]
        torch.testing.assert_close(torch.stack(totals).sum(), whole, rtol=1e-5, atol=0)
        gradient = gradients(model, torch.stack(totals).sum())
    assert (gradient - expected).norm() <= 1e-5 * expected.norm()


def test_parts_hold_examples_of_similar_length_within_their_limit():
    batch = batch_of(some_pairs(9))
    targets = batch["labels"].shape[1] + batch["explain_labels"].shape[1]
    lengths = []
    for part in split_batch(batch, most_tokens=90):
        own = part["attention_mask"].sum(1) + part["explain_attention_mask"].sum(1)
        assert len(own) == 1 or int(own.sum()) + targets * len(own) <= 90
        lengths += own.tolist()
    assert lengths == sorted(lengths)
    # A small batch is not split.
    (part,) = split_batch(batch, most_tokens=10_000)
    assert part.keys() == batch.keys()
    assert all(torch.equal(part[name], batch[name]) for name in batch)


def test_mean_loss_under_dropout_is_that_of_the_plain_step():
    # Both ways drop at the same places with the same probability: means and spreads over many draws agree.
    model = small_t5(dropout_rate=0.1).train()
    batch = batch_of(some_pairs(4))
    torch.manual_seed(0)
    draws = {
        way: torch.tensor([way(model, Objective(), batch)[0].item() for _ in range(120)])
        for way in (plain, packed)
    }
    a, b = draws[plain], draws[packed]
    error = (a.var() / len(a) + b.var() / len(b)).sqrt()
    assert (a.mean() - b.mean()).abs() < 5 * error
    assert b.std() == pytest.approx(a.std().item(), rel=0.3)
