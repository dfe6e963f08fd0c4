"""Checkpoints that count only if whole: sealed when written, checked before they are used.

The seal is a list of a checkpoint's files, their sizes and SHA-256, written last. What a full disk, a
killed process or a broken copy leaves behind does not agree with it. Nothing in a checkpoint names a
folder, so that a run goes on wherever it was moved to.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from tqdm.auto import tqdm
from transformers import PreTrainedModel
from transformers.trainer import TRAINER_STATE_NAME, TRAINING_ARGS_NAME
from transformers.trainer_callback import TrainerState
from transformers.utils import SAFE_WEIGHTS_NAME

from mi_cot_lib.errors import KitError, written_to
from mi_cot_lib.files import write_atomically

FOLDER = "checkpoints"
SEAL = "whole.json"


def checkpoint_folder(checkpoints: Path, step: int) -> Path:
    """Return the folder of one step's checkpoint, named as transformers names it."""
    return checkpoints / f"checkpoint-{step}"


@contextmanager
def sealed(folder: Path, state: TrainerState) -> Iterator[None]:
    """Let the Trainer write a checkpoint, make it count, and drop what is then no longer needed.

    The Trainer's state is written again without the path of the best checkpoint. What a disk does not take
    whole is deleted, the others stay.
    """
    try:
        with written_to(folder):
            yield
            state.best_model_checkpoint = None
            state.save_to_json(str(folder / TRAINER_STATE_NAME))
            # A pickle that holds this machine's paths and that nothing reads.
            (folder / TRAINING_ARGS_NAME).unlink()
            for path in (path for path in folder.rglob("*") if path.is_file()):
                # A disk may report only now that it took less than was written.
                with path.open("r+b") as file:
                    os.fsync(file.fileno())
            write_atomically(folder / SEAL, json.dumps(_contents(folder), indent=1) + "\n")
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _prune(folder.parent, state.global_step)


def is_whole(folder: Path) -> bool:
    """Tell whether a checkpoint holds, byte for byte, what was sealed; other files in it do not matter."""
    try:
        noted = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    found = _contents(folder)
    return isinstance(noted, dict) and bool(noted) and noted == {n: found.get(n) for n in noted}


def state_of(folder: Path) -> TrainerState:
    """Read the Trainer's state from a whole checkpoint."""
    return TrainerState.load_from_json(str(folder / TRAINER_STATE_NAME))


def selected_step(state: TrainerState) -> int:
    """Return the step that validated best up to a state, the earliest of equals."""
    return state.best_global_step or state.global_step


def last_whole(checkpoints: Path) -> Path | None:
    """Return the checkpoint to go on from, and drop with a line each that nothing can go on from.

    That is the newest which is whole and whose selected step has a whole checkpoint as well: without that
    step's weights the run could not end. None where training starts from its start.
    """
    for path in checkpoints.glob("checkpoint-*"):
        if not path.is_dir():
            tell(f"{path} is no checkpoint's folder, and dropped")
            path.unlink()
    found = _by_step(checkpoints)
    for step in [step for step, folder in found.items() if not is_whole(folder)]:
        tell(f"{found[step]} is unfinished or damaged, and dropped")
        shutil.rmtree(found.pop(step))
    selected = {step: selected_step(state_of(folder)) for step, folder in found.items()}
    for step in [step for step, best in selected.items() if best not in found]:
        best = checkpoint_folder(checkpoints, selected[step]).name
        tell(f"{found[step]} is dropped: {best}, which it selected, is missing or damaged")
        shutil.rmtree(found.pop(step))
    return found[max(found)] if found else None


def load_weights(model: PreTrainedModel, folder: Path) -> None:
    """Load a checkpoint's weights into a model, or raise KitError: all of them, and no others."""
    path = folder / SAFE_WEIGHTS_NAME
    try:
        missing, unexpected = safetensors.torch.load_model(model, path, strict=False)
    except (FileNotFoundError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise KitError(f"{path} cannot be loaded ({reason}); {_AGAIN}") from error
    # Some architectures compute weights that they neither train nor save.
    wrong = sorted({*missing} - {*(model._keys_to_ignore_on_save or ())} | {*unexpected})
    if wrong:
        raise KitError(f"{path} holds other weights than the student has ({wrong[0]}); {_AGAIN}")


_AGAIN = f"delete {FOLDER}/ in the run's folder, and the same command trains again."


def tell(line: str) -> None:
    """Print one line for the person, beside the bars."""
    tqdm.write(f"note: {line}.", file=sys.stderr)


def _prune(checkpoints: Path, newest: int) -> None:
    """Keep the newest checkpoint, the one it selects, and where these are one another to fall back on."""
    found = _by_step(checkpoints)
    selected = {step: selected_step(state_of(folder)) for step, folder in found.items()}
    keep = {newest, selected[newest]}
    # Only one that selected itself can be gone on from when all others are gone.
    alone = [step for step, best in selected.items() if step == best and step not in keep]
    if len(keep) == 1 and alone:
        keep.add(max(alone))
    for step in found.keys() - keep:
        shutil.rmtree(found[step])


def _contents(folder: Path) -> dict[str, list[int | str]]:
    found: dict[str, list[int | str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SEAL:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = [path.stat().st_size, digest]
    return found


def _by_step(checkpoints: Path) -> dict[int, Path]:
    """Return the folders of checkpoints by step, ascending."""
    steps = [
        (folder.name.partition("-")[2], folder) for folder in checkpoints.glob("checkpoint-*/")
    ]
    return dict(sorted((int(step), folder) for step, folder in steps if step.isdecimal()))
