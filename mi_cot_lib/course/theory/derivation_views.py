"""The derivation as one table, tried on many random worlds, and drawn: bounds, and one that is climbed."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from numpy.random import Generator

from mi_cot_lib.course.theory import derivation as d
from mi_cot_lib.course.theory.exact_world import ExactWorld, Table
from mi_cot_lib.course.theory.released_loss import equation_10, equation_11
from mi_cot_lib.report.pictures.canvas import BLUE, GREEN, ORANGE, new_figure, plain_axes

# Sides of the loss, which is in float32, are equal up to this, in nats.
_SINGLE = 1e-4
# Random worlds that a step is tried on.
_TRIED = 200
EXACT, UPPER, LOWER, PRINTED = "I(Z;V), exact", "upper bound", "Barber–Agakov", "Eq. 7 as printed"
# Colour and line style, each of which tells the quantities apart, and what is computed.
_LOOKS = {
    EXACT: ("black", "-", ""),
    UPPER: (ORANGE, "--", ": E[log p(v|z)/q(v)]"),
    LOWER: (BLUE, "-.", ": H(V) + E[log q(v|z)]"),
    PRINTED: ("0.55", ":", ": E[log p(z|v)/p(v)]"),
}


class Setting(NamedTuple):
    """What a step is evaluated on: a world, variational q(v) and q(v|z), and the seed of logits."""

    world: ExactWorld
    q_v: Table
    q_v_given_z: Table
    seed: int


class Step(NamedTuple):
    """A step of the derivation: a relation as the paper, or the source of what it lacks, has it.

    `sides` computes both from what it needs of a setting, by name; a choice between two objectives needs
    nothing of it. What is closer than the tolerance (nats) is equal.
    """

    equation: str
    says: str
    sides: Callable[..., d.Sides]
    needs: tuple[str, ...] = ("world",)
    tolerance: float = d.ROUNDING

    def on(self, setting: Setting) -> d.Sides:
        """Compute both sides."""
        return self.sides(*(getattr(setting, name) for name in self.needs))


def _uniform_9(world: ExactWorld) -> d.Sides:
    return d.equation_9(ExactWorld(world.z_given_v / len(world.p_v)))


def _loss_logits(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    v, z = (5 * torch.randn(4, n, 12, generator=generator) for n in (2, 5))
    return v, z


def _equation_10(seed: int) -> d.Sides:
    v, z = _loss_logits(seed)
    # Any labels do: the tokens that the student holds for the least likely.
    return equation_10(v, v.argmin(dim=-1), z, z.argmin(dim=-1))


_Q_V, _Q_V_GIVEN_Z, _SEED = ("world", "q_v"), ("world", "q_v_given_z"), ("seed",)
STEPS = (
    Step("1", "I = Σ p(z,y) log p(z,y)/(p(z)p(y))", d.equation_1),
    Step(
        "2–3 → 4", "the choice of Eq. 3 = the choice of Eq. 4 (compared by I(Z;Y))",
        lambda: d.equation_4(d.prepare_choices(), values_of_z=3), (),
    ),
    Step("4", "I(Z;V) = I(V;Z)", d.equation_4_symmetry),
    Step("5", "I = E[log p(v|z)/p(v)]", d.equation_5),
    Step("6", "I = E[log p(v|z)/q(v)] − KL(p‖q)", d.equation_6, _Q_V),
    Step("7 with q(v)", "I ≤ E[log p(v|z)/q(v)]", d.equation_7_upper_bound, _Q_V),
    # At q = p the bound is Equation 5.
    Step("7 with q = p", "I ≤ E[log p(v|z)/p(v)]", d.equation_5),
    Step("7 as printed", "I ≤ E[log p(z|v)/p(v)]", d.equation_7_printed),
    Step("8, first =", "E[log p(z|v)/p(v)] = Σ p(z,v) log p(v|z)/p(v)", d.equation_8_first_step),
    Step(
        "8, second =", "… = Σ p(z|v)p(v) log p(v|z) − Σ p(v)p(z|v) log p(v)",
        d.equation_8_second_step,
    ),
    Step("9, p(v) uniform", "I = log n + 1/n Σ p(z|v) log p(v|z)", _uniform_9),
    Step("9, any p(v)", "I = log n + 1/n Σ p(z|v) log p(v|z)", d.equation_9),
    Step("9, last line", "Σ p(z|v) log 1/p(v|z) = Σ CE(z|v, v|z)", d.equation_9_cross_entropy),
    Step("10", "α L_pred + (1−α) L_expl + β L_MI = Σ α_i L_i", _equation_10, _SEED, _SINGLE),
    Step(
        "11", "CE(f(Z), f(V)) = the released loss",
        lambda seed: equation_11(*_loss_logits(seed)), _SEED, _SINGLE,
    ),
    Step("Barber–Agakov", "I ≥ H(V) + E[log q(v|z)]", d.barber_agakov, _Q_V_GIVEN_Z),
    Step(
        "… with q = p(v|z)", "I = H(V) − H(V|Z)",
        lambda world: d.barber_agakov(world, world.v_given_z),
    ),
    Step("CLUB", "I ≤ E_p(z,v) log p(v|z) − E_p(z)p(v) log p(v|z)", d.club),
)  # fmt: skip


def prepare_derivation(world: ExactWorld) -> pd.DataFrame:
    """Evaluate every step on one world, and say what holds after trying it on random ones.

    For the world's own sides and their `difference` (right − left, nats), q(v) and q(v|z) stand half way
    between the exact distributions and uniform ones, and Equation 9 for uniform p(v) keeps its p(z|v).
    `holds` is a `verdict`, or `does not follow` for a choice.
    """
    generator = np.random.default_rng(0)
    settings = [random_setting(generator) for _ in range(_TRIED)]
    n = len(world.p_v)
    own = Setting(world, 0.5 * world.p_v + 0.5 / n, 0.5 * world.v_given_z + 0.5 / n, 0)
    rows = []
    for step in STEPS:
        holds = verdict([step.on(setting).difference for setting in settings], step.tolerance)
        if not step.needs and holds != "identity":
            # One objective chooses otherwise than the other: there is no bound to speak of.
            holds = "does not follow"
        sides = step.on(own)
        rows.append((step.equation, step.says, holds, sides.left, sides.right, sides.difference))
    names = ["equation", "paper says", "holds", "left", "right", "difference"]
    return pd.DataFrame(rows, columns=names)


def verdict(differences: Sequence[float], tolerance: float = d.ROUNDING) -> str:
    """Say what the right side is to the left in many worlds, from their differences in nats."""
    below = any(difference < -tolerance for difference in differences)
    above = any(difference > tolerance for difference in differences)
    if below and above:
        return "neither"
    return "lower bound" if below else "upper bound" if above else "identity"


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


def prepare_bounds(
    z_size: int, v_size: int, skew: float, wrongness: float = 0.3, temperature: float = 2.0
) -> pd.DataFrame:
    """Compute I and its bounds (nats) in worlds of `ExactWorld.of` whose Z and V become more dependent.

    q(v) comes from `wrong_marginal`, q(v|z) from `decoder`.
    """
    rows = []
    for dependence in np.linspace(0, 1, 101):
        world = ExactWorld.of(z_size, v_size, dependence, skew)
        upper = d.equation_7_upper_bound(world, d.wrong_marginal(world, wrongness))
        lower = d.barber_agakov(world, d.decoder(world, temperature))
        printed = d.equation_7_printed(world).right
        rows.append((dependence, lower.right, upper.left, upper.right, printed))
    return pd.DataFrame(rows, columns=["dependence", LOWER, EXACT, UPPER, PRINTED])


def draw_bounds(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw I and its bounds against dependence, one marked with its numbers; between the bounds a band."""
    figure = new_figure(7.5, 3.9)
    axes = figure.subplots()
    axes.fill_between(prepared["dependence"], prepared[LOWER], prepared[UPPER], color="0.93", lw=0)
    for name, (colour, style, sign) in _LOOKS.items():
        axes.plot(
            prepared["dependence"], prepared[name], style, color=colour, lw=2, label=name + sign
        )
    if marked is not None:
        here = prepared.loc[(prepared["dependence"] - marked).abs().idxmin()]
        axes.axvline(marked, color="0.7", lw=0.8)
        axes.set_title("   ".join(f"{name}: {here[name]:.3f}" for name in _LOOKS), fontsize=9)
    axes.set_xlabel("dependence of Z and V (0: independent, 1: one determines the other)")
    axes.set_ylabel("nats")
    axes.axhline(0, color="0.7", lw=0.8)
    axes.legend(frameon=False, loc="upper left")
    plain_axes(axes, "y")
    return figure


