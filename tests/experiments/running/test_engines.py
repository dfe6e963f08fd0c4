"""Every engine calls each task once, whatever becomes of the processes that take them."""

import importlib.util
import os
import signal
import sys
import time
from functools import partial

import pytest

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.experiments.running.engines import LOCAL, RETRIES, Engine, run_all


def tasks_in(folder):
    """Return functions that leave a line for each try; nested, so that they are pickled by value."""

    def calmly(name):
        with (folder / name).open("a") as file:
            file.write(f"{os.getpid()}\n")
        return name.upper()

    def killed(name, times):
        calmly(name)
        if len((folder / name).read_text().splitlines()) <= times:
            # In mid-run: what watches over a process does not restart one that dies while it starts.
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
        return name.upper()

    return calmly, killed


def tries(folder):
    return {path.name: len(path.read_text().splitlines()) for path in folder.iterdir()}


def test_results_stream_in_as_they_are_made_and_one_job_goes_to_the_engine(engine, tmp_path):
    def waits_for(name):
        while name and not (tmp_path / name).exists():
            time.sleep(0.02)
        return name

    names = []
    # The first cannot end before the second has come back here.
    for one in run_all(
        {"late": partial(waits_for, "go"), "early": partial(waits_for, "")}, engine, 2
    ):
        (tmp_path / "go").touch()
        names.append(one.name)
    assert names == ["early", "late"]
    (one,) = run_all({"pid": os.getpid}, engine, jobs=1)
    assert (one.value == os.getpid()) == (engine == LOCAL)


def test_a_defect_is_raised_and_not_tried_again(engine, tmp_path):
    def broken(name):
        (tmp_path / name).touch(exist_ok=False)
        raise ZeroDivisionError("in the task")

    with pytest.raises(ZeroDivisionError):
        list(run_all({name: partial(broken, name) for name in "ab"}, engine, jobs=2))


def test_a_killed_process_costs_its_own_task_a_try_and_every_result_is_there_once(engine, tmp_path):
    calmly, killed = tasks_in(tmp_path)
    tasks = {"always": partial(killed, "always", 99), "once": partial(killed, "once", 1)}
    tasks |= {name: partial(calmly, name) for name in "abcdef"}
    ended = list(run_all(tasks, engine, jobs=2))
    assert sorted(one.name for one in ended) == sorted(tasks)
    lost = {one.name: one.error for one in ended if one.error}
    assert lost.keys() == {"always"} and "ended from outside" in lost["always"]
    assert {one.value for one in ended if not one.error} == {*"ABCDEF", "ONCE"}
    counted = tries(tmp_path)
    assert counted["always"] == 1 + RETRIES
    # Dask's worker holds a result until it is fetched, and makes it again when killed by another task.
    assert counted["once"] == 2 or engine.name == "dask" and 2 < counted["once"] <= 1 + RETRIES
    assert os.getpid() not in {int(pid) for path in tmp_path.iterdir() for pid in path.open()}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "dusk"}, "Did you mean 'dask'"),
        ({"name": "dask"}, "needs --address tcp://"),
        ({"address": "tcp://127.0.0.1:1"}, "add --engine dask"),
        ({"name": "dask", "address": "tcp://127.0.0.1:1", "gpus_per_run": 1}, "add --engine ray"),
    ],
)
def test_an_engine_that_lacks_what_it_needs_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Engine(**settings)


@pytest.mark.parametrize(("name", "package"), [("dask", "distributed"), ("ray", "ray")])
def test_an_engine_that_is_not_installed_says_how_to_get_it(name, package, monkeypatch):
    if importlib.util.find_spec(package):
        # As Python itself marks a package that is not there.
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(KitError, match=rf"pip install .*mi-cot\[{name}\]"):
        list(run_all({"a": os.getpid}, Engine(name, "tcp://127.0.0.1:1")))


def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with pytest.raises(KitError, match="no Dask scheduler answers at tcp://127.0.0.1:1"):
        list(run_all({"a": os.getpid}, Engine("dask", "tcp://127.0.0.1:1")))
