"""The mutual-information loss between label and rationale outputs (paper, Equations 9 to 11).

Two forms stand side by side. `released` is what the authors' code computes; `paper` is what the paper
says. They differ in normalisation, in padding and in where the gradient vanishes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Detach, Divergence, MiForm, Pool, check_choices


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

    `divergence="kl"` adds Σ_v t_v log t_v, which changes the gradient only where t is not detached.

    Args:
        label_logits: (batch, label positions, vocab), finite.
        rationale_logits: (batch, rationale positions, vocab), finite.
        label_mask: (batch, label positions), True at real positions; None means all are real.
        rationale_mask: (batch, rationale positions), likewise.
        form: `released` or `paper`.
        pool: `max` or `mean` over positions.
        divergence: `ce` or `kl`.
        detach: The side that gets no gradient: `label` (as released), `rationale` or `none`.

    Returns:
        A scalar in nats, in float32. An example without a real position on one of its sides takes no
        part in the mean; 0 where no example is left.

    Raises:
        ConfigError: An unknown choice, or shapes that do not fit together.
    """
    losses, counted = mi_loss_per_example(
        label_logits,
        rationale_logits,
        label_mask,
        rationale_mask,
        form=form,
        pool=pool,
        divergence=divergence,
        detach=detach,
    )
    return losses.sum() / counted.sum().clamp(min=1)


def mi_loss_per_example(
    label_logits: Tensor,
    rationale_logits: Tensor,
    label_mask: Tensor | None = None,
    rationale_mask: Tensor | None = None,
    *,
    form: MiForm = "released",
    pool: Pool = "max",
    divergence: Divergence = "ce",
    detach: Detach = "label",
) -> tuple[Tensor, Tensor]:
    """Compute `mi_loss` before its mean, so that batches can be added up.

    Returns:
        The losses (batch,) in nats, 0 where an example takes no part, and which take part (batch,) bool.

    Raises:
        ConfigError: As `mi_loss`.
    """
    check_choices(form, pool, divergence, detach)
    label_mask = _mask_for(label_logits, label_mask, "label")
    rationale_mask = _mask_for(rationale_logits, rationale_mask, "rationale")
    if (label_logits.shape[0], label_logits.shape[2]) != (
        rationale_logits.shape[0],
        rationale_logits.shape[2],
    ):
        raise ConfigError(
            "label and rationale logits must share batch and vocabulary, got "
            f"{tuple(label_logits.shape)} and {tuple(rationale_logits.shape)}."
        )
    counted = label_mask.any(dim=1) & rationale_mask.any(dim=1)
    if form == "released":
        label = _pool_released(label_logits, pool)
        rationale = _pool_released(rationale_logits, pool)
    else:
        # An example that takes no part still needs finite numbers: its mask is opened, its loss dropped.
        label = _pool_paper(label_logits, label_mask | ~counted[:, None], pool)
        rationale = _pool_paper(rationale_logits, rationale_mask | ~counted[:, None], pool)
    losses = mi_of_pooled(label, rationale, form=form, divergence=divergence, detach=detach)
    return losses.where(counted, 0.0), counted


def mi_of_pooled(
    label: Tensor, rationale: Tensor, *, form: MiForm, divergence: Divergence, detach: Detach
) -> Tensor:
    """Compute the MI loss of each example from its two pooled sides.

    Args:
        label: (batch, vocab). Form `released`: pooled probabilities. Form `paper`: pooled
            log-probabilities, which are normalised here.
        rationale: (batch, vocab), likewise.
        form: See `mi_loss`, as the following two.
        divergence: `ce` or `kl`.
        detach: `label`, `rationale` or `none`.

    Returns:
        (batch,) in nats.
    """
    if form == "released":
        t, log_q = label, F.log_softmax(rationale, dim=-1)
        log_t = t.clamp_min(torch.finfo(t.dtype).tiny).log()
    else:
        log_t, log_q = label.log_softmax(dim=-1), rationale.log_softmax(dim=-1)
        t = log_t.exp()
    if detach == "label":
        t, log_t = t.detach(), log_t.detach()
    elif detach == "rationale":
        log_q = log_q.detach()
    losses = -(t * log_q).sum(dim=-1)
    if divergence == "kl":
        losses = losses + (t * log_t).sum(dim=-1)
    return losses


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


def _pool_released(logits: Tensor, pool: Pool) -> Tensor:
    """(batch, positions, vocab) → (batch, vocab): pooled probabilities, padding included, sum ≠ 1."""
    probabilities = logits.float().softmax(dim=-1)
    return probabilities.amax(dim=1) if pool == "max" else probabilities.mean(dim=1)


def _pool_paper(logits: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    """(batch, positions, vocab) → (batch, vocab): log of the pooled, masked probabilities.

    Staying with logarithms keeps small probabilities exact. The mean lacks its 1/n, which
    normalising makes needless.
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    masked = log_probabilities.masked_fill(~mask[:, :, None], -torch.inf)
    return masked.amax(dim=1) if pool == "max" else masked.logsumexp(dim=1)
