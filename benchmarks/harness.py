"""What the benchmarks share: options, students, interleaved timing, ratios, the machine's own peak."""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import torch
from transformers import AutoTokenizer, T5ForConditionalGeneration
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.machine import hardware, library_versions
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.student.packed import t5_v1_1_config

# google/t5-v1_1-small with random weights: what can be timed where the checkpoint cannot be had.
SMALL_SHAPE = "small-shape"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

Seconds = dict[str, list[float]]


def options(*, batch_size: int = 16, repeats: int = 5) -> Callable[[Any], Any]:
    """Give a command the options that every benchmark takes."""

    def decorate(command: Any) -> Any:
        for option in (
            click.option(
                "--repeats",
                default=repeats,
                show_default=True,
                type=click.IntRange(min=1),
                help="Timed rounds; each runs every variant once.",
            ),
            click.option(
                "--precision",
                default="auto",
                show_default=True,
                type=click.Choice(["auto", "fp32", "bf16"]),
                help="auto: the kit's choice for this hardware.",
            ),
            click.option(
                "--batch-size",
                default=batch_size,
                show_default=True,
                type=click.IntRange(min=1),
                help="Examples a step.",
            ),
            click.option(
                "--student",
                default=SMALL_SHAPE,
                show_default=True,
                help="As `mi-cot run --student`; small-shape: t5-v1_1-small's shape, random weights.",
            ),
            click.option(
                "--data-root",
                type=click.Path(path_type=Path, exists=True, file_okay=False),
                help="Real data in DSS layout; default: the built-in data.",
            ),
        ):
            command = option(command)
        return command

    return decorate


def dataset_of(data_root: Path | None, name: str = "cqa") -> str:
    """Return the real data set where there is a folder of real data, else its built-in twin."""
    return name if data_root else f"nano_{name}"


def student_of(name: str, data_root: Path | None) -> Student:
    """Load a student, on the GPU where there is one.

    Args:
        name: As `load_student`, or `small-shape`.
        data_root: Where T5's tokeniser may lie, as `t5-tokenizer` beside the data.
    """
    if name != SMALL_SHAPE:
        student = load_student(name)
        return Student(student.model.to(DEVICE), student.tokeniser)
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5_v1_1_config("small"))
    # The v1.1 checkpoints have an output head of their own; from scratch it is tied.
    model.lm_head.weight = torch.nn.Parameter(0.04 * torch.randn_like(model.lm_head.weight))
    return Student(model.to(DEVICE).eval(), t5_tokeniser(data_root))


def t5_tokeniser(data_root: Path | None) -> PreTrainedTokenizerBase:
    """Return T5's own tokeniser, from beside the data or the hub's cache; else the built-in student's."""
    beside = data_root.resolve().parent / "t5-tokenizer" if data_root else None
    for source in (beside, "google/t5-v1_1-small"):
        if isinstance(source, Path) and not source.is_dir():
            continue
        try:
            if source:
                # What is not in the cache is not waited for: the shape is timed, not the words.
                return AutoTokenizer.from_pretrained(source, local_files_only=True)
        except (OSError, ValueError):
            continue
    click.echo("T5's tokeniser is not at hand: timing with the built-in student's.", err=True)
    return load_student("nano").tokeniser


def interleave(
    variants: Mapping[str, Callable[[], Any]], repeats: int, *, warm_up: int = 1
) -> Seconds:
    """Time each variant once a round, after `warm_up` rounds that do not count.

    Interleaving lets a slow moment of the machine fall on all variants alike. A GPU loads the code of a
    product when it first meets its shape: there every batch is to be met once before it counts.

    Returns:
        Seconds by variant, one for each round.
    """
    seconds: Seconds = {name: [] for name in variants}
    for counted in [False] * warm_up + [True] * repeats:
        for name, variant in variants.items():
            seconds_taken = timed(variant)
            if counted:
                seconds[name].append(seconds_taken)
    return seconds


def timed(function: Callable[[], Any]) -> float:
    """Return the seconds that a call takes, a GPU's work included."""
    _wait()
    started = time.perf_counter()
    function()
    _wait()
    return time.perf_counter() - started


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, min and max over the rounds, to three digits."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def speedup(seconds: Seconds, reference: str, fast: str) -> dict[str, float]:
    """Return how many times faster than the reference a variant is, round by round."""
    pairs = zip(seconds[reference], seconds[fast], strict=True)
    return spread([slow / quick for slow, quick in pairs])


def peak_flops(dtype: torch.dtype, repeats: int = 6) -> float:
    """Measure the best floating-point operations a second of a square matrix product."""
    # Large enough that a GPU's start of the work does not count.
    size = 8192 if DEVICE == "cuda" else 2048
    left, right = (torch.randn(size, size, device=DEVICE).to(dtype) for _ in range(2))
    timed(lambda: left @ right)
    return 2 * size**3 / min(timed(lambda: left @ right) for _ in range(repeats))


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of equal keys as a Markdown table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    for line in lines:
        click.echo("| " + " | ".join(line) + " |")


def print_result(result: Mapping[str, Any]) -> None:
    """Print the last line of a benchmark: its result and the machine as one JSON object."""
    machine = {**hardware(), "versions": library_versions()}
    click.echo("\n" + json.dumps({**result, "machine": machine}, sort_keys=True))
