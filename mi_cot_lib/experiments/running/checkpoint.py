"""What a trained student's folder says of it: how to read its answers, and which labels it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import DATASETS, DatasetSpec, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.folder import has_model
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

_SETTINGS = ("dataset", "method", "max_input_tokens", "max_new_tokens", "max_target_tokens")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trained student that has not been loaded yet; `method` says how its outputs are to be read.

    Where its folder is no run's, the name is the folder's and there is no configuration.
    """

    name: str
    student: Path
    config: dict[str, Any] | None
    method: str
    limits: dict[str, int]  # tokens, as `predict` takes them


def limits_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a run's configuration cuts prompts, and ends labels and rationales, in tokens."""
    return {
        "max_input_tokens": config["max_input_tokens"],
        "max_new_tokens": config["max_new_tokens"],
        "max_rationale_tokens": config["max_target_tokens"],
    }


def open_checkpoint(folder: Path, method: str | None = None) -> Checkpoint:
    """Find out what a folder holds: a finished run, or a student saved by itself, read as `method` says.

    Raises:
        ConfigError: An unknown method, or one that is not the run's.
        DataError: The folder holds neither, or the run has not finished or kept no student.
    """
    folder = Path(folder).resolve()
    if method is not None:
        method_named(method)
    if record.is_complete(folder):
        return _of_run(folder, method)
    if not folder.is_dir():
        others = [path.name for path in folder.parent.glob("*/")]
        nearest = get_close_matches(folder.name, others, n=1)
        raise DataError(
            f"there is no folder {folder}."
            + (f" Did you mean {folder.parent / nearest[0]}?" if nearest else "")
        )
    if (folder / record.STUDENT).is_dir():
        raise DataError(
            f"{folder} holds no whole {record.RECORD}: the run has not finished; the same `mi-cot run` "
            f"goes on with it. To score its student as it is, name {folder / record.STUDENT}."
        )
    if not has_model(folder):
        runs = sorted(path.parent.name for path in folder.glob(f"*/{record.RECORD}"))
        raise DataError(
            f"{folder} is neither a finished run ({record.RECORD}) nor a saved student (config.json)"
            + (f"; name one of the runs in it, such as {folder / runs[0]}." if runs else ".")
        )
    # Of the defaults only the token limits are taken, and these depend on no data set.
    limits = limits_of(RunConfig(dataset="svamp", student=str(folder), precision="fp32").to_dict())
    return Checkpoint(folder.name, folder, None, method or "finetune", limits)


def _of_run(folder: Path, method: str | None) -> Checkpoint:
    found = record.read_record(folder)
    config = found["config"]
    if missing := [name for name in _SETTINGS if name not in config]:
        raise DataError(
            f"{folder / record.RECORD}: the configuration lacks {', '.join(missing)}; run again with "
            "this version of the kit."
        )
    if method is not None and method != config["method"]:
        raise ConfigError(
            f"{found['run']} was trained as {config['method']}, and its outputs are read so; "
            f"leave out --method {method}."
        )
    if not has_model(folder / record.STUDENT):
        raise DataError(
            f"{folder} holds no trained student in {record.STUDENT}/: delete that folder and run again."
        )
    name = method_named(config["method"]).name
    return Checkpoint(found["run"], folder / record.STUDENT, config, name, limits_of(config))


def refuse_other_labels(checkpoint: Checkpoint, spec: DatasetSpec) -> None:
    """Refuse a data set whose answers are none that a run's student has learned to write.

    Fewer labels than the student knows are fine, and so is another order. A folder that is no run's
    says nothing about labels, and is not refused.

    Raises:
        ConfigError: The message names both label spaces and the data sets that would fit.
    """
    if checkpoint.config is None:
        return
    trained = dataset_spec(checkpoint.config["dataset"])
    if _fits(trained, spec):
        return
    fitting = ", ".join(name for name, known in DATASETS.items() if _fits(trained, known))
    raise ConfigError(
        f"{checkpoint.name} was trained on {trained.name}, whose answers are "
        f"{_label_space(trained)}; those of {spec.name} are {_label_space(spec)}. An accuracy would "
        f"mean nothing. Data that fit: {fitting}, or your own with such answers."
    )


def _label_space(spec: DatasetSpec) -> str:
    if spec.labels:
        return f"the labels {', '.join(spec.labels)}"
    if spec.answer_type == "equation":
        return "equations, compared by value"
    return "choices that the question lists"


def _fits(trained: DatasetSpec, spec: DatasetSpec) -> bool:
    if trained.labels or spec.labels:
        return bool(spec.labels) and set(spec.labels) <= set(trained.labels)
    return trained.answer_type == spec.answer_type
