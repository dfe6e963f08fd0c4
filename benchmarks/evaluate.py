"""Labels of a test set: the kit's way, without and with a confidence each, against a plain `model.generate`.

All are in float32; a confidence scores each label that an example can have. The reference writes up to 64
tokens in test order, at the given batch size and without scores. Two students are measured: the given one
as it was loaded (random weights never end their outputs, so the reference writes all 64 tokens) and the same
one after some steps of training on labels, whose outputs end as a trained student's do. Useful operations
are those of prompts and gold labels without padding, and with a confidence those of all candidates.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch

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
from benchmarks.memory import peak_mb, reset_peak
from benchmarks.train_step import fast_step, precision_of
from mi_cot_lib.data.check import candidate_labels
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import KitError, call_command
from mi_cot_lib.evaluation.predict import Prediction, is_correct, predict
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student.encode import PREDICT_PREFIX, collate, encode_pairs
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import matrix_flops

MAX_INPUT_TOKENS = 1024
MAX_NEW_TOKENS = 64
TRAINING_BATCH = 16
REFERENCE, FAST, SCORED = "model.generate", "kit", "kit, with confidence"


@dataclass
class Measured:
    """A variant: the answers of its last call, and the most memory that any call took, in MB."""

    run: Callable[[], Any]
    answers: Any = None
    memory: float = 0.0

    def __call__(self) -> None:
        """Answer."""
        reset_peak()
        self.answers = self.run()
        self.memory = max(self.memory, peak_mb())


@torch.inference_mode()
def reference(
    student: Student, examples: Sequence[Example], batch_size: int
) -> list[tuple[str, bool]]:
    """Return text and whether it ended, by `model.generate` in the order of the examples."""
    written = []
    model: Any = student.model
    end = student.tokeniser.eos_token_id
    for start in range(0, len(examples), batch_size):
        prompts = [PREDICT_PREFIX + one.input for one in examples[start : start + batch_size]]
        batch = student.tokeniser(
            prompts,
            padding=True,
            truncation=True,
            max_length=MAX_INPUT_TOKENS,
            return_tensors="pt",
        ).to(DEVICE)
        ids = model.generate(**batch, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
        texts = student.tokeniser.batch_decode(ids, skip_special_tokens=True)
        ended = (ids == end).any(dim=1).tolist()
        written += [(text.strip(), over) for text, over in zip(texts, ended, strict=True)]
    return written


def finetuned(student: Student, examples: Sequence[Example], steps: int) -> Student:
    """Return a copy of the student after some steps on the labels alone."""
    torch.manual_seed(0)
    model: Any = copy.deepcopy(student.model).train()
    pairs = encode_pairs(
        examples[: steps * TRAINING_BATCH],
        [example.label for example in examples[: steps * TRAINING_BATCH]],
        student.tokeniser,
        explain=False,
        max_input_tokens=MAX_INPUT_TOKENS,
        max_target_tokens=MAX_NEW_TOKENS,
    )
    step = fast_step(model, Objective().only("prediction"), precision_of("auto"), rate=1e-3)
    for start in range(0, len(pairs), TRAINING_BATCH):
        batch = collate(pairs[start : start + TRAINING_BATCH], student.tokeniser.pad_token_id)
        step({name: tensor.to(DEVICE) for name, tensor in batch.items()})
    return Student(model.eval(), student.tokeniser)


def answered(
    student: Student, dataset: str, examples: Sequence[Example], *, with_scores: bool
) -> list[Prediction]:
    """Answer as the kit does after training."""
    return predict(
        student,
        examples,
        dataset,
        "finetune",
        explain=False,
        max_input_tokens=MAX_INPUT_TOKENS,
        max_new_tokens=MAX_NEW_TOKENS,
        max_rationale_tokens=MAX_NEW_TOKENS,
        with_scores=with_scores,
    )


def check_equal(
    dataset: str,
    examples: Sequence[Example],
    plain: Sequence[tuple[str, bool]],
    found: Sequence[Prediction],
) -> int:
    """Compare answers and return how many texts of the kit's were cut.

    Raises:
        KitError: An answer that is right in one way only, or another text where the reference's ended
            within the labels' length or is a label.
    """
    cut = 0
    for example, (text, _), one in zip(examples, plain, found, strict=True):
        if one.predicted == text:
            continue
        cut += 1
        labels = candidate_labels(dataset, example) or ()
        if (
            text in labels
            or one.predicted in labels
            or one.correct != is_correct(dataset, text, example.label)
            or not text.startswith(one.predicted)
        ):
            raise KitError(f"{example.id}: the kit wrote {one.predicted!r}, generate {text!r}.")
    return cut


def measure(
    title: str,
    student: Student,
    dataset: str,
    examples: Sequence[Example],
    batch_size: int,
    repeats: int,
    peak: float,
) -> dict[str, Any]:
    """Time all ways on one student, print a table and return the numbers."""
    # What a process does once is done on a few examples: a round of all of them takes minutes.
    reference(student, examples[:batch_size], batch_size)
    variants = {
        REFERENCE: Measured(lambda: reference(student, examples, batch_size)),
        FAST: Measured(lambda: answered(student, dataset, examples, with_scores=False)),
        SCORED: Measured(lambda: answered(student, dataset, examples, with_scores=True)),
    }
    seconds = interleave(variants, repeats, warm_up=0)
    plain, found = variants[REFERENCE].answers, variants[FAST].answers
    cut = check_equal(dataset, examples, plain, found)
    if [one.predicted for one in variants[SCORED].answers] != [one.predicted for one in found]:
        raise KitError("the kit's answers change with their confidence.")
    ended = sum(over for _, over in plain)
    ratio, scored = (speedup(seconds, REFERENCE, way) for way in (FAST, SCORED))
    click.echo(f"\n{title}: {ended} of {len(examples)} reference outputs end within 64 tokens;")
    click.echo(f"all right answers are the same, {cut} texts that are no label were cut.\n")
    encoded = student.tokeniser([PREDICT_PREFIX + one.input for one in examples])["input_ids"]
    labels = student.tokeniser([one.label for one in examples])["input_ids"]
    scored_labels = [label for one in examples for label in candidate_labels(dataset, one) or ()]
    read, written = (sum(map(len, rows)) for rows in (encoded, labels))
    also = sum(map(len, student.tokeniser(scored_labels)["input_ids"])) if scored_labels else 0
    written_by = {REFERENCE: written, FAST: written, SCORED: written + also}
    measured = {}
    for name, variant in variants.items():
        times = spread(seconds[name])
        flops = matrix_flops(student.model, read, written_by[name], training=False)
        achieved = flops / times["median"]
        measured[name] = {
            "seconds": times,
            "examples_per_second": round(len(examples) / times["median"], 2),
            "useful_gflops_per_second": round(achieved / 1e9, 2),
            "share_of_peak": round(achieved / peak, 3),
            "peak_memory_mb": round(variant.memory),
        }
    print_table(
        [
            {"way": name, **row, "seconds": row["seconds"]["median"]}
            for name, row in measured.items()
        ]
    )
    click.echo(
        f"\n{FAST} is {ratio['median']} times as fast ({ratio['min']} to {ratio['max']}), with a confidence "
        f"{scored['median']} times ({scored['min']} to {scored['max']}).\n{REFERENCE} gives no confidence."
    )
    counted = {"ways": measured, "ended": ended, "cut": cut, "speedup_with_confidence": scored}
    return {"speedup": ratio, **counted}


@click.command(help=__doc__)
@options(batch_size=16, repeats=1)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="At most so many test examples, evenly spaced over the set; default: all.",
)
@click.option(
    "--finetune-steps",
    default=20,
    show_default=True,
    type=click.IntRange(min=0),
    help="Steps of batch 16 on labels for the student whose outputs end; 0 leaves it out.",
)
def command(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    limit: int | None,
    finetune_steps: int,
) -> None:
    """Time the labels of a test set."""
    if precision == "bf16":
        raise KitError("evaluation is in fp32: leave --precision out.")
    dataset = dataset_of(data_root)
    examples = load_split(dataset, "test", data_root)
    if limit and limit < len(examples):
        examples = [examples[index * len(examples) // limit] for index in range(limit)]
    loaded = student_of(student, data_root)
    peak = peak_flops(torch.float32)
    click.echo(
        f"{dataset}, {len(examples)} test examples, student {student}, fp32, "
        f"{torch.get_num_threads()} threads; a matrix product reaches {peak / 1e9:.0f} GFLOP/s."
    )
    result: dict[str, Any] = {
        "benchmark": "evaluate",
        "dataset": dataset,
        "examples": len(examples),
        "student": student,
        "batch_size": batch_size,
        "finetune_steps": finetune_steps,
        "peak_gflops_per_second": round(peak / 1e9, 1),
    }
    as_loaded = measure("Student as loaded", loaded, dataset, examples, batch_size, repeats, peak)
    result |= {"speedup_evaluate": as_loaded.pop("speedup"), "as_loaded": as_loaded}
    if finetune_steps:
        trained = finetuned(loaded, load_split(dataset, "train", data_root), finetune_steps)
        title = f"Student after {finetune_steps} steps"
        ending = measure(title, trained, dataset, examples, batch_size, repeats, peak)
        result |= {"speedup_evaluate_ending": ending.pop("speedup"), "ending": ending}
    print_result(result)


if __name__ == "__main__":
    call_command(command)
