"""The figures of the first notebooks: the method, lengths, pretraining, pooled outputs, agreement."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import Tensor
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.course.loss.path import prepare_path
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.objective.mi import pool_released
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes

PARTS = ("input", "label", "rationale")
_INK, _BLUE, _ORANGE, _LIGHT = "#1f1f1f", "#0173b2", "#b35806", "#f0b27a"
_FORMS = {"released": ("-", _BLUE), "paper": ("--", _ORANGE)}
# The look of a task's side: label, rationale.
_LABEL, _RATIONALE = {"color": _BLUE, "ls": "-"}, {"color": _ORANGE, "ls": "--"}
_BOTH = {"color": _INK, "ls": "-"}
# Shares of grey that stand for probabilities in the little grids; they carry no numbers.
_V_CELLS = ((0.1, 0.9, 0.2, 0.0, 0.1, 0.0), (0.0, 0.1, 0.1, 0.8, 0.0, 0.1))
_Z_CELLS = (
    (0.7, 0.1, 0.0, 0.1, 0.2, 0.0),
    (0.0, 0.6, 0.1, 0.0, 0.1, 0.3),
    (0.1, 0.0, 0.8, 0.1, 0.0, 0.1),
    (0.0, 0.2, 0.0, 0.5, 0.3, 0.0),
)


OVERVIEW = (
    "One question goes into one student twice, with the prefixes predict and explain. V, at the label's "
    "positions, has a cross-entropy with the label; Z, at the rationale's, one with the teacher's rationale; "
    "softmax and maximum make t and q of them, between which the MI term stands."
)


def draw_overview() -> Figure:
    """Draw how one student's two tasks meet in the three losses of Equation 10 (compare Figure 1)."""
    figure = Figure(figsize=(10.5, 5.4))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, 10.5)
    axes.set_ylim(0, 5.4)
    axes.set_axis_off()

    for (x, y, width, height), text, look, fill in (
        ((0.15, 3.95, 1.75, 0.7), "predict: TEXT", _LABEL, "white"),
        ((0.15, 1.45, 1.75, 0.7), "explain: TEXT", _RATIONALE, "white"),
        ((2.4, 1.25, 1.35, 3.6), "one student\n\n(T5, or the\nbuilt-in nano)", _BOTH, "0.93"),
        ((8.2, 3.95, 2.15, 0.75), "$L_{prediction}$\ncross-entropy with label Y", _LABEL, "white"),
        ((8.2, 2.68, 2.15, 0.8), "$L_{CE}$, the MI term\ncross-entropy of t and q", _BOTH, "0.93"),
        (
            (8.2, 1.4, 2.15, 0.8), "$L_{generation}$\ncross-entropy with rationale R",
            _RATIONALE, "white",
        ),
        ((2.4, 0.25, 1.35, 0.6), "teacher LLM", _BOTH, "white"),
    ):  # fmt: skip
        box = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=0.08")
        box.set(facecolor=fill, edgecolor=look["color"], linewidth=1.6, linestyle=look["ls"])
        axes.add_patch(box)
        middle = (x + width / 2, y + height / 2)
        axes.text(*middle, text, ha="center", va="center", size=9.5, color=_INK)
    _grid(axes, 4.3, 4.05, _V_CELLS, _BLUE)
    _grid(axes, 4.3, 1.25, _Z_CELLS, _ORANGE)
    _grid(axes, 6.15, 3.3, (tuple(map(max, *_V_CELLS)),), _BLUE)
    _grid(axes, 6.15, 2.65, (tuple(map(max, *_Z_CELLS)),), _ORANGE)
    total = r"$L_{total}=\alpha_1 L_{prediction}+\alpha_2 L_{generation}+\alpha_3 L_{CE}$"
    texts: list[tuple[float, float, str, dict[str, Any]]] = [
        (4.3, 4.68, "V: label logits", {"size": 10, "weight": "bold", "color": _BLUE}),
        (4.3, 3.83, "m positions × vocabulary", {"size": 8}),
        (4.3, 2.38, "Z: rationale logits", {"size": 10, "weight": "bold", "color": _ORANGE}),
        (4.3, 1.03, "n positions × vocabulary", {"size": 8}),
        (5.98, 3.36, "t", {"size": 11, "style": "italic", "color": _BLUE}),
        (5.98, 2.73, "q", {"size": 11, "style": "italic", "color": _ORANGE}),
        (4.3, 3.09, "softmax, then\nmax over positions", {"size": 8.5, "va": "center"}),
        (4.3, 0.63, "rationales R, written once, before training", {"size": 8.5}),
        (10.35, 5.15, total, {"size": 12, "ha": "right", "va": "center"}),
    ]
    for x, y, text, how in texts:
        axes.text(x, y, text, **{"color": _INK, **how})
    for look, *ways in (
        (_LABEL, (1.9, 4.3, 2.4, 4.3), (3.75, 4.3, 4.25, 4.3), (5.72, 4.1, 6.35, 3.65)),
        (_LABEL, (5.72, 4.3, 8.2, 4.3), (7.6, 3.42, 8.2, 3.2)),
        (_RATIONALE, (1.9, 1.8, 2.4, 1.8), (3.75, 1.8, 4.25, 1.8), (5.72, 2.0, 6.35, 2.55)),
        (_RATIONALE, (5.72, 1.65, 8.2, 1.65), (7.6, 2.77, 8.2, 2.96)),
        (_BOTH, (9.27, 0.55, 9.27, 1.4)),
        ({**_BOTH, "arrowstyle": "-"}, (3.75, 0.55, 9.27, 0.55)),
    ):
        drawn = {"arrowstyle": "-|>", "lw": 1.6, "shrinkA": 0, "shrinkB": 0, **look}
        for from_x, from_y, x, y in ways:
            axes.annotate("", xy=(x, y), xytext=(from_x, from_y), arrowprops=drawn)
    return figure


