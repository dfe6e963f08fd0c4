"""The forms with a network of their own, each against a computation by hand."""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.forms import FORMS
from mi_cot_lib.objective.forms.adversarial import Discriminator
from mi_cot_lib.objective.forms.contrastive import ContrastiveHead
from mi_cot_lib.objective.forms.variational import SMALLEST_VARIANCE, GaussianHead
from mi_cot_lib.objective.mi import make_head

WIDTH = 6


def sides(rows: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    label, rationale = (torch.randn(rows, WIDTH, generator=generator) for _ in range(2))
    return label, rationale


def test_contrastive_loss_is_that_of_a_classifier_of_pairs_written_out():
    torch.manual_seed(0)
    head, (label, rationale) = ContrastiveHead(WIDTH), sides(4)
    v, z = head.of_label(label), head.of_rationale(rationale)
    expected = []
    for i in range(4):
        total = 0.0
        for j in range(4):
            cosine = F.cosine_similarity(v[j], z[i], dim=0).item()
            true = 1 / (1 + 3 * math.exp(-cosine / 0.1))
            total -= math.log(true if i == j else 1 - true)
        expected.append(total)
    assert head(label, rationale).tolist() == pytest.approx(expected, rel=1e-4)
    # A batch of one has no false pair.
    assert head(*sides(1)).tolist() == [0.0]


def test_variational_loss_is_the_negative_log_density_of_a_normal_distribution():
    torch.manual_seed(0)
    head, (label, rationale) = GaussianHead(WIDTH), sides()
    scale = (F.softplus(head.raw_variance) + SMALLEST_VARIANCE).sqrt()
    expected = -torch.distributions.Normal(head.mean(rationale), scale).log_prob(label).mean(dim=1)
    torch.testing.assert_close(head(label, rationale), expected)


def test_adversarial_gradient_reaches_features_reversed_and_the_discriminator_as_it_is():
    torch.manual_seed(0)
    head = Discriminator(WIDTH)
    label, rationale = (side.requires_grad_() for side in sides())
    inputs = (label, rationale, *head.parameters())
    found = torch.autograd.grad(head(label, rationale).mean(), inputs)
    scores = torch.cat([head.score(label), head.score(rationale)]).squeeze(1)
    truth = torch.cat([torch.ones(5), torch.zeros(5)])
    plain = torch.autograd.grad(F.binary_cross_entropy_with_logits(scores, truth), inputs)
    for number, (gradient, expected) in enumerate(zip(found, plain, strict=True)):
        torch.testing.assert_close(gradient, -expected if number < 2 else expected)


@pytest.mark.parametrize("form", [name for name, form in FORMS.items() if form.head])
def test_a_head_follows_its_seed_and_leaves_the_generator_alone(form):
    objective = Objective(form=form, features="decoder_hidden")
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again, other = (make_head(objective, WIDTH, seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    weights = [torch.cat([p.flatten() for p in one.parameters()]) for one in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    # Without weight a form has none, nor has one without a network.
    assert make_head(replace(objective, alpha3=0), WIDTH, 3) is None
    assert make_head(replace(objective, form="infonce"), WIDTH, 3) is None
