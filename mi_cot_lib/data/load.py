"""Turns a named split into Examples: finds the data, parses the teacher, holds out validation."""

import functools
import math
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mi_cot_lib.data.fetch import fetched_root
from mi_cot_lib.data.layout import SPLITS, files_of, read_split
from mi_cot_lib.data.specs import DatasetSpec, Example, dataset_spec
from mi_cot_lib.data.teacher.parse import TeacherOutput, parse_teacher_output
from mi_cot_lib.errors import DataError, unknown_name
from mi_cot_lib.machine import data_root_from_environment

HELD_OUT_SHARE = 0.1
HELD_OUT_SEED = 0


class LoadReport(NamedTuple):
    """How many examples lack a rationale to train on, and how many that or the teacher's label."""

    without_rationale: int
    unparsed: int


def load_report(examples: Sequence[Example]) -> LoadReport:
    """Count what the parser could not read in these examples."""
    return LoadReport(
        sum(each.rationale is None for each in examples),
        sum(each.rationale is None or each.teacher_label is None for each in examples),
    )


def load_split(
    dataset: str | DatasetSpec,
    split: str,
    data_root: Path | str | None = None,
    draw: int = 0,
    teacher_accuracy: float | None = None,
) -> list[Example]:
    """Load one split of a data set.

    A data set without a validation file holds out 10% of its training file with seed 0, exactly as
    the released code does; an Example's id always names the file and the row it comes from, so the
    ids of such a `valid` split read `svamp/train/...`.

    Splits are `train`, `valid`, `test`, and for the built-in data sets `unseen`; `data_root` is a folder in
    the DSS layout, and None looks where `resolve_data_root` does. `draw` is which training examples of the
    kit's own copy of a built-in data set: each number gives as many others; `teacher_accuracy` is then the
    share of them for which the teacher argues for the right answer. ConfigError for an unknown data set or
    split; DataError, with file and line, for data that is missing or cannot be read.
    """
    spec = dataset_spec(dataset)
    if split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    drawn = (draw, teacher_accuracy) if split == "train" else (0, None)
    root = resolve_data_root(spec, data_root, *drawn)
    if "valid" in spec.splits or split not in ("train", "valid"):
        return _examples(root, spec, split)
    whole = _examples(root, spec, "train")
    train, valid = held_out(len(whole))
    return [whole[index] for index in (train if split == "train" else valid)]


def _examples(root: Path, spec: DatasetSpec, split: str) -> list[Example]:
    found = [(path, path.stat()) for path in files_of(root, spec, split)]
    stamps = tuple((path, one.st_mtime_ns, one.st_size) for path, one in found)
    examples = list(_parsed(root, spec, split, stamps))
    if not examples:
        raise DataError(f"{spec.name} {split} has no rows; copy or fetch the data again.")
    return examples


# A run reads its data to know what they are, and then to train on them; a grid does so again and again.
@functools.lru_cache(maxsize=8)
def _parsed(root: Path, spec: DatasetSpec, split: str, stamps: Hashable) -> tuple[Example, ...]:
    examples = []
    for index, row in enumerate(read_split(root, spec, split)):
        output = TeacherOutput(None, None)
        if spec.teacher_accuracy is not None:
            output = parse_teacher_output(spec.name, row.teacher_text, row.choices, row.input)
        examples.append(Example(f"{spec.name}/{split}/{index}", row.input, row.label, *output))
    return tuple(examples)


def resolve_data_root(
    dataset: str | DatasetSpec,
    data_root: Path | str | None = None,
    draw: int = 0,
    teacher_accuracy: float | None = None,
) -> Path:
    """Find the folder to read a data set from.

    The first that applies: `data_root`; for a built-in data set, the kit's own copy (generated on
    first use); the folder in `MI_COT_DATA`; what `mi-cot data fetch` has put into the cache. DataError
    where none of these gives a folder.
    """
    if data_root is not None:
        return Path(data_root)
    spec = dataset_spec(dataset)
    if spec.built_in:
        # The generator is needed only by who asks for its data, and it is not light.
        from mi_cot_lib.data.worlds.write import built_in_root

        return built_in_root(spec.name, draw, teacher_accuracy)
    root = data_root_from_environment() or fetched_root()
    if root is None:
        raise DataError(
            f"no data for {spec.name} on this machine: run `mi-cot data fetch` once, or name a folder "
            "in the DSS layout with --data-root or MI_COT_DATA."
        )
    return root


@functools.cache
def held_out(rows: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Split row numbers into those to train on and those held out, as the released code does.

    Both keep the shuffled order in which `datasets.Dataset.train_test_split` returns them. DataError where
    fewer than two rows cannot be split.
    """
    if rows < 2:
        raise DataError(f"{rows} training rows are too few to hold out 10% for validation.")
    order = np.random.default_rng(HELD_OUT_SEED).permutation(rows).tolist()
    count = math.ceil(HELD_OUT_SHARE * rows)
    return tuple(order[count:]), tuple(order[:count])
