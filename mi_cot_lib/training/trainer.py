"""The trainer: transformers' own, with two tasks a step and a loss of three terms."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn, cast

import torch
from torch import Tensor, nn
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

from mi_cot_lib.errors import KitError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import EncodedPair, check_positions, collate, widen
from mi_cot_lib.student.load import Student, overflowed_weight
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.checkpoints import checkpoint_folder, last_whole, load_weights, sealed
from mi_cot_lib.training.packed_step import MOST_TOKENS, loss_terms, split_batch, term_losses

Batch = dict[str, Tensor]
Validate = Callable[[nn.Module], dict[str, float]]
# Beside a batch's tensors: the ids of its examples.
ROWS = "rows"


class TwoTaskTrainer(Seq2SeqTrainer):
    """Trains on `Objective`, logs each term and its gradient norm, validates with the given function.

    A loss, gradient, weight or validation that is not finite ends training with a `KitError`, before
    anything is made or saved of it. The validation loss has all terms, MI included; the metrics of
    `validate` get the prefix `eval_`.
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
        embedding_rate: float = 1.0,
    ) -> None:
        for pair in (*train_pairs, *valid_pairs):
            check_positions(pair.longest, student.model.config)
        super().__init__(
            model=student.model,
            args=arguments,
            data_collator=lambda pairs: {
                **collate(pairs, student.tokeniser.pad_token_id),
                ROWS: [pair.id for pair in pairs],
            },
            train_dataset=cast(Any, list(train_pairs)),
            eval_dataset=cast(Any, list(valid_pairs)),
            processing_class=student.tokeniser,
            callbacks=callbacks,
        )
        self.objective: Objective = objective
        self.validate: Validate = validate
        self.embedding_rate = embedding_rate
        self.checkpoints = Path(cast(str, arguments.output_dir))
        # Every term below is divided by its count over the whole accumulated batch, which the Trainer
        # would otherwise do a second time. It assumes that of T5's own loss, where it does not hold.
        self.loss_is_scaled_for_ga = True
        self._term_totals: dict[str, float] = defaultdict(float)
        self._steps_since_log = 0
        self._term_gradients: dict[str, Sequence[Tensor]] = {}
        self._rows: list[str] = []

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Make the Trainer's optimiser, in which the embeddings are a group with a rate of their own."""
        optimiser = super().create_optimizer(model)
        embeddings = cast(Any, self.model).get_input_embeddings().weight
        for group in list(optimiser.param_groups):
            others = [weight for weight in group["params"] if weight is not embeddings]
            if len(others) < len(group["params"]):
                group["params"] = others
                rate = group["lr"] * self.embedding_rate
                optimiser.add_param_group({**group, "params": [embeddings], "lr": rate})
        return optimiser

    def get_batch_samples(
        self, epoch_iterator: Iterator[Batch], num_batches: int, device: torch.device
    ) -> tuple[list[Batch], Any]:
        """Fetch one step's micro-batches, pad their targets alike and count over all of them.

        The counts of each term stand in the place of the Trainer's token count.
        """
        batches = list(islice(epoch_iterator, num_batches))
        if not batches:
            return batches, None
        self._steps_since_log += 1
        self._term_gradients.clear()
        self._rows = [row for batch in batches for row in cast(Any, batch.pop(ROWS))]
        targets: list[str] = [name for name in ("labels", "explain_labels") if name in batches[0]]
        widths = {name: max(batch[name].shape[1] for batch in batches) for name in targets}
        batches = [widen(batch, widths) for batch in batches]
        counts = [term_counts(batch) for batch in batches]
        whole = {term: torch.stack([own[term] for own in counts]).sum() for term in counts[0]}
        return batches, {term: count.to(device) for term, count in whole.items()}

    def compute_loss(
        self,
        model: nn.Module,
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Compute Equation 10 on one micro-batch as its share of the whole batch's loss.

        `num_items_in_batch` holds the counts of the whole batch by term; None takes this batch's. The
        logits are not kept.
        """
        counts = num_items_in_batch or term_counts(inputs)
        loss, sums = loss_terms(model, self.objective, inputs, counts)
        if model.training:
            for term, value in sums.items():
                self._note(term, value.detach().item() / max(1, counts[term].item()))
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
            self._note(term, loss.item() / self.objective.weights[term])
            before = self._term_gradients.get(term)
            self._term_gradients[term] = (
                [a + b for a, b in zip(before, gradients, strict=True)] if before else gradients
            )
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = (
                    gradient + parameter.grad if parameter.grad is not None else gradient
                )
        return torch.stack([loss.detach() for loss in losses.values()]).sum()

    def _note(self, term: str, value: float) -> None:
        if not math.isfinite(value):
            self._stop(self.state.global_step + 1, f"loss_{term} is {value}", self._rows)
        self._term_totals[term] += value

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        # Of all gradients at once, and before the optimiser makes a step of them.
        norm = super()._clip_grad_norm(model)
        if not math.isfinite(norm):
            step = self.state.global_step + 1
            self._stop(step, f"the gradient norm is {float(norm)}", self._rows)
        return norm

    def _check_weights(self) -> None:
        assert self.model is not None
        name = overflowed_weight(self.model)
        if name is not None:
            what = f"{name} is not finite or too large to be squared"
            self._stop(self.state.global_step, what, self._rows)

    def _stop(self, step: int, what: str, rows: Sequence[str]) -> NoReturn:
        """End training in one line, with all that was saved before left as it is."""
        self.callback_handler.on_train_end(self.args, self.state, self.control)
        last = last_whole(self.checkpoints)
        kept = f"{last.name} is kept" if last else "no checkpoint was saved before"
        where = f" with {', '.join(rows)}" if rows else ""
        raise KitError(
            f"training stopped at step {step}: {what}{where}; {kept}. Lower --learning-rate (it is "
            f"{self.args.learning_rate:g}), or look at these rows."
        )

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
            self._check_weights()
        for name, value in logs.items():
            if not math.isfinite(value):
                self._stop(self.state.global_step, f"{name} is {value}", self._rows)
        super().log(logs, start_time)

    def floating_point_ops(self, inputs: Any) -> int:
        """Return 0: a run's record counts them, and the Trainer's estimate takes a tenth of a small step."""
        return 0

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,
        metric_key_prefix: str = "eval",
        **_: Any,
    ) -> dict[str, float]:
        """Measure the loss with all its terms and the validation metrics; selection reads the latter."""
        assert self.model is not None
        self._check_weights()
        # Answers are in float32, in every call alike: accelerate's autocast leaves the model's forward.
        # Training does not need it there, since the context above surrounds its whole loss.
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        self.model.eval()
        metrics = {f"{metric_key_prefix}_{k}": v for k, v in self._mean_terms().items()}
        try:
            found = self.validate(self.model)
        except KitError as error:
            self._stop(self.state.global_step, str(error).rstrip("."), [])
        for name, value in found.items():
            metrics[f"{metric_key_prefix}_{name}"] = value
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        folder = checkpoint_folder(self.checkpoints, self.state.global_step)
        with sealed(folder, self.state):
            super()._save_checkpoint(model, trial)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # The Trainer's own only warns where weights are missing.
        load_weights(cast(Any, model or self.model), Path(resume_from_checkpoint))

    @torch.no_grad()
    def _mean_terms(self) -> dict[str, float]:
        assert self.model is not None
        sums: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), dtype=torch.float64))
        counts: dict[str, Tensor] = defaultdict(lambda: torch.zeros((), dtype=torch.long))
        for batch in self.get_eval_dataloader():
            rows = batch.pop(ROWS)
            batch = self._prepare_inputs(batch)
            batch_counts = term_counts(batch)
            with self.compute_loss_context_manager():
                _, batch_sums = loss_terms(self.model, self.objective, batch, batch_counts)
            for term, value in batch_sums.items():
                if not math.isfinite(value.item()):
                    what = f"eval_loss_{term} is {value.item()}"
                    self._stop(self.state.global_step, what, rows)
                sums[term] += value.item()
                counts[term] += batch_counts[term].item()
        means = {f"loss_{term}": (sums[term] / counts[term].clamp(min=1)).item() for term in sums}
        return {"loss": weighted_total(self.objective, sums, counts).item(), **means}
