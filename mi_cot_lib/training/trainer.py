"""The trainer: transformers' own, with two tasks a step and a loss of three terms."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts, term_sums, weighted_total
from mi_cot_lib.student.encode import EncodedPair, collate, shift_right, widen
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.packed_step import MOST_TOKENS, packed_terms, split_batch

Batch = dict[str, Tensor]
Validate = Callable[[nn.Module], dict[str, float]]


class TwoTaskTrainer(Seq2SeqTrainer):
    """Trains on `Objective`, logs each term and its gradient norm, validates with the given function.

    Args:
        student: Model and tokeniser.
        objective: Weights of the terms and choices of the MI term.
        arguments: transformers' own.
        train_pairs: Encoded training examples.
        valid_pairs: Encoded validation examples, for the validation loss (all terms, MI included).
        validate: Scores the model on validation; its metrics get the prefix `eval_`.
        callbacks: transformers' callbacks.
    """

    def __init__(
        self,
        *,
        student: Student,
        objective: Objective,
        arguments: Seq2SeqTrainingArguments,
        train_pairs: Sequence[EncodedPair],
        valid_pairs: Sequence[EncodedPair],
        validate: Validate,
        callbacks: list[Any],
    ) -> None:
        super().__init__(
            model=student.model,
            args=arguments,
            data_collator=partial(collate, pad_id=student.tokeniser.pad_token_id),
            train_dataset=cast(Any, list(train_pairs)),
            eval_dataset=cast(Any, list(valid_pairs)),
            processing_class=student.tokeniser,
            callbacks=callbacks,
        )
        self.objective: Objective = objective
        self.validate: Validate = validate
        # Every term below is divided by its count over the whole accumulated batch, which the Trainer
        # would otherwise do a second time. It assumes that of T5's own loss, where it does not hold.
        self.loss_is_scaled_for_ga = True
        self._term_totals: dict[str, float] = defaultdict(float)
        self._steps_since_log = 0
        self._term_gradients: dict[str, list[Tensor | None]] = {}
        # One term at a time while its own gradient is taken.
        self._stepped = objective

    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], Any]:
        """Fetch one step's micro-batches, pad their targets alike and count over all of them.

        Returns:
            The micro-batches, and the counts of each term in the place of the Trainer's token count.
        """
        batches: list[Batch] = []
        for _ in range(num_batches):
            try:
                batches.append(next(epoch_iterator))
            except StopIteration:
                break
        if not batches:
            return batches, None
        self._steps_since_log += 1
        self._term_gradients.clear()
        targets: list[str] = [name for name in ("labels", "explain_labels") if name in batches[0]]
        widths = {name: max(batch[name].shape[1] for batch in batches) for name in targets}
        batches = [widen(batch, widths) for batch in batches]
        counts: dict[str, Tensor] = {}
        for batch in batches:
            for term, count in term_counts(batch).items():
                counts[term] = counts.get(term, torch.zeros_like(count)) + count
        return batches, {term: count.to(device) for term, count in counts.items()}

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Compute Equation 10 on one micro-batch as its share of the whole batch's loss.

        Args:
            model: The student.
            inputs: A batch from `student.encode.collate`.
            return_outputs: Return the logits as well.
            num_items_in_batch: The counts of the whole batch by term; None takes this batch's.
        """
        counts = num_items_in_batch or term_counts(inputs)
        loss, sums = loss_terms(model, self._stepped, inputs, counts)
        if model.training:
            for term, value in sums.items():
                self._term_totals[term] += value.detach().item() / max(1, counts[term].item())
        return (loss, {}) if return_outputs else loss

    def training_step(
        self, model: nn.Module, inputs: Batch, num_items_in_batch: Any = None
    ) -> Tensor:
        """Add one micro-batch's gradients; where they are logged, those of each term by itself."""
        parts = (
            split_batch(inputs, MOST_TOKENS[self.args.device.type]) if can_pack(model) else [inputs]
        )
        step = self.state.global_step + 1
        is_logged = step % self.args.logging_steps == 0 or step == self.state.max_steps
        terms = [self.objective.only(term) for term in self.objective.weights]
        losses = []
        for part in parts:
            if is_logged and len(terms) > 1:
                losses += self._step_by_terms(model, part, terms, num_items_in_batch)
            else:
                losses.append(super().training_step(model, part, num_items_in_batch))
        return torch.stack(losses).sum()

    def _step_by_terms(
        self, model: nn.Module, part: Batch, terms: list[Objective], counts: Any
    ) -> list[Tensor]:
        """Step on each term with the same dropout; the gradients left are those of their sum."""
        parameters = [p for p in model.parameters() if p.requires_grad]
        held = [p.grad for p in parameters]
        device = self.args.device
        state = torch.get_rng_state()
        device_state = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
        losses = []
        for objective in terms:
            torch.set_rng_state(state)
            if device_state is not None:
                torch.cuda.set_rng_state(device_state, device)
            model.zero_grad()
            self._stepped = objective
            losses.append(super().training_step(model, part, counts))
            (term,) = objective.weights
            gradients = [p.grad for p in parameters]
            held = _added(held, gradients)
            self._term_gradients[term] = _added(self._term_gradients.get(term), gradients)
        self._stepped = self.objective
        for parameter, gradient in zip(parameters, held, strict=True):
            parameter.grad = gradient
        return losses

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the terms' means since the last log to what the Trainer logs."""
        if "loss" in logs:
            for term, total in self._term_totals.items():
                logs[f"loss_{term}"] = total / max(1, self._steps_since_log)
            for term, gradients in self._term_gradients.items():
                norms = torch.stack([g.norm() for g in gradients if g is not None])
                logs[f"grad_norm_{term}"] = norms.norm().item()
            self._term_totals.clear()
            self._steps_since_log = 0
        super().log(logs, start_time)

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,
        metric_key_prefix: str = "eval",
        **_: Any,
    ) -> dict[str, float]:
        """Measure the loss with all its terms and the validation metrics; selection reads the latter."""
        assert self.model is not None
        self.model.eval()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in self._mean_terms().items()}
        for name, value in self.validate(self.model).items():
            metrics[f"{metric_key_prefix}_{name}"] = value
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    @torch.no_grad()
    def _mean_terms(self) -> dict[str, float]:
        assert self.model is not None
        sums: dict[str, float] = defaultdict(float)
        counts: dict[str, int] = defaultdict(int)
        for batch in self.get_eval_dataloader():
            batch = self._prepare_inputs(batch)
            batch_counts = term_counts(batch)
            with self.compute_loss_context_manager():
                _, batch_sums = loss_terms(self.model, self.objective, batch, batch_counts)
            for term, value in batch_sums.items():
                sums[term] += value.item()
                counts[term] += int(batch_counts[term].item())
        means = {term: total / max(1, counts[term]) for term, total in sums.items()}
        weights = self.objective.weights
        total = sum(weights[term] * mean for term, mean in means.items())
        return {"loss": total, **{f"loss_{term}": mean for term, mean in means.items()}}


