"""What a run was made from: fingerprints of its data and of the weights that it started with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.files import write_atomically
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

SOURCES = "sources.json"


def fingerprint(examples: Sequence[Example]) -> str:
    """Return a SHA-256 of all fields of the examples, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example)).encode())
    return digest.hexdigest()


def weights_fingerprint(student: Student) -> str:
    """Return a SHA-256 of a student's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(student.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def data_fingerprint(config: RunConfig) -> str:
    """Return the fingerprint of train, valid and test of a run's data set."""
    splits = [
        load_split(config.dataset, split, config.data_root) for split in ("train", "valid", "test")
    ]
    return fingerprint([example for split in splits for example in split])


def sources_of(config: RunConfig) -> dict[str, str]:
    """Return the fingerprints of what a run of this configuration would be made from now.

    Returns:
        `data_sha256` over train, valid and test, and `weights_sha256`.

    Raises:
        KitError: Data or student cannot be had.
    """
    return {
        "data_sha256": data_fingerprint(config),
        "weights_sha256": weights_fingerprint(load_student(config.student)),
    }


def noted_sources(folder: Path) -> dict[str, object] | None:
    """Return what a run's folder says that it was made from; None where it does not say.

    A record says it too, for a finished run whose note was lost.
    """
    try:
        noted = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
        if isinstance(noted, dict) and {"data_sha256", "weights_sha256"} <= noted.keys():
            # The first version did not note itself.
            return {"results_version": 1, **noted}
    except (FileNotFoundError, ValueError):
        pass
    try:
        found = record.read_record(folder)
        return {
            "data_sha256": found["data"]["sha256"],
            **{name: found[name] for name in ("weights_sha256", "results_version")},
        }
    except (DataError, KeyError, TypeError):
        return None


def note_sources(folder: Path, sources: Mapping[str, str]) -> None:
    """Write down what a run is made from, before it starts."""
    noted = {**sources, "results_version": record.RESULTS_VERSION}
    if noted_sources(folder) != noted:
        write_atomically(folder / SOURCES, json.dumps(noted, indent=1) + "\n")


def refuse_other_sources(folder: Path, sources: Mapping[str, str]) -> None:
    """Refuse a run's folder whose run, finished or not, was made from or by something else.

    Args:
        folder: The run's folder; one that notes no sources is not refused.
        sources: From `sources_of`.

    Raises:
        KitError: The message names the folder and what differs.
    """
    before = noted_sources(folder)
    if before is None:
        return
    version = before["results_version"]
    if version != record.RESULTS_VERSION:
        raise KitError(
            f"{folder} was made by version {version} of the kit's numbers, now "
            f"{record.RESULTS_VERSION}; delete that folder or name another folder of runs."
        )
    for name, what in (("data_sha256", "data"), ("weights_sha256", "weights of the student")):
        if before[name] != sources[name]:
            raise KitError(
                f"{folder} was made from other {what} than are there now; delete that folder or "
                "name another folder of runs."
            )
