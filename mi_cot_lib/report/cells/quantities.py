"""What is measured of a student: each quantity's name, its place in a record, and how to read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity.

    Attributes:
        name: In tables of numbers.
        symbol: What it stands for: `I(Z;V)`, `I(Z;Y)` or `H(V)`.
        how: How it was measured.
        bounds: What it says about the truth.
        place: Keys that lead to it in what `measure` returns.
    """

    name: str
    symbol: str
    how: str
    bounds: str
    place: tuple[str, ...]

    @property
    def title(self) -> str:
        """What is printed."""
        return f"{self.symbol}, {self.how}"

    @property
    def is_upper(self) -> bool:
        """Whether it bounds from above: that it moved says nothing of what lies below it."""
        return self.bounds.startswith("upper bound")

    def of(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return it from what `measure` returns: `nats`, and `null` and `cap` where it has them."""
        for key in self.place:
            found = found[key]
        return found


_LOWER = "lower bound"
_ROUGHLY = f"{_LOWER}, if the entropy of V is right"
QUANTITIES: dict[str, Quantity] = {
    one.name: one
    for one in (
        Quantity("zv_infonce", "I(Z;V)", "InfoNCE", _LOWER, ("zv", "infonce")),
        Quantity("zv_barber_agakov", "I(Z;V)", "Barber–Agakov", _ROUGHLY, ("zv", "barber_agakov")),
        Quantity("zv_vclub", "I(Z;V)", "vCLUB", "upper bound, if q(v|z) is right", ("zv", "vclub")),
        Quantity("zy", "I(Z;Y)", "probe", _LOWER, ("zy",)),
        Quantity("zy_noised", "I(Z;Y)", "probe, Z behind noise", _LOWER, ("zy_noised",)),
        Quantity("v_noised", "H(V)", "what passes the noise", "upper bound", ("v_noised",)),
        Quantity("v_codes", "H(V)", "k-means codes", "of the codes", ("v_codes",)),
        Quantity("v_answers", "H(V)", "written labels", "of the labels", ("v_answers",)),
    )
}
SYMBOLS = tuple(dict.fromkeys(one.symbol for one in QUANTITIES.values()))
