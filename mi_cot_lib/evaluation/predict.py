"""Let a student answer: labels, and rationales if asked, with a confidence for each answer."""

from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from math import exp, isfinite
from pathlib import Path
from typing import Any

from mi_cot_lib.data.check import candidate_labels, label_is_right
from mi_cot_lib.data.specs import DatasetSpec, Example
from mi_cot_lib.errors import DataError
from mi_cot_lib.evaluation.generate import OnBatch, generate, label_ids, outputs
from mi_cot_lib.files import from_json
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX, split_one
from mi_cot_lib.student.load import Student


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answered example; a line of `predictions.jsonl`.

    Attributes:
        predicted: What the student wrote, as a label. Where the labels are known beforehand, a text
            that is none of them may be cut once it is longer than the longest of them.
        rationale: What the student wrote when asked to explain; None where it was not asked.
        candidates: The labels of a closed set, in their order; None where any text can be right, for
            the single-task method, and where no confidence was asked for.
        scores: Log-probability of each candidate in nats, its end token included.
        log_probability: Of the tokens written, end token included, in nats; of a cut text those up to
            the cut. For the single-task method they hold the rationale too.
        tokens: How many those are.

    Raises:
        ValueError: A probability is not finite.
    """

    id: str
    gold: str
    predicted: str
    correct: bool
    rationale: str | None
    candidates: tuple[str, ...] | None
    scores: tuple[float, ...] | None
    log_probability: float
    tokens: int

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.log_probability, *(self.scores or ())))):
            raise ValueError(f"{self.id}: its log-probabilities must be finite")

    @property
    def split(self) -> str:
        """The split that the example was answered in; a held-out part of `train` is validation."""
        split = self.id.rsplit("/", 2)[-2]
        return "valid" if split == "train" else split

    @property
    def choice(self) -> str:
        """The most probable candidate; what was written where there are no candidates."""
        if self.scores is None or self.candidates is None:
            return self.predicted
        return self.candidates[self.scores.index(max(self.scores))]

    @property
    def confidence(self) -> float:
        """What the student holds its `choice` for (0 to 1): the kit's one definition.

        In a closed set the softmax over the candidates' log-probabilities; else the probability of the
        written sequence, its end token included.
        """
        return self.confidence_at(1.0)

    def confidence_at(self, temperature: float) -> float:
        """Return the confidence if log-probabilities are divided by a temperature (above 0)."""
        if self.scores is None:
            return min(1.0, exp(self.log_probability / temperature))
        best = max(self.scores)
        return 1.0 / sum(exp((score - best) / temperature) for score in self.scores)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and the confidence as plain JSON values."""
        return {**asdict(self), "confidence": round(self.confidence, 6)}


