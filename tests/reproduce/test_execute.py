"""Grids run through papermill: resumable, side by side, and a failure stops nothing else."""

import nbformat
import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.errors import KitError
from mi_cot_lib.reproduce import execute
from mi_cot_lib.reproduce.comparison import read_records, write_comparison
from mi_cot_lib.reproduce.execute import execute_grid, execute_notebook
from mi_cot_lib.training.record import load_runs

KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


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


def test_a_kernel_that_dies_fails_its_run_and_says_so(small_root, tmp_path, monkeypatch):
    # The notebook is a real one whose kernel really ends, as the system ends one out of memory.
    (tmp_path / "notebooks").mkdir()
    cells = [nbformat.v4.new_code_cell(text) for text in ("config = {}\nruns = None", KILL)]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "notebooks" / "03_train.ipynb")
    monkeypatch.setattr(execute, "repository_root", lambda: tmp_path)
    with pytest.raises(KitError, match="kernel ended"):
        execute_notebook("03_train.ipynb", tmp_path / "out.ipynb", {"config": {}})


def test_a_run_of_other_data_is_not_passed_off_as_the_current_one(small_root, tmp_path):
    settings = config(small_root)
    execute_grid([settings], tmp_path)
    sources = tmp_path / settings.run_name / "sources.json"
    sources.write_text(sources.read_text().replace('"data_sha256": "', '"data_sha256": "0'))
    (outcome,) = execute_grid([settings], tmp_path)
    assert "made from other data" in outcome.error


def test_one_configuration_twice_is_refused(small_root, tmp_path):
    with pytest.raises(KitError, match="twice"):
        execute_grid([config(small_root), config(small_root)], tmp_path)


def test_an_unknown_notebook_parameter_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(KitError, match="no parameter 'confg'"):
        execute_notebook("03_train.ipynb", tmp_path / "x.ipynb", {"confg": {}})
    assert not (tmp_path / "x.ipynb").exists()
