"""From an item and a preset to its settings and their runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.experiments.items import Item
from mi_cot_lib.experiments.presets import Preset
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.training.config import RunConfig

# Where rationales name the label at all; elsewhere hiding it changes none of them.
_NAMING_THE_LABEL = ("cqa",)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run of an item.

    Attributes:
        setting: Its place.
        config: What is trained for it.
        outside: The other data set that it also answers; None where none is asked for.
    """

    setting: Setting
    config: RunConfig
    outside: str | None = None


def seeds_of(item: Item, preset: Preset, seeds: int | None = None) -> range:
    """Return the seeds of an item: the preset's, or as many as asked for; of a case study the first."""
    if item.seeds == "first":
        return range(1)
    return range(getattr(preset, item.seeds) if seeds is None else seeds)


def wanted_of(item: Item, preset: Preset, seeds: int | None = None) -> list[Wanted]:
    """Return the runs of an item, seeds outermost: a stopped call leaves whole tables of fewer seeds."""
    return [one for seed in seeds_of(item, preset, seeds) for one in _of_seed(item, preset, seed)]


def runs_of(item: Item, preset: Preset, seeds: int | None = None) -> list[RunConfig]:
    """Return the configurations of an item's runs, each once."""
    configs = {one.config.run_name: one.config for one in wanted_of(item, preset, seeds)}
    return list(configs.values())


def _of_seed(item: Item, preset: Preset, seed: int) -> Iterator[Wanted]:
    for student in preset.students_of(item.students):
        for changes in item.rows:
            for family in preset.families_of(item.families):
                if (
                    changes.get("teacher_change") == "label_hidden"
                    and family not in _NAMING_THE_LABEL
                ):
                    continue
                for size in preset.sizes[family] if item.sizes else (None,):
                    config = RunConfig(
                        dataset=preset.datasets[family],
                        student=student,
                        seed=seed,
                        **{**preset.changes, **changes},
                        # The whole set is Table 1's run: a size of its own would be another one.
                        train_size=None if size == preset.sizes[family][-1] else size,
                        data_root=preset.data_root,
                    )
                    setting = Setting.of(config.to_dict()).with_(split=item.split)
                    yield Wanted(setting, config, _outside(item, preset, family))


def _outside(item: Item, preset: Preset, family: str) -> str | None:
    """Return the data set with the same labels that this one's students answer as well."""
    if "outside" not in item.also or not dataset_spec(preset.datasets[family]).labels:
        return None
    others = [other for other in preset.families_of("nli") if other != family]
    return preset.datasets[others[0]] if others else None
