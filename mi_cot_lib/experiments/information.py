"""Measure one trained student: I(Z;V), I(Z;Y) and H(V), fitted on train items and reported on test items.

V and Z are a student's pooled decoder states of the label task and of the rationale task, Y is the gold
label. Every number is in nats.

- I(Z;V): between both features' leading principal components behind noise, whose ceiling is known
  (`resolution`). Three estimators, as none is right by itself; each says what it bounds. Once more with
  half and with twice the noise, as the noise is a choice.
- I(Z;Y): H(Y) + E[log q(y|z)] with a probe q (Barber and Agakov 2003), a lower bound. Y is discrete, so no
  noise is needed: once on Z without noise, once on the Z of I(Z;V).
- H(V): what of V passes the same noise; V's code among k-means centres; and the answer that was written.
- Whatever is fitted to pairs is fitted a second time to shuffled pairs, which share nothing: the null.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.experiments.running.checkpoint import limits_of
from mi_cot_lib.experiments.running.sources import fingerprint, weights_fingerprint
from mi_cot_lib.machine import hardware, library_versions
from mi_cot_lib.measure.mutual_information.estimate import estimate_held_out
from mi_cot_lib.measure.mutual_information.neighbours import miller_madow
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate
from mi_cot_lib.measure.mutual_information.resolution import (
    ceiling,
    codes_of,
    components_of,
    noised,
    passing_noise,
)
from mi_cot_lib.measure.mutual_information.variables import NORMAL_SCORES
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import STUDENT
from mi_cot_lib.training.targets import training_examples

ESTIMATORS_OF_ZV = ("infonce", "barber_agakov", "vclub")
# Times the protocol's noise, for one estimator.
OTHER_NOISE = (0.5, 2.0)
ESTIMATOR_OF_OTHER_NOISE = "infonce"
_PROBE = "barber_agakov"
_NUMBER = re.compile(r"\d+(\.\d+)?")
_EQUATION = re.compile(r"[\d\s.()+*/-]+")
_DIGITS = 4
# Train items for each direction or label that a probe is fitted to, at least.
_ITEMS_A_DIRECTION = 10
# Raised by whoever changes what numbers a student's features or measure give.
MEASURE_VERSION = 2

Record = dict[str, Any]
# Items to fit on, and items to report on.
Both = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How students are measured; records of different protocols do not go into one table.

    Attributes:
        train_items: First rows of the training split, which critics, probes and codes are fitted on: so
            many that a student takes some minutes of one core.
        test_items: First rows of the test split, which every number is read from: more than exp(ceiling),
            so that InfoNCE's cap, log N, lies above what can pass the noise.
        components: Principal components of each of V and Z.
        noise: Standard deviation of the noise, in standard deviations of a component.
        probed: Most principal components of Z that labels are predicted from without noise: more than the
            built-in student is wide, so that there all are.
        codes: k-means centres of V.
        seed: Of noise, critics, codes and shuffles; the same for every student.
    """

    train_items: int = 1500
    test_items: int = 800
    components: int = 8
    noise: float = 0.5
    probed: int = 96
    codes: int = 32
    seed: int = 0

    @property
    def ceiling(self) -> float:
        """What can pass the noise at most, in nats."""
        return ceiling(self.components, self.noise)

    def to_dict(self) -> Record:
        """Return all that numbers depend on, the library's own constants included."""
        return {
            **asdict(self),
            "pooling": "mean over positions",
            "marginals": NORMAL_SCORES,
            "estimators": list(ESTIMATORS_OF_ZV),
            "other_noise": [times * self.noise for times in OTHER_NOISE],
            "estimator_of_other_noise": ESTIMATOR_OF_OTHER_NOISE,
        }


@dataclass(frozen=True)
class Part:
    """The items of one split: V and Z, each (items, width), gold labels, and the labels that were written."""

    v: np.ndarray
    z: np.ndarray
    labels: Sequence[str]
    answers: Sequence[str]


def unfit_information(record: Record, protocol: Protocol) -> str:
    """Say why what was measured of a run's student does not count; an empty text where it does."""
    kept = record.get("information")
    if kept is None:
        return "its student was not measured yet"
    wanted = {"protocol": protocol.to_dict(), "measure_version": MEASURE_VERSION}
    for name, value in wanted.items():
        if kept[name] != value:
            return f"its student was measured with another {name.replace('_', ' ')}"
    return ""


def measured(folder: Path, config: RunConfig, protocol: Protocol) -> Record:
    """Measure a finished run's student, for the run's record."""
    # Sums in another order can end a fit at another step.
    torch.set_num_threads(1)
    student = load_student(str((folder / STUDENT).resolve()))
    model: torch.nn.Module = student.model
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    items = [
        training_examples(config)[: protocol.train_items],
        load_split(config.dataset, "test", config.data_root)[: protocol.test_items],
    ]
    start = time.perf_counter()
    fitted, reported = (_part(student, examples, config) for examples in items)
    written = time.perf_counter()
    numbers = measure(fitted, reported, protocol)
    fits = time.perf_counter() - written
    return {
        "protocol": protocol.to_dict(),
        "measure_version": MEASURE_VERSION,
        "items_sha256": fingerprint([*items[0], *items[1]]),
        "student_sha256": weights_fingerprint(student),
        "measured": numbers,
        "seconds": {"features": round(written - start, 1), "fits": round(fits, 1)},
        "hardware": hardware(),
        "versions": library_versions(),
    }


