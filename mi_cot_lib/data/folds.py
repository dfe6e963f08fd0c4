"""SVAMP in five folds: all its questions are answered, each by a student that has read no twin of its story.

In the published split over half of the test stories are training stories with other numbers. 200 questions
decide nothing besides; five folds answer all 1,000.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold

from mi_cot_lib.data.layout import files_of, read_split
from mi_cot_lib.data.specs import DATASETS, FOLDED, FOLDS
from mi_cot_lib.errors import DataError
from mi_cot_lib.machine import cache_folder, using_cache

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# Which stories go together into a fold.
_SEED = 0


def story_of(question: str) -> str:
    """Return the story of a word problem, all but its last line, with its numbers hidden; twins share it."""
    return _NUMBER.sub("#", question.rpartition("\n")[0])


def twins(train: Sequence[str], test: Sequence[str]) -> list[bool]:
    """Tell of each test question whether a training question has the same story but for its numbers."""
    known = {story_of(question) for question in train}
    return [story_of(question) in known for question in test]


def folds_root(root: Path) -> Path:
    """Return the data root of the folds of the data set in `root`, written into the cache the first time.

    DataError where the data set cannot be read, or the cache not be written to.
    """
    paths = [path for split in ("train", "test") for path in files_of(root, FOLDED, split)]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    cache = cache_folder()
    folder = cache / f"folds-{digest.hexdigest()[:12]}"
    with using_cache(cache):
        if not folder.is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=cache) as scratch:
                fresh = Path(scratch) / folder.name
                _write(root, fresh)
                try:
                    fresh.rename(folder)
                except OSError:
                    # Another process was first.
                    if not folder.is_dir():
                        raise
    return folder


def _write(root: Path, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    for split in ("train", "test"):
        read = read_split(root, FOLDED, split)
        rows += [{"input": row.input, "label": row.label} for row in read]
        texts += [row.teacher_text for row in read]
    stories = [story_of(row["input"]) for row in rows]
    if len(set(stories)) < FOLDS:
        raise DataError(
            f"{FOLDED} in {root} has {len(set(stories))} stories: too few for {FOLDS} folds."
        )
    splitter = GroupKFold(FOLDS, shuffle=True, random_state=_SEED)
    folds = splitter.split(np.zeros(len(rows)), groups=stories)
    names = [spec.name for spec in DATASETS.values() if spec.fold is not None]
    for name, places in zip(names, folds, strict=True):
        for split, own in zip(("train", "test"), places, strict=True):
            lines = [json.dumps(rows[place]) for place in own]
            (folder / name / "llm").mkdir(parents=True, exist_ok=True)
            (folder / name / f"{name}_{split}.json").write_text("\n".join(lines) + "\n")
            told = json.dumps([texts[place] for place in own])
            (folder / name / "llm" / f"{split}_CoT_0.json").write_text(told)
