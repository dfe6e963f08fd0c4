"""A user's own data set: a small `dataset.json` beside its splits says how to read them.

    {"title": "ASDiv", "answer_type": "equation", "licence": "CC-BY-NC-4.0"}

The fields of a row follow the answer type:

- `equation`: `input`, `label` (an equation such as `( 84.0 / 2.0 )`, or a number)
- `choice`: `question`, `choices` (texts), `answer` (one of them)
- `nli`: `premise`, `hypothesis`, `label` (a number: the place in `labels`, from 0)
- `label`: `input`, `label` (one of `labels`)
"""

import os
from pathlib import Path
from typing import Any, get_args

from mi_cot_lib.data.layout import SPLITS, datasets_folder, read_json
from mi_cot_lib.data.specs import DATASETS, AnswerType, DatasetSpec, Family
from mi_cot_lib.errors import DataError, unknown_name
from mi_cot_lib.machine import data_root_from_environment

DESCRIPTION = "dataset.json"

_REQUIRED = ("title", "answer_type", "licence")
_KEYS = (*_REQUIRED, "labels")
# The family says how a teacher's text is read, and a described data set is read without one.
_FAMILIES: dict[AnswerType, Family] = {
    "equation": "svamp",
    "choice": "cqa",
    "nli": "esnli",
    "label": "esnli",
}
_EXAMPLE = '{"title": "ASDiv", "answer_type": "equation", "licence": "CC-BY-NC-4.0"}'


def locate_dataset(
    name: str, data_root: Path | str | None = None
) -> tuple[DatasetSpec, Path | str | None]:
    """Look up what `mi-cot evaluate --dataset` takes: a name, or the folder of a described data set.

    Such a folder lies in the current one or in `data_root`, by default that of `MI_COT_DATA`. Returned
    are the data set, to be read without its teacher's texts, and the data root to read it from. Errors are
    those of `find_dataset`; a DataError also for a folder beside one that hides it.
    """
    folder = _described_folder(name, data_root)
    if folder is None:
        return find_dataset(name, data_root).without_teacher(), data_root
    for root in (folder.parent, folder.parent.parent):
        if datasets_folder(root) == folder.parent:
            return find_dataset(folder.name, root).without_teacher(), root
    raise DataError(
        f"{folder} lies beside a folder datasets/, in which data sets are looked for: move it into that."
    )


def _described_folder(name: str, data_root: Path | str | None) -> Path | None:
    if not name or name in DATASETS:
        return None
    root = data_root_from_environment() if data_root is None else data_root
    places = [] if root is None else [datasets_folder(Path(root)) / name]
    # A bare name is the data root's first; a path, such as a shell completes, the current folder's.
    places.insert(len(places) if Path(name).name == name else 0, Path(name))
    found = (place for place in places if (place / DESCRIPTION).is_file())
    return next((Path(os.path.abspath(place)) for place in found), None)


def find_dataset(name: str, data_root: Path | str | None = None) -> DatasetSpec:
    """Look a data set up by name: one of the kit's own, or one described in a data folder.

    Descriptions are looked for in `data_root`, by default in `MI_COT_DATA`. A described data set is read
    without a teacher, and each of its splits from a file of its own. ConfigError, with the nearest name,
    where none has that one; DataError for a description that is missing, wrong or takes a name of the kit's.
    """
    own = DATASETS.get(name)
    # Where nothing is named, the built-in data come from the kit itself.
    built_in = own is not None and own.built_in
    root = data_root_from_environment() if data_root is None and not built_in else data_root
    folder = None if root is None else datasets_folder(Path(root))
    paths = [] if folder is None else sorted(folder.glob(f"*/{DESCRIPTION}"))
    described = {path.parent.name: path for path in paths}
    if own is not None:
        if name in described:
            raise DataError(
                f"{described[name]}: {name} is one of the kit's own data sets, which no "
                f"description changes; give yours another name ({', '.join(DATASETS)} are taken)."
            )
        return own
    if name in described:
        return read_description(described[name])
    places = [] if folder is None else [folder / name]
    places += [Path(name)] if Path(name).name != name else []
    for place in (place for place in places if name and place.is_dir()):
        kits = place.resolve()
        advice = f"describe the data set there, such as {_EXAMPLE}."
        if kits.name in DATASETS:
            advice = f"for the kit's own, --dataset {kits.name} --data-root {kits.parent}."
        raise DataError(f"{place} has no {DESCRIPTION}: {advice}")
    unknown = unknown_name("dataset", name, [*DATASETS, *described])
    if folder is None and name:
        hint = "One of your own is looked for in --data-root or MI_COT_DATA."
        raise type(unknown)(f"{unknown} {hint}")
    raise unknown


def read_description(path: Path) -> DatasetSpec:
    """Read one `dataset.json`, or say what is wrong in it; the data set is named after its folder."""
    values = read_json(path, "object", f"write one such as {_EXAMPLE}")
    if not isinstance(values, dict):
        raise DataError(f"{path}: a JSON object is needed, such as {_EXAMPLE}.")
    for key in values:
        if key not in _KEYS:
            raise unknown_name(f"key in {path}:", key, _KEYS)
    for key in _REQUIRED:
        if key not in values:
            raise DataError(f"{path}: the key {key!r} is missing; write one such as {_EXAMPLE}.")
        if not isinstance(values[key], str) or not values[key].strip():
            raise DataError(f"{path}: {key!r} has to be a text, not {values[key]!r}.")
    answer_type = values["answer_type"]
    if answer_type not in get_args(AnswerType):
        raise unknown_name(f"answer_type in {path}:", answer_type, get_args(AnswerType))
    return DatasetSpec(
        name=path.parent.name,
        title=values["title"],
        family=_FAMILIES[answer_type],
        answer_type=answer_type,
        built_in=False,
        splits=SPLITS,
        licence=values["licence"],
        teacher_accuracy=None,
        labels=_labels(values, path),
    )


def _labels(values: dict[str, Any], path: Path) -> tuple[str, ...]:
    answer_type = values["answer_type"]
    if "labels" not in values:
        if answer_type == "label":
            raise DataError(f"{path}: answer_type 'label' needs 'labels', the list of all labels.")
        return ()
    if answer_type in ("equation", "choice"):
        raise DataError(
            f"{path}: 'labels' go with answer_type 'nli' or 'label' only; leave them out, or choose "
            "one of these."
        )
    labels = values["labels"]
    if not isinstance(labels, list) or len(labels) < 2:
        raise DataError(f"{path}: 'labels' has to be a list of two texts or more, not {labels!r}.")
    for label in labels:
        # Answers are compared without outer white space.
        if not isinstance(label, str) or not label or label != label.strip():
            raise DataError(
                f"{path}: the label {label!r} has to be a text without blanks around it."
            )
    if len(set(labels)) < len(labels):
        raise DataError(f"{path}: 'labels' holds a label twice: {', '.join(labels)}.")
    return tuple(labels)
