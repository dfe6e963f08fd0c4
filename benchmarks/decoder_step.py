"""Time one training step of a decoder-only student: its own forward, the fast path, and the question once.

All train the same student on the same batches with the MI loss, gradient clipping and AdamW. Its own forward
takes two passes with padding and holds all logits; the fast path has neither, and reads what the two prompts
of an example have in common twice or, as the kit does, once.
"""

from functools import partial
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

import click
import torch

from benchmarks.harness import (
    DEVICE,
    dataset_of,
    interleave,
    options,
    print_result,
    print_table,
    speedup,
    spread,
    student_of,
)
from benchmarks.train_step import (
    Batch,
    Step,
    fast_step,
    next_step,
    precision_of,
    released_step,
    training_pairs,
)
from mi_cot_lib.errors import ConfigError, call_command
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student import packed_decoder
from mi_cot_lib.student.encode import EncodedPair, collate

OWN, TWICE, ONCE = "two passes of its own", "fast, question twice", "fast, question once"


def without_sharing(step: Step) -> Step:
    """Let a step read the whole of both prompts."""

    def twice(batch: Batch) -> None:
        with patch.object(packed_decoder, "common_length", lambda prompts: 0):
            step(batch)

    return twice


def shared_tokens(pairs: list[EncodedPair]) -> float:
    """Return the share of all tokens that are read once in place of twice, 0 to 1."""
    common = sum(
        packed_decoder.common_length([one.predict_input, one.explain_input]) for one in pairs
    )
    whole = sum(
        len(ids)
        for one in pairs
        for ids in (
            one.predict_input, one.explain_input, one.predict_target, one.explain_target,
        )
    )  # fmt: skip
    return common / whole


@click.command(help=__doc__)
@options(batch_size=8, student="smollm2")
@click.option("--threads", type=int, help="torch threads; default: torch's choice.")
def decoder_step(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    threads: int | None,
) -> None:
    """Print a table, and the ratios as one JSON line."""
    if threads:
        torch.set_num_threads(threads)
    loaded = student_of(student, data_root)
    if not packed_decoder.can_share(loaded.model):
        raise ConfigError(f"{student} is no Llama; name nano_llama or smollm2 with --student.")
    kind = precision_of(precision)
    pairs = training_pairs(loaded, data_root, batch_size * (repeats + 1))
    groups = [pairs[start : start + batch_size] for start in range(0, len(pairs), batch_size)]
    batches = [
        {
            name: tensor.to(DEVICE)
            for name, tensor in collate(group, loaded.tokeniser.pad_token_id).items()
        }
        for group in groups
        if len(group) == batch_size
    ]
    model = loaded.model.train()
    # The form of Equation 11 without padding, so that no way has more to compute than another.
    objective = Objective(form="paper")
    fast = fast_step(model, objective, kind)
    steps = {OWN: released_step(model, objective, kind), TWICE: without_sharing(fast), ONCE: fast}
    variants = {name: partial(next_step, step, cycle(batches)) for name, step in steps.items()}
    seconds = interleave(variants, repeats, warm_up=len(batches) if DEVICE == "cuda" else 1)
    share = shared_tokens(pairs)
    click.echo(
        f"{student} on {dataset_of(data_root)}, batch {batch_size}, MI loss, {kind}, {DEVICE}; "
        f"{share:.0%} of all tokens are a question's second reading"
    )
    print_table([{"step": name, **spread(times)} for name, times in seconds.items()])
    print_result(
        {
            "benchmark": "decoder_step",
            "student": student,
            "batch_size": batch_size,
            "precision": kind,
            "shared_tokens": round(share, 3),
            "speedup": speedup(seconds, OWN, ONCE),
            "speedup_of_sharing": speedup(seconds, TWICE, ONCE),
            "seconds": {name: spread(times) for name, times in seconds.items()},
        }
    )


if __name__ == "__main__":
    call_command(decoder_step)
