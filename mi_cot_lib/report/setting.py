"""A setting: what stands in a row or a column of any table, and the only place where it gets its title."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.cells.quantities import QUANTITIES

TEACHER = "teacher"
# Fields that only runs with the MI term have.
_OF_MI = ("form", "features", "pool", "divergence", "detach", "alpha3")
_OF_TWO_TASKS = ("alpha1", "alpha2")
# By field, the field of `RunConfig` where its name is another.
_CONFIG = {
    "form": "mi_form",
    "change": "teacher_change",
    "share": "change_share",
    "size": "train_size",
}
_TITLES: dict[str, dict[Any, str]] = {
    "method": {
        "finetune": "Finetuning",
        "single_task": "Single-task",
        "dss": "DSS",
        "mi": "MI",
        TEACHER: "Teacher (gold)",
    },
    "form": {
        None: "",
        "released": "as released",
        "paper": "the paper's form",
        "js": "Jensen–Shannon",
        "barber_agakov": "Barber–Agakov",
        "infonce": "InfoNCE",
        "contrastive": "contrastive features",
        "variational": "Gaussian decoder",
        "adversarial": "adversarial",
    },
    "pool": {None: "", "mean": "mean over positions", "max": "maximum over positions"},
    "divergence": {None: "", "kl": "KL divergence", "ce": "cross-entropy"},
    "change": {
        "none": "teacher as it is",
        "other_rationales": "rationales of other questions",
        "wrong_labels": "wrong labels",
        "shuffled_words": "rationales' words shuffled",
        "truncated": "rationales cut in half",
        "label_hidden": "label hidden",
        "label_named": "label named",
    },
    "split": {
        "test": "",
        "unseen": "(unseen)",
        "valid": "(validation)",
        "outside": "(out of domain)",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What was trained and what was asked, but for the seed.

    Attributes:
        dataset: Name of the data set whose split is answered.
        method: `finetune`, `single_task`, `dss`, `mi`; or `teacher`, whose texts are beside theirs.
        student: Name of the student.
        split: `test`, `unseen`, `valid`; `outside` is the test set of a data set that the student was not
            trained on.
        labels: `gold` or `teacher`.
        form: Of the MI term, as are features, pool, divergence, detach and alpha3: None without it.
        alpha1: Weight of the prediction loss, as alpha2 of the rationale loss: None without two tasks.
        change: What was done to the teacher's texts, in the share `share` of the examples.
        size: Training examples; None is the whole set.
        quantity: What was measured of the student, a name of `quantities.QUANTITIES`.
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
    size: int | None = None
    quantity: str = ""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Setting":
        """Return the setting of a run's configuration, as a record holds it."""
        known = {name: _CONFIG.get(name, name) for name in cls.__slots__}
        values = {name: config[field] for name, field in known.items() if field in config}
        return cls(**values).normalised()

    def normalised(self) -> "Setting":
        """Return the setting without what its method does not have."""
        if self.method == TEACHER:
            return self
        method = method_named(self.method)
        unused = (*(() if method.uses_mi else _OF_MI), *(() if method.explains else _OF_TWO_TASKS))
        return replace(self, **dict.fromkeys(unused))

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
    """Return what is printed for some fields of a setting, such as `MI, InfoNCE` or `nano-CQA, 250 examples`.

    Args:
        setting: Whose.
        fields: Which of its fields tell the rows, or the columns, of a table apart, in their order.
    """
    words = [_word(setting, name) for name in fields]
    joined = ", ".join(word for word in words if word)
    # The split belongs to the data set before it, without a comma.
    return joined.replace(", (", " (")


def varying(settings: Sequence[Setting], among: Sequence[str]) -> tuple[str, ...]:
    """Return the fields that differ between settings, in the given order."""
    return tuple(name for name in among if len({getattr(one, name) for one in settings}) > 1)


def _word(setting: Setting, name: str) -> str:
    value = getattr(setting, name)
    if name == "dataset":
        return dataset_spec(value).title
    if name in ("alpha1", "alpha2", "alpha3"):
        return "" if value is None else f"{name.replace('alpha', 'α')} = {value:g}"
    if name == "share":
        return f"{value:.0%}" if value else ""
    if name == "quantity":
        return QUANTITIES[value].title if value else ""
    if name == "size":
        return f"{value:,} examples" if value else "all examples"
    return _TITLES.get(name, {}).get(value, str(value))
