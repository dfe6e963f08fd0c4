"""The mutual-information loss between label and rationale outputs (paper, Equations 9 to 11).

`released` is what the authors' code computes and `paper` what the paper says: they differ in
normalisation, in padding and in where the gradient vanishes. The other forms, one file each in `forms/`,
are bounds and alternatives that the derivation leads to or that distillation knows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Detach, MiForm, Objective, Pool, check_choices
from mi_cot_lib.objective.forms import FORMS, Divergence, Features, Pooled

# The student carries its head under this name while it trains, so that optimiser and checkpoints see it.
_HEAD = "mi_head"


def mi_loss(
    label_logits: Tensor,
    rationale_logits: Tensor,
    label_mask: Tensor | None = None,
    rationale_mask: Tensor | None = None,
    *,
    form: MiForm = "released",
    pool: Pool = "max",
    divergence: Divergence = "ce",
    detach: Detach = "label",
) -> Tensor:
    """Compute the MI loss of a batch (paper, Equation 11: l(f(Z), f(V))).

    With t the label side V and q the rationale side Z, each pooled over positions to (batch, vocab):

    * `released`: t and q pool softmax outputs, padding positions included, and are not normalised
      again. The loss is `CrossEntropyLoss(q as logits, t as soft target)`, so q passes a second
      softmax: mean over the batch of S·log Σ_u exp(q_u) − ⟨t, q⟩ with S = Σ_v t_v.
    * `paper`: t and q are normalised to distributions, padding masked: mean of −Σ_v t_v log q_v.
    * `js`: the Jensen-Shannon divergence of the same distributions.
    * `barber_agakov`: the cross-entropy less the entropy of the batch's mean t.
    * `infonce`: −log of the probability of the example's own t among the batch's, scored by −CE.

    `divergence="kl"` adds Σ_v t_v log t_v, which changes the gradient only where t is not detached.

    Args:
        label_logits: (batch, label positions, vocab), finite; `rationale_logits` likewise.
        label_mask: (batch, label positions), True at real positions; None: all are. `rationale_mask` too.
        form: One of the above; `contrastive`, `variational` and `adversarial` have a network of their
            own and look at hidden states: see `hidden_loss_per_example`.
        pool: `max` or `mean` over positions.
        divergence: `ce` or `kl`, of `released` and `paper`.
        detach: The side that gets no gradient: `label` (as released), `rationale` or `none`. The entropy
            in `barber_agakov` keeps its gradient.

    Returns:
        A scalar in nats, in float32. An example without a real position on one of its sides takes no
        part in the mean, nor in any other's loss; 0 where no example is left. ConfigError for an
        unknown choice, or shapes that do not fit together.
    """
    choices = {"form": form, "pool": pool, "divergence": divergence, "detach": detach}
    losses, counted = mi_loss_per_example(
        label_logits, rationale_logits, label_mask, rationale_mask, **choices
    )
    return losses.sum() / counted.sum().clamp(min=1)


def mi_loss_per_example(
    label_logits: Tensor,
    rationale_logits: Tensor,
    label_mask: Tensor | None = None,
    rationale_mask: Tensor | None = None,
    **choices: Any,
) -> tuple[Tensor, Tensor]:
    """Compute `mi_loss` with its choices before its mean, so that batches can be added up.

    Returns the losses (batch,) in nats, 0 where an example takes no part, and which do (batch,) bool.
    """
    chosen = Objective(**choices)
    form, pool, detach = chosen.form, chosen.pool, chosen.detach
    check_choices(form, pool, chosen.divergence, detach)
    if "vocabulary" not in FORMS[form].features:
        raise ConfigError(
            f"mi_form {form} looks at hidden states and has a network of its own: use "
            "hidden_loss_per_example."
        )
    label_mask = _mask_for(label_logits, label_mask, "label")
    rationale_mask = _mask_for(rationale_logits, rationale_mask, "rationale")
    if label_logits.shape[::2] != rationale_logits.shape[::2]:
        raise ConfigError(
            "label and rationale logits must share batch and vocabulary, got "
            f"{tuple(label_logits.shape)} and {tuple(rationale_logits.shape)}."
        )
    counted = label_mask.any(dim=1) & rationale_mask.any(dim=1)
    label_logits, rationale_logits = label_logits[counted], rationale_logits[counted]
    if FORMS[form].padded:
        label = pool_released(label_logits, pool, label_precision(detach))
        rationale = pool_released(rationale_logits, pool)
    else:
        label = pool_log_probabilities(label_logits, label_mask[counted], pool)
        rationale = pool_log_probabilities(rationale_logits, rationale_mask[counted], pool)
    losses = mi_of_pooled(label, rationale, form=form, divergence=chosen.divergence, detach=detach)
    return _at(counted, losses), counted


def label_precision(detach: Detach) -> torch.dtype:
    """Return what the released form's label side is computed in, see `released_loss`."""
    return torch.float32 if detach == "label" else torch.float64


