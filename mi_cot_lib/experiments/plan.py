"""What a preset's runs would take, before any is started: steps, operations, hours, disk, what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from transformers import AutoConfig, T5ForConditionalGeneration

from mi_cot_lib.data.layout import splits_present
from mi_cot_lib.data.load import resolve_data_root
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.generate import MAX_BATCH, MAX_STEP_SCORES, MAX_TOKENS
from mi_cot_lib.experiments.grid import runs_of
from mi_cot_lib.experiments.items import Item
from mi_cot_lib.experiments.judging import judge_calls
from mi_cot_lib.experiments.presets import Preset
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.paper import paper_numbers
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, NAMED_STUDENTS
from mi_cot_lib.student.packed import matrix_flops, t5_v1_1_config
from mi_cot_lib.training.config import RunConfig

# Dense bf16 products a second by the makers' data sheets, and the share of it that is assumed to be
# reached: padding-free batches of 64 are far from the largest that these cards can use.
PEAKS = {"A100": 312e12, "H100": 989e12}
TRAINING_SHARE = 0.15
# Greedy decoding reads all weights for every token: memory, not arithmetic, is its limit.
DECODING_SHARE = 0.03
# Seconds a step on each layer where the card waits for kernels to be started, one after the other.
# `python -m benchmarks.scaling` on one H200: 0.066 to 0.079 s for the 16 layers of T5-small, whatever the
# batch. That other cards and larger students wait as long for a layer is assumed, and so is that a token
# written waits for a third of it, the forward pass.
LAYER_SECONDS = 0.0045
TOKEN_SECONDS = LAYER_SECONDS / 3

# Mean tokens of prompt, label and rationale by T5's tokeniser on the real test files (a test counts them
# where the data is at hand), and rows of validation and test sets.
TOKENS = {
    "esnli": (31.8, 3.0, 14.5),
    "anli1": (103.2, 3.0, 29.4),
    "cqa": (48.2, 2.9, 31.1),
    "svamp": (43.7, 11.3, 40.0),
}
VALID_ROWS = {"esnli": 9_842, "anli1": 1_000, "cqa": 975, "svamp": 80}
TEST_ITEMS: dict[str, int] = paper_numbers()["test_items"]
# Weights, gradient-free: float32. A checkpoint holds AdamW's two moments as well; two are kept.
WEIGHT_BYTES = 4
CHECKPOINT_BYTES = 2 * 3 * WEIGHT_BYTES


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run and its estimated cost.

    Attributes:
        name: The run's folder.
        config: What it trains.
        examples: Examples seen in training, repeats counted.
        training_flops: Operations of training.
        decoding_flops: Operations of validating and testing.
        least_hours: Spent where starting kernels takes all the time; the same for every card.
        hours: By card.
    """

    name: str
    config: RunConfig
    examples: int
    training_flops: float
    decoding_flops: float
    least_hours: float
    hours: dict[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the items of a preset would take.

    Attributes:
        runs: Each run once.
        disk: Bytes of all trained students, and of the checkpoints of one run under way.
        missing: What is not on this machine, each with the command that gets it.
        judge_calls: Answers that an LLM is asked for; 0 where none judges.
    """

    runs: list[PlannedRun]
    disk: tuple[int, int]
    missing: list[str]
    judge_calls: int


def plan(
    items: Sequence[Item],
    preset: Preset,
    seeds: int | None = None,
    present: Collection[str] = (),
) -> Plan:
    """Estimate the cost of every run that the items need.

    Args:
        items: Which.
        preset: On what.
        seeds: Instead of the preset's.
        present: Names of runs that are there already and are left out.
    """
    configs = {
        c.run_name: c
        for item in items
        for c in runs_of(item, preset, seeds)
        if c.run_name not in present
    }
    judged = [item for item in items if "samples" in item.needs]
    calls = 0
    if judged and not preset.is_built_in:
        asked = {c.run_name for item in judged for c in runs_of(item, preset, seeds)}
        calls = judge_calls(len(asked), len(preset.datasets))
    runs = [_planned(config) for config in configs.values()]
    sizes = [WEIGHT_BYTES * _parameters(config.student) for config in configs.values()]
    largest = max((_parameters(config.student) for config in configs.values()), default=0)
    disk = (sum(sizes), CHECKPOINT_BYTES * largest)
    return Plan(runs, disk, _missing(configs.values()), calls)


def _planned(config: RunConfig) -> PlannedRun:
    method = method_named(config.method)
    family = dataset_spec(config.dataset).family
    prompt, label, rationale = TOKENS[family]
    read = prompt * (2 if method.explains else 1)
    written = label + (rationale if method.explains or method.target_has_rationale else 0)
    answer = label + (rationale if method.target_has_rationale else 0)
    examples = config.max_steps * config.batch_size
    model = _shape(config.student)
    training = matrix_flops(model, read * examples, written * examples, training=True)
    validations = config.max_steps // config.eval_every
    answers = VALID_ROWS[family] * validations + TEST_ITEMS[family]
    explained = TEST_ITEMS[family] if method.explains else 0
    decoding = matrix_flops(
        model,
        prompt * (answers + explained),
        answer * answers + rationale * explained,
        training=False,
    )
    reads, writes = model.config.num_layers, model.config.num_decoder_layers
    least_training = LAYER_SECONDS * (reads + writes) * config.max_steps
    rows = min(MAX_BATCH, MAX_TOKENS // prompt, MAX_STEP_SCORES // model.config.vocab_size)
    tests = ceil(TEST_ITEMS[family] / rows)
    answering = validations * ceil(VALID_ROWS[family] / rows) + tests
    steps = answer * answering + rationale * tests * method.explains
    least_decoding = TOKEN_SECONDS * writes * steps
    hours = {
        card: (
            max(training / (peak * TRAINING_SHARE), least_training)
            + max(decoding / (peak * DECODING_SHARE), least_decoding)
        )
        / 3600
        for card, peak in PEAKS.items()
    }
    least = (least_training + least_decoding) / 3600
    return PlannedRun(config.run_name, config, examples, training, decoding, least, hours)


@cache
def _shape(student: str) -> Any:
    """Return a student without its weights."""
    if student in BUILT_IN_WIDTHS:
        config = AutoConfig.from_pretrained(NAMED_STUDENTS[student])
    else:
        config = t5_v1_1_config(student)
    with torch.device("meta"):
        model = T5ForConditionalGeneration(config)
        if student not in BUILT_IN_WIDTHS:
            # Made from nothing it shares its embeddings; the released checkpoints have a head apart.
            model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    return model


def _parameters(student: str) -> int:
    return sum(parameter.numel() for parameter in _shape(student).parameters())


def _missing(configs: Any) -> list[str]:
    lacking = []
    for student in sorted({config.student for config in configs} - BUILT_IN_WIDTHS.keys()):
        name = NAMED_STUDENTS[student]
        # A string is a path; None and a marker of a known absence are not.
        files = ("model.safetensors", "pytorch_model.bin")
        if not any(isinstance(try_to_load_from_cache(name, file), str) for file in files):
            lacking.append(f"weights of {name}: `hf download {name}` where there is a network")
    for dataset in sorted({config.dataset for config in configs}):
        try:
            there = splits_present(resolve_data_root(dataset), dataset)
        except KitError:
            there = ()
        for split in dataset_spec(dataset).splits:
            if split not in there:
                lacking.append(
                    f"data {dataset} {split}: `mi-cot data fetch`, or MI_COT_DATA=DIR in DSS's layout"
                )
    if not torch.cuda.is_available() and any(c.student not in BUILT_IN_WIDTHS for c in configs):
        lacking.append("a GPU: none is visible to torch on this machine (`nvidia-smi` says why)")
    return lacking


def describe_plan(planned: Plan) -> list[str]:
    """Say a plan in lines: every run, then the sums and the assumptions behind them."""
    lines = [f"{'run':<58} {'steps':>7} {'examples':>10} {'PFLOP':>9} {'A100 h':>7} {'H100 h':>7}"]
    for run in planned.runs:
        flops = (run.training_flops + run.decoding_flops) / 1e15
        lines.append(
            f"{run.name:<58} {run.config.max_steps:>7,} {run.examples:>10,} {flops:>9,.3f} "
            f"{run.hours['A100']:>7.2f} {run.hours['H100']:>7.2f}"
        )
    total = {card: sum(run.hours[card] for run in planned.runs) for card in PEAKS}
    flops = sum(run.training_flops + run.decoding_flops for run in planned.runs) / 1e15
    kept, under_way = (size / 1e9 for size in planned.disk)
    lines += [
        "",
        f"{len(planned.runs)} runs, {sum(run.examples for run in planned.runs):,} examples seen, "
        f"{flops:,.2f} PFLOP; about {total['A100']:,.1f} hours on one A100 or {total['H100']:,.1f} on one "
        "H100.",
        f"disk: {kept:,.1f} GB for the trained students, and {under_way:,.1f} GB for the checkpoints of a "
        "run under way.",
        f"assumed: {TRAINING_SHARE:.0%} of the card's bf16 peak in training, {DECODING_SHARE:.0%} in "
        f"generating answers, and at least {1000 * LAYER_SECONDS:.1f} ms for each layer of a step, as "
        "T5-small took on one H200, and a third of it for each layer of a token written; mean tokens of the "
        "real test files; no start, no loading. Hours may be off by a factor of ten: the paper reports 14.4 "
        "hours on one A100 for T5-base on its four data sets, and 8.6 "
        "for T5-small, with padding and tests by generation every 250 steps.",
    ]
    if planned.judge_calls:
        lines.append(
            f"an LLM is asked for up to {planned.judge_calls:,} scores (--judge MODEL), one after the other."
        )
    lines += [f"missing: {each}" for each in planned.missing] or ["nothing is missing."]
    return lines
