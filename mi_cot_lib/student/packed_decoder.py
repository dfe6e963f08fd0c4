"""A Llama's forward pass over real tokens only: both tasks of a batch in one, and their common prompt once.

The plain twin is the model's own forward on each task. The two prompts of an example begin alike, and a
decoder looks back only. So a row holds what is common, and behind it two branches that do not see each other:
the rest of each prompt with its target. Each token is told its place in its own text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import LlamaConfig

from mi_cot_lib.student.lean_ops import rms_norm
from mi_cot_lib.student.packed import Rows, has_plain_ends, matrix_dtype

# SmolLM2-135M's, so that what it would take is known before it is here.
_SMOLLM2: dict[str, Any] = {
    **{"vocab_size": 49_152, "hidden_size": 576, "intermediate_size": 1_536},
    **{"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3},
    "tie_word_embeddings": True,
}
# Kinds of model with the same layers; Qwen's add a constant to queries, keys and values.
_LIKE_LLAMA = ("llama", "mistral", "qwen2")
# Where attention may not look.
_NEVER = -1e9


def smollm2_config() -> LlamaConfig:
    """Return the shape of SmolLM2-135M."""
    return LlamaConfig(**_SMOLLM2)


@dataclass(frozen=True)
class Task:
    """One task of a batch, a row an example: its prompt, and what follows it, end token included.

    A target may be empty: such a task is not computed for that example.
    """

    prompts: Sequence[Sequence[int]]
    targets: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Branches:
    """The rows of some examples, `common` tokens and then one branch a task.

    Attributes:
        ids: Token ids of all rows, one after the other, (tokens,).
        positions: The place of each in its own text, (tokens,).
        branches: 0 at common tokens, else the number of the task, (tokens,).
        lengths: Tokens of each row.
        outputs: For each task which tokens its targets are predicted at, row after row.
    """

    ids: Tensor
    positions: Tensor
    branches: Tensor
    lengths: list[int]
    outputs: list[Tensor]


def can_share(model: nn.Module) -> bool:
    """Tell whether a student's layers are a Llama's, which are known here; others take their own forward."""
    student: Any = model
    config = student.config
    is_known = config.model_type in _LIKE_LLAMA and config.hidden_act == "silu"
    sees_all = getattr(config, "sliding_window", None) is None
    return is_known and sees_all and config.attention_dropout == 0 and has_plain_ends(student)


def common_length(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens prompts begin with alike, the last of the shortest never among them."""
    most = min(map(len, prompts)) - 1
    return next(
        (place for place in range(most) if len({prompt[place] for prompt in prompts}) > 1), most
    )


def branch_out(tasks: Sequence[Task], device: torch.device) -> Branches:
    """Lay out the tasks of a batch, all of as many examples."""
    ids: list[int] = []
    positions: list[int] = []
    branches: list[int] = []
    lengths = []
    outputs: list[list[int]] = [[] for _ in tasks]
    for row in range(len(tasks[0].prompts)):
        start = len(ids)
        asked = [number for number, task in enumerate(tasks) if task.targets[row]]
        prompts = [tasks[number].prompts[row] for number in asked]
        common = common_length(prompts) if prompts else 0
        if prompts:
            ids += prompts[0][:common]
            positions += range(common)
            branches += [0] * common
        for number, prompt in zip(asked, prompts, strict=True):
            target = tasks[number].targets[row]
            # Behind the prompt's last token the first target is predicted; nothing reads the last one.
            first = len(ids) + len(prompt) - common - 1
            outputs[number] += range(first, first + len(target))
            own = [*prompt[common:], *target[:-1]]
            ids += own
            positions += range(common, common + len(own))
            branches += [number + 1] * len(own)
        lengths.append(len(ids) - start)

    def tensor(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=device)

    flat = tensor(ids), tensor(positions), tensor(branches)
    return Branches(*flat, lengths, list(map(tensor, outputs)))


def task_states(model: Any, laid: Branches) -> list[Tensor]:
    """Compute what a Llama's output layer reads at the targets of each task: (targets, width), row by row."""
    decoder = model.model
    x = decoder.embed_tokens(laid.ids)
    dtype = matrix_dtype(x)
    rows, mask = _rows_of(laid, dtype)
    cosines, sines = decoder.rotary_emb(x, position_ids=laid.positions[None])
    turns = cosines[0, :, None], sines[0, :, None]
    for layer in decoder.layers:
        normed = _norm(layer.input_layernorm, x, dtype)
        x = x + _attend(layer.self_attn, normed, rows, mask, turns)
        normed = _norm(layer.post_attention_layernorm, x, dtype)
        mlp = layer.mlp
        x = x + mlp.down_proj(F.silu(mlp.gate_proj(normed)) * mlp.up_proj(normed))
    states = _norm(decoder.norm, x, dtype)
    return [states.index_select(0, places) for places in laid.outputs]


def _rows_of(laid: Branches, dtype: torch.dtype) -> tuple[Rows, Tensor]:
    """Rows side by side, padded to the longest, and what attention adds to their scores."""
    branches, ids = (
        pad_sequence(list(part.split(laid.lengths)), batch_first=True)
        for part in (laid.branches, laid.ids)
    )
    width = ids.shape[1]
    places = torch.arange(width, device=ids.device)
    real = places < torch.tensor(laid.lengths, device=ids.device)[:, None]
    seen = branches[:, None, :] == branches[:, :, None]
    seen |= branches[:, None, :] == 0
    seen &= places[None, :] <= places[:, None]
    mask = torch.zeros(seen.shape, dtype=dtype, device=ids.device).masked_fill_(~seen, _NEVER)
    return Rows(ids, real), mask[:, None, None]


def _norm(norm: Any, x: Tensor, dtype: torch.dtype) -> Tensor:
    return rms_norm(x, norm.weight, norm.variance_epsilon, dtype)


def _attend(
    layer: Any, x: Tensor, rows: Rows, mask: Tensor, turns: tuple[Tensor, Tensor]
) -> Tensor:
    """Let each token look at its row: (tokens, width) → the same."""
    size = layer.head_dim
    q, k, v = (project(x) for project in (layer.q_proj, layer.k_proj, layer.v_proj))
    q, k = (_turn(part.unflatten(1, (-1, size)), turns, v.dtype).flatten(1) for part in (q, k))
    heads = [part.shape[1] // size for part in (q, k, v)]
    ((q,), (k,), (v,)) = (
        rows.spread(part, 1, own) for part, own in zip((q, k, v), heads, strict=True)
    )
    # Several heads of queries share one of keys and values, and are laid below each other. Two products and a
    # softmax: torch's fused attention takes three to six times as long on a processor.
    groups = heads[1]
    queries = (q * layer.scaling).reshape(len(q), groups, -1, size)
    scores = (queries @ k.transpose(2, 3)).unflatten(2, (-1, q.shape[2])).add_(mask)
    # Also of bf16 torch takes it in float32, and makes no copy for that.
    weights = scores.softmax(dim=-1)
    found = (weights.flatten(2, 3) @ v).reshape(q.shape)
    return layer.o_proj(rows.gather(found))


def _turn(x: Tensor, turns: tuple[Tensor, Tensor], dtype: torch.dtype) -> Tensor:
    """Tell heads their token's place (rotary embedding, Su et al. 2021): (tokens, heads, size) → the same."""
    cosines, sines = turns
    first, second = x.chunk(2, dim=-1)
    return (x * cosines + torch.cat([-second, first], dim=-1) * sines).to(dtype)
