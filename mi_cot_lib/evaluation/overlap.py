"""How much written rationales overlap with the gold one of each: in words, in order, in an embedding.

All raise ConfigError for no texts, and where there are not as many of one as of the other.
"""

import inspect
from collections.abc import Sequence
from functools import cache

import sacrebleu
import torch
from torchmetrics.functional.text import rouge_score
from transformers import AutoModel, AutoTokenizer, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.machine import network_hint

_BATCH = 32
_MAX_TOKENS = 512


def bleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Return corpus BLEU, 0 to 100 (Papineni et al. 2002; sacrebleu's defaults, Post 2018).

    Counts of 1- to 4-grams are summed over all texts: a corpus without a text of four words scores 0.
    """
    _check(predictions, references)
    return float(sacrebleu.corpus_bleu(list(predictions), [list(references)]).score)


def rouge_l(predictions: Sequence[str], references: Sequence[str]) -> float:
    """Return the mean F1 of the longest common subsequence of words, 0 to 100 (ROUGE-L, Lin 2004).

    Words are runs of a-z and 0-9 in lower case, not stemmed; a text without any scores 0.
    """
    _check(predictions, references)
    scores = rouge_score(list(predictions), list(references), rouge_keys="rougeL")
    return 100 * float(scores["rougeL_fmeasure"])


def embedding_cosine(
    predictions: Sequence[str], references: Sequence[str], model_name: str
) -> float:
    """Return the mean cosine of written and gold rationales in a model's embedding, -1 to 1.

    A text's embedding is the mean of the encoder's last layer over its tokens (at most 512), padding
    left out (Reimers and Gurevych 2019). The level depends on the model: compare within one only.

    The model is an encoder (or encoder-decoder, whose encoder is used) by its id on the model hub, or a
    folder that holds it with its tokeniser.

    Raises:
        KitError: The model cannot be loaded; the message says what to do.
    """
    _check(predictions, references)
    tokeniser, model = _load(model_name)
    written, gold = (_embed(list(texts), tokeniser, model) for texts in (predictions, references))
    return float((written * gold).sum(dim=1).mean())


def _check(predictions: Sequence[str], references: Sequence[str]) -> None:
    if isinstance(predictions, str) or isinstance(references, str):
        raise ConfigError("predictions and references must be lists of texts, not one text.")
    if not predictions or len(predictions) != len(references):
        raise ConfigError(
            "overlap needs one reference a prediction, and at least one: got "
            f"{len(predictions)} predictions and {len(references)} references."
        )


@cache
def _load(name: str) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    try:
        tokeniser = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model = AutoModel.from_pretrained(name, dtype=torch.float32, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise KitError(
            f"cannot load the embedding model {name}: it is not in the local cache, the model hub cannot "
            "be reached or does not have it, or it is no text encoder. Connect once to download it, or "
            f"give a folder that holds one. ({(str(error).splitlines() or [''])[0]}{network_hint()})"
        ) from error
    if tokeniser.pad_token is None:
        tokeniser.pad_token = tokeniser.eos_token
    # An encoder-decoder would ask for the decoder's input too.
    if "decoder_input_ids" in inspect.signature(model.forward).parameters:
        model = model.get_encoder()
    return tokeniser, model.eval()


@torch.inference_mode()
def _embed(
    texts: list[str], tokeniser: PreTrainedTokenizerBase, model: PreTrainedModel
) -> torch.Tensor:
    positions = getattr(model.config, "max_position_embeddings", _MAX_TOKENS)
    limit = min(_MAX_TOKENS, tokeniser.model_max_length, positions)
    parts = []
    for start in range(0, len(texts), _BATCH):
        batch = tokeniser(
            texts[start : start + _BATCH],
            padding=True,
            truncation=True,
            max_length=limit,
            return_tensors="pt",
        )
        ids, mask = batch["input_ids"], batch["attention_mask"]
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        # (texts, positions, width) → (texts, width)
        mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        parts.append(torch.nn.functional.normalize(mean, dim=1))
    return torch.cat(parts)
