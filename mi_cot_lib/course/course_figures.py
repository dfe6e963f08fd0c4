"""The figures of the course's first notebooks: lengths, pretraining, pooled outputs, agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.course.theory.decompose import pooled_probabilities
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.objective.mi import mi_loss
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes

PARTS = ("input", "label", "rationale")
_DARK, _LIGHT = "#0173b2", "#f0b27a"
_FORMS = {"released": ("-", _DARK), "paper": ("--", "#b35806")}


def prepare_lengths(
    examples: Mapping[str, Sequence[Example]], tokeniser: PreTrainedTokenizerBase
) -> pd.DataFrame:
    """Count the tokens of inputs, labels and rationales, end token included.

    Args:
        examples: Examples by data set.
        tokeniser: A student's.

    Returns:
        A row a text with `dataset`, `part` (see `PARTS`) and `tokens`; a rationale that could not be
        read has none.
    """
    frames = []
    for name, rows in examples.items():
        for part in PARTS:
            texts = [text for row in rows if (text := getattr(row, part)) is not None]
            counts = [len(ids) for ids in tokeniser(texts)["input_ids"]] if texts else []
            frames.append(pd.DataFrame({"dataset": name, "part": part, "tokens": counts}))
    return pd.concat(frames, ignore_index=True)


def draw_lengths(lengths: pd.DataFrame) -> Figure:
    """Draw a panel a part with a box a data set: quartiles, whiskers from the 1st to the 99th percentile."""
    names = list(dict.fromkeys(lengths["dataset"]))
    figure = new_figure(9.5, 1.2 + 0.45 * len(names))
    for axes, part in zip(figure.subplots(1, len(PARTS), sharey=True), PARTS, strict=True):
        inside = lengths[lengths["part"] == part]
        axes.boxplot(
            [inside.loc[inside["dataset"] == name, "tokens"] for name in names],
            orientation="horizontal", whis=(1, 99), showfliers=False, widths=0.55,
            patch_artist=True, boxprops={"facecolor": "0.88"},
            medianprops={"color": _DARK, "linewidth": 2.5},
        )  # fmt: skip
        axes.set_yticks(range(1, len(names) + 1), [dataset_spec(name).title for name in names])
        axes.set_title(part, fontsize=10, loc="left")
        axes.set_xlabel("tokens")
        axes.set_xlim(left=0)
        plain_axes(axes, "x")
    axes.invert_yaxis()
    return figure


def draw_pretraining(card: Mapping[str, Any]) -> Figure:
    """Draw the loss curve of a built-in student's `pretraining.json`."""
    curve = pd.DataFrame(card["curve"])
    figure = new_figure(7.0, 3.0)
    axes = figure.subplots()
    axes.plot(curve["step"], curve["loss"], color=_DARK, lw=1.8)
    axes.set_xlabel("optimiser step")
    axes.set_ylabel("loss (nats per token)")
    axes.set_ylim(bottom=0)
    plain_axes(axes, "both")
    return figure


@dataclass(frozen=True)
class PooledFigure:
    """One example's outputs pooled over positions.

    Attributes:
        label: A row a token with `token`, `max` and `mean` (probability pooled over positions) and
            `other` (the same token's `max` on the other side), largest `max` first.
        rationale: Likewise for the rationale side.
        sums: The sum over the whole vocabulary by (side, pool).
    """

    label: pd.DataFrame
    rationale: pd.DataFrame
    sums: dict[tuple[str, str], float]


def prepare_pooled(
    label_logits: Tensor,
    rationale_logits: Tensor,
    tokeniser: PreTrainedTokenizerBase,
    top: int = 14,
) -> PooledFigure:
    """Pool one example's label and rationale outputs and take the largest tokens of each side.

    Args:
        label_logits: (label positions, vocab), without padding.
        rationale_logits: (rationale positions, vocab), without padding.
        tokeniser: Names the tokens.
        top: Tokens a side.
    """
    logits = {"label": label_logits, "rationale": rationale_logits}
    pooled = {
        (side, pool): pooled_probabilities(value[None], pool)[0]
        for side, value in logits.items()
        for pool in ("max", "mean")
    }
    tables = {}
    for side, other in (("label", "rationale"), ("rationale", "label")):
        ids = pooled[side, "max"].topk(top).indices.tolist()
        tables[side] = pd.DataFrame(
            {
                "token": [
                    token.replace("▁", "_") for token in tokeniser.convert_ids_to_tokens(ids)
                ],
                "max": pooled[side, "max"][ids].tolist(),
                "mean": pooled[side, "mean"][ids].tolist(),
                "other": pooled[other, "max"][ids].tolist(),
            }
        )
    sums = {key: value.sum().item() for key, value in pooled.items()}
    return PooledFigure(tables["label"], tables["rationale"], sums)


