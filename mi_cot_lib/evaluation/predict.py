"""Let a student answer: greedy generation, longest inputs first, with a confidence for each answer."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from mi_cot_lib.data.example import Example
from mi_cot_lib.evaluation.score import is_correct, split_single_task
from mi_cot_lib.objective.methods import method_named
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.load import Student

MAX_BATCH = 256
# Generation keeps every step's scores for the confidence: 2**27 floats are 512 MB.
MAX_SCORES = 2**27


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answered example; a line of `predictions.jsonl`.

    Attributes:
        id: The example's id.
        gold: Gold label.
        predicted: What the student wrote, as a label.
        correct: Whether it is right.
        confidence: Probability of the generated sequence, end token included (0 to 1). For the
            single-task method that sequence holds the rationale too.
        rationale: What the student wrote when asked to explain; None where it was not asked.
    """

    id: str
    gold: str
    predicted: str
    correct: bool
    confidence: float
    rationale: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return asdict(self)


def predict(
    student: Student,
    examples: Sequence[Example],
    dataset: str,
    method: str,
    *,
    explain: bool,
    max_input_tokens: int,
    max_new_tokens: int,
    max_rationale_tokens: int,
    on_batch: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """Predict the label of each example, and its rationale if asked.

    Args:
        student: A trained student.
        examples: What to answer.
        dataset: Data set, for scoring.
        method: The training method: how the output is to be read.
        explain: Also generate rationales, for methods that were trained to.
        max_input_tokens: Longer prompts are cut.
        max_new_tokens: Limit of a label.
        max_rationale_tokens: Limit of a rationale, and of rationale with label for `single_task`.
        on_batch: Called with the number of examples of each finished batch.

    Returns:
        One prediction an example, in their order.
    """
    spec = method_named(method)
    limit = max_rationale_tokens if spec.target_has_rationale else max_new_tokens
    texts = [PREDICT_PREFIX + example.input for example in examples]
    answers = generate(student, texts, max_input_tokens, limit, on_batch)
    rationales: list[str | None] = [None] * len(examples)
    if spec.explains and explain:
        texts = [EXPLAIN_PREFIX + example.input for example in examples]
        written = generate(student, texts, max_input_tokens, max_rationale_tokens, on_batch)
        rationales = [text for text, _ in written]
    predictions = []
    for example, (text, confidence), rationale in zip(examples, answers, rationales, strict=True):
        label = text
        if spec.target_has_rationale:
            rationale, label = split_single_task(text)
        correct = is_correct(dataset, label, example.label)
        predictions.append(
            Prediction(example.id, example.label, label, correct, round(confidence, 6), rationale)
        )
    return predictions


def accuracy(predictions: Sequence[Prediction]) -> float:
    """Return the share of right predictions, from 0 to 1."""
    return sum(prediction.correct for prediction in predictions) / max(1, len(predictions))


@torch.inference_mode()
def generate(
    student: Student,
    prompts: Sequence[str],
    max_input_tokens: int,
    max_new_tokens: int,
    on_batch: Callable[[int], None] | None = None,
) -> list[tuple[str, float]]:
    """Generate greedily, in batches of similar length.

    Args:
        student: Model and tokeniser.
        prompts: Complete prompts.
        max_input_tokens: Longer prompts are cut.
        max_new_tokens: Limit of the output, end token included.
        on_batch: Called with the number of prompts of each finished batch.

    Returns:
        Text and probability of the generated sequence for each prompt, in their order.
    """
    model, tokeniser = student.model.eval(), student.tokeniser
    encoded = tokeniser(list(prompts), truncation=True, max_length=max_input_tokens)["input_ids"]
    held = max_new_tokens * model.config.vocab_size
    batch_size = max(1, min(MAX_BATCH, MAX_SCORES // held))
    order = sorted(range(len(prompts)), key=lambda index: -len(encoded[index]))
    results: list[tuple[str, float]] = [("", 0.0)] * len(prompts)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        batch = tokeniser.pad({"input_ids": [encoded[i] for i in chosen]}, return_tensors="pt")
        output = model.generate(
            input_ids=batch["input_ids"].to(model.device),
            attention_mask=batch["attention_mask"].to(model.device),
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
            return_dict_in_generate=True,
            output_scores=True,
        )
        token_logs = model.compute_transition_scores(
            output.sequences, output.scores, normalize_logits=True
        )
        # After the end token generation pads, and a padding token's score is no part of the sequence.
        real = output.sequences[:, 1:] != model.config.pad_token_id
        log_probability = token_logs.masked_fill(~real, 0.0).sum(dim=1)
        written = tokeniser.batch_decode(output.sequences, skip_special_tokens=True)
        for index, text, log in zip(chosen, written, log_probability.tolist(), strict=True):
            results[index] = (text.strip(), min(1.0, float(torch.tensor(log).exp())))
        if on_batch:
            on_batch(len(chosen))
    return results
