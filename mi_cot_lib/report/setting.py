"""A setting: what stands in a row or a column of any table, and the only place where it gets its title."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.training.config import defaults_of

TEACHER = "teacher"
# What tells the columns of a table, and the panels of a picture, apart.
COLUMN = ("dataset", "split")
# Titles of settings, notes of pictures and rules of cases.
WORDING: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
)
# Fields that only runs with the MI term have.
_OF_MI = ("form", "features", "pool", "divergence", "detach", "alpha3")
_OF_TWO_TASKS = ("alpha1", "alpha2")
# By field, the field of `RunConfig` where its name is another.
_CONFIG = {
    "form": "mi_form",
    "change": "teacher_change",
    "share": "change_share",
    "size": "train_size",
    "steps": "max_steps",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What was trained and what was asked, but for the seed.

    Attributes:
        method: `finetune`, `single_task`, `label_first`, `dss`, `mi`; or `teacher`, whose texts are beside
            theirs.
        split: `test`, `unseen`, `valid`; `outside` is the test set of a data set that the student was not
            trained on.
        form: Of the MI term, as are features, pool, divergence, detach and alpha3: None without it.
        alpha1: Weight of the prediction loss, as alpha2 of the rationale loss: None without two tasks.
        change: What was done to the teacher's texts, in the share `share` of the examples.
        teacher_accuracy: Share of right texts, where it is not the data set's own.
        size: Training examples; None is the whole set.
        steps: Optimiser steps at most, where it is not the student's default.
        quantity: What was measured of the student, a name of `information.QUANTITIES`.
    """

    dataset: str
    method: str
    student: str = ""
    split: str = "test"
    labels: str = "gold"
    form: str | None = None
    features: str | None = None
    pool: str | None = None
    divergence: str | None = None
    detach: str | None = None
    alpha1: float | None = None
    alpha2: float | None = None
    alpha3: float | None = None
    change: str = "none"
    share: float = 0.0
    teacher_accuracy: float | None = None
    size: int | None = None
    steps: int | None = None
    quantity: str = ""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Setting":
        """Return the setting of a run's configuration, as a record holds it."""
        known = {name: _CONFIG.get(name, name) for name in cls.__slots__}
        values = {name: config[field] for name, field in known.items() if field in config}
        if values.get("steps") == defaults_of(config["student"])["max_steps"]:
            del values["steps"]
        return cls(**values).normalised()

    def normalised(self) -> "Setting":
        """Return the setting without what its method does not have."""
        if self.method == TEACHER:
            return self
        method = method_named(self.method)
        unused = (*(() if method.uses_mi else _OF_MI), *(() if method.explains else _OF_TWO_TASKS))
        emptied: dict[str, Any] = dict.fromkeys(unused)
        return replace(self, **emptied)

    @property
    def operations(self) -> int | None:
        """Its steps, where an item sets them so that finetuning takes no fewer operations than DSS."""
        return self.steps

    @property
    def family(self) -> str:
        """The paper's data set whose place this one takes."""
        return dataset_spec(self.dataset).family

    def with_(self, **changes: Any) -> "Setting":
        """Return the same setting but for some fields."""
        return replace(self, **changes)

    def matches(self, values: Mapping[str, Any]) -> bool:
        """Tell whether fields have these values."""
        return all(getattr(self, name) == value for name, value in values.items())

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, without those that it does not have."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


def title(setting: Setting, fields: Sequence[str]) -> str:
    """Return what is printed for some fields of a setting, such as `MI, InfoNCE` or `nano-CQA (unseen)`."""
    words = [_word(setting, name) for name in fields]
    joined = ", ".join(word for word in words if word)
    # The split belongs to the data set before it, without a comma.
    return joined.replace(", (", " (")


def _word(setting: Setting, name: str) -> str:
    value = getattr(setting, name)
    if name == "size":
        return f"{value:,} examples" if value else "all examples"
    if value in (None, ""):
        return ""
    if name == "steps":
        return f"at most {value:,} steps"
    if name == "operations":
        return str(WORDING["titles"]["operations"])
    if name == "dataset":
        return dataset_spec(value).title
    if name.startswith("alpha"):
        return f"{name.replace('alpha', 'α')} = {value:g}"
    if name == "teacher_accuracy":
        return f"teacher right in {value:.0%}"
    if name == "share":
        return f"{value:.0%}" if value else ""
    return WORDING["titles"].get(name, {}).get(value, str(value))
