"""Checks of experiments: a training script's faults, and the control for gains by reasoning."""

from collections.abc import Sequence
from dataclasses import replace

from mi_cot_lib.course.checks.check import Check, Misconception
from mi_cot_lib.data.specs import Example

# What notebook 3's exercise shows, with the number of each line.
SCRIPT = """\
parser = argparse.ArgumentParser()
parser.add_argument("--with_mi", type=bool, default=False)
parser.add_argument("--alpha", type=float, default=0.5)
args = parser.parse_args()
scores = {}
model.train()
for step, batch in enumerate(batches, start=1):
    predicted = model(**batch["predict"]).loss
    explained = model(**batch["explain"]).loss
    loss = args.alpha * predicted + (1 - args.alpha) * explained
    if args.with_mi:
        loss = loss + 0.1 * mi_loss(batch)
    loss.backward()
    if step % accumulate == 0:
        optimiser.step()
        optimiser.zero_grad()
    if step % 250 == 0:
        scores[step] = accuracy(model, test_set)
best = max(scores, key=scores.get)
print("accuracy:", scores[best])
"""
_FAULTS = {
    2: "`type=bool`: `--with_mi False` is true, since the text 'False' is not empty. A run of DSS would "
    "have the MI term.",
    13: "The losses of `accumulate` batches are added up: divide by `accumulate` before `backward`, or the "
    "learning rate grows with it.",
    18: "The test set is looked at while training, and the best look is reported: choose on validation, and "
    "test once.",
}
_HINTS = {
    2: "what the command line makes of a word",
    13: "what several batches do to one step",
    18: "what is scored when",
}
_FINE = {
    1: "the parser comes first.",
    3: "`float` reads '0.5' as a number.",
    4: "the command line is read when all options are known.",
    5: "nothing has been scored yet.",
    6: "dropout, where there is any, belongs to training.",
    7: "steps are counted from 1, so that the first update comes after `accumulate` batches, not after one.",
    8: "it is the loss of the first task, the label.",
    9: "it is the loss of the second task, the rationale, of the same examples.",
    10: "the weights sum to 1. What the loss lacks, the MI term lacks too, and it is not added yet.",
    11: "without the MI term it is DSS. Whether `args.with_mi` is what was asked for is decided elsewhere.",
    12: "it adds the MI term where there is one. What the loss lacks, it lacks without this term as well.",
    14: "with accumulation a step is taken only every so many batches.",
    15: "it takes the step. How large the gradients are by then is decided elsewhere.",
    16: "gradients are cleared after each step, and only then.",
    17: "a look every so often is how a step is chosen. What is looked at is another line's matter.",
    19: "the best of many looks may be chosen, if nothing else is decided by what was looked at.",
    20: "it prints what was chosen. What it was chosen by is another line's matter.",
}


def _faults_named(given: object) -> str:
    if not isinstance(given, set | frozenset | list | tuple) or not all(
        type(line) is int for line in given
    ):
        return "It should give a set of line numbers, such as {1, 4, 9}."
    answer = set(given)
    found = "\n".join(f"Found: {_FAULTS[line]}" for line in sorted(answer & _FAULTS.keys()))
    wrong = sorted(answer - _FAULTS.keys())
    if wrong:
        fine = [
            f"Line {line} is right: {_FINE[line]}" if line in _FINE else f"There is no line {line}."
            for line in wrong
        ]
        return "\n".join([*fine, found]).strip()
    missed = sorted(_FAULTS.keys() - answer)
    return f"{len(missed)} more. Think of {_HINTS[missed[0]]}.\n{found}".strip() if missed else ""


faults = Check(
    name="faults",
    solution=lambda: set(_FAULTS),
    cases=lambda: [()],
    right="All three:\n" + "\n".join(_FAULTS.values()),
    judge=_faults_named,
)


def _examples(count: int) -> list[Example]:
    return [
        Example(
            id=f"toy/train/{place}",
            input=f"Question {place}",
            label=f"label {place % 3}",
            rationale=f"Because of {place}.",
            teacher_label=f"label {place % 3}",
        )
        for place in range(count)
    ]


def _control(examples: Sequence[Example], seed: int) -> list[Example]:
    # Each takes its neighbour's, wherever the seed starts: nobody's is its own.
    step = 1 + seed % (len(examples) - 1)
    moved = [examples[(place + step) % len(examples)].rationale for place in range(len(examples))]
    return [replace(one, rationale=other) for one, other in zip(examples, moved, strict=True)]


_GONE = (
    "The rationales are gone: that is finetuning, the other side of the comparison. The control "
    "trains on as many words, of other questions."
)


def _judge_control(answer: object, examples: Sequence[Example], seed: int) -> str:
    if not isinstance(answer, list | tuple) or not all(isinstance(one, Example) for one in answer):
        return "It should give a list of examples; `dataclasses.replace(example, rationale=…)` makes one."
    if len(answer) != len(examples):
        return (
            f"It gives {len(answer)} examples of {len(examples)}: a control has as many as what it is "
            "compared with."
        )
    if any(
        replace(one, rationale=None) != replace(before, rationale=None)
        for one, before in zip(answer, examples, strict=True)
    ):
        return (
            "More than rationales has changed places: questions, labels, or the teacher's. Then finetuning "
            "would learn something else as well: change the rationales alone."
        )
    had, has = ([(one.rationale or "").split() for one in side] for side in (examples, answer))
    own = sum(one == other for one, other in zip(had, has, strict=True))
    if own == len(examples):
        return "Nothing has changed: every example still has its own rationale."
    if not any(has):
        return _GONE
    if list(map(sorted, had)) == list(map(sorted, has)):
        return (
            "The words are in another order. That control asks whether order matters; these words still "
            "are of the right question."
        )
    if own:
        return (
            f"{own} of {len(examples)} examples kept their own rationale. A shuffle leaves about one in its "
            "place; draw again, or turn the list."
        )
    if sorted(had) != sorted(has):
        return (
            "Some rationales are missing, and others are in their places. The control should read the same "
            "texts, as often: permute them."
        )
    return ""


control = Check(
    name="control",
    solution=_control,
    # A shuffle leaves nobody in its place every third time.
    cases=lambda: [(_examples(count), seed) for count in (12, 2) for seed in range(10)],
    right=(
        "Same questions, same labels, the same rationales, none with its own question: what is left of a "
        "gain is no reasoning."
    ),
    judge=_judge_control,
    misconceptions=(
        Misconception(
            lambda examples, seed: [replace(one, rationale=None) for one in examples], _GONE
        ),
    ),
)