def prepare_climb(world: ExactWorld) -> pd.DataFrame:
    """Move a student towards always saying its rarest v, with q(v) held at the start's p(v).

    p(v|z) becomes (1 − c) p(v|z) + c·[v is the rarest], p(z) stays. H(V|Z) is the cross-entropy of the
    exact decoder.
    """
    q_v = world.p_v
    constant = np.zeros_like(world.joint)
    constant[:, q_v.argmin()] = world.p_z
    rows = []
    for c in np.linspace(0, 1, 51):
        moved = ExactWorld((1 - c) * world.joint + c * constant)
        sides = d.equation_7_upper_bound(moved, q_v)
        rows.append((c, sides.left, sides.right, moved.entropy_v, moved.entropy_v_given_z))
    return pd.DataFrame(rows, columns=["c", EXACT, UPPER, "H(V)", "H(V|Z)"])


def draw_climb(prepared: pd.DataFrame) -> Figure:
    """Draw, left, the held upper bound and I; right, the cross-entropy and the H(V) that it leaves out."""
    figure = new_figure(9.5, 3.6)
    left, right = figure.subplots(1, 2)
    c, least, most = (prepared[name] for name in ("c", "H(V|Z)", "H(V)"))
    for name in (UPPER, EXACT):
        colour, style, _ = _LOOKS[name]
        left.plot(c, prepared[name], style, color=colour, lw=2, label=name)
    right.plot(c, most, "--", color=GREEN, lw=2, label="H(V)")
    right.plot(c, least, "-", color=BLUE, lw=2, label="cross-entropy, H(V|Z)")
    right.fill_between(c, least, most, color="0.9", lw=0, label="I(Z;V)")
    titles = ("the bound is largest where I is 0", "the cross-entropy is least where I is 0")
    for axes, title in zip((left, right), titles, strict=True):
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("c: share of always the same answer")
        axes.set_ylabel("nats")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        plain_axes(axes, "both")
    return figure
