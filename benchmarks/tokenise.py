"""Tokenising a data set: the kit against a plain `datasets.Dataset.map` of four tokeniser calls."""

import os
from pathlib import Path
from typing import Any

import click
import datasets

from benchmarks.harness import (
    SMALL_SHAPE,
    dataset_of,
    interleave,
    options,
    print_result,
    print_table,
    speedup,
    spread,
    t5_tokeniser,
)
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import call_command
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX, EncodedPair, encode_pairs
from mi_cot_lib.student.load import load_student

# The released code's limits for every data set.
MAX_INPUT_TOKENS = 1024
MAX_TARGET_TOKENS = 256
MAP, CALLS, KIT = "datasets.map", "four plain calls", "kit"


@click.command()
@options(batch_size=1000)
def tokenise(
    data_root: Path | None, student: str, batch_size: int, precision: str, repeats: int
) -> None:
    """Time tokenising e-SNLI's validation split: both prompts, label and rationale of each row.

    The student is used for its tokeniser only. The batch size is that of `datasets.map`; the kit always
    takes all texts at once. The precision plays no part: no model runs.
    """
    # As `mi-cot` and the Makefile set it: one thread on both sides.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    datasets.disable_progress_bars()
    dataset = dataset_of(data_root, "esnli")
    examples = load_split(dataset, "valid", data_root)
    tokeniser = (
        t5_tokeniser(data_root) if student == SMALL_SHAPE else load_student(student).tokeniser
    )
    labels = [example.label for example in examples]
    texts = {
        "predict_input": [PREDICT_PREFIX + example.input for example in examples],
        "predict_target": labels,
        "explain_input": [EXPLAIN_PREFIX + example.input for example in examples],
        "explain_target": [example.rationale or "" for example in examples],
    }
    table = datasets.Dataset.from_dict(texts)

    def plain(batch: dict[str, list[str]]) -> dict[str, Any]:
        return {
            name: tokeniser(
                batch[name],
                truncation=True,
                max_length=MAX_INPUT_TOKENS if name.endswith("input") else MAX_TARGET_TOKENS,
            )["input_ids"]
            for name in texts
        }

    def mapped() -> datasets.Dataset:
        return table.map(
            plain,
            batched=True,
            batch_size=batch_size,
            remove_columns=list(texts),
            load_from_cache_file=False,
            keep_in_memory=True,
        )

    def kit() -> list[EncodedPair]:
        return encode_pairs(
            examples,
            labels,
            tokeniser,
            explain=True,
            max_input_tokens=MAX_INPUT_TOKENS,
            max_target_tokens=MAX_TARGET_TOKENS,
        )

    expected = expected_pairs(mapped(), [example.rationale is not None for example in examples])
    if kit() != expected:
        raise SystemExit("the kit's ids differ from those of the plain tokeniser calls.")
    seconds = interleave({MAP: mapped, CALLS: lambda: plain(texts), KIT: kit}, repeats)
    print_table(
        [
            {"way": name, "seconds (median)": spread(taken)["median"]}
            | {f"times {MAP}": speedup(seconds, MAP, name)["median"]}
            for name, taken in seconds.items()
        ]
    )
    print_result(
        {
            "benchmark": "tokenise",
            "dataset": dataset,
            "rows": len(examples),
            "student": student,
            "tokeniser": type(tokeniser).__name__,
            "vocabulary": len(tokeniser),
            "batch_size": batch_size,
            "repeats": repeats,
            "ids_equal": True,
            "seconds": {name: spread(taken) for name, taken in seconds.items()},
            "speedup_tokenise": speedup(seconds, MAP, KIT),
        }
    )


def expected_pairs(table: datasets.Dataset, explained: list[bool]) -> list[EncodedPair]:
    """Read the plain way's result as pairs; a row without a rationale has no target to explain."""
    return [
        EncodedPair(predict, label, explain, rationale if has_rationale else [])
        for predict, label, explain, rationale, has_rationale in zip(
            table["predict_input"][:],
            table["predict_target"][:],
            table["explain_input"][:],
            table["explain_target"][:],
            explained,
            strict=True,
        )
    ]


if __name__ == "__main__":
    call_command(tokenise)
