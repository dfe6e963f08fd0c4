"""Rebuild the built-in students, which have read the world's plain text, and nothing else."""

import hashlib
import json
import math
import shutil
import time
from dataclasses import asdict, replace
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from tqdm.auto import tqdm
from transformers import (
    LlamaForCausalLM,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    T5ForConditionalGeneration,
    set_seed,
)

from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.errors import written_to
from mi_cot_lib.files import refuse_unwritable
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.folder import BUILT_IN_DECODERS, BUILT_IN_WIDTHS
from mi_cot_lib.student.nano import (
    CARD,
    VOCABULARY_SIZE,
    nano_config,
    nano_llama_config,
)
from mi_cot_lib.training.packed_step import loss_terms
from mi_cot_lib.training.pretraining.hide import batches_of
from mi_cot_lib.training.pretraining.recipe import Pretraining
from mi_cot_lib.training.pretraining.world_tokeniser import (
    learn_tokeniser,
    shared_tokeniser,
    without_end,
)

# The worlds of short scenes, and what follows from them, and the others.
SCENES = ("nano_esnli", "nano_anli")
OTHERS = ("nano_cqa", "nano_svamp")


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
        islice(batches_of(scenes, (), tokeniser, verbs_only), recipe.first_steps),
        islice(batches_of(scenes, others, tokeniser, recipe), recipe.steps),
    )
    is_decoder = name in BUILT_IN_DECODERS
    kind: Any = LlamaForCausalLM if is_decoder else T5ForConditionalGeneration
    model = kind(_shape(name, len(tokeniser)))
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
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with written_to(part):
        (without_end(tokeniser) if is_decoder else tokeniser).save_pretrained(part)
        model.eval().save_pretrained(part)
        (part / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    folder.mkdir(exist_ok=True)
    for path in part.iterdir():
        path.replace(folder / path.name)
    part.rmdir()
    return folder


def _shape(name: str, vocabulary_size: int) -> PreTrainedConfig:
    make = nano_llama_config if name in BUILT_IN_DECODERS else nano_config
    return make(vocabulary_size, BUILT_IN_WIDTHS[name])


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
    for batch in islice(batches_of(scenes, others, tokeniser, recipe), 20):
        digest.update(json.dumps([batch["input_ids"].tolist(), batch["labels"].tolist()]).encode())
    recipe = recipe.for_student(name)
    digest.update(json.dumps(asdict(recipe)).encode())
    shape = _shape(name, VOCABULARY_SIZE).to_dict()
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
