"""Measure one student: I(Z;V), I(Z;Y) and H(V), fitted on train items and reported on test items.

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
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.estimate import estimate_held_out
from mi_cot_lib.measure.mutual_information.neighbours import miller_madow
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate
from mi_cot_lib.measure.mutual_information.resolution import (
    Noised,
    ceiling,
    codes_of,
    components_of,
    noised,
    passing_noise,
)
from mi_cot_lib.measure.mutual_information.variables import NORMAL_SCORES

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

# Items to fit on, and items to report on.
Both = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How students are measured; records of different protocols do not go into one table.

    Attributes:
        train_items: First rows of the training split, which critics, probes and codes are fitted on: ten
            for each of nano-CQA's 145 labels, and a student in some minutes of one core.
        test_items: First rows of the test split, which every number is read from: more than exp(ceiling),
            so that InfoNCE's cap, log N, lies above what can pass the noise.
        components: Principal components of each of V and Z.
        noise: Standard deviation of the noise, in standard deviations of a component.
        probed: Most principal components of Z that labels are predicted from without noise: the width of
            the built-in student, so that there all are.
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

    def to_dict(self) -> dict[str, Any]:
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
    """The items of one split.

    Attributes:
        v: (items, width): pooled states of the label task.
        z: (items, width): of the rationale task.
        labels: (items,): gold labels.
        answers: (items,): the labels that the student wrote.
    """

    v: np.ndarray
    z: np.ndarray
    labels: Sequence[str]
    answers: Sequence[str]


def measure(fitted: Part, reported: Part, protocol: Protocol) -> dict[str, Any]:
    """Measure a student.

    Args:
        fitted: Items to fit on.
        reported: Other items, to read the numbers from.
        protocol: How.

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
    seed = protocol.seed
    v, z = _behind_noise(fitted, reported, protocol, protocol.noise)
    settings: dict[str, Any] = {
        "components": protocol.components,
        "noise": protocol.noise,
        "seed": seed,
    }
    most = min(protocol.probed, len(fitted.z) // _ITEMS_A_DIRECTION)
    answers = np.unique([label_class(text) for text in reported.answers], return_inverse=True)[1]
    return {
        "zv": {name: _with_null(_parts(z), _parts(v), name, seed) for name in ESTIMATORS_OF_ZV},
        "zv_other_noise": _at_other_noise(fitted, reported, protocol),
        "zy": _probed(components_of(fitted.z, reported.z, most=most, white=True)[:2], y, seed),
        "zy_noised": _probed(_parts(z), y, seed),
        "v_noised": {"nats": round(passing_noise(fitted.v, reported.v, **settings), _DIGITS)},
        "v_codes": _entropy(codes_of(fitted.v, reported.v, codes=protocol.codes, seed=seed)),
        "v_answers": _entropy(answers),
        "y": _entropy(y[1]),
        "kept": {"v": round(v.kept, _DIGITS), "z": round(z.kept, _DIGITS)},
        "ceiling": round(protocol.ceiling, _DIGITS),
    }


def label_class(text: str) -> str:
    """Return what a label is counted as: an equation without its numbers, every other text as it is.

    `( 84.0 / 2.0 )` is `( n / n )`: numbers are of the question, the operators are what to decide.
    """
    return _NUMBER.sub("n", text) if _EQUATION.fullmatch(text) else text


def _at_other_noise(fitted: Part, reported: Part, protocol: Protocol) -> dict[str, Any]:
    found = {}
    for noise in (times * protocol.noise for times in OTHER_NOISE):
        v, z = _behind_noise(fitted, reported, protocol, noise)
        fits, reports = zip(_parts(z), _parts(v), strict=True)
        found[f"{noise:g}"] = _plain(
            estimate_held_out(fits, reports, ESTIMATOR_OF_OTHER_NOISE, protocol.seed)
        )
    return found


def _behind_noise(
    fitted: Part, reported: Part, protocol: Protocol, noise: float
) -> tuple[Noised, Noised]:
    settings: dict[str, Any] = {"components": protocol.components, "noise": noise}
    v = noised(fitted.v, reported.v, **settings, seed=2 * protocol.seed)
    z = noised(fitted.z, reported.z, **settings, seed=2 * protocol.seed + 1)
    return v, z


def _parts(variable: Noised) -> Both:
    return variable.fitted, variable.reported


def _probed(z: Both, y: Both, seed: int) -> dict[str, Any]:
    kinds = len(np.unique(np.concatenate(y)))
    if kinds > len(y[0]) / _ITEMS_A_DIRECTION:
        return {"reason": f"{kinds} labels on {len(y[0])} train items are too many to predict"}
    return _with_null(z, y, _PROBE, seed)


def _with_null(z: Both, other: Both, name: str, seed: int) -> dict[str, Any]:
    fitted, reported = zip(z, other, strict=True)
    found = estimate_held_out(fitted, reported, name, seed)
    generator = np.random.default_rng([seed, 2])
    # Each part is shuffled in itself: fitted and reported items stay apart.
    shuffled = tuple(
        (left, right[generator.permutation(len(right))]) for left, right in (fitted, reported)
    )
    null = estimate_held_out(shuffled[0], shuffled[1], name, seed)
    return {**_plain(found), "null": round(null.nats, _DIGITS)}


def _plain(found: MiEstimate) -> dict[str, Any]:
    numbers: Mapping[str, float | None] = {
        name: getattr(found, name) for name in ("nats", "low", "high", "cap")
    }
    return {
        "bounds": found.bounds,
        **{name: None if one is None else round(one, _DIGITS) for name, one in numbers.items()},
    }


def _entropy(values: np.ndarray) -> dict[str, Any]:
    plug_in, corrected = miller_madow(values)
    return {
        "nats": round(corrected, _DIGITS),
        "plug_in": round(plug_in, _DIGITS),
        "values": len(np.unique(values)),
    }
