"""The tokeniser that all built-in students share, and how one is learned from the world's texts."""

import copy
from collections.abc import Iterable, Iterator
from itertools import chain

from tokenizers import processors
from transformers import PreTrainedTokenizerFast

from mi_cot_lib.data.worlds.write import task_text
from mi_cot_lib.student.encode import ANSWER_MARK, EXPLAIN_PREFIX, PREDICT_PREFIX, REASON_MARK
from mi_cot_lib.student.folder import built_in_folder
from mi_cot_lib.student.nano import train_tokeniser


def shared_tokeniser() -> PreTrainedTokenizerFast:
    """Return the tokeniser that all built-in students share, which is kept with them."""
    return PreTrainedTokenizerFast.from_pretrained(built_in_folder("nano"))


def learn_tokeniser(texts: Iterable[str], seed: int) -> PreTrainedTokenizerFast:
    """Learn a tokeniser from texts that a student is to read, and the tasks' texts as they are now."""
    return train_tokeniser(chain(texts, _task_words(seed)))


def without_end(tokeniser: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a tokeniser that lets texts open: a decoder-only student writes on, and a text that has ended
    has nothing more to be said.
    """
    own = copy.deepcopy(tokeniser)
    own.backend_tokenizer.post_processor = processors.Sequence([])
    own.padding_side = "left"
    return own


def _task_words(seed: int) -> Iterator[str]:
    """Give the tokeniser, not the student, the words of the tasks to read."""
    for text in task_text(seed):
        yield from (PREDICT_PREFIX + text, EXPLAIN_PREFIX + text)
        yield from (text + mark + text for mark in (ANSWER_MARK, REASON_MARK))
