"""Token ids of many texts at once, each distinct word tokenised only once; and what a tokeniser loses."""

import gc
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError

SPACE = "▁"
# T5's way of splitting a text, and the built-in tokeniser's: a word, one digit, the letter of a choice or
# one other sign, each together with the space before it. The ".0" that ends a number of SVAMP's equations
# is one piece.
T5_SPLITTER = pre_tokenizers.Sequence(
    [
        pre_tokenizers.WhitespaceSplit(),
        pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=True),
    ]
)
NANO_SPLITTER = pre_tokenizers.Sequence(
    [
        pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=False),
        pre_tokenizers.Split(
            Regex(rf"{SPACE}?[A-Za-z]+|\n\([a-e]\)|\.0(?=[{SPACE}]|$)|{SPACE}?[^{SPACE}]|{SPACE}"),
            "isolated",
        ),
    ]
)
# A single space between plain words. Elsewhere (runs of spaces, special tokens, letters that Unicode
# may join to the space) what stands on one side can change the ids of the other.
_WORD_BORDER = re.compile(r""" (?<=[A-Za-z0-9.,:;!?'")-] )(?=[A-Za-z0-9"'(])""")
# Matches nowhere: each text stays whole.
_NO_BORDER = re.compile(r"(?!)")
# Bounds the memory for the words of texts that are not joined yet.
_BLOCK = 10_000
_SAMPLES = 8
# All but the one space between words, of which there are too many to look at each.
_GAPS = re.compile(r"[^\S ]\s*|\s{2,}")
_TOGETHER = 64
_SHOWN = 4

TokenIds = list[list[int]]


@dataclass(frozen=True, slots=True)
class Column:
    """Texts that are cut at the end, to at most `limit` tokens each, end token included."""

    texts: Sequence[str]
    limit: int


def plain_token_ids(
    columns: Sequence[Column], tokeniser: PreTrainedTokenizerBase
) -> list[TokenIds]:
    """Call the tokeniser on each column: what `token_ids` returns, in the plain way."""
    return [
        tokeniser(list(column.texts), truncation=True, max_length=column.limit)["input_ids"]
        if column.texts
        else []
        for column in columns
    ]


def token_ids(columns: Sequence[Column], tokeniser: PreTrainedTokenizerBase) -> list[TokenIds]:
    """Tokenise columns of texts, exactly as `plain_token_ids` does.

    Prompts share their text, labels repeat, and a data set has far fewer distinct words than words.
    T5's tokeniser and the built-in student's read each word on its own, so the ids of a text are those
    of its words in a row. Other tokenisers of the `tokenizers` library get each distinct text once; any
    whose ids are not surely the same are called plainly. Ids have the end token and no padding.
    """
    fast = fast_token_ids(columns, tokeniser)
    if fast is None or not _agree_on_samples(columns, fast, tokeniser):
        return plain_token_ids(columns, tokeniser)
    return fast


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the search for unreachable cycles: beside a model it takes longer than to make the rows."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@collector_paused()
def fast_token_ids(
    columns: Sequence[Column], tokeniser: PreTrainedTokenizerBase
) -> list[TokenIds] | None:
    """Tokenise by distinct words or texts; None for a tokeniser that needs the plain call.

    That is one outside the `tokenizers` library, one that puts tokens before the text or cuts at its
    start, or a limit that leaves no room for the end token.
    """
    if not isinstance(tokeniser, PreTrainedTokenizerFast) or tokeniser.truncation_side != "right":
        return None
    # Each call of the tokeniser sets these anew, so nothing needs to be put back afterwards.
    backend = tokeniser.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = tokeniser.split_special_tokens
    end = _end_tokens(backend)
    if end is None or any(column.limit < max(1, len(end)) for column in columns):
        return None
    border = _WORD_BORDER if reads_words_alone(backend) else _NO_BORDER
    known: dict[str, list[int]] = {}
    rows: list[TokenIds] = [[] for _ in columns]
    for start in range(0, max((len(column.texts) for column in columns), default=0), _BLOCK):
        blocks = [column.texts[start : start + _BLOCK] for column in columns]
        ids = _ids_by_text(dict.fromkeys(chain.from_iterable(blocks)), backend, border, known)
        for column, block, found in zip(columns, blocks, rows, strict=True):
            room = column.limit - len(end)
            found += [ids[text][:room] + end for text in block]
    return rows


def reads_words_alone(backend: Tokenizer) -> bool:
    """Return whether the ids of a text are surely those of its words, one after the other.

    It holds for T5's way of splitting and the built-in student's; anything else counts as unsure.
    """
    splitter = backend.pre_tokenizer
    splits_at_spaces = splitter is not None and any(
        splitter.__getstate__() == known.__getstate__() for known in (T5_SPLITTER, NANO_SPLITTER)
    )
    # SentencePiece's normaliser maps one grapheme at a time, and none spans a space between words.
    normalises_alone = isinstance(backend.normalizer, normalizers.Precompiled | None)
    # A token matched in the raw text must neither hold a border nor touch one.
    added = backend.get_added_tokens_decoder().values()
    keeps_borders = all(re.fullmatch(r"<\S*>", token.content) for token in added)
    return splits_at_spaces and normalises_alone and keeps_borders


def _ids_by_text(
    texts: Iterable[str], backend: Tokenizer, border: re.Pattern[str], known: dict[str, list[int]]
) -> dict[str, list[int]]:
    # The prompts of an example differ in their first word only: what follows it is joined once.
    halves = {text: border.split(text, maxsplit=1) for text in texts}
    words = {rest: border.split(rest) for *_, rest in halves.values()}
    heads = (half[0] for half in halves.values() if len(half) == 2)
    distinct = dict.fromkeys(chain(heads, chain.from_iterable(words.values())))
    new = [word for word in distinct if word not in known]
    encoded = backend.encode_batch_fast(new, add_special_tokens=False)
    known.update((word, one.ids) for word, one in zip(new, encoded, strict=True))
    joined = {
        rest: list(chain.from_iterable(map(known.__getitem__, parts)))
        for rest, parts in words.items()
    }
    return {
        text: known[half[0]] + joined[half[1]] if len(half) == 2 else joined[text]
        for text, half in halves.items()
    }


def _end_tokens(backend: Tokenizer) -> list[int] | None:
    bare = backend.encode("a", add_special_tokens=False).ids
    framed = backend.encode("a").ids
    return framed[len(bare) :] if framed[: len(bare)] == bare else None


def _agree_on_samples(
    columns: Sequence[Column], found: Sequence[TokenIds], tokeniser: PreTrainedTokenizerBase
) -> bool:
    for column, rows in zip(columns, found, strict=True):
        step = max(1, len(column.texts) // _SAMPLES)
        samples = [Column(column.texts[::step], column.limit)]
        if [rows[::step]] != plain_token_ids(samples, tokeniser):
            return False
    return True


def lost_pieces(
    texts: Iterable[str], tokeniser: PreTrainedTokenizerBase
) -> tuple[dict[str, str], Counter[str]]:
    """Find the words, and gaps between words, of texts that do not come back as they were.

    Returns what each lost piece comes back as, and how often each piece occurs, lost or not.
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
    """Say once, on standard error, what the tokeniser of the student `source` loses of a data set's text.

    ConfigError where most words do not come back: it is empty, or of another language or task.
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
