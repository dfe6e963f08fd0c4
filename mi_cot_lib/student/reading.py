"""Does a tokeniser read a task's own text? What it loses is said, and where that is most of it, refused."""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError

# All but the one space between words, of which there are too many to look at each.
_GAPS = re.compile(r"[^\S ]\s*|\s{2,}")
_TOGETHER = 64
_SHOWN = 4


def lost_pieces(
    texts: Iterable[str], tokeniser: PreTrainedTokenizerBase
) -> tuple[dict[str, str], Counter[str]]:
    """Find the words and gaps between words that do not come back as they were.

    Args:
        texts: Their outer white space is of no account.
        tokeniser: The student's.

    Returns:
        What each lost piece comes back as, and how often each piece occurs, lost or not.
    """
    pieces = Counter(chain.from_iterable(map(_pieces, texts)))
    words = [piece for piece in pieces if not piece.isspace()]
    lost: dict[str, str] = {}
    for start in range(0, len(words), _TOGETHER):
        chunk = words[start : start + _TOGETHER]
        # Nearly always all is well, and one long text is read faster than many short ones.
        if _back([" ".join(chunk)], tokeniser) != [" ".join(chunk)]:
            found = zip(chunk, _back(chunk, tokeniser), strict=True)
            lost.update((word, back) for word, back in found if back != word)
    read = next((word for word in words if word not in lost), "")
    pieces[" "] = sum(map(pieces.__getitem__, words))
    gaps = [piece for piece in pieces if piece.isspace()]
    for gap, back in zip(gaps, _back([read + gap + read for gap in gaps], tokeniser), strict=True):
        if read and back != read + gap + read:
            lost[gap] = back.removeprefix(read).removesuffix(read)
    return lost, pieces


def check_reading(
    examples: Sequence[Example], source: str, dataset: str, tokeniser: PreTrainedTokenizerBase
) -> None:
    """Say once, on standard error, what a tokeniser loses of a data set's text.

    Args:
        examples: What the student is to read and write.
        source: The student's name, for the message.
        dataset: The data set's, as well.
        tokeniser: The student's.

    Raises:
        ConfigError: Most words do not come back: the tokeniser is empty, or of another language or task.
    """
    fields = ((one.input, one.label, one.rationale or "") for one in examples)
    lost, pieces = lost_pieces(chain.from_iterable(fields), tokeniser)
    words = sum(count for piece, count in pieces.items() if not piece.isspace())
    bad = sum(pieces[piece] for piece in lost if not piece.isspace())
    often = sorted(lost, key=lambda piece: -pieces[piece])[:_SHOWN]
    shown = ", ".join(f"{piece!r} as {lost[piece]!r} ({pieces[piece]:,} times)" for piece in often)
    if 2 * bad > words:
        raise ConfigError(
            f"the tokeniser of {source} cannot read {dataset}: {bad:,} of {words:,} words are lost, such "
            f"as {shown}; take the tokeniser that the student was trained with, or another student."
        )
    if lost:
        labels = sum(not lost.keys().isdisjoint(_pieces(one.label)) for one in examples)
        print(
            f"note: the tokeniser of {source} does not read all of {dataset} as it stands: {shown}; in "
            f"all {bad:,} of {words:,} words, and {labels:,} of {len(examples):,} labels.",
            file=sys.stderr,
        )


def _pieces(text: str) -> list[str]:
    # The separator is a token of T5's, not a part of the words beside it.
    apart = text.replace(PREMISE_HYPOTHESIS_SEPARATOR, f" {PREMISE_HYPOTHESIS_SEPARATOR} ")
    return [*apart.split(), *_GAPS.findall(text.strip())]


def _back(texts: Sequence[str], tokeniser: PreTrainedTokenizerBase) -> list[str]:
    if not texts:
        return []
    ids = tokeniser(list(texts), add_special_tokens=False)["input_ids"]
    return [text.strip() for text in tokeniser.batch_decode(ids)]