def _added(
    held: Sequence[Tensor | None] | None, gradients: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """Add two lists of gradients, in which None is 0; no tensor of them is changed."""
    if held is None:
        return list(gradients)
    return [
        a if b is None else b if a is None else a + b for a, b in zip(held, gradients, strict=True)
    ]


def loss_terms(
    model: nn.Module, objective: Objective, batch: Batch, counts: Mapping[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 by the fast path where the student is a T5, else by the plain one.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.
        counts: What each term is divided by, from `term_counts` of the whole batch.

    Returns:
        The weighted total, and each term's unweighted sum; both in nats.
    """
    if can_pack(model):
        return packed_terms(model, objective, batch, counts)
    sums, _ = forward_terms(model, objective, batch)
    return weighted_total(objective, sums, counts), sums


def forward_terms(
    model: nn.Module, objective: Objective, batch: Batch
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run the student on both tasks of a batch and sum each term: the plain, readable way.

    Two forward passes, all logits at once. Training takes `packed_terms` for T5, which gives the same
    numbers with less work.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.

    Returns:
        The terms' sums (see `term_sums`), and the logits `label` and, where trained, `rationale`,
        each (batch, positions, vocab).
    """
    label_logits = _logits(model, batch, "")
    rationale_logits = rationales = None
    if "explain_labels" in batch and objective.weights.keys() & {"generation", "mi"}:
        rationale_logits = _logits(model, batch, "explain_")
        rationales = batch["explain_labels"]
    sums = term_sums(objective, label_logits, batch["labels"], rationale_logits, rationales)
    outputs = {"label": label_logits}
    if rationale_logits is not None:
        outputs["rationale"] = rationale_logits
    return sums, outputs


def _logits(model: nn.Module, batch: Batch, prefix: str) -> Tensor:
    """Teacher-forced logits (batch, target positions, vocab), at padding positions as well."""
    return model(
        input_ids=batch[f"{prefix}input_ids"],
        attention_mask=batch[f"{prefix}attention_mask"],
        decoder_input_ids=shift_right(batch[f"{prefix}labels"], model.config),
        use_cache=False,
    ).logits
