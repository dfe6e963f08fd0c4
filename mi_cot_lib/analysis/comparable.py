"""Which records of runs may stand in one table: one data set, one student, one recipe."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.methods import METHODS, Method, method_named
from mi_cot_lib.student.names import BUILT_IN_WIDTHS

Record = Mapping[str, Any]

_ALWAYS_DIFFER = frozenset({"method", "seed"})
_OF_THE_MI_TERM = frozenset({"alpha3", "mi_form", "pool", "divergence", "detach", "features"})
_OF_TWO_TASKS = frozenset({"alpha1", "alpha2"})
# A rationale and a label in one sequence need more room than a label.
_OF_THE_TARGETS_LENGTH = frozenset({"max_target_tokens", "max_new_tokens"})


def check_comparable(records: Sequence[Record]) -> None:
    """Refuse records whose numbers must not be compared.

    Records may differ in method and seed, and in what their method does not use: the MI term's
    choices outside `mi`, the tasks' weights in single-sequence methods, and lengths where the
    target is longer.

    Raises:
        ConfigError: There are no records; a configuration value, the data, the weights at the start
            or the number of test items differs; or a method and seed occur twice. The message names
            the values and the runs.
    """
    if not records:
        raise ConfigError("no finished runs to compare; make some with `mi-cot run`.")
    for name in sorted({name for record in records for name in record["config"]} - _ALWAYS_DIFFER):
        groups: dict[str, dict[str, str]] = {}
        for record in records:
            method = method_named(record["config"]["method"])
            if name in record["config"] and name not in _unused(method):
                kind = "long" if method.target_has_rationale else "short"
                group = kind if name in _OF_THE_TARGETS_LENGTH else "all"
                value = json.dumps(record["config"][name])
                groups.setdefault(group, {}).setdefault(value, record["run"])
        for runs in groups.values():
            _refuse_several(name, runs)
    for name, of in (("data", _data_of), ("weights_sha256", _weights_of)):
        _refuse_several(name, {of(r): r["run"] for r in records if of(r)})
    _refuse_several("test_n", {str(r["metrics"]["test_n"]): r["run"] for r in records})
    seen: dict[tuple[str, int], str] = {}
    for record in records:
        key = (record["config"]["method"], record["config"]["seed"])
        if key in seen:
            raise ConfigError(
                f"method {key[0]} with seed {key[1]} occurs twice: {seen[key]} and "
                f"{record['run']}; leave one out."
            )
        seen[key] = record["run"]


def _data_of(record: Record) -> str:
    return str(record.get("data", {}).get("sha256", ""))


def _weights_of(record: Record) -> str:
    return str(record.get("weights_sha256", ""))


def by_method(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Group records by method in the order of `METHODS`, each sorted by seed; no empty groups."""
    groups = {
        name: sorted(
            (record for record in records if record["config"]["method"] == name),
            key=lambda record: record["config"]["seed"],
        )
        for name in METHODS
    }
    return {name: group for name, group in groups.items() if group}


def method_title(name: str, records: Sequence[Record]) -> str:
    """Return what tables print for a method; MI says its form."""
    method = method_named(name)
    if not method.uses_mi:
        return method.title
    forms = {
        record["config"].get("mi_form") for record in records if record["config"]["method"] == name
    }
    return f"{method.title} ({forms.pop()} form)" if len(forms) == 1 else method.title


def setting_title(records: Sequence[Record]) -> str:
    """Return the head of a figure or page: which data, which student, whose numbers."""
    config = records[0]["config"]
    spec = dataset_spec(config["dataset"])
    data = f"built-in data {spec.title}" if spec.built_in else f"data {spec.title}"
    caveat = ", not the paper's" if spec.built_in or config["student"] in BUILT_IN_WIDTHS else ""
    return f"{data}, student {config['student']}{caveat}"


def _unused(method: Method) -> frozenset[str]:
    unused: frozenset[str] = frozenset()
    if not method.uses_mi:
        unused |= _OF_THE_MI_TERM
    if not method.explains:
        unused |= _OF_TWO_TASKS
    if not method.explains and not method.target_has_rationale:
        unused |= {"unparsed"}
    return unused


def _refuse_several(name: str, runs: Mapping[str, str]) -> None:
    if len(runs) > 1:
        found = "; ".join(f"{value} in {run}" for value, run in runs.items())
        raise ConfigError(
            f"runs that differ in {name} do not belong in one table: {found}. "
            "Keep each setting in a folder of its own."
        )
