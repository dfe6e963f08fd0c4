"""Equations 2 to 4: what each objective chooses, and when I(Z;V) limits I(Z;Y).

A question carries a label Y and a style that says nothing about Y, both uniform and independent, so that
it is known in advance which part is worth keeping. `prepare_choices` is the information bottleneck's
own case: V is all of the question, and Z is made from V alone. In the student Z is not: V and Z both come
from the question, each by its own prompt (`prepare_markov`).
"""

from collections.abc import Hashable
from itertools import product

import numpy as np
import pandas as pd

from mi_cot_lib.course.theory.derivation import Sides
from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError

CHOICES = ("nothing", "the label", "the style", "both")
# Nats; what differs by less is equal up to rounding.
_EXACT = 1e-9


def prepare_choices(labels: int = 3, styles: int = 3, beta: float = 2.0) -> pd.DataFrame:
    """Measure each way to make Z from V = (label, style), and from nothing but V.

    Args:
        labels: Number of labels, all equally likely.
        styles: Number of styles, all equally likely, independent of the label.
        beta: The multiplier of Equation 3.

    Returns:
        A row for each of `CHOICES` (what Z keeps) with `values of Z`, `I(Z;Y)`, `I(Z;V)` and
        `Eq. 3` = I(Z;V) − β I(Z;Y), which is to be minimised (nats).

    Raises:
        ConfigError: Fewer than two labels or styles, or a negative β.
    """
    if not beta >= 0:
        raise ConfigError(f"β must be at least 0, got {beta}.")
    kept = _parts(labels, styles)
    v, y = kept["both"], kept["the label"]
    rows = {}
    for choice in CHOICES:
        z = kept[choice]
        about_y = ExactWorld.of_pairs(list(zip(z, y, strict=True)))
        about_v = ExactWorld.of_pairs(list(zip(z, v, strict=True)))
        rows[choice] = {
            "values of Z": len(set(z)),
            "I(Z;Y)": about_y.mutual_information,
            "I(Z;V)": about_v.mutual_information,
            "Eq. 3": about_v.mutual_information - beta * about_y.mutual_information,
        }
    return pd.DataFrame(rows).T.astype({"values of Z": int}).rename_axis("Z keeps")


def prepare_markov(labels: int = 3, styles: int = 3) -> pd.DataFrame:
    """Let V and Z each keep a part of the question, and see whether I(Z;V) limits I(Z;Y).

    By the chain rule I(Z;Y) ≤ I(Z;V,Y) = I(Z;V) + I(Z;Y|V). The last term is 0 exactly where
    Z – V – Y is a Markov chain (Z independent of Y given V), and then I(Z;Y) ≤ I(Z;V): data processing.
    Z made from V alone, by whatever noise, is such a chain; two parts of one question need not be.

    Args:
        labels: Number of labels, all equally likely.
        styles: Number of styles, all equally likely, independent of the label.

    Returns:
        A row for each pair of `CHOICES` but "nothing" with `I(Z;Y)`, `I(Z;V)` and `I(Z;Y|V)` in nats, and
        whether `Z – V – Y` and `I(Z;Y) ≤ I(Z;V)` hold.

    Raises:
        ConfigError: Fewer than two labels or styles.
    """
    kept = _parts(labels, styles)
    y = kept["the label"]
    rows = {}
    for v_keeps, z_keeps in product(CHOICES[1:], repeat=2):
        v, z = kept[v_keeps], kept[z_keeps]
        about_y, about_v, about_both = (
            ExactWorld.of_pairs(list(zip(z, other, strict=True))).mutual_information
            for other in (y, v, list(zip(v, y, strict=True)))
        )
        given_v = about_both - about_v
        rows[v_keeps, z_keeps] = {
            "I(Z;Y)": about_y,
            "I(Z;V)": about_v,
            "I(Z;Y|V)": given_v,
            "Z – V – Y": given_v < _EXACT,
            "I(Z;Y) ≤ I(Z;V)": about_y <= about_v + _EXACT,
        }
    return pd.DataFrame(rows).T.rename_axis(["V keeps", "Z keeps"]).infer_objects()


def equation_4(choices: pd.DataFrame, values_of_z: int) -> Sides:
    """I(Z;Y) of what Equation 3 chooses, against that of the worst that Equation 4 lets pass.

    Args:
        choices: From `prepare_choices`.
        values_of_z: How many values Z may take: a student of fixed capacity.

    Raises:
        ConfigError: No choice has so few values.
    """
    fits = choices[choices["values of Z"] <= values_of_z]
    if fits.empty:
        raise ConfigError(f"Z must be allowed at least one value, got {values_of_z}.")
    by_three = fits.loc[fits["Eq. 3"].idxmin(), "I(Z;Y)"]
    most = fits["I(Z;V)"].max()
    # Choices that Equation 4 cannot tell apart: equal up to rounding.
    by_four = fits.loc[np.isclose(fits["I(Z;V)"], most), "I(Z;Y)"].min()
    return Sides(float(by_three), float(by_four))


def _parts(labels: int, styles: int) -> dict[str, list[Hashable]]:
    """Return what each choice keeps of every question, all questions equally likely."""
    if min(labels, styles) < 2:
        raise ConfigError(f"needs two labels and two styles or more, got {labels} and {styles}.")
    questions = list(product(range(labels), range(styles)))
    return {
        "nothing": [()] * len(questions),
        "the label": [label for label, _ in questions],
        "the style": [style for _, style in questions],
        "both": list(questions),
    }
