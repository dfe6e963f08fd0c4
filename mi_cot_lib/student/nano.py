"""Rebuild the built-in students: small T5s that have read the world's plain text, and nothing else.

Their tokeniser has subwords of that text, and bytes for everything else.
"""

import hashlib
import json
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, processors, trainers
from torch import Tensor
from tqdm.auto import tqdm
from transformers import (
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    get_linear_schedule_with_warmup,
    set_seed,
)

from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.errors import written_to
from mi_cot_lib.student.encode import EncodedPair, collate
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS
from mi_cot_lib.student.tokenise import NANO_SPLITTER, SPACE

CARD = "pretraining.json"
VOCABULARY_SIZE = 1280
SENTINELS = 32


def train_tokeniser(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Train a byte-fallback BPE tokeniser with T5's special tokens (pad 0, `</s>` 1, unk 2).

    Digits stay single tokens, so that a number never seen in training is read as well as a familiar
    one. Text outside the world is spelled in bytes, so any string is read without loss (but for one
    space at its very start, as with T5's own tokeniser).
    """
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    sentinels = [f"<extra_id_{index}>" for index in range(SENTINELS)]
    tokeniser = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokeniser.pre_tokenizer = NANO_SPLITTER
    tokeniser.decoder = decoders.Sequence(
        [
            decoders.Replace(SPACE, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    ascii_alphabet = [chr(code) for code in range(33, 127)]
    # Signs and digits become one piece with the space before them, though prose rarely shows them so.
    spaced_signs = " ".join(sign for sign in ascii_alphabet if not sign.isalpha())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - SENTINELS,
        special_tokens=["<pad>", "</s>", "<unk>", *bytes_],
        initial_alphabet=[SPACE, *ascii_alphabet],
        limit_alphabet=len(ascii_alphabet) + 1,
        show_progress=False,
    )
    tokeniser.train_from_iterator(chain([f" {spaced_signs}"], texts), trainer)
    tokeniser = _bytes_as_plain_pieces(tokeniser)
    tokeniser.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokeniser,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens=sentinels,
        clean_up_tokenization_spaces=False,
    )


def _bytes_as_plain_pieces(tokeniser: Tokenizer) -> Tokenizer:
    """Return the tokeniser with its byte pieces out of reach of a text that spells `<0x41>`.

    The trainer can only put them into the vocabulary as special tokens, which are matched in the text.
    """
    state = json.loads(tokeniser.to_str())
    state["added_tokens"] = [
        token for token in state["added_tokens"] if not token["content"].startswith("<0x")
    ]
    return Tokenizer.from_str(json.dumps(state))


@dataclass(frozen=True)
class Pretraining:
    """The recipe of the committed students, the same for each width."""

    # Of text, initial weights, order and corruption.
    seed: int = 0
    texts: int = 80_000
    steps: int = 8_000
    batch_size: int = 32
    # Peak; warm-up over the first 4%, then linear to 0.
    learning_rate: float = 3e-3
    # Share of tokens hidden by span corruption (T5: 0.15).
    corruption: float = 0.3
    # Share of texts that are to be written out whole instead: copying is what a student of arithmetic
    # stories needs most and what span corruption teaches least.
    copied: float = 0.25
    # Sums of floats depend on it.
    threads: int = 1


def nano_config(vocabulary_size: int, width: int) -> T5Config:
    """Return the shape of a built-in student: T5 v1.1's gated feed-forward, shared embeddings."""
    config = T5Config(
        vocab_size=vocabulary_size,
        d_model=width,
        d_kv=width // 4,
        num_heads=4,
        d_ff=2 * width,
        num_layers=2,
        num_decoder_layers=2,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        pad_token_id=0,
        eos_token_id=1,
    )
    # Released checkpoints bring it along; a new configuration has none, and generation needs one.
    config.decoder_start_token_id = 0
    return config


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


def pretrain(folder: Path, recipe: Pretraining | None = None, name: str = "nano") -> Path:
    """Train tokeniser and student from nothing, by default as the committed ones, and return their folder.

    It gets `model.safetensors`, `config.json`, the tokeniser's files and `pretraining.json`
    (fingerprint of its sources, recipe, parameters, seconds, and the loss in nats a token every 100
    steps). `name` says which built-in student's width to take.
    """
    recipe = recipe or Pretraining()
    torch.set_num_threads(recipe.threads)
    set_seed(recipe.seed)
    started = time.monotonic()
    texts = world_text(recipe.texts, recipe.seed)
    tokeniser = train_tokeniser(texts)
    model = T5ForConditionalGeneration(nano_config(len(tokeniser), BUILT_IN_WIDTHS[name]))
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimiser, recipe.steps // 25, recipe.steps)
    curve: list[dict[str, float]] = []
    recent: list[float] = []
    model.train()
    batches = _batches(texts, tokeniser, recipe)
    for step in tqdm(range(1, recipe.steps + 1), desc=f"pretraining {name}", unit="step"):
        loss = model(**next(batches), use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if step % 100 == 0:
            curve.append({"step": step, "loss": round(math.fsum(recent) / len(recent), 4)})
            recent.clear()
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "source": source_fingerprint(recipe, name),
        "recipe": asdict(recipe),
        "parameters": model.num_parameters(),
        "vocabulary": len(tokeniser),
        "seconds": round(time.monotonic() - started),
        "curve": curve,
    }
    with written_to(folder):
        tokeniser.save_pretrained(folder)
        model.eval().save_pretrained(folder)
        (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return folder


def source_fingerprint(recipe: Pretraining, name: str = "nano") -> str:
    """Return a SHA-256 of all that a student is made from: text, recipe and shape."""
    digest = _digest_of_text(recipe.texts, recipe.seed).copy()
    digest.update(json.dumps(asdict(recipe)).encode())
    shape = nano_config(VOCABULARY_SIZE, BUILT_IN_WIDTHS[name]).to_dict()
    del shape["transformers_version"]
    digest.update(json.dumps(shape, sort_keys=True).encode())
    return digest.hexdigest()


@cache
def _digest_of_text(texts: int, seed: int) -> Any:
    digest = hashlib.sha256()
    for text in world_text(texts, seed):
        digest.update(text.encode() + b"\0")
    return digest


def _batches(
    texts: Sequence[str], tokeniser: PreTrainedTokenizerFast, recipe: Pretraining
) -> Iterator[dict[str, Tensor]]:
    generator = random.Random(recipe.seed)
    vocabulary = tokeniser.get_vocab()
    sentinels = [vocabulary[f"<extra_id_{index}>"] for index in range(SENTINELS)]
    end = tokeniser.eos_token_id
    encoded = tokeniser(list(texts), add_special_tokens=False)["input_ids"]
    order: list[int] = []
    while True:
        if len(order) < recipe.batch_size:
            order = generator.sample(range(len(encoded)), len(encoded))
        chosen, order = order[: recipe.batch_size], order[recipe.batch_size :]
        pairs = []
        for index in chosen:
            if generator.random() < recipe.copied:
                source, target = encoded[index], encoded[index]
            else:
                source, target = span_corrupt(
                    encoded[index], sentinels, recipe.corruption, generator
                )
            pairs.append(EncodedPair([*source, end], [*target, end], [], []))
        yield collate(pairs, tokeniser.pad_token_id)