def _part(student: Student, examples: list[Example], config: RunConfig) -> Part:
    found = student_features(student, examples, **limits_of(config.to_dict()))
    labels = [example.label for example in examples]
    return Part(found.label.pooled, found.rationale.pooled, labels, found.label.texts)


def measure(fitted: Part, reported: Part, protocol: Protocol) -> Record:
    """Measure a student on the items of one split, fitted on those of another.

    Returns:
        Plain JSON values, in nats to four digits: `zv`, by estimator, `zy` and `zy_noised`, each with
        `nats`, `low`, `high` (95% of the bound's sampling noise over test items, not of I), `cap`,
        `bounds` and `null`; `zv_other_noise`, by noise, without null; `v_noised`; `v_codes`, `v_answers`
        and `y` (entropies: `nats`, `plug_in`, `values`); `kept` (share of the variance in the components
        of `v` and `z`); `ceiling`. Labels of too many values to be predicted give `zy` and `zy_noised` a
        `reason` instead.

    Raises:
        ConfigError: Features or labels that do not vary, or too few items.
    """
    classes = [
        np.array([label_class(label) for label in part.labels]) for part in (fitted, reported)
    ]
    kinds, joined = np.unique(np.concatenate(classes), return_inverse=True)
    if len(kinds) < 2:
        raise ConfigError(f"all labels are {str(kinds[0])!r}: they have no entropy to share.")
    y = joined[: len(classes[0])], joined[len(classes[0]) :]
    seed, components = protocol.seed, protocol.components

    def behind(noise: float) -> tuple[Both, Both, Record]:
        v = noised(fitted.v, reported.v, components=components, noise=noise, seed=2 * seed)
        z = noised(fitted.z, reported.z, components=components, noise=noise, seed=2 * seed + 1)
        kept = {"v": round(v.kept, _DIGITS), "z": round(z.kept, _DIGITS)}
        return (v.fitted, v.reported), (z.fitted, z.reported), kept

    v, z, kept = behind(protocol.noise)
    others = {}
    for noise in (times * protocol.noise for times in OTHER_NOISE):
        other_v, other_z, _ = behind(noise)
        others[f"{noise:g}"] = _plain(_estimate(other_z, other_v, ESTIMATOR_OF_OTHER_NOISE, seed))
    most = min(protocol.probed, len(fitted.z) // _ITEMS_A_DIRECTION)
    plainly = components_of(fitted.z, reported.z, most=most, white=True)[:2]
    passed = passing_noise(
        fitted.v, reported.v, components=components, noise=protocol.noise, seed=seed
    )
    answers = np.unique([label_class(text) for text in reported.answers], return_inverse=True)[1]
    return {
        "zv": {name: _with_null(z, v, name, seed) for name in ESTIMATORS_OF_ZV},
        "zv_other_noise": others,
        "zy": _probed(plainly, y, seed),
        "zy_noised": _probed(z, y, seed),
        "v_noised": {"nats": round(passed, _DIGITS)},
        "v_codes": _entropy(codes_of(fitted.v, reported.v, codes=protocol.codes, seed=seed)),
        "v_answers": _entropy(answers),
        "y": _entropy(y[1]),
        "kept": kept,
        "ceiling": round(protocol.ceiling, _DIGITS),
    }


def label_class(text: str) -> str:
    """Return what a label is counted as: an equation without its numbers, every other text as it is.

    `( 84.0 / 2.0 )` is `( n / n )`: numbers are of the question, the operators are what to decide.
    """
    return _NUMBER.sub("n", text) if _EQUATION.fullmatch(text) else text


def _probed(z: Both, y: Both, seed: int) -> Record:
    kinds = len(np.unique(np.concatenate(y)))
    if kinds > len(y[0]) / _ITEMS_A_DIRECTION:
        return {"reason": f"{kinds} labels are too many for {len(y[0])} train items"}
    return _with_null(z, y, _PROBE, seed)


def _with_null(z: Both, other: Both, name: str, seed: int) -> Record:
    generator = np.random.default_rng([seed, 2])
    found = _estimate(z, other, name, seed)
    # Each part is shuffled in itself: fitted and reported items stay apart.
    fitted, reported = (one[generator.permutation(len(one))] for one in other)
    null = _estimate(z, (fitted, reported), name, seed)
    return {**_plain(found), "null": round(null.nats, _DIGITS)}


def _estimate(z: Both, other: Both, name: str, seed: int) -> MiEstimate:
    fitted, reported = zip(z, other, strict=True)
    return estimate_held_out(fitted, reported, name, seed)


def _plain(found: MiEstimate) -> Record:
    numbers = {name: getattr(found, name) for name in ("nats", "low", "high", "cap")}
    rounded = {name: None if one is None else round(one, _DIGITS) for name, one in numbers.items()}
    return {"bounds": found.bounds, **rounded}


def _entropy(values: np.ndarray) -> Record:
    plug_in, corrected = miller_madow(values)
    return {
        "nats": round(corrected, _DIGITS),
        "plug_in": round(plug_in, _DIGITS),
        "values": len(np.unique(values)),
    }
