"""The search, on validation alone, with seeds that no table has.

First at which size rationales help: that trains finetuning and DSS alone, and looks at nothing else. Then
what of that is left, at the size that was found, with the rationales of other questions; a world in which
much is left is to be changed. Then with which weight each form of the MI term validates best, for
question 1. From what it found `declared.toml` was written. And with which rate a pretrained student validates
best on real data, and whether twice as many steps make it better: of that is `declared_real.toml`.
"""

import gc
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.asked.declared import DECLARED
from mi_cot_lib.experiments.asked.item import NANO, REAL_SMALL
from mi_cot_lib.experiments.asked.presets import FAMILIES, PRESETS
from mi_cot_lib.experiments.asked.questions import FORMS
from mi_cot_lib.experiments.running.run import fit
from mi_cot_lib.experiments.running.run_record import training_flops
from mi_cot_lib.experiments.running.sources import sources_of
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import selected_accuracy

METHODS = ("finetune", "dss")
# What the search calls DSS with the rationales of other questions.
CONTROL = "control"
SEEDS = range(100, 103)
# Of the training set; None is the whole.
SIZES = (125, 250, 500, 1_000, None)
# Of the MI loss; the middle one is the released code's.
WEIGHTS = (0.01, 0.1, 1.0)
ON_REAL_DATA = ("rates", "lengths")
# Learning rates of a pretrained student. A run of the search takes a fifth to an hour, so there is one seed.
RATES = (5e-5, 1e-4, 2e-4, 4e-4)
# Of each of them, and how often validation is asked.
STEPS, LOOKED_AT_EVERY = 180, 45
# Where accuracy still rose at the last validation with the rate that was found; on CQA it had stopped.
STILL_RISING = ("svamp",)


def pilot_path(searched: str = "sizes") -> Path:
    """Return where a search is committed: on built-in data, or on real data."""
    name = "pilot_real.json" if searched in ON_REAL_DATA else "pilot.json"
    return repository_root() / "figures" / name


def size_configs() -> list[RunConfig]:
    """Return what is trained for the sizes: each built-in set at each size, seeds outermost."""
    preset = PRESETS["nano"]
    return [
        RunConfig(
            dataset=preset.datasets[family],
            student=preset.large,
            method=method,
            seed=seed,
            train_size=size,
        )
        for seed in SEEDS
        for family in FAMILIES
        for size in SIZES
        for method in METHODS
    ]


def control_configs() -> list[RunConfig]:
    """Return the controls: DSS with the rationales of other questions, each set at its declared size."""
    preset = PRESETS["nano"]
    return [
        RunConfig(
            dataset=preset.datasets[family],
            student=preset.large,
            method="dss",
            teacher_change="other_rationales",
            change_share=1.0,
            seed=seed,
            train_size=DECLARED.short[family],
        )
        for seed in SEEDS
        for family in FAMILIES
    ]


def weight_configs() -> list[RunConfig]:
    """Return what is trained for the weights: each form with each, on question 1's sets at their size."""
    preset = PRESETS["nano"]
    return [
        RunConfig(
            dataset=preset.datasets[family],
            student=preset.large,
            method="mi",
            mi_form=form,
            alpha3=weight,
            seed=seed,
            train_size=DECLARED.short[family],
        )
        for seed in SEEDS
        for family in preset.swept
        for form in ("released", *FORMS)
        for weight in WEIGHTS
    ]


def rate_configs() -> list[RunConfig]:
    """Return what is trained on real data: finetuning and DSS with each rate."""
    return [one for rate in RATES for one in _on_real_data(STEPS, rate)]


def length_configs() -> list[RunConfig]:
    """Return what is trained on real data for twice as long, where that could help."""
    rate = PRESETS[REAL_SMALL].changes["learning_rate"]
    return _on_real_data(2 * STEPS, rate, STILL_RISING)


def _on_real_data(
    steps: int, rate: float, datasets: Sequence[str] = ("svamp", "cqa")
) -> list[RunConfig]:
    preset = PRESETS[REAL_SMALL]
    searched = {"max_steps": steps, "eval_every": LOOKED_AT_EVERY, "learning_rate": rate}
    return [
        RunConfig(
            dataset=dataset,
            student=preset.large,
            method=method,
            seed=SEEDS[0],
            train_size=preset.drawn.get(dataset),
            **{**preset.changes, **searched},
        )
        for dataset in datasets
        for method in METHODS
    ]


