"""Whether a learner's answer is what it should be, and how it differs: by type, shape, length or value."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch

_SHOWN = 120
# What rounding may do to a number near 0.
_ROUNDING = 1e-6


def difference(wanted: Any, got: Any, tolerance: float = 0.0) -> str:
    """Say how an answer differs from what was wanted, an empty text where it does not.

    Numbers and arrays are compared by value, within a relative tolerance; dicts, lists and tuples by their
    parts; all else by equality.
    """
    if isinstance(wanted, torch.Tensor):
        if not isinstance(got, torch.Tensor):
            return f"It should give a tensor, and gives {shown(got)}."
        return _arrays(_plain(wanted).numpy(), _plain(got).numpy(), tolerance)
    if isinstance(wanted, np.ndarray):
        if not isinstance(got, np.ndarray):
            return f"It should give an array, and gives {shown(got)}."
        return _arrays(wanted, got, tolerance)
    if isinstance(wanted, Mapping):
        return _mappings(wanted, got, tolerance)
    if isinstance(wanted, list | tuple):
        return _sequences(wanted, got, tolerance)
    if isinstance(wanted, np.random.Generator):
        # It is there to be drawn from.
        return ""
    if isinstance(wanted, float | int) and not isinstance(wanted, bool):
        return _numbers(wanted, got, tolerance)
    return "" if type(wanted) is type(got) and wanted == got else _instead(wanted, got)


def shown(value: Any) -> str:
    """Write a value for a message: in few words, a tensor with its shape."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        value = _plain(value) if isinstance(value, torch.Tensor) else value
        text = np.array2string(np.asarray(value), precision=3, threshold=12).replace("\n", "")
        return f"{kind} of shape {tuple(value.shape)} {textwrap.shorten(text, _SHOWN, placeholder=' …')}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r} … ({len(value)} characters)"
    return textwrap.shorten(repr(value), _SHOWN, placeholder=" …")


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor as numpy takes it, which has no bfloat16."""
    found = tensor.detach().cpu()
    return found.float() if found.dtype is torch.bfloat16 else found


def _instead(wanted: Any, got: Any) -> str:
    return f"It gives {shown(got)}, and should give {shown(wanted)}."


def _arrays(wanted: np.ndarray, got: np.ndarray, tolerance: float) -> str:
    if wanted.shape != got.shape:
        return f"It gives the shape {got.shape}, and should give {wanted.shape}."
    if wanted.dtype.kind != got.dtype.kind and {wanted.dtype.kind, got.dtype.kind} != {"i", "u"}:
        return f"It gives {got.dtype}, and should give {wanted.dtype}."
    if np.allclose(got, wanted, rtol=tolerance, atol=_ROUNDING, equal_nan=True):
        return ""
    # What is no number is furthest from one.
    is_lost = np.isfinite(wanted) & ~np.isfinite(got)
    gap = np.where(is_lost, np.inf, np.abs(np.nan_to_num(got - 1.0 * wanted)))
    place = np.unravel_index(int(np.argmax(gap)), wanted.shape)
    at = ", ".join(map(str, place))
    where = f" at [{at}]" if place else ""
    return f"It gives {shown(float(got[place]))}{where}, and should give {shown(float(wanted[place]))}."


def _numbers(wanted: float, got: Any, tolerance: float) -> str:
    is_one = isinstance(got, torch.Tensor) and got.numel() == 1
    if is_one or (isinstance(got, np.generic | np.ndarray) and got.size == 1):
        got = got.item()
    if isinstance(got, bool) or not isinstance(got, Real):
        return f"It should give a number, and gives {shown(got)}."
    same = math.isclose(got, wanted, rel_tol=tolerance, abs_tol=_ROUNDING)
    return "" if same or (math.isnan(got) and math.isnan(wanted)) else _instead(wanted, got)


def _mappings(wanted: Mapping[Any, Any], got: Any, tolerance: float) -> str:
    if not isinstance(got, Mapping):
        return f"It should give a dict, and gives {shown(got)}."
    if wanted.keys() != got.keys():
        return f"It gives the names {sorted(map(str, got))}, and should give {sorted(map(str, wanted))}."
    for name, value in wanted.items():
        if why := difference(value, got[name], tolerance):
            return f"Of {name!r}: {why}"
    return ""


def _sequences(wanted: Sequence[Any], got: Any, tolerance: float) -> str:
    if not isinstance(got, list | tuple):
        return f"It should give a {type(wanted).__name__}, and gives {shown(got)}."
    if len(wanted) != len(got):
        return f"It gives {len(got)} values, and should give {len(wanted)}."
    for place, (one, other) in enumerate(zip(wanted, got, strict=True)):
        if why := difference(one, other, tolerance):
            return f"In place {place}: {why}"
    return ""
