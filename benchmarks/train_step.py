"""Time one training step: the released way of computing it against the kit's fast path.

Both train the same student on the same batches with the MI loss, dropout, gradient clipping and AdamW.
The released way takes two forward passes with padding, holds all logits, and takes softmax, maximum
over positions and cross-entropy of them.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from benchmarks.harness import (
    DEVICE,
    dataset_of,
    interleave,
    options,
    peak_flops,
    print_result,
    print_table,
    speedup,
    spread,
    student_of,
)
from benchmarks.memory import measure
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import call_command
from mi_cot_lib.machine import has_fast_bf16
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import EncodedPair, collate, encode_pairs
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import matrix_flops
from mi_cot_lib.training.packed_step import MOST_TOKENS, loss_terms, split_batch
from mi_cot_lib.training.plain_step import forward_terms

Batch = dict[str, Tensor]
Step = Callable[[Batch], None]
FORMS = ("released", "paper")


def training_pairs(student: Student, data_root: Path | None, count: int) -> list[EncodedPair]:
    """Encode the first training examples that have a rationale, with the paper's limits."""
    chosen = [e for e in load_split(dataset_of(data_root), "train", data_root) if e.rationale]
    chosen = chosen[:count]
    return encode_pairs(
        chosen,
        [example.label for example in chosen],
        student.tokeniser,
        explain=True,
        max_input_tokens=1024,
        max_target_tokens=256,
    )


def released_step(model: Any, objective: Objective, precision: str) -> Step:
    """Take a step as the released code does."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5)

    def step(batch: Batch) -> None:
        with autocast(precision):
            # The logits are dropped here, but for what the backward pass needs of them.
            sums, _ = forward_terms(model, objective, batch)
            loss = weighted_total(objective, sums, term_counts(batch))
        loss.backward()
        _update(model, optimiser)

    return step


def fast_step(model: Any, objective: Objective, precision: str, rate: float = 1e-5) -> Step:
    """Take a step as the kit's trainer does."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, fused=True)

    def step(batch: Batch) -> None:
        counts = term_counts(batch)
        for part in split_batch(batch, MOST_TOKENS[DEVICE]):
            with autocast(precision):
                loss, _ = loss_terms(model, objective, part, counts)
            loss.backward()
        _update(model, optimiser)

    return step


def _update(model: Any, optimiser: torch.optim.Optimizer) -> None:
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()


def autocast(precision: str) -> torch.autocast:
    """Return the context in which matrix products are of the given precision."""
    return torch.autocast(DEVICE, torch.bfloat16, enabled=precision == "bf16")


def step_flops(model: Any, pairs: list[EncodedPair]) -> float:
    """Estimate what a step's real tokens need, both tasks; see `matrix_flops`."""
    read = sum(len(p.predict_input) + len(p.explain_input) for p in pairs)
    written = sum(len(p.predict_target) + len(p.explain_target) for p in pairs)
    return matrix_flops(model, read, written, training=True)


def precision_of(chosen: str) -> str:
    """Return `fp32` or `bf16`: what was chosen, or for `auto` the kit's choice for this hardware."""
    return ("bf16" if has_fast_bf16() else "fp32") if chosen == "auto" else chosen


def next_step(step: Step, feed: Iterator[Batch]) -> None:
    """Take a step with the next batch."""
    step(next(feed))


@click.command(help=__doc__)
@options()
@click.option(
    "--memory-batch-size", default=64, show_default=True, help="Examples a step for peak memory."
)
@click.option("--threads", type=int, help="torch threads; default: torch's choice.")
def train_step(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    memory_batch_size: int,
    threads: int | None,
) -> None:
    """Print a table, and the ratios as one JSON line."""
    if threads:
        torch.set_num_threads(threads)
    default, chosen = precision_of("auto"), precision_of(precision)
    loaded = student_of(student, data_root)
    model: Any = loaded.model.train()
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
    # The MI forms in turn: released counts padding, so only its logits cannot be left out.
    precisions = sorted({"fp32", chosen, default}, reverse=True)
    steps: dict[str, Step] = {}
    for kind in precisions:
        steps[f"released way, {kind}"] = released_step(model, Objective(), kind)
        for form in FORMS:
            steps[f"fast, {form} form, {kind}"] = fast_step(model, Objective(form=form), kind)
    variants = {name: partial(next_step, step, cycle(batches)) for name, step in steps.items()}
    warm_up = len(batches) if DEVICE == "cuda" else 1
    seconds = interleave(variants, repeats, warm_up=warm_up)
    peaks = {
        kind: peak_flops(torch.bfloat16 if kind == "bf16" else torch.float32) for kind in precisions
    }
    flops = sum(step_flops(model, group) for group in groups[: len(batches)]) / len(batches)
    rows = []
    for key, times in seconds.items():
        kind = key[-4:]
        rate = flops / spread(times)["median"]
        rows.append(
            {
                "step": key,
                "seconds (median)": spread(times)["median"],
                "min": spread(times)["min"],
                "max": spread(times)["max"],
                "useful GFLOP/s": round(rate / 1e9),
                "share of peak": f"{rate / peaks[kind]:.0%}",
            }
        )
    click.echo(
        f"{student} on {dataset_of(data_root)}, batch {batch_size}, MI loss, dropout "
        f"{model.config.dropout_rate}, {DEVICE}; useful: real tokens only"
    )
    print_table(rows)
    shared = {"student": student, "data_root": data_root, "precision": chosen}
    above = {
        way: measure(way, batch_size=memory_batch_size, **shared)[0]["mb"]
        for way in ("released", "fast")
    }
    click.echo(
        f"\npeak memory above model, gradients and optimiser, batch {memory_batch_size}, {chosen}: "
        f"released way {above['released']:,.0f} MB, fast {above['fast']:,.0f} MB"
    )
    share = round(above["fast"] / above["released"], 3)
    result = {
        "benchmark": "train_step",
        "batch_size": batch_size,
        "precision": chosen,
        "default_precision": default,
        "speedup_equal_precision": speedup(
            seconds, f"released way, {chosen}", f"fast, released form, {chosen}"
        ),
        "speedup_default": speedup(
            seconds, "released way, fp32", f"fast, released form, {default}"
        ),
        "memory_share": {"median": share, "min": share, "max": share},
        "memory_mb_above_floor": {way: round(value) for way, value in above.items()},
        "peak_gflops": {kind: round(rate / 1e9) for kind, rate in peaks.items()},
        "flops_a_step": flops,
        "seconds": {key: spread(times) for key, times in seconds.items()},
    }
    for kind in precisions:
        for form in FORMS:
            result[f"speedup_{form}_form_{kind}"] = speedup(
                seconds, f"released way, {kind}", f"fast, {form} form, {kind}"
            )
    result["speedup_default_paper_form"] = speedup(
        seconds, "released way, fp32", f"fast, paper form, {default}"
    )
    print_result(result)


if __name__ == "__main__":
    call_command(train_step)
