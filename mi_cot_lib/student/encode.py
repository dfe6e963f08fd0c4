"""From Examples to padded batches: two prompts, two targets (paper, section 3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.tokenise import Column, collector_paused, token_ids

# The released code's wording of the paper's [PREDICT] and [EXPLAIN].
PREDICT_PREFIX = "predict: "
EXPLAIN_PREFIX = "explain: "
# Between rationale and label in the one target of the single-task method, and where the label is first.
ANSWER_MARK = " The answer is: "
REASON_MARK = " The reason is: "
IGNORED = -100


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """Token ids of one example's prompts and targets; a task that is not trained has no ids.

    The prediction target is the label (or rationale and label, for the single-task method); the rationale
    target is empty where the teacher's text could not be parsed. `id` is the example's, for messages.
    """

    predict_input: list[int]
    predict_target: list[int]
    explain_input: list[int]
    explain_target: list[int]
    id: str = field(default="", compare=False)

    @property
    def longest(self) -> int:
        """Tokens of its longest text."""
        texts = (self.predict_input, self.predict_target, self.explain_input, self.explain_target)
        return max(map(len, texts))


def in_one(label: str, rationale: str, label_first: bool) -> str:
    """Write label and rationale as one target; `split_one` reads it again."""
    return label + REASON_MARK + rationale if label_first else rationale + ANSWER_MARK + label


def split_one(text: str, label_first: bool) -> tuple[str, str]:
    """Split what a student wrote in one sequence into rationale and label.

    The mark is the last one before a label and the first one behind it; without it the label is empty.
    """
    if label_first:
        label, mark, rationale = text.partition(REASON_MARK.strip())
    else:
        rationale, mark, label = text.rpartition(ANSWER_MARK.strip())
    return (rationale.strip(), label.strip()) if mark else (text.strip(), "")


@collector_paused()
def encode_pairs(
    examples: Sequence[Example],
    labels: Sequence[str],
    tokeniser: PreTrainedTokenizerBase,
    *,
    explain: bool,
    max_input_tokens: int,
    max_target_tokens: int,
) -> list[EncodedPair]:
    """Tokenise prompts and targets: one pair an example, in order, without padding.

    `labels` are the targets of the prediction task; with `explain` the rationale task is encoded as well.
    """
    columns = [
        Column([PREDICT_PREFIX + example.input for example in examples], max_input_tokens),
        Column(labels, max_target_tokens),
    ]
    if explain:
        columns += [
            Column([EXPLAIN_PREFIX + example.input for example in examples], max_input_tokens),
            Column([example.rationale or "" for example in examples], max_target_tokens),
        ]
    predict_inputs, predict_targets, *rest = token_ids(columns, tokeniser)
    nothing: list[list[int]] = [[] for _ in examples]
    explain_inputs, rationales = rest or (nothing, nothing)
    # A tokeniser that ends no text would teach the student to go on until its limit.
    end = [tokeniser.eos_token_id]
    for rows in (predict_targets, *rest[1:]):
        rows[:] = [ids if ids[-1:] == end else ids[: max_target_tokens - 1] + end for ids in rows]
    explain_targets = [
        [] if example.rationale is None else target
        for target, example in zip(rationales, examples, strict=True)
    ]
    pairs = zip(predict_inputs, predict_targets, explain_inputs, explain_targets, strict=True)
    return [
        EncodedPair(*pair, id=example.id) for pair, example in zip(pairs, examples, strict=True)
    ]


def check_positions(longest: int, config: Any) -> None:
    """Refuse with a ConfigError a text of more tokens than a student has positions for; T5 counts none."""
    positions = getattr(config, "max_position_embeddings", None)
    if positions is not None and longest > positions:
        raise ConfigError(
            f"a text has {longest} tokens, and the student only {positions} positions; lower "
            "--max-input-tokens, --max-target-tokens and --max-new-tokens, or take a T5, which has no "
            "such limit."
        )


def pad_rows(rows: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
    """Pad lists of ids to the longest with `fill`, at least one position wide: (batch, positions)."""
    width = max(1, *(len(row) for row in rows))
    padded = torch.full((len(rows), width), fill, dtype=torch.long)
    for index, row in enumerate(rows):
        padded[index, : len(row)] = torch.tensor(row, dtype=torch.long)
    return padded


def collate(pairs: Sequence[EncodedPair], pad_id: int) -> dict[str, torch.Tensor]:
    """Make a batch: `input_ids`, `attention_mask` and `labels`, -100 at padding, each (batch, positions).

    The same with the prefix `explain_` stand in it when the pairs hold that task.
    """
    tasks = {"": [(pair.predict_input, pair.predict_target) for pair in pairs]}
    if any(pair.explain_input for pair in pairs):
        tasks["explain_"] = [(pair.explain_input, pair.explain_target) for pair in pairs]
    batch = {}
    for prefix, rows in tasks.items():
        inputs, targets = zip(*rows, strict=True)
        batch[f"{prefix}input_ids"] = pad_rows(inputs, pad_id)
        batch[f"{prefix}attention_mask"] = pad_rows([[1] * len(row) for row in inputs], 0)
        batch[f"{prefix}labels"] = pad_rows(targets, IGNORED)
    return batch


def widen(batch: Mapping[str, torch.Tensor], widths: Mapping[str, int]) -> dict[str, torch.Tensor]:
    """Pad the targets of a batch on the right to the given widths.

    The released MI loss looks at padding positions, so the micro-batches of one accumulated step must
    share one width for their loss to be that of the large batch.
    """
    return {
        name: torch.nn.functional.pad(tensor, (0, widths[name] - tensor.shape[1]), value=IGNORED)
        if name in widths
        else tensor
        for name, tensor in batch.items()
    }


def shift_right(labels: torch.Tensor, config: Any) -> torch.Tensor:
    """Prepend the start token of a model and drop the last: what its decoder reads to predict `labels`.

    `labels` is (batch, positions), -100 at padding.
    """
    start = labels.new_full((len(labels), 1), config.decoder_start_token_id)
    shifted = torch.cat([start, labels[:, :-1]], dim=1)
    return shifted.masked_fill(shifted < 0, config.pad_token_id)
