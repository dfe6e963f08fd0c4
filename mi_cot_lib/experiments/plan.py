"""What a preset's runs would take, before any is started: steps, operations, hours, disk, what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any

import torch
from huggingface_hub import try_to_load_from_cache
from transformers import AutoConfig, LlamaForCausalLM, T5ForConditionalGeneration

from mi_cot_lib.data.layout import splits_present
from mi_cot_lib.data.load import resolve_data_root
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.generate import MAX_BATCH, MAX_STEP_SCORES, MAX_TOKENS
from mi_cot_lib.experiments.asked.item import Item
from mi_cot_lib.experiments.asked.presets import Preset
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.judging import judge_calls
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.answer import WORDS
from mi_cot_lib.report.paper import paper_numbers
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, NAMED_STUDENTS, fetched_as
from mi_cot_lib.student.packed import matrix_flops, t5_v1_1_config
from mi_cot_lib.student.packed_decoder import smollm2_config
from mi_cot_lib.student.pretrained.packages import is_fetched
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
    """One run and its estimated cost: examples seen in training, repeats counted, and hours by card.

    `flops` are those of validating and testing as well. `least_hours` are spent where starting kernels takes
    all the time, the same for every card.
    """

    name: str
    config: RunConfig
    examples: int
    training_flops: float
    flops: float
    least_hours: float
    hours: dict[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the items of a preset would take.

    Attributes:
        disk: Bytes of all trained students, and of the checkpoints of one run under way.
        missing: What is not on this machine: `weights`, `student` to be fetched, `data`, `gpu`, and whose.
        judge_calls: Answers that an LLM is asked for; 0 where none judges.
    """

    runs: list[PlannedRun]
    disk: tuple[int, int]
    missing: list[tuple[str, str]]
    judge_calls: int

    def __str__(self) -> str:
        """Say every run, then the sums and the assumptions behind them."""
        text = WORDS.get_template("plan.txt.jinja").render(
            planned=self,
            training_share=TRAINING_SHARE,
            decoding_share=DECODING_SHARE,
            layer_seconds=LAYER_SECONDS,
        )
        return text.rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON values; `hours` are of all runs, by card, and `disk` is in bytes."""
        facts = ("name", "examples", "flops", "hours")
        return {
            "runs": [{fact: getattr(run, fact) for fact in facts} for run in self.runs],
            "hours": {card: sum(run.hours[card] for run in self.runs) for card in PEAKS},
            "disk": dict(zip(("students", "checkpoints"), self.disk, strict=True)),
            "missing": [" ".join(one).strip() for one in self.missing],
            "judge_calls": self.judge_calls,
        }


def plan(
    items: Sequence[Item],
    preset: Preset,
    seeds: int | None = None,
    present: Collection[str] = (),
) -> Plan:
    """Estimate the cost of every run that the items need, but for those present, by name."""
    needed = {c.run_name: c for item in items for c in runs_of(item, preset, seeds)}
    configs = [config for name, config in needed.items() if name not in present]
    calls = 0
    if not preset.is_built_in:
        judged = [item for item in items if item.is_judged]
        asked = {c.run_name for item in judged for c in runs_of(item, preset, seeds)}
        calls = judge_calls(len(asked), len(preset.datasets)) if asked else 0
    parameters = [_parameters(config.student) for config in configs]
    disk = (WEIGHT_BYTES * sum(parameters), CHECKPOINT_BYTES * max(parameters, default=0))
    return Plan([_planned(config) for config in configs], disk, _missing(configs), calls)


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
    reads, writes = _layers(model.config)
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
    name = config.run_name
    return PlannedRun(name, config, examples, training, training + decoding, least, hours)


def _layers(config: Any) -> tuple[int, int]:
    """Return how many layers read a prompt, and how many write."""
    if config.is_encoder_decoder:
        return config.num_layers, config.num_decoder_layers
    return 0, config.num_hidden_layers


@cache
def _shape(student: str) -> Any:
    """Return a student without its weights."""
    if fetched_as(student) is not None:
        with torch.device("meta"):
            return LlamaForCausalLM(smollm2_config())
    if student in BUILT_IN_WIDTHS:
        config = AutoConfig.from_pretrained(NAMED_STUDENTS[student])
    else:
        config = t5_v1_1_config(student)
    with torch.device("meta"):
        if not config.is_encoder_decoder:
            return LlamaForCausalLM(config)
        model = T5ForConditionalGeneration(config)
        if student not in BUILT_IN_WIDTHS:
            # Made from nothing it shares its embeddings; the released checkpoints have a head apart.
            model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    return model


def _parameters(student: str) -> int:
    return sum(parameter.numel() for parameter in _shape(student).parameters())


def _missing(configs: Sequence[RunConfig]) -> list[tuple[str, str]]:
    lacking: list[tuple[str, str]] = []
    others = sorted({config.student for config in configs} - BUILT_IN_WIDTHS.keys())
    lacking += [
        ("student", name)
        for name in map(fetched_as, others)
        if name is not None and not is_fetched(name)
    ]
    large = [student for student in others if fetched_as(student) is None]
    for name in (NAMED_STUDENTS[student] for student in large):
        # A string is a path; None and a marker of a known absence are not.
        files = ("model.safetensors", "pytorch_model.bin")
        if not any(isinstance(try_to_load_from_cache(name, file), str) for file in files):
            lacking.append(("weights", name))
    for dataset in sorted({config.dataset for config in configs}):
        try:
            there = splits_present(resolve_data_root(dataset), dataset)
        except KitError:
            there = ()
        splits = [split for split in dataset_spec(dataset).splits if split not in there]
        lacking += [("data", f"{dataset} {split}") for split in splits]
    if large and not torch.cuda.is_available():
        lacking.append(("gpu", ""))
    return lacking
