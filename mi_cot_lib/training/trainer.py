"""The trainer: transformers' own, with two tasks a step and a loss of three terms."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.output_layer import output_terms
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import EncodedPair, collate, widen
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.checkpoints import checkpoint_folder, load_weights, sealed
from mi_cot_lib.training.packed_step import (
    MOST_TOKENS,
    hidden_mi,
    packed_terms,
    run_packed,
    split_batch,
)
from mi_cot_lib.training.plain_step import forward_terms

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
        self._term_gradients: dict[str, Sequence[Tensor]] = {}

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
            return_outputs: Return an empty dictionary as well: the logits are not kept.
            num_items_in_batch: The counts of the whole batch by term; None takes this batch's.
        """
        counts = num_items_in_batch or term_counts(inputs)
        loss, sums = loss_terms(model, self.objective, inputs, counts)
        if model.training:
            for term, value in sums.items():
                self._term_totals[term] += value.detach().item() / max(1, counts[term].item())
        return (loss, {}) if return_outputs else loss

    def training_step(
        self, model: nn.Module, inputs: Batch, num_items_in_batch: Any = None
    ) -> Tensor:
        """Add one micro-batch's gradients; where they are logged, those of each term by itself."""
        limit = MOST_TOKENS.get(self.args.device.type, MOST_TOKENS["cpu"])
        can_split = can_pack(model) and not self.objective.is_coupled
        parts = split_batch(inputs, limit) if can_split else [inputs]
        step = self.state.global_step + 1
        is_logged = step % self.args.logging_steps == 0 or step == self.state.max_steps
        by_terms = is_logged and len(self.objective.weights) > 1
        take = self._step_by_terms if by_terms else super().training_step
        counts: Any = num_items_in_batch or term_counts(inputs)
        return torch.stack([take(model, part, counts) for part in parts]).sum()

    def _step_by_terms(self, model: nn.Module, part: Batch, counts: Any) -> Tensor:
        """Take the step as the sum of its terms' own gradients, and keep those for the log."""
        model.train()
        part = self._prepare_inputs(part)
        with self.compute_loss_context_manager():
            losses = term_losses(model, self.objective, part, counts)
        parameters = [p for p in model.parameters() if p.requires_grad]
        for term, loss in losses.items():
            gradients = torch.autograd.grad(
                loss, parameters, retain_graph=True, materialize_grads=True
            )
            self._term_totals[term] += loss.item() / self.objective.weights[term]
            before = self._term_gradients.get(term)
            self._term_gradients[term] = (
                [a + b for a, b in zip(before, gradients, strict=True)] if before else gradients
            )
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = (
                    gradient + parameter.grad if parameter.grad is not None else gradient
                )
        return torch.stack([loss.detach() for loss in losses.values()]).sum()

    def autocast_smart_context_manager(self, cache_enabled: bool | None = True) -> Any:
        """Return the context of the run's precision around a whole loss.

        accelerate puts it around the model's own forward only, which the packed step does not call.
        """
        return self.accelerator.autocast()

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
        # Answers are in float32, in every call alike: accelerate's autocast leaves the model's forward.
        # Training does not need it there, since the context above surrounds its whole loss.
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        self.model.eval()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in self._mean_terms().items()}
        for name, value in self.validate(self.model).items():
            metrics[f"{metric_key_prefix}_{name}"] = value
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        folder = checkpoint_folder(Path(self.args.output_dir), self.state.global_step)
        with sealed(folder, self.state):
            super()._save_checkpoint(model, trial)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # The Trainer's own only warns where weights are missing.
        load_weights(model or self.model, Path(resume_from_checkpoint))

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


def term_losses(
    model: nn.Module, objective: Objective, batch: Batch, counts: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Compute the weighted terms of Equation 10 from one forward pass, each to be differentiated.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.
        counts: What each term is divided by.

    Returns:
        Scalars in nats by term; they add up to the total of `loss_terms`.
    """
    if can_pack(model):
        packed = run_packed(model, objective, batch)
        output_layer: Any = model.lm_head
        losses = {}
        for term, weight in objective.weights.items():
            if term == "mi" and objective.uses_hidden:
                losses[term] = (
                    weight * hidden_mi(model, objective, packed) / counts[term].clamp(min=1)
                )
            else:
                losses[term], _ = output_terms(
                    objective.only(term), output_layer.weight, packed.sides, counts
                )
        return losses
    sums, _ = forward_terms(model, objective, batch)
    return {
        term: objective.weights[term] * value / counts[term].clamp(min=1)
        for term, value in sums.items()
    }
