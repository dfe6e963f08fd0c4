"""The trainer: transformers' own, with two forward passes and a loss of three terms."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts, term_sums, weighted_total
from mi_cot_lib.student.encode import EncodedPair, collate, widen
from mi_cot_lib.student.load import Student

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
        self._term_gradients: dict[str, list[Tensor]] = {}

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
        sums, outputs = forward_terms(model, self.objective, inputs)
        loss = weighted_total(self.objective, sums, counts)
        if model.training:
            for term, value in sums.items():
                self._term_totals[term] += value.detach().item() / max(1, counts[term].item())
            self._add_term_gradients(model, sums, counts)
        return (loss, outputs) if return_outputs else loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the terms' means since the last log to what the Trainer logs."""
        if "loss" in logs:
            for term, total in self._term_totals.items():
                logs[f"loss_{term}"] = total / max(1, self._steps_since_log)
            for term, gradients in self._term_gradients.items():
                norms = torch.stack([gradient.norm() for gradient in gradients])
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
            with self.compute_loss_context_manager():
                batch_sums, _ = forward_terms(self.model, self.objective, batch)
            batch_counts = term_counts(batch)
            for term, value in batch_sums.items():
                sums[term] += value.item()
                counts[term] += int(batch_counts[term].item())
        means = {term: total / max(1, counts[term]) for term, total in sums.items()}
        weights = self.objective.weights
        total = sum(weights[term] * mean for term, mean in means.items())
        return {"loss": total, **{f"loss_{term}": mean for term, mean in means.items()}}

    def _add_term_gradients(
        self, model: nn.Module, sums: dict[str, Tensor], counts: dict[str, Tensor]
    ) -> None:
        """Add up each weighted term's own gradient, in the steps that are logged: it costs a pass."""
        step = self.state.global_step + 1
        is_logged = step % self.args.logging_steps == 0 or step == self.state.max_steps
        if not is_logged or len(sums) < 2:
            return
        parameters = [p for p in model.parameters() if p.requires_grad]
        for term, value in sums.items():
            weighted = self.objective.weights[term] * value / counts[term].clamp(min=1)
            gradients = torch.autograd.grad(
                weighted, parameters, retain_graph=True, materialize_grads=True
            )
            before = self._term_gradients.get(term)
            self._term_gradients[term] = (
                [a + b for a, b in zip(before, gradients, strict=True)]
                if before
                else list(gradients)
            )


def forward_terms(
    model: nn.Module, objective: Objective, batch: Batch
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run the student on both tasks of a batch and sum each term.

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
        decoder_input_ids=_shift_right(batch[f"{prefix}labels"], model),
        use_cache=False,
    ).logits


def _shift_right(labels: Tensor, model: nn.Module) -> Tensor:
    """Prepend the start token and drop the last: what the decoder reads to predict `labels`."""
    config: Any = model.config
    start = config.decoder_start_token_id
    shifted = torch.cat([labels.new_full((len(labels), 1), start), labels[:, :-1]], dim=1)
    return shifted.masked_fill(shifted < 0, config.pad_token_id)
