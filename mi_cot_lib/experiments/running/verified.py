"""The last look at a trained student: it answers as the selected step did, and is saved as it is."""

import shutil
from pathlib import Path

from mi_cot_lib.errors import KitError, written_to
from mi_cot_lib.experiments.running.sources import weights_fingerprint
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.checkpoints import FOLDER
from mi_cot_lib.training.train import Trained


def check_selected(folder: Path, trained: Trained, accuracy: float, questions: int) -> None:
    """Refuse a student that does not answer validation as the selected step did.

    Its weights are that step's to the bit. Another machine may round otherwise, which flips at most an
    answer in a hundred, or one.

    Args:
        folder: The run's folder.
        trained: What training logged.
        accuracy: Share of validation questions that the student answers right now, 0 to 1.
        questions: How many there are.

    Raises:
        KitError: The message names both accuracies and what to do.
    """
    logged = [
        row["eval_accuracy"]
        for row in trained.history
        if row["step"] == trained.selected_step and "eval_accuracy" in row
    ]
    if round(abs(logged[-1] - accuracy) * questions) > max(1, questions // 100):
        raise KitError(
            f"{folder}: of {questions} validation questions the student answers "
            f"{accuracy:.1%} right, and {logged[-1]:.1%} at the selected step "
            f"{trained.selected_step}; nothing is recorded. Delete {FOLDER}/ in that folder, and the "
            "same command trains again."
        )


def save_student(student: Student, folder: Path) -> None:
    """Save a student in one move, and only if it reads back as what it is.

    Raises:
        KitError: It does not.
        OSError: A disk that is full or cannot be written.
    """
    part = folder.with_name(f"{folder.name}.part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    with written_to(part):
        student.model.save_pretrained(part)
        student.tokeniser.save_pretrained(part)
    if weights_fingerprint(load_student(str(part))) != weights_fingerprint(student):
        raise KitError(f"{part} does not hold the weights that were saved in it; check the disk.")
    part.rename(folder)