def mi_of_pooled(
    label: Tensor,
    rationale: Tensor,
    *,
    form: MiForm,
    divergence: Divergence,
    detach: Detach,
    features: Features = "vocabulary",
    head: nn.Module | None = None,
) -> Tensor:
    """Compute the MI loss of each example, (batch,) in nats, from its two pooled sides.

    Both are (batch, width): pooled hidden states, or of the vocabulary pooled probabilities (form
    `released`) or log-probabilities (others), which are normalised here. A form with a head needs it.
    """
    if features == "vocabulary" and not FORMS[form].padded:
        label, rationale = label.log_softmax(dim=-1), rationale.log_softmax(dim=-1)
    held = label.detach() if detach == "label" else label
    rationale = rationale.detach() if detach == "rationale" else rationale
    loss = FORMS[form].loss
    if loss is None:
        assert head is not None
        return head(held, rationale)
    return loss(Pooled(held, rationale, label, features, divergence))


def hidden_loss_per_example(
    label: tuple[Tensor, Tensor],
    rationale: tuple[Tensor, Tensor],
    counted: Tensor,
    objective: Objective,
    head: nn.Module | None,
) -> Tensor:
    """Compute the MI loss of each example from hidden states.

    A side is its states (batch, positions, width), and (batch, positions), True at real positions; `counted`
    (batch,) is True where an example takes part, which has a real position on both sides; `head` is from
    `make_head`. The losses are (batch,) in nats, 0 where an example takes no part.
    """
    v, z = (
        pool_states(states[counted], mask[counted], objective.pool)
        for states, mask in (label, rationale)
    )
    # A few numbers an example: float32 costs nothing here and keeps differences of squares exact.
    with torch.autocast(counted.device.type, enabled=False):
        losses = mi_of_pooled(
            v,
            z,
            form=objective.form,
            divergence=objective.divergence,
            detach=objective.detach,
            features=objective.features,
            head=head,
        )
    return _at(counted, losses)


def _at(counted: Tensor, losses: Tensor) -> Tensor:
    """(counted examples,) → (batch,), 0 elsewhere."""
    whole = torch.zeros(counted.shape, dtype=losses.dtype, device=losses.device)
    return whole.masked_scatter(counted, losses)


def _mask_for(logits: Tensor, mask: Tensor | None, side: str) -> Tensor:
    if logits.dim() != 3 or logits.shape[1] == 0:
        raise ConfigError(
            f"{side} logits must be (batch, positions, vocab) with at least one position, got shape "
            f"{tuple(logits.shape)}."
        )
    if mask is None:
        return torch.ones(logits.shape[:2], dtype=torch.bool, device=logits.device)
    if mask.shape != logits.shape[:2]:
        raise ConfigError(
            f"{side} mask must be (batch, positions) = {tuple(logits.shape[:2])}, "
            f"got {tuple(mask.shape)}."
        )
    return mask.bool()


def pool_released(logits: Tensor, pool: Pool, dtype: torch.dtype = torch.float32) -> Tensor:
    """Pool softmax outputs as the released code does, padding included; the maxima sum to more than 1.

    (batch, positions, vocab) → (batch, vocab), computed in `dtype`.
    """
    probabilities = logits.to(dtype).softmax(dim=-1)
    return probabilities.amax(dim=1) if pool == "max" else probabilities.mean(dim=1)


def pool_log_probabilities(logits: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    """Pool softmax outputs of real positions, of which `mask` has one an example at least.

    (batch, positions, vocab) → (batch, vocab) in float32 and in logarithms, which keep small
    probabilities exact. The mean lacks its 1/n, which normalising makes needless.
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    masked = log_probabilities.masked_fill(~mask[:, :, None], -torch.inf)
    return masked.amax(dim=1) if pool == "max" else masked.logsumexp(dim=1)


def pool_states(states: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    """Pool hidden states of real positions: (batch, positions, width) → (batch, width) in float32."""
    states = states.float()
    if pool == "max":
        return states.masked_fill(~mask[:, :, None], -torch.inf).amax(dim=1)
    return states.masked_fill(~mask[:, :, None], 0.0).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def make_head(objective: Objective, width: int, seed: int) -> nn.Module | None:
    """Make the network that a form trains beside the student, or None where it has none.

    `width` is the features', `seed` that of its first weights. torch's own generator stays as it is, so
    that a student with a head sees the same batches and dropout as one without.
    """
    make = FORMS[objective.form].head
    if make is None or not objective.alpha3:
        return None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make(width)


def head_of(model: nn.Module) -> nn.Module | None:
    """Return the head that a student carries."""
    return getattr(model, _HEAD, None)


@contextmanager
def carried(model: nn.Module, head: nn.Module | None) -> Iterator[None]:
    """Let a student carry a head for as long as it trains; what is saved afterwards has none."""
    if head is None:
        yield
        return
    model.add_module(_HEAD, head)
    try:
        yield
    finally:
        delattr(model, _HEAD)
