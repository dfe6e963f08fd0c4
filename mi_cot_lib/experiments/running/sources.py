"""What a run was made from: fingerprints of its data and of the weights that it started with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.files import write_json
from mi_cot_lib.student.adapters import add_adapters
from mi_cot_lib.student.load import load_student, weights_fingerprint
from mi_cot_lib.student.wording import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

SOURCES = "sources.json"


def fingerprint(examples: Sequence[Example]) -> str:
    """Return a SHA-256 of all fields of the examples, in order."""
    digest = hashlib.sha256()
    names = [field.name for field in fields(Example)]
    for example in examples:
        digest.update(json.dumps({name: getattr(example, name) for name in names}).encode())
    return digest.hexdigest()


def data_fingerprint(config: RunConfig) -> str:
    """Return the fingerprint of all splits of a run's data set; of a built-in one with its first draw."""
    names = sorted({"train", "valid", "test", *dataset_spec(config.dataset).splits})
    splits = [load_split(config.dataset, split, config.data_root) for split in names]
    return fingerprint([example for split in splits for example in split])


def sources_of(config: RunConfig) -> dict[str, str]:
    """Return `data_sha256` (all splits) and `weights_sha256` of what a run would be made from now.

    ConfigError where such a student cannot be trained so: asked, read at its encoder, or given adapters.
    """
    student = load_student(config.student, config.prompting)
    if student.decoder_only and config.features == "encoder_hidden":
        # Of a model of the hub only its files say so.
        raise ConfigError(f"features encoder_hidden: {config.student} has no encoder.")
    # A question that is cut to one token.
    student.wording.prompts([PREDICT_PREFIX, EXPLAIN_PREFIX], config.max_input_tokens)
    sources = {
        "data_sha256": data_fingerprint(config),
        "weights_sha256": weights_fingerprint(student),
    }
    if config.lora_rank is not None:
        add_adapters(student.model, config.lora_rank, config.lora_targets, config.seed)
    return sources


def recorded_sources(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run's record says that it was made from."""
    return {
        "data_sha256": found["data"]["sha256"],
        "weights_sha256": found["weights_sha256"],
        "results_version": found.get("results_version"),
    }


def noted_sources(folder: Path) -> dict[str, Any] | None:
    """Return what a run's folder, or for one whose note was lost its record, says that it was made from."""
    try:
        noted = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
        if isinstance(noted, dict) and {"data_sha256", "weights_sha256"} <= noted.keys():
            # The first version did not note itself.
            return {"results_version": 1, **noted}
    except (FileNotFoundError, ValueError):
        pass
    try:
        return recorded_sources(record.read_record(folder))
    except (DataError, KeyError, TypeError):
        return None


def note_sources(folder: Path, sources: Mapping[str, str]) -> None:
    """Write down what a run is made from, before it starts."""
    noted = {**sources, "results_version": record.RESULTS_VERSION}
    if noted_sources(folder) != noted:
        write_json(folder / SOURCES, noted, indent=1)


def unfit_sources(before: Mapping[str, Any], now: Mapping[str, str] | None) -> str:
    """Say how what a run was made from or by differs from what is there now; empty where it does not."""
    version = before["results_version"]
    if version != record.RESULTS_VERSION:
        return f"made by version {version} of the kit's numbers, now {record.RESULTS_VERSION}"
    for name, what in (("data_sha256", "data"), ("weights_sha256", "weights of the student")):
        if now is not None and before[name] != now[name]:
            return f"made from other {what} than are there now"
    return ""


def refuse_other_sources(folder: Path, sources: Mapping[str, str]) -> None:
    """Refuse, by a KitError, a folder whose run, finished or not, was made from or by something else."""
    before = noted_sources(folder)
    if before is not None and (why := unfit_sources(before, sources)):
        raise KitError(f"{folder} was {why}; delete that folder or name another folder of runs.")
