"""The paper's own numbers and settings (`paper.toml`), each with the place it was read from."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mi_cot_lib.report.setting import Setting


class PaperSetting(NamedTuple):
    """One hyperparameter of the paper's runs: a field of `RunConfig`, its value, and what says so."""

    field: str
    value: Any
    source: str


@cache
def paper_numbers() -> dict[str, Any]:
    """Return what the file holds: by table its rows, and `test_items` by family."""
    return tomllib.loads(Path(__file__).with_name("paper.toml").read_text(encoding="utf-8"))


def paper_rows(table: str) -> list[dict[str, Any]]:
    """Return a table's rows: `row`, the fields that tell it apart; `cells` by family; perhaps `outside`."""
    rows: list[dict[str, Any]] = paper_numbers().get(table, [])
    return rows


def printed(row: Mapping[str, Any], setting: Setting) -> list[float]:
    """Return what a row holds in the place of a setting; nothing where the paper prints nothing.

    Accuracy; ECE and mean confidence (all in percent); mean and standard deviation of judged quality; or
    Pearson's r.
    """
    part = "outside" if setting.split == "outside" else "cells"
    found = row.get(part, {}).get(setting.family, [])
    return [found] if isinstance(found, float) else found


def paper_value(table: str, setting: Setting) -> list[float]:
    """Return what the paper prints in the place of a setting, of the judge's repeats the first alone."""
    fitting = (row for row in paper_rows(table) if setting.matches(row["row"]))
    return printed(next(fitting, {}), setting)


SETTINGS = tuple(PaperSetting(**one) for one in paper_numbers()["setting"])
