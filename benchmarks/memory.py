"""Time one way to take a training step and find its peak memory, in a process of its own.

The operating system remembers the peak of a whole process, so each way needs its own. Prints one JSON
object: `mb`, by how much the peak exceeds model, gradients and optimiser, and `seconds` of each step.
"""

import gc
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor

from benchmarks.harness import DEVICE, main, options, student_of, timed


def measure(way: str, **values: Any) -> dict[str, Any]:
    """Run this module in a process of its own.

    Args:
        way: `released` or `fast`.
        values: Its other options, by name; None leaves one out.

    Raises:
        ClickException: The process failed; the message holds the end of what it said.
    """
    command = [sys.executable, "-m", "benchmarks.memory", "--way", way]
    for name, value in values.items():
        if value is not None:
            command += ["--" + name.replace("_", "-"), str(value)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"measuring memory failed:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def resident_mb() -> float:
    """Return the memory that this process holds now."""
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


def batch_of_length(batch_size: int, length: int, vocabulary: int) -> dict[str, Tensor]:
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
@click.option("--length", type=int, help="Random rationales of this length in the place of data.")
@click.option("--vocabulary", type=int, help="Another size of the vocabulary.")
def memory(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    way: str,
    length: int | None,
    vocabulary: int | None,
) -> None:
    """Print one JSON object."""
    # Imported late: that module measures memory by starting this one.
    from benchmarks.train_step import fast_step, precision_of, released_step, training_pairs
    from mi_cot_lib.objective.choices import Objective
    from mi_cot_lib.student.encode import collate

    if not sys.platform.startswith("linux") and DEVICE == "cpu":
        raise click.ClickException("peak memory is read from Linux's /proc.")
    loaded = student_of(student, data_root)
    model: Any = loaded.model.train()
    if vocabulary:
        model.resize_token_embeddings(vocabulary, mean_resizing=False)
    if length:
        batch = batch_of_length(batch_size, length, model.config.vocab_size)
    else:
        pairs = training_pairs(loaded, data_root, batch_size)
        batch = collate(pairs, loaded.tokeniser.pad_token_id)
    batch = {name: tensor.to(DEVICE) for name, tensor in batch.items()}
    make = released_step if way == "released" else fast_step
    step = make(model, Objective(), precision_of(precision))
    gc.collect()
    before = torch.cuda.memory_allocated() / 1e6 if torch.cuda.is_available() else resident_mb()
    # What gradients and AdamW's two moments hold from the first step on.
    state = 3 * sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6
    reset_peak()
    seconds = [timed(lambda: step(batch)) for _ in range(1 + repeats)]
    click.echo(json.dumps({"mb": peak_mb() - before - state, "seconds": seconds[1:]}))


if __name__ == "__main__":
    main(memory)
