"""I(Z;V) of the learner's student, before and after its training, seen as recorded students are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation.features import TaskFeatures, student_features
from mi_cot_lib.experiments.information import Protocol
from mi_cot_lib.experiments.running.checkpoint import limits_of
from mi_cot_lib.measure.mutual_information.estimate import estimate_held_out
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate
from mi_cot_lib.measure.mutual_information.resolution import noised
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import STUDENT, read_record
from mi_cot_lib.training.targets import training_examples

_ESTIMATOR = "infonce"


def has_both_tasks(folder: Path) -> bool:
    """Say whether a run's method trains a rationale of its own; without it there is no Z to speak of."""
    return method_named(read_record(folder)["config"]["method"]).explains


def measure_own(folder: Path, protocol: Protocol) -> pd.DataFrame:
    """Estimate I(Z;V) by InfoNCE for a finished run's student, and for the one that it began as; seconds.

    Items, components, noise and seed are the protocol's. The fit takes the questions of the whole training
    split of the run's seed, also where the run was trained on a part of them.

    Returns:
        A row a student, in nats: `I(Z;V)`, `low` and `high` (95% of the bound's sampling noise, not of I),
        `null` (fitted to shuffled pairs, which share nothing) and `cap` (log N).

    Raises:
        ConfigError: Features that do not vary.
    """
    # As recorded students are measured: sums in another order can end a fit at another step.
    torch.set_num_threads(1)
    config = RunConfig.from_dict(read_record(folder)["config"])
    taken = [
        training_examples(replace(config, train_size=None))[: protocol.train_items],
        load_split(config.dataset, "test", config.data_root)[: protocol.test_items],
    ]
    students = {
        "before training": config.student,
        "your student": str((folder / STUDENT).resolve()),
    }
    rows = {}
    for name, kept in students.items():
        student, limits = load_student(kept), limits_of(config.to_dict())
        fitted, reported = (student_features(student, part, **limits) for part in taken)
        found, null = shared_behind_noise(fitted, reported, protocol)
        rows[name] = {
            "I(Z;V)": found.nats, "low": found.low, "high": found.high,
            "null": null.nats, "cap": found.cap,
        }  # fmt: skip
    return pd.DataFrame(rows).T


def shared_behind_noise(
    fitted: TaskFeatures, reported: TaskFeatures, protocol: Protocol
) -> tuple[MiEstimate, MiEstimate]:
    """Estimate by InfoNCE, in nats, what Z and V share behind the protocol's noise, and the null.

    Noise and shuffles are those of `experiments.information.measure`, and so are the numbers.
    """
    seed, components, noise = protocol.seed, protocol.components, protocol.noise
    v, z = (
        noised(one.pooled, other.pooled, components=components, noise=noise, seed=2 * seed + place)
        for place, (one, other) in enumerate(zip(fitted, reported, strict=True))
    )
    generator = np.random.default_rng([seed, 2])
    shuffled = [one[generator.permutation(len(one))] for one in (v.fitted, v.reported)]
    found, null = (
        estimate_held_out((z.fitted, one), (z.reported, other), _ESTIMATOR, seed)
        for one, other in ((v.fitted, v.reported), shuffled)
    )
    return found, null
