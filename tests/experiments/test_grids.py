"""A grid of real runs on each engine: a worker killed in mid-run, and a folder that workers do not see."""

import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.arriving import filled_from_afar
from mi_cot_lib.experiments.running.engines import Engine
from mi_cot_lib.experiments.running.execute import execute_grid
from mi_cot_lib.student.folder import has_weights
from mi_cot_lib.training.record import load_runs
from tests.experiments.conftest import short


def workers_with_a_kernel():
    """Return the processes, below this one, that wait for a notebook's kernel."""
    below = psutil.Process().children(recursive=True)
    return {
        each.ppid() for each in below if any("ipykernel" in part for part in each.cmdline())
    } - {os.getpid()}


def test_a_run_whose_worker_is_killed_in_mid_run_is_made_all_the_same(engine, small_root, tmp_path):
    long = {"student": "nano16", "max_steps": 40, "eval_every": 40, "max_new_tokens": 4}
    configs = [short(small_root, seed=seed, **long) for seed in range(2)]
    killed = []

    def kill_one():
        while not list(tmp_path.glob("*/progress.txt")):
            time.sleep(0.05)
        killed.append(workers_with_a_kernel().pop())
        os.kill(killed[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    ended = []
    outcomes = execute_grid(configs, tmp_path, 2, ended.append, engine)
    killer.join(timeout=1)
    assert killed and not psutil.pid_exists(killed[0])
    names = [each.run_name for each in configs]
    assert [(outcome.run, outcome.error) for outcome in outcomes] == [(n, None) for n in names]
    assert sorted(outcome.run for outcome in ended) == sorted(names)
    assert len(load_runs(tmp_path)) == 2
    assert not list(tmp_path.glob(".shared-*"))


def test_a_run_made_where_the_folder_is_not_seen_is_sent_home_and_a_failure_too(
    dask_address, small_root, tmp_path
):
    good, bad = (short(small_root, method="finetune", train_size=size) for size in (None, 97))
    over = threading.Event()
    seen = set()

    def hide():
        # To a worker, a folder without its caller's mark is one on another disk.
        while not over.wait(0.001):
            for mark in tmp_path.glob(".shared-*"):
                mark.unlink()
            seen.update(path.name for path in tmp_path.rglob("progress.txt"))

    hider = threading.Thread(target=hide)
    hider.start()
    try:
        engine = Engine("dask", dask_address)
        made, failed = execute_grid([good, bad], tmp_path, engine=engine)
    finally:
        over.set()
        hider.join()
    assert not seen
    assert made.error is None and "more than the 96" in failed.error
    assert str(tmp_path / bad.run_name / "03_train.ipynb") in failed.error
    assert [record["run"] for record in load_runs(tmp_path)] == [good.run_name]
    # It holds what a run made here does, no checkpoints, and names no folder of the worker's.
    kept = {path.name for path in (tmp_path / made.run).iterdir()} - {".lock"}
    assert kept == {"03_train.ipynb", "predictions.jsonl", "run.json", "sources.json", "student"}
    assert has_weights(tmp_path / made.run / "student")
    assert (tmp_path / bad.run_name / "03_train.ipynb").is_file()
    for path in Path(tmp_path / made.run).rglob("*.*"):
        assert path.is_dir() or b"/mi-cot-" not in path.read_bytes()


def test_two_calls_do_not_fill_one_folder_from_a_cluster(small_root, tmp_path):
    with filled_from_afar(tmp_path), pytest.raises(KitError, match="by another call; wait"):
        execute_grid([short(small_root)], tmp_path, engine=Engine("dask", "tcp://127.0.0.1:1"))
