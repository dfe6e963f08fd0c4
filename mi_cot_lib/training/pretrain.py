"""Rebuild the built-in students: small T5s that have read the world's plain text, and nothing else."""

import hashlib
import json
import math
import random
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from tqdm.auto import tqdm
from transformers import PreTrainedTokenizerFast, T5ForConditionalGeneration, set_seed

from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.errors import written_to
from mi_cot_lib.files import refuse_unwritable
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.encode import (
    EncodedPair,
    collate,
)
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS
from mi_cot_lib.student.nano import (
    CARD,
    SENTINELS,
    VOCABULARY_SIZE,
    nano_config,
)
from mi_cot_lib.student.tokenise import SPACE
from mi_cot_lib.training.packed_step import loss_terms
from mi_cot_lib.training.world_tokeniser import learn_tokeniser, shared_tokeniser

# The worlds of short scenes, and what follows from them, and the others.
SCENES = ("nano_esnli", "nano_anli")
OTHERS = ("nano_cqa", "nano_svamp")
VERBS = ("is", "is not", "may be")


@dataclass(frozen=True)
class Pretraining:
    """The recipe of the committed students; `nano`'s numbers of steps."""

    # Of text, initial weights, order and corruption.
    seed: int = 0
    texts: int = 120_000
    # On scenes alone, with a verb hidden: that a leaf has one kind, and that kinds exclude one another, is
    # learned by itself in these steps, and beside all else by some students only.
    first_steps: int = 3_000
    # On all texts.
    steps: int = 12_000
    batch_size: int = 32
    # After 200 steps; falls to 0 over the last two fifths.
    learning_rate: float = 1e-3
    # Times that rate, for the embeddings: each is of a word that comes seldom.
    embedding_rate: float = 30.0
    # Share of tokens hidden by span corruption (T5: 0.15), in batches that are of no other kind.
    corruption: float = 0.3
    # Share of batches of texts that are to be written out whole: copying is what a student of arithmetic
    # stories needs most and what span corruption teaches least.
    copied: float = 0.15
    # Share of batches, of scenes, in which a verb is hidden, "is", "is not" or "may be" (salient spans: Guu
    # et al. 2020, section 3.4), or one of them put in its place (replaced tokens: Clark et al. 2020).
    # So one has to know whether what is said is so; span corruption alone had not taught that in 8,000 steps.
    hidden: float = 0.3
    # Share of batches of texts that break off a word or three before a sentence ends: what is said there
    # follows from what was said before and from what is known.
    broken_off: float = 0.4
    # Sums of floats depend on it.
    threads: int = 1

    def for_student(self, name: str) -> "Pretraining":
        """Return the recipe of a built-in student: one of half the width takes twice as many steps.

        In as many steps a narrower one learns the rule less firmly, and forgets it beside rationales.
        """
        longer = BUILT_IN_WIDTHS["nano"] / BUILT_IN_WIDTHS[name]
        return replace(
            self, first_steps=round(longer * self.first_steps), steps=round(longer * self.steps)
        )


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


