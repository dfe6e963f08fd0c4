"""Which runs an item wants of a preset."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.experiments.asked.declared import equal_operations
from mi_cot_lib.experiments.asked.item import BY_SIZE, EQUAL_OPERATIONS, LONGER, TWICE_AS_MANY, Item
from mi_cot_lib.experiments.asked.presets import LONGER_BY, Preset
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.defaults import defaults_of

# Where rationales name the label at all; elsewhere hiding it changes none of them.
_NAMING_THE_LABEL = ("cqa",)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run of an item: its place, what is trained, and the other data set that it also answers."""

    setting: Setting
    config: RunConfig
    outside: str | None = None

    @property
    def repetition(self) -> int:
        """Which run of its cell it is: its seed, or its fold."""
        fold = dataset_spec(self.config.dataset).fold
        return self.config.seed if fold is None else fold


def seeds_of(item: Item, preset: Preset, seeds: int | None = None) -> range:
    """Return the seeds of an item: its own, or as many as asked for; of a case study the first."""
    if item.seeds == BY_SIZE:
        own = max(preset.seeds, preset.whole_seeds, preset.other_seeds)
    else:
        own = item.seeds if isinstance(item.seeds, int) else getattr(preset, item.seeds)
    # Of a case study only one run is looked at.
    return range(own if seeds is None or own == 1 else seeds)


def wanted_of(item: Item, preset: Preset, seeds: int | None = None) -> list[Wanted]:
    """Return the runs of an item, seeds outermost: a stopped call leaves whole tables of fewer seeds.

    None of one that is not made on the preset.
    """
    if preset.name not in item.presets:
        return []
    return [one for seed in seeds_of(item, preset, seeds) for one in _of_seed(item, preset, seed)]


def runs_of(item: Item, preset: Preset, seeds: int | None = None) -> list[RunConfig]:
    """Return the configurations of an item's runs, each once."""
    configs = {one.config.run_name: one.config for one in wanted_of(item, preset, seeds)}
    return list(configs.values())


def _of_seed(item: Item, preset: Preset, seed: int) -> Iterator[Wanted]:
    for student in preset.students_of(item.students):
        for changes in item.rows:
            for family in preset.families_of(item.families):
                if not _can_be_taught(preset, changes, family):
                    continue
                if seed >= preset.at_most.get(family, seed + 1):
                    continue
                for size in preset.sizes_of(item.sizes, family):
                    if item.seeds == BY_SIZE and seed >= preset.seeds_at(size, family):
                        continue
                    # The whole set is Table 1's run: a size of its own would be another one.
                    is_whole = size == preset.sizes[family][-1]
                    rows = preset.drawn.get(family) if is_whole else size
                    config = RunConfig(
                        dataset=preset.datasets[family],
                        student=student,
                        seed=seed,
                        **_fields(preset, changes, family, student, rows),
                        data_root=None if preset.data_root is None else str(preset.data_root),
                    )
                    setting = Setting.of(config.to_dict()).with_(split=item.split)
                    if is_whole:
                        # Also where the whole of a column is a draw.
                        setting = setting.with_(size=None)
                    yield Wanted(setting, config, _outside(item, preset, family))


def _can_be_taught(preset: Preset, changes: Mapping[str, Any], family: str) -> bool:
    if changes.get("teacher_change") == "label_hidden":
        return family in _NAMING_THE_LABEL
    # Only of the kit's own texts is it known for which answer they argue.
    is_own = dataset_spec(preset.datasets[family]).built_in and preset.data_root is None
    return is_own or changes.get("teacher_accuracy") is None


def _fields(
    preset: Preset, changes: Mapping[str, Any], family: str, student: str, size: int | None
) -> dict[str, Any]:
    """Return the fields of a row's run, with what stands for others filled in."""
    fields = {**preset.changes, **preset.changes_of.get(family, {}), "train_size": size, **changes}
    if fields.pop(EQUAL_OPERATIONS, False):
        fields |= equal_operations(preset.datasets[family], student, size)
    if fields.pop(TWICE_AS_MANY, False):
        fields["train_size"] = size and 2 * size
    if fields.pop(LONGER, False) and student in BUILT_IN_WIDTHS:
        own = defaults_of(student)
        fields |= {name: LONGER_BY * own[name] for name in ("max_steps", "patience")}
    return fields


def _outside(item: Item, preset: Preset, family: str) -> str | None:
    """Return the data set with the same labels that this one's students answer as well."""
    if "outside" not in item.also or not dataset_spec(preset.datasets[family]).labels:
        return None
    others = [other for other in preset.families_of("nli") if other != family]
    return preset.datasets[others[0]] if others else None
