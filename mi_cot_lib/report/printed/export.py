"""An item as files: one object for other programs, tables as Markdown, CSV and LaTeX, and its pictures."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.files import write_atomically
from mi_cot_lib.report.answer import WORDS, answer_of
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.pictures.canvas import save
from mi_cot_lib.report.printed.tables import folded_tables, main_table
from mi_cot_lib.report.printed.text import to_latex, to_markdown
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.run_facts import run_facts
from mi_cot_lib.report.setting import Setting

_DIGITS = 4


def to_object(result: Result, files: list[str] | None = None) -> dict[str, Any]:
    """Return an item as plain JSON values: numbers with four digits, settings by their fields.

    Args:
        result: The item.
        files: Where it was written.

    Returns:
        `id`, `question`, `answer`, `preset`, `cells` (`setting`, `mean`, `interval`, `seeds`, `n` and what
        else was measured), `comparisons` (`setting`, `against`, `difference`, `interval`, `p`, `declared`,
        `verdict` and more), `cost` and `files`.
    """
    return {
        "id": result.id,
        "title": result.title,
        "question": result.question,
        "answer": answer_of(result),
        "preset": result.preset,
        "measure": result.measure,
        "margin": result.margin,
        "cells": [_cell(one) for one in result.cells.to_dict("records")],
        "comparisons": [_plain(_interval(one)) for one in result.compared.to_dict("records")],
        "cost": run_facts(result),
        "missing": dict(result.missing),
        "files": files or [],
    }


def write_item(result: Result, out: Path, command: str) -> list[Path]:
    """Write `ITEM.md`, `.csv`, `.tex`, `.json` and its pictures, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    drawn = draw(result)
    names = [result.id, *(f"{result.id}_{name}" for name in list(drawn)[1:])]
    pictures = dict(zip(names, drawn.values(), strict=False))
    paths = [out / f"{result.id}.{kind}" for kind in ("md", "csv", "tex", "json")]
    paths += [out / f"{name}.png" for name in pictures]
    for path, figure in zip(paths[4:], pictures.values(), strict=True):
        save(figure, path)
    table = main_table(result)
    page = WORDS.get_template("item.md.jinja").render(
        result=result,
        answer=answer_of(result),
        main=to_markdown(table),
        pictures=[path.name for path in paths[4:]],
        folded={name: to_markdown(frame) for name, frame in folded_tables(result).items()},
        facts=run_facts(result),
        command=command,
    )
    write_atomically(paths[0], page)
    write_atomically(paths[1], _csv(result))
    write_atomically(paths[2], to_latex(table, result.id, f"{result.kind}. {result.title}"))
    whole = to_object(result, [path.name for path in paths])
    write_atomically(paths[3], json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    return paths


def _csv(result: Result) -> str:
    rows = [
        {**_plain_setting(one["setting"]), **{k: v for k, v in one.items() if k != "setting"}}
        for one in result.cells.to_dict("records")
    ]
    frame = pd.DataFrame(rows).round(_DIGITS).assign(built_in=result.built_in)
    text: str = frame.to_csv(index=False, lineterminator="\n")
    return text


def _cell(one: dict[str, Any]) -> dict[str, Any]:
    values = _interval(one)
    return _plain({"mean": values.pop("value"), "n": values.pop("items"), **values})


def _interval(one: dict[str, Any]) -> dict[str, Any]:
    values = dict(one)
    low, high = _plain_value(values.pop("low")), _plain_value(values.pop("high"))
    return {**values, "interval": None if low is None else [low, high]}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Setting):
        return _plain_setting(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, _DIGITS)
    return value


def _plain_setting(setting: Setting) -> dict[str, Any]:
    return setting.to_dict()
