"""Who scores sampled rationales: the built-in world's exact judge, or an LLM by the paper's prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm.auto import tqdm

from mi_cot_lib.data.exact_judge.judge import judge_rationale
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.judge import JudgeItem, LlmJudge
from mi_cot_lib.evaluation.judge_endpoint import connect
from mi_cot_lib.evaluation.overlap import bleu, embedding_cosine, rouge_l
from mi_cot_lib.experiments.asked.presets import Preset
from mi_cot_lib.experiments.running.run_record import SAMPLES
from mi_cot_lib.report.runs import JudgedSample, Run, Scores, by_setting
from mi_cot_lib.report.setting import TEACHER, Setting

# Paper 5.2.1: "we run the same sample for four times to obtain self-consistency".
REPEATS = 4
# The endpoint's usual one: the paper names none, and repeats at 0 would all be alike.
TEMPERATURE = 1.0


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """Who judges: an LLM at an OpenAI-compatible endpoint, or the exact judge of built-in data.

    Attributes:
        model: Name of the LLM; None is the exact judge.
        cache: File of the LLM's answers, so that none is paid for twice.
        embedder: Model whose embeddings of rationales are compared with the teacher's; None compares none.
    """

    model: str | None
    cache: Path
    embedder: str | None = None

    @property
    def title(self) -> str:
        """What tables say of the judge."""
        if self.model is None:
            return "the built-in world's exact judge"
        return f"the LLM {self.model} at temperature {TEMPERATURE:g}, {REPEATS} times an item"

    def check(self, preset: Preset) -> None:
        """Refuse, by a KitError, what would only fail after the training that it waits for."""
        for dataset in preset.datasets.values():
            _refuse_without_judge(dataset, self)
        if self.model is not None:
            connect(max_retries=0, timeout=1.0)
        if self.embedder is not None:
            embedding_cosine(["a"], ["a"], self.embedder)


def judge_calls(runs: int, columns: int) -> int:
    """Return how many answers an LLM is asked for at most: gold and each run's samples, each repeat."""
    return (runs + columns) * SAMPLES * REPEATS


def _refuse_without_judge(dataset: str, judge: JudgeChoice) -> None:
    if judge.model is None and not dataset_spec(dataset).built_in:
        raise ConfigError(
            f"rationales of {dataset} are judged by an LLM: name one with --judge MODEL, with its "
            "key in OPENAI_API_KEY and, for another endpoint than OpenAI's, OPENAI_BASE_URL."
        )


def judge_samples(preset: Preset, runs: Sequence[Run], judge: JudgeChoice) -> list[JudgedSample]:
    """Score the teacher's rationales of the items that runs' records hold as `samples`, then each run's own.

    Raises:
        ConfigError: No LLM is named, and the data are not built in.
        KitError: The endpoint cannot be used; the message says what to do.
    """
    asking = None
    if judge.model is not None:
        asking = LlmJudge(judge.model, judge.cache, temperature=TEMPERATURE)
    examples: dict[str, dict[str, Example]] = {}
    samples: list[JudgedSample] = []
    for run in runs:
        dataset = run.setting.dataset
        if dataset in examples:
            continue
        _refuse_without_judge(dataset, judge)
        known = {one.id: one for one in load_split(dataset, "test", preset.data_root)}
        examples[dataset] = known
        # A teacher text that could not be read has no rationale to judge.
        taught = [known[item["id"]] for item in run.record["samples"]]
        items = [
            {"id": one.id, "input": one.input, "label": one.label, "rationale": one.rationale}
            for one in taught
            if one.rationale
        ]
        teacher = Setting(dataset=dataset, method=TEACHER, student=run.setting.student)
        samples.append(JudgedSample(teacher, 0, items, _scores(dataset, items, known, asking)))
    in_order = [run for group in by_setting(runs).values() for run in group.values()]
    for run in tqdm(in_order, desc="judging", unit="run", disable=judge.model is None):
        items = run.record["samples"]
        known = examples[run.setting.dataset]
        pairs = [(item["rationale"], known[item["id"]].rationale or "") for item in items]
        mine, gold = ([pair[side] for pair in pairs if pair[1]] for side in (0, 1))
        overlap = {"bleu": bleu(mine, gold), "rouge": rouge_l(mine, gold)}
        if judge.embedder is not None:
            overlap["cosine"] = embedding_cosine(mine, gold, judge.embedder)
        scores = _scores(run.setting.dataset, items, known, asking)
        samples.append(JudgedSample(run.setting, run.seed, items, scores, **overlap))
    return samples


def _scores(
    dataset: str, items: Sequence, known: dict[str, Example], judge: LlmJudge | None
) -> list[Scores]:
    texts = [(known[item["id"]], item["rationale"]) for item in items]
    if judge is None:
        return [(judge_rationale(dataset, one, text).score,) for one, text in texts]
    title = dataset_spec(dataset).title
    asked = [JudgeItem(one.id, title, one.input, one.label, text) for one, text in texts]
    return [one.scores for one in judge.judge(asked, REPEATS)]
