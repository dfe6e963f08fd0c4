"""One function makes any item: find its records, measure, compare, decide, and write what it says."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.experiments.asked.declared import DECLARED
from mi_cot_lib.experiments.asked.item import Item
from mi_cot_lib.experiments.asked.presets import Preset
from mi_cot_lib.experiments.judging import JudgeChoice, judge_samples
from mi_cot_lib.experiments.records import Found, gold_labels
from mi_cot_lib.report.cells.accuracy import accuracy_by_seed, accuracy_cells
from mi_cot_lib.report.cells.calibration import calibration_cells, error_by_seed
from mi_cot_lib.report.cells.information import information_by_seed, information_cells
from mi_cot_lib.report.cells.quality import (
    correlation_by_seed,
    correlation_cells,
    quality_by_seed,
    quality_cells,
)
from mi_cot_lib.report.compare import compare, pool
from mi_cot_lib.report.contrasts import contrasts
from mi_cot_lib.report.runs import JudgedSample, Result, Values

# By measure, of runs or of judged samples: its cells, and each seed's value, of which comparisons are made.
_Measure = tuple[Callable[..., pd.DataFrame], Callable[..., Values]]
_OF_RUNS: Mapping[str, _Measure] = {
    "accuracy": (accuracy_cells, accuracy_by_seed),
    "error": (calibration_cells, error_by_seed),
    "information": (information_cells, information_by_seed),
}
_OF_SAMPLES: Mapping[str, _Measure] = {
    "quality": (quality_cells, quality_by_seed),
    "correlation": (correlation_cells, correlation_by_seed),
}


def make(item: Item, preset: Preset, found: Found, judge: JudgeChoice) -> Result:
    """Make any table, figure or question from the records of its runs, or raise a ConfigError."""
    if not found.runs:
        raise ConfigError(
            f"no finished runs to make {item.id} from; `mi-cot paper {item.id} --preset {preset.name}` "
            "makes them."
        )
    runs = found.runs
    samples: Sequence[JudgedSample] = ()
    cells = pd.DataFrame()
    values: Values = {}
    if item.measure in _OF_RUNS:
        to_cells, by_seed = _OF_RUNS[item.measure]
        cells, values = to_cells(runs), by_seed(runs)
    else:
        samples = judge_samples(preset, runs, judge)
        if item.measure in _OF_SAMPLES:
            to_cells, by_seed = _OF_SAMPLES[item.measure]
            cells, values = to_cells(samples), by_seed(samples)
    compared = compare(
        values,
        item.asked,
        item.margin,
        item.explored,
        declared=item.declared,
        **({"room": DECLARED.room} if item.measure == "accuracy" else {}),
    )
    closed = [
        f for f in preset.families_of(item.families) if dataset_spec(preset.datasets[f]).labels
    ]
    return Result(
        id=item.id,
        title=item.title,
        question=item.question,
        measure=item.measure,
        margin=item.margin,
        fields=item.fields,
        built_in=preset.is_built_in,
        preset=preset.name,
        cells=cells,
        compared=compared,
        pooled=pool(runs, item.primary, item.margin, DECLARED.room)
        if item.primary
        else pd.DataFrame(),
        contrasts=contrasts(item.contrast, runs, item.fields[1:], item.margin)
        if item.contrast
        else pd.DataFrame(),
        contrast=item.contrast,
        runs=runs,
        samples=samples,
        golds=gold_labels(preset, closed) if "recall" in item.folded else {},
        missing=found.missing,
        unchecked=found.unchecked,
        pictures=item.pictures,
        folded=item.folded,
        cases=item.cases,
        judge=judge.title if samples else None,
    )
