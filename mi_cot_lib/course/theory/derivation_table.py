"""The derivation as one table: what each step says, and what holds, tried on many random worlds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.random import Generator

from mi_cot_lib.course.theory import derivation as d
from mi_cot_lib.course.theory.bottleneck import equation_4, prepare_choices
from mi_cot_lib.course.theory.derivation_loss import equation_10, equation_11
from mi_cot_lib.course.theory.exact_world import ExactWorld, Table

Verdict = Literal["identity", "upper bound", "lower bound", "neither"]

# Sides closer than this, in nats, are equal up to rounding: of float64, and of the loss's float32.
_EXACT, _SINGLE = 1e-9, 1e-4


@dataclass(frozen=True)
class Setting:
    """What a step is evaluated on.

    Attributes:
        world: The joint distribution.
        q_v: (v,), a variational marginal, positive.
        q_v_given_z: (z, v), a variational conditional, positive.
        seed: For the logits of Equations 10 and 11.
    """

    world: ExactWorld
    q_v: Table
    q_v_given_z: Table
    seed: int


@dataclass(frozen=True)
class Step:
    """A step of the derivation.

    Attributes:
        equation: Its number, and which part of it.
        says: The relation as the paper has it; for what the paper lacks, as its source has it.
        sides: Computes both sides.
        uniform: Holds for uniform p(v) only, so that is where it is tried.
        is_choice: Says that two objectives choose alike; there is no bound to speak of if they do not.
        tolerance: How close equal sides are, nats.
    """

    equation: str
    says: str
    sides: Callable[[Setting], d.Sides]
    uniform: bool = False
    is_choice: bool = False
    tolerance: float = _EXACT


def _loss_logits(setting: Setting) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(setting.seed)
    v, z = (5 * torch.randn(4, n, 12, generator=generator) for n in (2, 5))
    return v, z


def _equation_10(setting: Setting) -> d.Sides:
    v, z = _loss_logits(setting)
    # Any labels do: the tokens that the student holds for the least likely.
    return equation_10(v, v.argmin(dim=-1), z, z.argmin(dim=-1))


STEPS: tuple[Step, ...] = (
    Step("1", "I = Σ p(z,y) log p(z,y)/(p(z)p(y))", lambda s: d.equation_1(s.world)),
    Step(
        "2–3 → 4", "the choice of Eq. 3 = the choice of Eq. 4 (compared by I(Z;Y))",
        lambda s: equation_4(prepare_choices(3, 3), values_of_z=3), is_choice=True,
    ),
    Step("4", "I(Z;V) = I(V;Z)", lambda s: d.equation_4_symmetry(s.world)),
    Step("5", "I = E[log p(v|z)/p(v)]", lambda s: d.equation_5(s.world)),
    Step("6", "I = E[log p(v|z)/q(v)] − KL(p‖q)", lambda s: d.equation_6(s.world, s.q_v)),
    Step("7 with q(v)", "I ≤ E[log p(v|z)/q(v)]", lambda s: d.equation_7_upper_bound(s.world, s.q_v)),
    Step(
        "7 with q = p", "I ≤ E[log p(v|z)/p(v)]",
        lambda s: d.equation_7_upper_bound(s.world, s.world.p_v),
    ),
    Step("7 as printed", "I ≤ E[log p(z|v)/p(v)]", lambda s: d.equation_7_printed(s.world)),
    Step(
        "8, first =", "E[log p(z|v)/p(v)] = Σ p(z,v) log p(v|z)/p(v)",
        lambda s: d.equation_8_first_step(s.world),
    ),
    Step(
        "8, second =", "… = Σ p(z|v)p(v) log p(v|z) − Σ p(v)p(z|v) log p(v)",
        lambda s: d.equation_8_second_step(s.world),
    ),
    Step(
        "9, p(v) uniform", "I = log n + 1/n Σ p(z|v) log p(v|z)",
        lambda s: d.equation_9(s.world), uniform=True,
    ),
    Step(
        "9, any p(v)", "I = log n + 1/n Σ p(z|v) log p(v|z)", lambda s: d.equation_9(s.world)
    ),
    Step(
        "9, last line", "Σ p(z|v) log 1/p(v|z) = Σ CE(z|v, v|z)",
        lambda s: d.equation_9_cross_entropy(s.world),
    ),
    Step("10", "α L_pred + (1−α) L_expl + β L_MI = Σ α_i L_i", _equation_10, tolerance=_SINGLE),
    Step(
        "11", "CE(f(Z), f(V)) = the released loss",
        lambda s: equation_11(*_loss_logits(s)), tolerance=_SINGLE,
    ),
    Step(
        "Barber–Agakov", "I ≥ H(V) + E[log q(v|z)]",
        lambda s: d.barber_agakov(s.world, s.q_v_given_z),
    ),
    Step(
        "… with q = p(v|z)", "I = H(V) − H(V|Z)",
        lambda s: d.barber_agakov(s.world, s.world.v_given_z),
    ),
    Step("CLUB", "I ≤ E_p(z,v) log p(v|z) − E_p(z)p(v) log p(v|z)", lambda s: d.club(s.world)),
)  # fmt: skip


def prepare_derivation(world: ExactWorld, seed: int = 0, draws: int = 200) -> pd.DataFrame:
    """Evaluate every step on one world, and say what holds after trying it on random ones.

    For the world's own numbers, q(v) and q(v|z) stand half way between the exact distributions and
    uniform ones, and Equation 9 for uniform p(v) keeps the world's p(z|v).

    Args:
        world: Whose numbers are shown; every z and v occurs.
        seed: Of the random worlds.
        draws: How many there are.

    Returns:
        A row a step with `equation`, `paper says`, `holds` (what the right side is to the left: see
        `verdict`; for a choice `identity` or `does not follow`), and for this world `left`, `right` and
        `difference` (right − left), in nats.
    """
    generator = np.random.default_rng(seed)
    settings = [random_setting(generator) for _ in range(draws)]
    n = world.joint.shape[1]
    own = Setting(world, 0.5 * world.p_v + 0.5 / n, 0.5 * world.v_given_z + 0.5 / n, seed)
    rows = []
    for step in STEPS:
        differences = [step.sides(_fitting(step, s)).difference for s in settings]
        holds: str = verdict(differences, step.tolerance)
        if step.is_choice and holds != "identity":
            holds = "does not follow"
        sides = step.sides(_fitting(step, own))
        rows.append(
            {
                "equation": step.equation,
                "paper says": step.says,
                "holds": holds,
                "left": sides.left,
                "right": sides.right,
                "difference": sides.difference,
            }
        )
    return pd.DataFrame(rows)


def verdict(differences: Sequence[float], tolerance: float = _EXACT) -> Verdict:
    """Say what the right side is to the left, from right − left in many worlds.

    Args:
        differences: In nats.
        tolerance: What counts as 0, nats.

    Returns:
        `identity` (always equal), `upper bound` (never below), `lower bound` (never above) or `neither`.
    """
    if all(abs(difference) <= tolerance for difference in differences):
        return "identity"
    if all(difference >= -tolerance for difference in differences):
        return "upper bound"
    if all(difference <= tolerance for difference in differences):
        return "lower bound"
    return "neither"


def random_setting(generator: Generator) -> Setting:
    """Draw a world of 2 to 6 values a side, a q(v) and a q(v|z), all flat Dirichlet draws."""
    z_size, v_size = (int(size) for size in generator.integers(2, 7, size=2))
    joint = generator.dirichlet(np.ones(z_size * v_size)).reshape(z_size, v_size)
    return Setting(
        ExactWorld(joint),
        generator.dirichlet(np.ones(v_size)),
        generator.dirichlet(np.ones(v_size), size=z_size),
        int(generator.integers(2**31)),
    )


def _fitting(step: Step, setting: Setting) -> Setting:
    if not step.uniform:
        return setting
    z_given_v = setting.world.z_given_v
    return replace(setting, world=ExactWorld(z_given_v / z_given_v.shape[1]))
