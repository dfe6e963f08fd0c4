"""One variable as it was given: columns of floats, or a discrete one as its one-hot code; else refused."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mi_cot_lib.errors import ConfigError


@dataclass(frozen=True)
class Variable:
    """One of the two variables.

    Attributes:
        columns: `(items, dims)`, float64; a discrete variable's one-hot code.
        codes: `(items,)`, from 0, of a discrete variable; None for a continuous one.
    """

    columns: np.ndarray
    codes: np.ndarray | None

    @property
    def categories(self) -> int:
        """Number of values of a discrete variable."""
        return self.columns.shape[1]

    def chosen(self, items: np.ndarray) -> "Variable":
        """Return the same variable of some items, by their indices."""
        return Variable(self.columns[items], None if self.codes is None else self.codes[items])


def array_of(values: Any) -> np.ndarray:
    """Return an array or a tensor as an array."""
    return values.detach().cpu().numpy() if torch.is_tensor(values) else np.asarray(values)


def checked_variable(name: str, values: Any) -> Variable:
    """Check one variable.

    Args:
        name: What messages call it.
        values: `(items, dims)` of floats, or `(items,)` of integers for a discrete one.

    Raises:
        ConfigError: Shape, type or values cannot be used.
    """
    array = array_of(values)
    if array.ndim == 1 and array.dtype.kind in "iub":
        return _discrete(name, array)
    if array.ndim != 2 or array.dtype.kind != "f" or array.shape[1] < 1:
        raise ConfigError(
            f"{name} must be (items, dims) of floats, or (items,) of integers for a discrete "
            f"variable; got shape {array.shape} of {array.dtype}."
        )
    columns = array.astype(np.float64)
    if not np.isfinite(columns).all():
        row, column = np.argwhere(~np.isfinite(columns))[0]
        raise ConfigError(f"{name}[{row}, {column}] is {columns[row, column]}: not finite.")
    constant = np.flatnonzero((columns == columns[:1]).all(axis=0))
    if len(columns) and constant.size:
        raise ConfigError(
            f"column {constant[0]} of {name} is constant: it holds no information; leave it out."
        )
    return Variable(columns, None)


def _discrete(name: str, values: np.ndarray) -> Variable:
    kinds, codes = np.unique(values, return_inverse=True)
    if len(kinds) < 2:
        raise ConfigError(f"{name} holds one value only: it has no information to share.")
    if len(kinds) > math.sqrt(len(values)) * 4:
        raise ConfigError(
            f"{name} has {len(kinds)} different values on {len(values)} items, too few items a "
            "value; give a continuous variable as (items, dims) of floats."
        )
    return Variable(np.eye(len(kinds))[codes], codes)
