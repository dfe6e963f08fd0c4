"""The built-in students' tokeniser and shape: small T5s for the closed world.

Their tokeniser has subwords of the world's text and tasks, and bytes for everything else.
"""

import json
from collections.abc import Iterable
from itertools import chain

from tokenizers import Tokenizer, decoders, models, processors, trainers
from transformers import PreTrainedTokenizerFast, T5Config

from mi_cot_lib.student.tokenise import NANO_SPLITTER, SPACE

CARD = "pretraining.json"
VOCABULARY_SIZE = 3584
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
        initial_alphabet=[SPACE, "\n", *ascii_alphabet],
        limit_alphabet=len(ascii_alphabet) + 2,
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
