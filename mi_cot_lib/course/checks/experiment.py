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
# What is missing has no line of its own: it can be mended in any of these. And where the best look is chosen
# is where the test set is looked at.
_SAME = {10: 13, 12: 13, 15: 13, 19: 18}
_FINE = {
    3: "Line 3 is right: `float` reads '0.5' as a number.",
    6: "Line 6 is right: dropout, where there is any, belongs to training.",
    14: "Line 14 is right: with accumulation a step is taken only every so many batches.",
    16: "Line 16 is right: gradients are cleared after each step, and only then.",
}


def _faults_named(given: object) -> str:
    if not isinstance(given, set | frozenset | list | tuple) or not all(
        type(line) is int for line in given
    ):
        return "It should give a set of line numbers, such as {1, 4, 9}."
    answer = {_SAME.get(int(line), int(line)) for line in given}
    found = "\n".join(f"Found: {_FAULTS[line]}" for line in sorted(answer & _FAULTS.keys()))
    wrong = sorted(answer - _FAULTS.keys())
    if wrong:
        fine = _FINE.get(wrong[0], f"Line {wrong[0]} is right, or no line of the script.")
        return f"{fine}\n{found}".strip()
    missed = sorted(_FAULTS.keys() - answer)
    hints = {
        2: "what the command line makes of a word",
        13: "what several batches do to one step",
        18: "what is scored when",
    }
    return f"{len(missed)} more. Think of {hints[missed[0]]}.\n{found}".strip() if missed else ""


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


def _judge_control(answer: object, examples: Sequence[Example], seed: int) -> str:
    if not isinstance(answer, list | tuple) or not all(isinstance(one, Example) for one in answer):
        return "It should give a list of examples; `dataclasses.replace(example, rationale=…)` makes one."
    if len(answer) != len(examples):
        return (
            f"It gives {len(answer)} examples of {len(examples)}: a control has as many as what it is "
            f"compared with."
        )
    if any(
        replace(one, rationale=None) != replace(before, rationale=None)
        for one, before in zip(answer, examples, strict=True)
    ):
        return (
            "More than rationales has changed places: questions, labels, or the teacher's. Then finetuning "
            "would learn something else as well: change the rationales alone."
        )
    own = sum(
        one.rationale == before.rationale for one, before in zip(answer, examples, strict=True)
    )
    if own == len(examples):
        return "Nothing has changed: every example still has its own rationale."
    if own:
        return (
            f"{own} of {len(examples)} examples kept their own rationale. A shuffle leaves about one in its "
            "place; draw again, or turn the list."
        )
    if sorted(one.rationale or "" for one in answer) != sorted(
        one.rationale or "" for one in examples
    ):
        return (
            "Some rationales are there more than once and others not at all. The control should read the "
            "same texts, as often: permute them."
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
            lambda examples, seed: [replace(one, rationale=None) for one in examples],
            "The rationales are gone: that is finetuning, the other side of the comparison. The control "
            "trains on as many words, of other questions.",
        ),
        Misconception(
            lambda examples, seed: [
                replace(one, rationale=" ".join(reversed((one.rationale or "").split())))
                for one in examples
            ],
            "The words are in another order. That control asks whether order matters; these words still are "
            "of the right question.",
        ),
    ),
)
