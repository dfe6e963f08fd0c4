"""What every later room works with: one question, its label and what the teacher said about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a data set together with the teacher's parsed output.

    Attributes:
        id: `dataset/split/row`, with the row's number in its file from 0.
        input: The text that both prompts share, without a task prefix.
        label: The gold label as the student has to write it.
        rationale: The teacher's rationale, None where its text could not be parsed.
        teacher_label: The teacher's label in the gold label's form, None where it could not be parsed.
    """

    id: str
    input: str
    label: str
    rationale: str | None
    teacher_label: str | None
