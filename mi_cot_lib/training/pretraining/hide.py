"""What the built-in students are asked to write of a text: what was hidden of it, or what comes next."""

import random
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from torch import Tensor
from transformers import PreTrainedTokenizerFast

from mi_cot_lib.student.encode import EncodedPair, collate
from mi_cot_lib.student.nano import SENTINELS
from mi_cot_lib.student.tokenise import SPACE
from mi_cot_lib.training.pretraining.recipe import Pretraining

VERBS = ("is", "is not", "may be")


def span_corrupt(
    ids: Sequence[int], sentinels: Sequence[int], share: float, generator: random.Random
) -> tuple[list[int], list[int]]:
    """Hide spans of two tokens on average behind sentinels (Raffel et al. 2020, section 3.1.4).

    Returns the corrupted input and the target, each sentinel followed by what it hides; like `ids`, neither
    has the end token.
    """
    spans = max(1, min(round(len(ids) * share / 2), len(sentinels), len(ids) // 3))
    starts = sorted(generator.sample(range(len(ids)), min(spans, len(ids))))
    source: list[int] = []
    target: list[int] = []
    position = 0
    for index, start in enumerate(starts):
        end = min(len(ids), start + generator.choice((1, 2, 3)))
        if index + 1 < len(starts):
            end = min(end, starts[index + 1])
        source += [*ids[position:start], sentinels[index]]
        target += [sentinels[index], *ids[start:end]]
        position = end
    return source + list(ids[position:]), target


def hide_verb(
    ids: Sequence[int], place: int, parts: Collection[int], cover: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Put a cover in the place of the verb at a place, and of a part of it that follows; as `span_corrupt`.

    The target is the last word of what stood there, "is", "not" or "be": one token at the very beginning, as
    a label will be. Whole verbs begin alike, and a student that wrote them knew only at the second token,
    too late for a label, whether what is said is so.
    """
    end = place + 1 + any(token in parts for token in ids[place + 1 : place + 2])
    return [*ids[:place], *cover, *ids[end:]], [ids[end - 1]]


def break_off(
    ids: Sequence[int], stops: Sequence[int], generator: random.Random
) -> tuple[list[int], list[int]]:
    """Break a text off shortly before a sentence ends, not the first of several: all before, and the rest."""
    ends = [place for place, token in enumerate(ids) if token in stops and place] or [len(ids) - 1]
    end = generator.choice(ends[1:] or ends)
    start = max(1, end - generator.choice((1, 2, 3)))
    return list(ids[:start]), list(ids[start : end + 1])


def batches_of(
    scenes: Sequence[str],
    others: Sequence[str],
    tokeniser: PreTrainedTokenizerFast,
    recipe: Pretraining,
) -> Iterator[dict[str, Tensor]]:
    """Yield batches without end, scenes with a hidden verb among them in the recipe's share."""
    generator = random.Random(recipe.seed)
    vocabulary = tokeniser.get_vocab()
    sentinels = [vocabulary[f"<extra_id_{index}>"] for index in range(SENTINELS)]
    verbs, parts = (
        {vocabulary[SPACE + word] for word in words}
        for words in (("is", "are", "may"), ("not", "be"))
    )
    covers = [[vocabulary[SPACE + word] for word in verb.split()] for verb in VERBS]
    covers += [[sentinels[0]]] * len(VERBS)
    stops = [vocabulary[stop] for stop in ".?"]
    end = tokeniser.eos_token_id
    encoded = tokeniser([*scenes, *others], add_special_tokens=False)["input_ids"]
    orders = {part: _order(part, generator) for part in (range(len(scenes)), range(len(encoded)))}
    while True:
        draw = generator.random() - recipe.copied
        is_hidden = 0 <= draw < recipe.hidden
        order = orders[range(len(scenes) if is_hidden else len(encoded))]
        pairs = []
        for ids in (encoded[index] for index in islice(order, recipe.batch_size)):
            places = [place for place, token in enumerate(ids) if token in verbs]
            if draw < 0:
                source, target = ids, ids
            elif is_hidden and places:
                place, cover = generator.choice(places), generator.choice(covers)
                source, target = hide_verb(ids, place, parts, cover)
            elif recipe.hidden <= draw < recipe.hidden + recipe.broken_off:
                source, target = break_off(ids, stops, generator)
            else:
                source, target = span_corrupt(ids, sentinels, recipe.corruption, generator)
            pairs.append(EncodedPair([*source, end], [*target, end], [], []))
        yield collate(pairs, tokeniser.pad_token_id)


def _order(part: range, generator: random.Random) -> Iterator[int]:
    """Give the places in a random order, again and again."""
    while True:
        yield from generator.sample(part, len(part))