def pretrain(
    folder: Path,
    recipe: Pretraining | None = None,
    name: str = "nano",
    *,
    new_tokeniser: bool = False,
) -> Path:
    """Train a student from nothing, by default as the committed ones, and return its folder.

    It gets `model.safetensors`, `config.json`, the tokeniser's files and `pretraining.json`
    (fingerprint of its sources, recipe, parameters, seconds, and the loss in nats a token every 100
    steps). `name` says which built-in student's width to take. Its tokeniser is the shared one: another
    wording of the tasks is no reason for other students. With `new_tokeniser` it is learned anew.
    """
    refuse_unwritable(folder, "Name another folder.")
    recipe = recipe or Pretraining()
    scenes, others = _texts(recipe)
    tokeniser = shared_tokeniser()
    if new_tokeniser:
        tokeniser = learn_tokeniser(chain(scenes, others), recipe.seed)
    source = source_fingerprint(recipe, name, tokeniser)
    recipe = recipe.for_student(name)
    torch.set_num_threads(recipe.threads)
    set_seed(recipe.seed)
    started = time.monotonic()
    verbs_only = replace(recipe, copied=0.0, hidden=1.0, broken_off=0.0)
    batches = chain(
        islice(_batches(scenes, (), tokeniser, verbs_only), recipe.first_steps),
        islice(_batches(scenes, others, tokeniser, recipe), recipe.steps),
    )
    model = T5ForConditionalGeneration(nano_config(len(tokeniser), BUILT_IN_WIDTHS[name]))
    objective = Objective(alpha1=1.0, alpha2=0.0, alpha3=0.0)
    total = recipe.first_steps + recipe.steps
    embeddings = model.get_input_embeddings().weight
    rest = [weight for weight in model.parameters() if weight is not embeddings]
    groups: list[dict[str, Any]] = [
        {"params": rest},
        {"params": [embeddings], "lr": recipe.learning_rate * recipe.embedding_rate},
    ]
    optimiser = torch.optim.AdamW(groups, lr=recipe.learning_rate, weight_decay=0.01)
    schedule = LambdaLR(optimiser, partial(_rate, total=total))
    curve: list[dict[str, float]] = []
    recent: list[float] = []
    model.train()
    bar = tqdm(batches, f"pretraining {name}", total, unit="step")
    for step, batch in enumerate(bar, 1):
        loss, _ = loss_terms(model, objective, batch, term_counts(batch))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if step % 100 == 0:
            curve.append({"step": step, "loss": round(math.fsum(recent) / len(recent), 4)})
            bar.set_postfix(loss=curve[-1]["loss"], refresh=False)
            recent.clear()
    card = {
        "source": source,
        "recipe": asdict(recipe),
        "parameters": model.num_parameters(),
        "vocabulary": len(tokeniser),
        "seconds": round(time.monotonic() - started),
        "curve": curve,
    }
    # Beside it first: a disk that is full must not leave half of a student in the place of a whole one.
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place, written_to(part := Path(place)):
        tokeniser.save_pretrained(part)
        model.eval().save_pretrained(part)
        (part / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        for path in part.iterdir():
            path.replace(folder / path.name)
    return folder


def _rate(step: int, total: int) -> float:
    return min(1.0, (step + 1) / 200, (total - step) / (0.4 * total))


def _texts(recipe: Pretraining) -> tuple[list[str], list[str]]:
    """Scenes, and other texts as many."""
    scenes, others = (
        world_text(recipe.texts // 2, recipe.seed, worlds) for worlds in (SCENES, OTHERS)
    )
    return scenes, others


def source_fingerprint(
    recipe: Pretraining, name: str = "nano", tokeniser: PreTrainedTokenizerFast | None = None
) -> str:
    """Return a SHA-256 of all that a student is made from: text, tokens, what is hidden, recipe and shape.

    Its tokeniser is by default the shared one.
    """
    tokeniser = shared_tokeniser() if tokeniser is None else tokeniser
    of_text, scenes, others = _digest_of_text(recipe)
    digest = of_text.copy()
    digest.update(tokeniser.backend_tokenizer.to_str().encode())
    # And of what is made of some of the text.
    for batch in islice(_batches(scenes, others, tokeniser, recipe), 20):
        digest.update(json.dumps([batch["input_ids"].tolist(), batch["labels"].tolist()]).encode())
    recipe = recipe.for_student(name)
    digest.update(json.dumps(asdict(recipe)).encode())
    shape = nano_config(VOCABULARY_SIZE, BUILT_IN_WIDTHS[name]).to_dict()
    del shape["transformers_version"]
    digest.update(json.dumps(shape, sort_keys=True).encode())
    return digest.hexdigest()


@cache
def _digest_of_text(recipe: Pretraining) -> tuple[Any, list[str], list[str]]:
    """Return the digest of all text that is read, and some scenes and other texts of it."""
    digest = hashlib.sha256()
    scenes, others = _texts(recipe)
    for text in chain(scenes, others):
        digest.update(text.encode() + b"\0")
    return digest, scenes[:200], others[:200]


def _batches(
    scenes: Sequence[str],
    others: Sequence[str],
    tokeniser: PreTrainedTokenizerFast,
    recipe: Pretraining,
) -> Iterator[dict[str, Tensor]]:
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
