"""Token ids kept on disk by content: the same texts under the same tokeniser are read, not made."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import tokenizers
import transformers
from transformers import PreTrainedTokenizerFast
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.environment import cache_folder
from mi_cot_lib.errors import DataError
from mi_cot_lib.student.tokenise import (
    Column,
    TokenIds,
    token_ids,
    untruncated_backend,
)

# Fewer texts are tokenised in no time, and would only push larger entries out.
MIN_TEXTS = 1_000
# The entries used longest ago are deleted above this.
MAX_BYTES = 2**30
_NUMBER = np.dtype("<i4")
_DIGEST_BYTES = hashlib.sha256().digest_size


def cached_token_ids(
    columns: Sequence[Column], tokeniser: PreTrainedTokenizerBase
) -> list[TokenIds]:
    """Return what `token_ids` returns, from the cache where these texts were tokenised before.

    An entry is named after everything its ids depend on: the tokeniser's content, the versions of the
    libraries, the limits and the texts. A damaged entry is made anew; without a folder to write to
    nothing is kept.

    Args:
        columns: Texts with their limits.
        tokeniser: The student's; one without a serialised form is not cached.

    Returns:
        For each column the ids of each text, end token included, without padding.
    """
    texts = sum(len(column.texts) for column in columns)
    if texts < MIN_TEXTS or not isinstance(tokeniser, PreTrainedTokenizerFast):
        return token_ids(columns, tokeniser)
    try:
        folder = cache_folder()
    except DataError:
        return token_ids(columns, tokeniser)
    path = folder / "tokens" / f"{content_key(columns, tokeniser)}.bin"
    found = _read(path, columns)
    if found is None:
        found = token_ids(columns, tokeniser)
        with contextlib.suppress(OSError):
            _write(path, found)
            _drop_oldest(path.parent)
    return found


def content_key(columns: Sequence[Column], tokeniser: PreTrainedTokenizerFast) -> str:
    """Return the SHA-256, in hex, of all that the ids of these columns depend on."""
    versions = [tokenizers.__version__, transformers.__version__]
    settings = [type(tokeniser).__name__, tokeniser.truncation_side, tokeniser.split_special_tokens]
    digest = hashlib.sha256(json.dumps([versions, settings]).encode())
    digest.update(untruncated_backend(tokeniser).to_str().encode())
    for column in columns:
        digest.update(json.dumps([column.limit, list(column.texts)]).encode())
    return digest.hexdigest()


def _read(path: Path, columns: Sequence[Column]) -> list[TokenIds] | None:
    """Read an entry: a SHA-256, then little-endian int32: the length of each row, all ids."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    digest, numbers = content[:_DIGEST_BYTES], memoryview(content)[_DIGEST_BYTES:]
    if hashlib.sha256(numbers).digest() != digest:
        return None
    values = np.frombuffer(numbers, _NUMBER)
    rows = sum(len(column.texts) for column in columns)
    ends = np.cumsum(values[:rows]).tolist()
    ids = values[rows:].tolist()
    cut = (ids[start:end] for start, end in zip([0, *ends], ends, strict=False))
    return [[next(cut) for _ in column.texts] for column in columns]


def _write(path: Path, found: Sequence[TokenIds]) -> None:
    rows = list(chain.from_iterable(found))
    lengths = np.fromiter(map(len, rows), _NUMBER, len(rows))
    ids = np.fromiter(chain.from_iterable(rows), _NUMBER, int(lengths.sum()))
    numbers = np.concatenate([lengths, ids]).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another process may write or read the same entry: it sees a whole file or none.
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(numbers).digest())
            file.write(numbers)
        os.replace(part, path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _drop_oldest(folder: Path) -> None:
    entries = [(path, path.stat()) for path in folder.iterdir()]
    total = 0
    for path, status in sorted(entries, key=lambda entry: -entry[1].st_mtime_ns):
        total += status.st_size
        if total > MAX_BYTES:
            path.unlink(missing_ok=True)
