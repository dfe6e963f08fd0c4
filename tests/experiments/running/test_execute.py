"""Grids run through papermill: resumable, side by side, and a failure stops nothing else."""

import json
import sys

import nbformat
import pytest

from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running import execute
from mi_cot_lib.experiments.running.execute import execute_grid, execute_notebook
from mi_cot_lib.training.record import load_runs
from tests.experiments.conftest import short

KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"


def test_a_grid_keeps_what_works_reports_what_fails_and_resumes(small_root, tmp_path):
    good, bad = (short(small_root, method="finetune", train_size=size) for size in (None, 97))
    outcomes = execute_grid([good, bad], tmp_path, jobs=1)
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
    # A run of other data is not passed off as the current one.
    sources = tmp_path / good.run_name / "sources.json"
    sources.write_text(sources.read_text().replace('"data_sha256": "', '"data_sha256": "0'))
    (outcome,) = execute_grid([good], tmp_path)
    assert "made from other data" in outcome.error and notebook.stat().st_mtime_ns == before


def test_a_kernel_that_dies_fails_its_run_and_says_so(tmp_path, monkeypatch):
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


def test_a_run_that_cannot_be_written_or_whose_kernel_dies_at_its_start_fails_and_no_other(
    small_root, tmp_path, monkeypatch, read_only
):
    # In the place of the notebooks' kernel a program whose first start ends at once, as one does that
    # finds no memory.
    mark, runs, kernel = tmp_path / "started", tmp_path / "runs", tmp_path / "kernels/python3"
    program = (
        f"import os, sys\ntry: os.mkdir({str(mark)!r})\n"
        "except FileExistsError: os.execv(sys.argv[1], sys.argv[1:])\nsys.exit(1)"
    )
    kernel.mkdir(parents=True)
    command = [sys.executable, "-c", program, sys.executable, "-m", "ipykernel_launcher", "-f"]
    spec = {"argv": [*command, "{connection_file}"], "display_name": "3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    locked, dies, begun = configs = [short(small_root, seed=seed) for seed in range(3)]
    (runs / locked.run_name).mkdir(parents=True)
    read_only(runs / locked.run_name)
    # A record that is not whole is no finished run.
    (runs / begun.run_name).mkdir()
    (runs / begun.run_name / "run.json").write_text("")
    ended = []
    outcomes = execute_grid(configs, runs, jobs=1, on_end=ended.append)
    assert f"write {runs / locked.run_name / '03_train.ipynb'}" in outcomes[0].error
    assert "the kernel ended before the notebook did" in outcomes[1].error
    assert str(runs / dies.run_name / "03_train.ipynb") in outcomes[1].error
    assert outcomes[2].error is None
    assert ended == outcomes
    assert [record["run"] for record in load_runs(runs)] == [begun.run_name]
    # A run may be moved, and its executed notebook with it.
    for path in (path for path in runs.rglob("*") if path.is_file()):
        assert str(runs).encode() not in path.read_bytes(), path
    executed = nbformat.read(runs / begun.run_name / "03_train.ipynb", as_version=4)
    assert 'runs = ".."' in "".join(cell.source for cell in executed.cells)


def test_what_cannot_be_run_is_refused_before_any_kernel_starts(small_root, tmp_path, read_only):
    config = short(small_root)
    with pytest.raises(KitError, match="twice"):
        execute_grid([config, config], tmp_path)
    with pytest.raises(KitError, match="no parameter 'confg'"):
        execute_notebook("03_train.ipynb", tmp_path / "x.ipynb", {"confg": {}})
    assert not list(tmp_path.iterdir())
    read_only(tmp_path)
    with pytest.raises(KitError, match=f"cannot write to {tmp_path}"):
        execute_grid([config], tmp_path)
