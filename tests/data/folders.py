"""Where the paper's own data lie, if they do, and how a test lays out data of its own."""

import json
from pathlib import Path

import pytest

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dss"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real data is not at {REAL}")


def describe(root, name, description, rows=(), split="test"):
    """Write a data set of the user's own, its description as it stands or as JSON; return the root."""
    lay_out(root, name, split, rows)
    text = description if isinstance(description, str) else json.dumps(description)
    (root / name / "dataset.json").write_text(text, encoding="utf-8")
    return root


def lay_out(root, name, split, rows, *texts):
    """Write one split, a row as it stands or as JSON; each of `texts` is the list of a teacher's file."""
    (root / name / "llm").mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    (root / name / f"{name}_{split}.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for index, part in enumerate(texts):
        path = root / name / "llm" / f"{split}_CoT_{index}.json"
        path.write_text(json.dumps(part), encoding="utf-8")