def draw_pooled(prepared: PooledFigure) -> Figure:
    """Draw each side's largest tokens, max beside mean; a dot marks the token's height on the other side."""
    figure = new_figure(9.5, 1.1 + 0.29 * len(prepared.label))
    sides = {"label": prepared.label, "rationale": prepared.rationale}
    for axes, (side, table) in zip(figure.subplots(1, 2), sides.items(), strict=True):
        places = torch.arange(len(table)).numpy()
        axes.barh(places - 0.2, table["max"], 0.4, color=_DARK, label="max over positions")
        axes.barh(
            places + 0.2, table["mean"], 0.4, color=_LIGHT, edgecolor="0.3", lw=0.6, hatch="///",
            label="mean over positions",
        )  # fmt: skip
        axes.plot(
            table["other"], places - 0.2, "o", color="black", mfc="white", ms=6, ls="none",
            clip_on=False, label="max on the other side",
        )  # fmt: skip
        axes.set_yticks(places, table["token"], family="monospace")
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("pooled probability")
        letter = "t, from V" if side == "label" else "q, from Z"
        axes.set_title(
            f"{side} side ({letter})\nmax sums to {prepared.sums[side, 'max']:.2f}, "
            f"mean to {prepared.sums[side, 'mean']:.2f}",
            fontsize=9.5, loc="left",
        )  # fmt: skip
        plain_axes(axes, "x")
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
    return figure


def prepare_agreement(vocabulary: int, points: int = 101) -> pd.DataFrame:
    """Measure both forms of the MI loss while the rationale side comes to agree with the label side.

    The label side is certain of one token. The rationale side gives it the probability a and the rest
    to another token.

    Args:
        vocabulary: Number of tokens.
        points: Values of a from 0.001 to 0.999.

    Returns:
        A row a value with `agreement` (a) and, for both forms, the loss (`released`, `paper`, nats) and
        its pull, the size of dL/d(logit of the agreed token) (`released_pull`, `paper_pull`).
    """
    agreement = torch.linspace(0.001, 0.999, points)
    label = _one_position(torch.ones(points), vocabulary)
    columns: dict[str, list[float]] = {"agreement": agreement.tolist()}
    for form in ("released", "paper"):
        rationale = _one_position(agreement, vocabulary).requires_grad_()
        losses = torch.stack(
            [mi_loss(label[i : i + 1], rationale[i : i + 1], form=form) for i in range(points)]
        )
        (gradient,) = torch.autograd.grad(losses.sum(), rationale)
        columns[form] = losses.tolist()
        columns[f"{form}_pull"] = gradient[:, 0, 0].abs().tolist()
    return pd.DataFrame(columns)


def draw_agreement(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw loss and pull of both forms against agreement.

    Args:
        prepared: From `prepare_agreement`.
        marked: An agreement to mark on the curves.
    """
    figure = new_figure(9.5, 3.4)
    panels = {"": "loss (nats)", "_pull": "|dL / d logit of the agreed token|"}
    for axes, (suffix, unit) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        for form, (style, colour) in _FORMS.items():
            values = prepared[form + suffix]
            axes.plot(prepared["agreement"], values, style, color=colour, lw=2, label=form)
            if marked is not None:
                nearest = (prepared["agreement"] - marked).abs().idxmin()
                axes.plot(marked, values[nearest], "o", color=colour, ms=8, mec="white")
        axes.set_ylim(0, 1.08 * float(prepared[[f"{form}{suffix}" for form in _FORMS]].max().max()))
        axes.set_xlabel("agreement: q's probability for t's token")
        axes.set_ylabel(unit)
        plain_axes(axes, "both")
    axes.legend(frameon=False, title="form")
    return figure


def _one_position(probability: Tensor, vocabulary: int) -> Tensor:
    """(points,) → logits (points, 1, vocab) with `probability` on token 0 and the rest on token 1."""
    logits = torch.full((len(probability), 1, vocabulary), -60.0)
    logits[:, 0, 0] = probability.clamp_min(1e-20).log()
    logits[:, 0, 1] = (1 - probability).clamp_min(1e-20).log()
    return logits