def predict(
    student: Student,
    examples: Sequence[Example],
    dataset: str | DatasetSpec,
    method: str,
    *,
    explain: bool | Container[str],
    max_input_tokens: int,
    max_new_tokens: int,
    max_rationale_tokens: int,
    on_batch: OnBatch | None = None,
    with_scores: bool = True,
) -> list[Prediction]:
    """Predict the label of each example, and its rationale if asked.

    Where the labels of an example are known beforehand (choices, NLI), generation stops at the length
    of the longest one. `correct` is that of generating `max_new_tokens` tokens, and so are text and
    confidence of every output that has ended; only what has become longer than a label is cut.

    Args:
        dataset: For scoring: a name, or the specification of one of the user's own.
        method: The training method: how the output is to be read.
        explain: Also generate rationales, for methods that were trained to; or for which examples, by id.
        max_new_tokens: Limit of a label.
        max_rationale_tokens: Limit of a rationale, and of rationale with label for `single_task`.
        with_scores: Also score the candidates of closed sets, of which confidence is made; validation
            during training needs the answers only.

    Raises:
        KitError: An answer's probability is not finite; the message names the examples.
    """
    names = [example.id for example in examples]
    prompts = [PREDICT_PREFIX + example.input for example in examples]
    spec = method_named(method)
    candidates = [candidate_labels(dataset, example) for example in examples]
    if spec.target_has_rationale:
        limits = [max_rationale_tokens] * len(prompts)
        answers = outputs(student, prompts, max_input_tokens, limits, on_batch, names=names)
    else:
        limits = label_limits(student, candidates, max_new_tokens)
        scored = candidates if with_scores else None
        answers = outputs(
            student, prompts, max_input_tokens, limits, on_batch, candidates=scored, names=names
        )
        # A label can be spelt in more tokens than the tokeniser gives it: such an output is not cut.
        longer = [
            index
            for index, (answer, labels) in enumerate(zip(answers, candidates, strict=True))
            if not answer.ended and limits[index] < max_new_tokens
            if labels is not None and may_become(answer.text, labels)
        ]
        texts, ids = [prompts[index] for index in longer], [names[index] for index in longer]
        limits = [max_new_tokens] * len(longer)
        whole = outputs(student, texts, max_input_tokens, limits, names=ids)
        for index, answer in zip(longer, whole, strict=True):
            answers[index] = answer._replace(scores=answers[index].scores)
    rationales: list[str | None] = [None] * len(examples)
    if spec.explains and explain:
        asked = [
            place
            for place, name in enumerate(names)
            if isinstance(explain, bool) or name in explain
        ]
        texts = [EXPLAIN_PREFIX + examples[place].input for place in asked]
        ids = [names[place] for place in asked]
        written = generate(
            student, texts, max_input_tokens, max_rationale_tokens, on_batch, names=ids
        )
        for place, (text, _) in zip(asked, written, strict=True):
            rationales[place] = text
    predictions = []
    for index, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        label, rationale, scores = answer.text, rationales[index], answer.scores
        if spec.target_has_rationale:
            rationale, label = split_one(label, spec.label_first)
        predictions.append(
            Prediction(
                id=example.id,
                gold=example.label,
                predicted=label,
                correct=is_correct(dataset, label, example.label),
                rationale=rationale,
                candidates=None if scores is None else candidates[index],
                scores=None if scores is None else tuple(round(score, 4) for score in scores),
                log_probability=round(answer.log_probability, 4),
                tokens=answer.tokens,
            )
        )
    return predictions


def read_predictions(path: Path) -> list[Prediction]:
    """Read a run's `predictions.jsonl`; DataError names a file that is missing, or a line that is none."""
    if not path.is_file():
        raise DataError(f"{path} is missing: the run has not finished.")
    found = []
    # Not splitlines: a text may hold other line separators than the one between the objects.
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            row = from_json(line)
            values = {name: row[name] for name in Prediction.__slots__}
            for name in ("candidates", "scores"):
                values[name] = values[name] and tuple(values[name])
            found.append(Prediction(**values))
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"{path}, line {number}: no prediction ({error}).") from error
    return found


def is_correct(dataset: str | DatasetSpec, predicted: str, gold: str) -> bool:
    """Score one predicted label as the paper does, without running it as code.

    An equation is right where it has the gold one's value (a malformed one, or a division by zero, has
    none); any other text where it is the gold one but for outer white space.
    """
    return label_is_right(dataset, predicted.strip(), gold.strip())


def accuracy(predictions: Sequence[Prediction]) -> float:
    """Return the share of right predictions, from 0 to 1."""
    return sum(prediction.correct for prediction in predictions) / max(1, len(predictions))


def least_recall(predictions: Sequence[Prediction]) -> float:
    """Return the share of right predictions of the gold label of which least are right, from 0 to 1."""
    by_label = groupby(sorted(predictions, key=_gold), _gold)
    return min(accuracy(list(group)) for _, group in by_label)


def _gold(prediction: Prediction) -> str:
    return prediction.gold


def label_limits(
    student: Student, candidates: Sequence[tuple[str, ...] | None], max_new_tokens: int
) -> list[int]:
    """Return how many tokens the longest candidate label of each example has, end token included.

    No limit is above `max_new_tokens`, which is that of an example whose labels are not known.
    """
    rows = label_ids(student.tokeniser, [labels or () for labels in candidates])
    return [min(max_new_tokens, max(map(len, row), default=max_new_tokens)) for row in rows]


def may_become(text: str, labels: Sequence[str]) -> bool:
    """Tell whether a text that has not ended can still grow into one of the labels.

    White space does not count, nor does a last letter of which only some bytes are written.
    """
    begun = "".join(text.rstrip("\ufffd").split())
    return any("".join(label.split()).startswith(begun) for label in labels)
