"""Grids run through papermill: resumable, side by side, and a failure stops nothing else."""

import json

import nbformat
import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.errors import KitError
from mi_cot_lib.reproduce.comparison import read_records, write_comparison
from mi_cot_lib.reproduce.execute import execute_grid, execute_notebook
from mi_cot_lib.training.record import load_runs


def config(root, **changes) -> RunConfig:
    values = {
        "dataset": "nano_svamp",
        "data_root": str(root),
        "method": "finetune",
        "max_steps": 2,
        "eval_every": 2,
        "batch_size": 8,
        "max_new_tokens": 16,
        **changes,
    }
    return RunConfig(**values)


def test_a_grid_keeps_what_works_reports_what_fails_and_resumes(small_root, tmp_path):
    good = config(small_root)
    bad = config(small_root, train_size=97)
    outcomes = execute_grid([good, bad], tmp_path, jobs=2)
    assert [outcome.error is None for outcome in outcomes] == [True, False]
    assert "more than the 96" in outcomes[1].error
    assert [record["run"] for record in load_runs(tmp_path)] == [good.run_name]
    executed = nbformat.read(tmp_path / bad.run_name / "03_train.ipynb", as_version=4)
    outputs = [out for cell in executed.cells for out in cell.get("outputs", [])]
    assert any(out["output_type"] == "error" for out in outputs)

    notebook = tmp_path / good.run_name / "03_train.ipynb"
    before = notebook.stat().st_mtime_ns
    assert execute_grid([good], tmp_path)[0].error is None
    assert notebook.stat().st_mtime_ns == before

    # The comparison is drawn from the records alone, and its own records draw it again.
    page = write_comparison(load_runs(tmp_path), tmp_path / "out", "make reproduce")
    text = page.read_text(encoding="utf-8")
    assert "data:image/png;base64," in text
    assert "http" not in text.split("data:image")[0].replace("http-equiv", "")
    table = (tmp_path / "out/table.md").read_text()
    write_comparison(read_records(tmp_path / "out"), tmp_path / "again", "make reproduce")
    assert (tmp_path / "again/table.md").read_text() == table
    assert str(tmp_path) not in json.dumps(read_records(tmp_path / "out")[0]["metrics"])


def test_one_configuration_twice_is_refused(small_root, tmp_path):
    with pytest.raises(KitError, match="twice"):
        execute_grid([config(small_root), config(small_root)], tmp_path)


def test_an_unknown_notebook_parameter_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(KitError, match="no parameter 'confg'"):
        execute_notebook("03_train.ipynb", tmp_path / "x.ipynb", {"confg": {}})
    assert not (tmp_path / "x.ipynb").exists()
