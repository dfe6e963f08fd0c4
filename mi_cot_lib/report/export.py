"""An item as files: one object for other programs, tables as Markdown, CSV and LaTeX, and its pictures."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import describe_hardware
from mi_cot_lib.report.answer import WORDS, answer_of
from mi_cot_lib.report.compare import Claim
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.pictures.canvas import save
from mi_cot_lib.report.runs import Record, Result
from mi_cot_lib.report.setting import TEACHER, WORDING, Setting
from mi_cot_lib.report.tables import folded_tables, main_table
from mi_cot_lib.report.text import to_latex, to_markdown

_DIGITS = 4


def to_object(result: Result, files: list[str] | None = None) -> dict[str, Any]:
    """Return an item as plain JSON values: numbers with four digits, settings by their fields.

    Returns:
        `id`, `question`, `answer`, `preset`, `cells` (`setting`, `mean`, `interval`, `seeds`, `n` and what
        else was measured), `primary` (over all data sets at once, where there is such a comparison),
        `comparisons` (`setting`, `against`, `difference`, `interval`, `p`, `asked`, `declared`, `verdict` and
        more),
        `contrasts` (the same of whether a gain changes), `cost` and `files`: where it was written.
    """
    return {
        "id": result.id,
        "title": result.title,
        "question": result.question,
        "answer": answer_of(result),
        "preset": result.preset,
        "measure": result.measure,
        "margin": result.margin,
        "cells": [
            {"mean": one.pop("value"), "n": one.pop("items"), **one} for one in _plain(result.cells)
        ],
        "primary": _plain(result.pooled),
        "comparisons": _plain(result.compared),
        "contrasts": _plain(result.contrasts),
        "cost": run_facts(result),
        "missing": dict(result.missing),
        "files": files or [],
    }


def write_item(result: Result, out: Path, command: str) -> list[Path]:
    """Write `ITEM.md`, `.csv`, `.tex`, `.json` and its pictures, and return their paths."""
    out.mkdir(parents=True, exist_ok=True)
    pictures = {
        out / f"{result.id}{f'_{name}' if place else ''}.png": figure
        for place, (name, figure) in enumerate(draw(result).items())
    }
    for path, figure in pictures.items():
        save(figure, path)
    paths = [*(out / f"{result.id}.{kind}" for kind in ("md", "csv", "tex", "json")), *pictures]
    table = main_table(result)
    page = WORDS.get_template("item.md.jinja").render(
        result=result,
        answer=answer_of(result),
        main=to_markdown(table),
        pictures=[path.name for path in pictures],
        folded={name: to_markdown(frame) for name, frame in folded_tables(result).items()},
        facts=run_facts(result),
        command=command,
    )
    whole = to_object(result, [path.name for path in paths])
    latex = to_latex(table, result.id, f"{result.kind}. {result.title}")
    texts = (page, _csv(result), latex, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    for path, text in zip(paths, texts, strict=False):
        write_atomically(path, text)
    return paths


def run_facts(result: Result) -> dict[str, str]:
    """Return how an item's runs were made, and what is missing or was not checked, by what is said."""
    facts = facts_of([result])
    if result.judge:
        facts["Judge"] = result.judge
    if result.embedder:
        facts["Cosine"] = _of_cosines(result, result.embedder)
    if result.missing:
        reasons = sorted(set(result.missing.values()))
        facts["Incomplete"] = f"{len(result.missing)} runs missing: {'; '.join(reasons)}"
    if result.unchecked:
        facts["Not compared with data and weights"] = f"{len(result.unchecked)} records"
    return facts


def facts_of(results: Iterable[Result]) -> dict[str, str]:
    """Return what the runs have in common and what they took, by what is said; each run counts once."""
    kept = list({run.record["run"]: run.record for one in results for run in one.runs}.values())
    return {
        "Runs": f"{len(kept):,}",
        "Hours, added up": f"{sum(one['seconds']['total'] for one in kept) / 3600:.2f}",
        "PFLOP of training": f"{sum(one['flops'] for one in kept) / 1e15:.3f}",
        "Steps × batch, rate, patience": _distinct(_training(one["config"]) for one in kept),
        "Hardware": _distinct(describe_hardware(one["hardware"]) for one in kept),
        "Versions": _distinct(
            ", ".join(map(" ".join, sorted(one["versions"].items()))) for one in kept
        ),
        "Commit": _distinct(str(one.get("git_commit"))[:7] for one in kept),
    }


def _of_cosines(result: Result, embedder: str) -> str:
    students = [one for one in result.samples if one.setting.method != TEACHER]
    known = not any(math.isnan(one.cosine) for one in students)
    return str(WORDING["cosine"]["known" if known else "unknown"]).format(embedder=embedder)


def _training(config: Record) -> str:
    return (
        f"{dataset_spec(config['dataset']).title} {config['max_steps']:,} × {config['batch_size']}, "
        f"{config['learning_rate']:g}, {config['patience']}"
    )


def _distinct(values: Iterable[str]) -> str:
    return "; ".join(sorted(set(values)))


def _csv(result: Result) -> str:
    rows = [{**one.pop("setting").to_dict(), **one} for one in result.cells.to_dict("records")]
    frame = pd.DataFrame(rows).round(_DIGITS).assign(built_in=result.built_in)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, the ends of an interval together."""
    rows = []
    for one in frame.to_dict("records"):
        row = {name: _plain_value(value) for name, value in one.items()}
        low, high = row.pop("low"), row.pop("high")
        rows.append({**row, "interval": None if low is None else [low, high]})
    return rows


def _plain_value(value: Any) -> Any:
    if isinstance(value, Setting):
        return value.to_dict()
    if isinstance(value, Claim):
        return asdict(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, _DIGITS)
    return value
