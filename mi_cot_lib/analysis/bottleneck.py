"""Equations 2 to 4: what each objective chooses when Z may be made from V in several ways.

V carries a label Y and a style that says nothing about Y, both uniform and independent. So H(V) =
log labels + log styles, and it is known in advance which part of V is worth keeping.
"""

from collections.abc import Hashable
from itertools import product

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.derivation import Sides
from mi_cot_lib.analysis.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError

CHOICES = ("nothing", "the label", "the style", "both")


def prepare_choices(labels: int = 3, styles: int = 3, beta: float = 2.0) -> pd.DataFrame:
    """Measure each way to make Z from V = (label, style).

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
    if min(labels, styles) < 2 or not beta >= 0:
        raise ConfigError(
            f"needs two labels and styles or more and β of at least 0, got {labels}, {styles}, {beta}."
        )
    v = list(product(range(labels), range(styles)))
    kept: dict[str, list[Hashable]] = {
        "nothing": [()] * len(v),
        "the label": [label for label, _ in v],
        "the style": [style for _, style in v],
        "both": list(v),
    }
    rows = {}
    for choice in CHOICES:
        z = kept[choice]
        about_y = ExactWorld.of_pairs([(a, b[0]) for a, b in zip(z, v, strict=True)])
        about_v = ExactWorld.of_pairs(list(zip(z, v, strict=True)))
        rows[choice] = {
            "values of Z": len(set(z)),
            "I(Z;Y)": about_y.mutual_information,
            "I(Z;V)": about_v.mutual_information,
            "Eq. 3": about_v.mutual_information - beta * about_y.mutual_information,
        }
    return pd.DataFrame(rows).T.astype({"values of Z": int}).rename_axis("Z keeps")


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
