"""Time one way to take a training step and find its peak memory, in a process of its own.

Each way has its own process, so that nothing of the other's is in its memory. Prints a JSON object for
each batch: `mb`, by how much the peak exceeds model, gradients and optimiser, and `seconds` of each step.
"""

import ctypes
import gc
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from benchmarks.harness import DEVICE, options, student_of, timed
from mi_cot_lib.errors import call_command


def measure(
    way: str, shapes: Sequence[tuple[int, int]] = (), **values: Any
) -> list[dict[str, Any]]:
    """Run this module in a process of its own.

    Args:
        way: `released` or `fast`.
        shapes: Examples and rationale length of random batches; none takes the data.
        values: The other options, by name; None leaves one out.

    Returns:
        `mb` and `seconds` of each shape, or of the data's one batch.

    Raises:
        ClickException: The process failed; the message holds the end of what it said.
    """
    command = [sys.executable, "-m", "benchmarks.memory", "--way", way]
    for name, value in values.items():
        if value is not None:
            command += ["--" + name.replace("_", "-"), str(value)]
    for size, length in shapes:
        command += ["--shape", str(size), str(length)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise click.ClickException("measuring memory failed, see above.")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def held_mb() -> float:
    """Return the memory that is in use now, what was freed given back."""
    gc.collect()
    if torch.cuda.is_available():
        return torch.cuda.memory_allocated() / 1e6
    # glibc keeps freed memory for later, and the peak would hide in it.
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def reset_peak() -> None:
    """Forget the peak so far."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Return the largest memory since the last reset."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    raise click.ClickException("this system does not tell a process's peak memory.")


def batch_of_shape(batch_size: int, length: int, vocabulary: int) -> dict[str, Tensor]:
    """Draw a batch whose inputs are 64 tokens, labels 4 and rationales `length` tokens long."""
    generator = torch.Generator().manual_seed(0)

    def draw(width: int) -> Tensor:
        return torch.randint(3, vocabulary, (batch_size, width), generator=generator)

    batch = {}
    for prefix, width in (("", 4), ("explain_", length)):
        batch[f"{prefix}input_ids"] = draw(64)
        batch[f"{prefix}attention_mask"] = torch.ones(batch_size, 64, dtype=torch.long)
        batch[f"{prefix}labels"] = draw(width)
    return batch


@click.command(help=__doc__)
@options(batch_size=64, repeats=1)
@click.option("--way", type=click.Choice(["released", "fast"]), required=True)
@click.option(
    "--shape",
    "shapes",
    type=(int, int),
    multiple=True,
    help="Examples and rationale length of a random batch in the place of data; repeatable.",
)
@click.option("--vocabulary", type=int, help="Another size of the vocabulary.")
def memory(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    way: str,
    shapes: tuple[tuple[int, int], ...],
    vocabulary: int | None,
) -> None:
    """Print the measurements."""
    # Imported late: that module measures memory by starting this one.
    from benchmarks.train_step import fast_step, precision_of, released_step, training_pairs
    from mi_cot_lib.objective.choices import Objective
    from mi_cot_lib.student.encode import collate

    if not sys.platform.startswith("linux") and DEVICE == "cpu":
        raise click.ClickException("peak memory is read from Linux's /proc.")
    loaded = student_of(student, data_root)
    model: Any = loaded.model.train()
    if vocabulary:
        untied = model.lm_head.weight is not model.shared.weight
        model.resize_token_embeddings(vocabulary, mean_resizing=False)
        if untied:
            # Resizing ties the output layer to the embedding, which would be another student.
            model.lm_head.weight = torch.nn.Parameter(0.04 * torch.randn_like(model.shared.weight))
    if shapes:
        batches = [batch_of_shape(size, length, model.config.vocab_size) for size, length in shapes]
    else:
        pairs = training_pairs(loaded, data_root, batch_size)
        batches = [collate(pairs, loaded.tokeniser.pad_token_id)]
    make = released_step if way == "released" else fast_step
    step = make(model, Objective(), precision_of(precision))
    # The first step makes AdamW's state; from then on only gradients come and go.
    step({name: tensor.to(DEVICE) for name, tensor in batch_of_shape(1, 1, 100).items()})
    gradients = sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6
    for batch in batches:
        batch = {name: tensor.to(DEVICE) for name, tensor in batch.items()}
        before = held_mb()
        reset_peak()
        seconds = [timed(lambda batch=batch: step(batch)) for _ in range(1 + repeats)]
        click.echo(json.dumps({"mb": peak_mb() - before - gradients, "seconds": seconds[1:]}))


if __name__ == "__main__":
    call_command(memory)
