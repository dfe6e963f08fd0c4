"""A trained student is saved only as what it is: what validation selected, and what reads back the same."""

import shutil
from pathlib import Path

from mi_cot_lib.errors import KitError, written_to
from mi_cot_lib.student.adapters import Base, holds_adapters, save_adapters
from mi_cot_lib.student.load import Student, load_student, weights_fingerprint
from mi_cot_lib.training.checkpoints import FOLDER
from mi_cot_lib.training.train import Trained, selected_accuracy


def check_selected(folder: Path, trained: Trained, accuracy: float, questions: int) -> None:
    """Refuse a student that does not answer so many validation questions as the selected step did.

    Its weights are that step's to the bit. Another machine may round otherwise, which flips at most an
    answer in a hundred, or one.

    Raises:
        KitError: The message names both accuracies (shares of right answers) and what to do.
    """
    logged = selected_accuracy(trained)
    if round(abs(logged - accuracy) * questions) > max(1, questions // 100):
        raise KitError(
            f"{folder}: of {questions} validation questions the student answers "
            f"{accuracy:.1%} right, and {logged:.1%} at the selected step "
            f"{trained.selected_step}; nothing is recorded. Delete {FOLDER}/ in that folder, and the "
            "same command trains again."
        )


def save_student(student: Student, folder: Path, base: Base | None = None) -> None:
    """Save a student in one move, and only if it reads back as what it is; of one with adapters these alone.

    Raises:
        KitError: It does not.
        OSError: A disk that is full or cannot be written.
    """
    part = folder.with_name(f"{folder.name}.part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    with written_to(part):
        if base is None:
            student.model.save_pretrained(part)
            student.tokeniser.save_pretrained(part)
            is_whole = weights_fingerprint(load_student(str(part))) == weights_fingerprint(student)
        else:
            save_adapters(student.model, part, base)
            # Its base a second time might be more than there is memory for.
            is_whole = holds_adapters(part, student.model)
    if not is_whole:
        raise KitError(f"{part} does not hold the weights that were saved in it; check the disk.")
    part.rename(folder)