SEARCHES = {
    "sizes": size_configs,
    "control": control_configs,
    "weights": weight_configs,
    "rates": rate_configs,
    "lengths": length_configs,
}


def make_pilot(searched: str, jobs: int = -1) -> Path:
    """Train what the file does not have yet of a search in `SEARCHES`, so many runs at a time.

    Returns:
        The file, written after each run: a list of runs, each with `dataset`, `size`, `method`, `form` and
        `weight` (None without an MI term), `seed`, `accuracy` (validation, 0 to 1, at the selected step),
        `steps`, `converged` and `tflop` of training, and the fingerprints of its `sources_of`; on real data
        also `rate`, and the `curve` of validation accuracy by step. What was made from other data or another
        student is made again.
    """
    path = pilot_path(searched)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            _search(SEARCHES[searched](), path, jobs)
    except Timeout:
        raise KitError(f"{path} is being written by another search; wait for it.") from None
    return path


def _search(wanted: Sequence[RunConfig], path: Path, jobs: int) -> None:
    """Train what the file does not have yet, and write it after each run."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    sources = {config.dataset: sources_of(config) for config in wanted}
    found = [one for one in found if not is_older(one, sources.get(one["dataset"]))]
    done = {_name(one) for one in found}
    configs = [one for one in wanted if _name(place(one)) not in done]
    calls = Parallel(n_jobs=jobs, return_as="generator_unordered")(map(delayed(_one), configs))
    for one in tqdm(calls, "searching on validation", len(configs), unit="run"):
        found.append({**one, **sources[one["dataset"]]})
        lines = ",\n".join(json.dumps(one) for one in sorted(found, key=_name))
        write_atomically(path, f"[\n{lines}\n]\n")


def _name(one: dict[str, Any]) -> tuple[Any, ...]:
    names: tuple[str, ...] = ("dataset", "size", "method", "form", "weight", "seed", "rate")
    # On built-in data patience says how many steps are taken.
    names += ("steps",) if "rate" in one else ()
    return tuple(str(one.get(name)) for name in names)


def is_older(one: Mapping[str, Any], sources: Mapping[str, str] | None) -> bool:
    """Tell whether a run of the search was made from other data or another student than `sources`."""
    return sources is not None and any(one[name] != sources[name] for name in sources)


def place(config: RunConfig) -> dict[str, Any]:
    """Return what tells a run of the search from the others."""
    has_mi = config.method == "mi"
    spec = dataset_spec(config.dataset)
    preset = PRESETS[NANO if spec.built_in else REAL_SMALL]
    size = config.train_size or preset.sizes[spec.family][-1]
    return {
        "dataset": config.dataset,
        "size": size,
        "method": config.method if config.teacher_change == "none" else CONTROL,
        "form": config.mi_form if has_mi else None,
        "weight": config.alpha3 if has_mi else None,
        "seed": config.seed,
        **({} if spec.built_in else {"rate": config.learning_rate, "steps": config.max_steps}),
    }


def _one(config: RunConfig) -> dict[str, Any]:
    # A stopped search goes on from the last checkpoint of the run that it was in.
    folder = repository_root() / "runs" / "pilot" / config.run_name
    folder.mkdir(parents=True, exist_ok=True)
    fitted = fit(config, folder)
    shutil.rmtree(folder)
    trained = fitted.trained
    examples = trained.steps * config.batch_size
    curve = {
        int(row["step"]): round(row["eval_accuracy"], 4)
        for row in trained.history
        if "eval_accuracy" in row
    }
    # The trainer refers to itself: without this its gigabytes stay for the worker's next run.
    gc.collect()
    return {
        **place(config),
        **({} if dataset_spec(config.dataset).built_in else {"curve": curve}),
        "accuracy": selected_accuracy(trained),
        "steps": trained.steps,
        "converged": trained.converged,
        "tflop": round(training_flops(examples, fitted.student.model, fitted.pairs) / 1e12, 4),
    }
