"""What a student writes, token by token: how probable each was, and what it might have written instead."""

import math
from dataclasses import dataclass
from html import escape

import torch

from mi_cot_lib.evaluation.generate import check_finite, written_batches
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE
from mi_cot_lib.student.encode import shift_right
from mi_cot_lib.student.load import Student

# Other tokens that are named at each place.
ALTERNATIVES = 4
_PALE = "#dddddd"
# Dark text on white, also where the page around it is dark.
_PLAIN = "background:#ffffff;color:#1f1f1f"


@dataclass(frozen=True)
class Token:
    """A token as its tokeniser names it, `_` for the space before it, and its probability (0 to 1).

    Both are given the prompt and the tokens before it; `others` are the most probable other tokens, with
    their probabilities.
    """

    name: str
    probability: float
    others: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Writing:
    """A greedy text and its tokens, the end token included where it `ended` within its limit.

    The prompt has `prompt_tokens`, of which the student `read` the first ones.
    """

    text: str
    tokens: tuple[Token, ...]
    ended: bool
    prompt_tokens: int
    read: int

    @property
    def probability(self) -> float:
        """Of all its tokens together (0 to 1)."""
        return math.prod(token.probability for token in self.tokens)


@torch.inference_mode()
def prepare_writing(
    student: Student, prompt: str, max_input_tokens: int, max_new_tokens: int
) -> Writing:
    """Let a student write what `generate` writes, and look at each place of it under teacher forcing.

    Raises:
        KitError: What the student computes is not finite, or a text is longer than it has positions.
    """
    tokeniser, limits = student.tokeniser, [max_new_tokens]
    (batch,) = written_batches(student, [prompt], max_input_tokens, limits)
    (ids,) = batch.written.ids
    read = {"input_ids": batch.ids, "attention_mask": batch.mask}
    before = shift_right(torch.tensor([ids], device=batch.ids.device), student.model.config)
    logits = student.model(**read, decoder_input_ids=before).logits[0].float()
    check_finite([bool(logits.isfinite().all())], [repr(prompt[:60])])
    probabilities = logits.softmax(dim=-1)
    best = probabilities.topk(ALTERNATIVES + 1)
    tokens = []
    for place, chosen in enumerate(ids):
        ranked = zip(best.indices[place].tolist(), best.values[place].tolist(), strict=True)
        others = [(_name(student, one), value) for one, value in ranked if one != chosen]
        own = probabilities[place, chosen].item()
        tokens.append(Token(_name(student, chosen), own, tuple(others[:ALTERNATIVES])))
    (text,) = tokeniser.batch_decode([ids], skip_special_tokens=True)
    whole = len(tokeniser(prompt)["input_ids"])
    return Writing(text.strip(), tuple(tokens), batch.written.ended[0], whole, batch.ids.shape[1])


def _name(student: Student, token: int) -> str:
    name = str(student.tokeniser.convert_ids_to_tokens([token])[0])
    return name.replace("▁", "_").replace("\n", "\\n")


def writing_html(writing: Writing) -> str:
    """Return a text as boxes, a token each, and all alternatives as a folded table; all of it escaped."""
    notes = [f"{len(writing.tokens)} tokens, together {100 * writing.probability:.3g}%."]
    if not writing.ended:
        notes.append("It did not end within its limit.")
    if writing.read < writing.prompt_tokens:
        notes.append(
            f"<b>The prompt was cut</b>: it has {writing.prompt_tokens:,} tokens, and the student read the "
            f"first {writing.read:,}."
        )
    boxes = "".join(_box(token) for token in writing.tokens)
    return (
        f'<div style="{_PLAIN};padding:6px"><b>{escape(writing.text) or "(nothing)"}</b>'
        f"<div>{boxes}</div><div>{' '.join(notes)}</div>{_table(writing)}</div>"
    )


def _box(token: Token) -> str:
    others = ", ".join(f"{name} {_percent(value)}" for name, value in token.others)
    unsure = token.probability < 0.5
    frame = f"2px dashed {ORANGE}" if unsure else f"1px solid {_PALE}"
    bar = f'<div style="height:5px;width:{100 * token.probability:.0f}%;background:{BLUE}"></div>'
    return (
        f'<span title="instead: {escape(others)}" style="display:inline-block;vertical-align:top;'
        f'margin:2px;padding:1px 4px;border:{frame};text-align:center;min-width:2.6em">'
        f"<code>{escape(token.name)}</code>"
        f'<div style="background:{_PALE};height:5px;margin-top:4px">{bar}</div>'
        f'<span style="font-size:80%">{_percent(token.probability)}</span></span>'
    )


def _table(writing: Writing) -> str:
    heads = ["token", *(f"instead {n}" for n in range(1, ALTERNATIVES + 1))]
    rows = ["".join(f'<th scope="col">{head}</th>' for head in heads)]
    for token in writing.tokens:
        cells = [(token.name, token.probability), *token.others]
        rows.append(
            "".join(f"<td><code>{escape(name)}</code> {_percent(p)}</td>" for name, p in cells)
        )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f'<table style="text-align:left">{body}</table>'
    return f"<details><summary>what it might have written instead</summary>{table}</details>"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%" if share < 0.995 else "100%"
