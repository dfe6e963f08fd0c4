"""The paper's own numbers and settings (`paper.toml`), each with the place it was read from."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mi_cot_lib.report.setting import Setting


@dataclass(frozen=True, slots=True)
class PaperSetting:
    """One hyperparameter of the paper's runs.

    Attributes:
        field: Field of `RunConfig`.
        value: What `--preset paper` takes.
        source: The paper's sentence, or the released code's argument or line, that says so.
    """

    field: str
    value: Any
    source: str


@cache
def paper_numbers() -> dict[str, Any]:
    """Return what the file holds: by table its rows, and `test_items` by family."""
    return tomllib.loads(Path(__file__).with_name("paper.toml").read_text(encoding="utf-8"))


def paper_value(table: str, setting: Setting, repeats: int = 1) -> tuple[float, ...] | None:
    """Return what the paper prints in the place of a setting; None where it prints nothing.

    Args:
        table: Id of the table.
        setting: Whose.
        repeats: Of the judge, in Table 7.

    Returns:
        Accuracy; ECE and mean confidence (all in percent); mean and standard deviation of judged quality;
        or Pearson's r.
    """
    part = "outside" if setting.split == "outside" else "cells"
    for row in paper_numbers().get(table, ()):
        if setting.matches(row["row"]) and row.get("repeats", 1) == repeats:
            found = row[part].get(setting.family)
            return (found,) if isinstance(found, float) else tuple(found) if found else None
    return None


def paper_rows(table: str) -> list[dict[str, Any]]:
    """Return a table's rows: `row`, the fields that tell it apart; `cells` by family; perhaps `outside`."""
    rows: list[dict[str, Any]] = paper_numbers().get(table, [])
    return rows


SETTINGS = tuple(PaperSetting(**one) for one in paper_numbers()["setting"])