def _grid(
    axes: Axes, x: float, y: float, cells: tuple[tuple[float, ...], ...], colour: str
) -> None:
    side = 0.235
    for row, values in enumerate(reversed(cells)):
        for column, value in enumerate(values):
            corner = (x + column * side, y + row * side)
            grey = str(1 - 0.8 * value)
            axes.add_patch(Rectangle(corner, side, side, fc=grey, ec="0.6", lw=0.5))
    whole = (side * len(cells[0]), side * len(cells))
    axes.add_patch(Rectangle((x, y), *whole, fc="none", ec=colour, lw=1.6))


def prepare_lengths(
    examples: Mapping[str, Sequence[Example]], tokeniser: PreTrainedTokenizerBase
) -> pd.DataFrame:
    """Count the tokens of every input, label and readable rationale by data set, end token included."""
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
            medianprops={"color": _BLUE, "linewidth": 2.5},
        )  # fmt: skip
        axes.set_yticks(range(1, len(names) + 1), [dataset_spec(name).title for name in names])
        axes.set_title(part, fontsize=10, loc="left")
        axes.set_xlabel("tokens")
        axes.set_xlim(left=0)
        plain_axes(axes, "x")
    axes.invert_yaxis()
    return figure


def prepare_pooled(
    label_logits: Tensor, rationale_logits: Tensor, tokeniser: PreTrainedTokenizerBase
) -> dict[str, pd.DataFrame]:
    """Pool one example's label and rationale outputs, each (positions, vocab) without padding.

    A row a token of the vocabulary, largest `max` first; `other` is its `max` on the other side.
    """
    names = tokeniser.convert_ids_to_tokens(list(range(label_logits.shape[-1])))
    label, rationale = (
        {pool: pool_released(side[None], pool)[0].numpy() for pool in ("max", "mean")}
        for side in (label_logits, rationale_logits)
    )
    return {
        side: pd.DataFrame(
            {"token": [name.replace("▁", "_") for name in names], **mine, "other": other["max"]}
        ).sort_values("max", ascending=False)
        for side, mine, other in (("label", label, rationale), ("rationale", rationale, label))
    }


def draw_pooled(prepared: Mapping[str, pd.DataFrame], top: int = 14) -> Figure:
    """Draw each side's largest tokens, max beside mean; a dot marks the token's height on the other side."""
    figure = new_figure(9.5, 1.1 + 0.29 * top)
    letters = {"label": "t, from V", "rationale": "q, from Z"}
    for axes, (side, tokens) in zip(figure.subplots(1, 2), prepared.items(), strict=True):
        places, table = np.arange(top), tokens.head(top)
        axes.barh(places - 0.2, table["max"], 0.4, color=_BLUE, label="max over positions")
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
        summed = "max sums to {max:.2f}, mean to {mean:.2f}".format(**tokens[["max", "mean"]].sum())
        axes.set_title(f"{side} side ({letters[side]})\n{summed}", fontsize=9.5, loc="left")
        plain_axes(axes, "x")
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
    return figure


def prepare_agreement(vocabulary: int, points: int = 101) -> pd.DataFrame:
    """Measure both forms of the MI loss while the rationale side comes to agree with the label side.

    The label side is certain of one token. The rationale side gives it the probability `agreement`, and the
    rest to another token. Losses in nats; a pull is the size of dL/d(logit of the agreed token).
    """
    agreement = np.linspace(0.001, 0.999, points)
    path = prepare_path(vocabulary, log_odds=np.log(agreement / (1 - agreement)))
    both = [column for form in _FORMS for column in (form, f"{form} pull")]
    found = path.assign(agreement=agreement)[["agreement", *both]]
    return found.rename(columns=lambda name: name.replace(" ", "_"))


def draw_agreement(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw loss and pull of both forms against agreement, of which one value can be marked."""
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
