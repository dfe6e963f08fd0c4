"""Learners' answers about texts and batches: right in another way, and wrong in ways that have a name."""

import ast
import operator
import re
from fractions import Fraction

import torch
from torch.nn.utils.rnn import pad_sequence

from mi_cot_lib.course import checks

BY_NODE = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def by_hand(text):
    def walk(node):
        if isinstance(node, ast.BinOp) and type(node.op) in BY_NODE:
            return BY_NODE[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -walk(node.operand)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return float(node.value)
        raise ValueError(text)

    try:
        return walk(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError):
        return None


def in_fractions(text):
    value = by_hand(text)
    return None if value is None else Fraction(value)


def of_few_letters(text):
    if re.fullmatch(r"[\d\s.+\-*/()]+", text) and "**" not in text and "//" not in text:
        return trusting(text)
    return None


def trusting(text):
    try:
        # What a learner may do, on the check's own harmless texts.
        return eval(text)  # noqa: S307
    except Exception:
        return None


def hiding(text):
    try:
        return eval(text)  # noqa: S307
    except BaseException:
        return None


def any_operation(text):
    BY_NODE.update({ast.Pow: operator.pow, ast.FloorDiv: operator.floordiv})
    try:
        return by_hand(text)
    finally:
        del BY_NODE[ast.Pow], BY_NODE[ast.FloorDiv]


def zero(text):
    found = by_hand(text)
    return found if found is not None else 0


def infinite(text):
    return float("inf") if "/ 0" in text else by_hand(text)


def split_lines(text):
    found = re.split(r"(?i)(?:so )?the answer is ", text, maxsplit=1)
    if len(found) == 1:
        return None
    label = found[1].partition("\n")[0].strip()
    return found[0].strip(), label[:-1] if label.endswith(".") else label


def greedy(text):
    found = re.match(r"(?is)(.*)(?:so )?the answer is ([^\n]*)", text)
    if not found:
        return None
    before = re.sub(r"(?i)\bso\s*$", "", found[1]).strip()
    return before, found[2].strip().rstrip(".")


def cut_short(text):
    found = re.search(r"(?i)(?:so )?the answer is ([^\n]*)", text)
    return found and (text[: found.start()].strip(), found[1].strip()[:-1])


def full_stop(text):
    found = re.search(r"(?i)(?:so )?the answer is ([^\n]*)", text)
    return found and (text[: found.start()].strip(), found[1].strip())


def never_none(text):
    return split_lines(text) or (text.strip(), "")


def padded(rows, value, side="right"):
    return pad_sequence([*map(torch.tensor, rows)], True, value, side)


def batch_of(pairs, pad, target=-100, side="right"):
    columns = {name: [pair[name] for pair in pairs] for name in pairs[0]}
    batch = {}
    for name, rows in columns.items():
        is_target = name in ("label", "rationale")
        batch[name] = padded(rows, target if is_target else pad, side)
        if not is_target:
            batch[name + "_mask"] = padded([[1 for _ in row] for row in rows], 0, side)
    return batch


def same_width(pairs, pad):
    batch = batch_of(pairs, pad)
    widest = max(batch["label"].shape[1], batch["rationale"].shape[1])
    for name in ("label", "rationale"):
        more = widest - batch[name].shape[1]
        batch[name] = torch.nn.functional.pad(batch[name], (0, more), value=-100)
    return batch


def moved(targets, start, pad):
    shifted = targets.new_full(targets.shape, start)
    shifted[:, 1:] = targets[:, :-1]
    return torch.where(shifted == -100, pad, shifted)


def keeps_ignored(targets, start, pad):
    shifted = targets.clone()
    shifted[:, 1:], shifted[:, 0] = targets[:, :-1], start
    return shifted


def future(targets, start, pad):
    shifted = targets.roll(-1, 1)
    shifted[:, -1] = start
    return torch.where(shifted == -100, pad, shifted)


def picked(logits, targets):
    at = targets.clone()
    at[at < 0] = 0
    return -torch.log_softmax(logits, -1).gather(2, at.unsqueeze(2)).squeeze(2) * (targets >= 0)


def mean_of_counted(logits, targets):
    return picked(logits, targets).sum() / (targets >= 0).sum()


def mean_of_examples(logits, targets):
    each = [
        picked(a[None], b[None]).sum() / (b >= 0).sum()
        for a, b in zip(logits, targets, strict=True)
    ]
    return torch.stack(each).mean()


def twice_softmaxed(logits, targets):
    return mean_of_counted(logits.softmax(-1), targets)


RIGHT = [
    (checks.equation_value, by_hand),
    (checks.equation_value, in_fractions),
    (checks.read_teacher, split_lines),
    (checks.collate, batch_of),
    (checks.shift_right, moved),
    (checks.token_loss, mean_of_counted),
]
WRONG = [
    (checks.equation_value, trusting, "calls `eval`, which runs"),
    (checks.equation_value, of_few_letters, "calls `eval`, which runs"),
    (checks.equation_value, hiding, "calls `eval`, which runs"),
    (checks.equation_value, lambda text: 1e999 if len(text) > 99 else by_hand(text), "too large"),
    (checks.equation_value, any_operation, "powers"),
    (checks.equation_value, zero, "None, not 0"),
    (checks.equation_value, infinite, "zero has no value"),
    (checks.read_teacher, greedy, "last answer"),
    (checks.read_teacher, cut_short, "neutra"),
    (checks.read_teacher, full_stop, "full stop stays"),
    (checks.read_teacher, never_none, "return None"),
    (checks.collate, lambda pairs, pad: batch_of(pairs, pad, target=pad), "taught to write"),
    (checks.collate, lambda pairs, pad: batch_of(pairs, pad, side="left"), "on the left"),
    (checks.collate, same_width, "one width"),
    (checks.shift_right, keeps_ignored, "it is no token"),
    (checks.shift_right, future, "see the future"),
    (checks.shift_right, lambda t, start, pad: future(t, pad, pad), "see the future"),
    (checks.shift_right, lambda t, start, pad: torch.where(t < 0, pad, t), "does not shift"),
    (checks.token_loss, lambda logits, targets: picked(logits, targets).mean(), "all positions"),
    (checks.token_loss, lambda logits, targets: picked(logits, targets).sum(), "sum over tokens"),
    (checks.token_loss, mean_of_examples, "over examples"),
    (checks.token_loss, twice_softmaxed, "taken twice"),
]
