"""Small data roots in DSS layout, the kit's and a user's own, and short runs."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mi_cot_lib import RunConfig, run
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.experiments.records import Fingerprints
from mi_cot_lib.experiments.running.engines import LOCAL, Engine

SIZES = {"train": 96, "valid": 24, "test": 32, "unseen": 16}
OWN_SUMS = [
    ("Ann has 3 pens and buys 4 more. How many pens has Ann now?", "( 3.0 + 4.0 )"),
    ("Short?", "12 / 4"),
    ("Bob shares 12 figs among 4 friends, who all like figs a lot. How many each?", "3"),
]


@pytest.fixture(scope="session")
def known() -> Fingerprints:
    """Return the fingerprints of built-in data and students, each computed once."""
    return Fingerprints()


@pytest.fixture(scope="session")
def small_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for name in ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli"):
        write_dataset(name, root, sizes=SIZES)
    return root


def short(root, **changes) -> RunConfig:
    """Configure a run of seconds."""
    defaults = {"dataset": "nano_svamp", "data_root": str(root), "max_steps": 2, "eval_every": 2}
    limits = {"batch_size": 8, "max_new_tokens": 16, "max_target_tokens": 40}
    return RunConfig(**{**defaults, **limits, **changes})


@pytest.fixture(scope="session")
def trained(small_root, tmp_path_factory):
    """Make a short run of a data set and method, once."""
    runs = tmp_path_factory.mktemp("runs")

    @cache
    def make(dataset, method):
        changes = {"max_steps": 4, "eval_every": 4, "train_size": 32, "max_new_tokens": 24}
        return run(short(small_root, dataset=dataset, method=method, **changes), runs)

    return make


@pytest.fixture
def own(tmp_path):
    """Write a data folder of sums and of closed sets of labels, all without a teacher."""
    sums = [{"input": text, "label": label} for text, label in OWN_SUMS]
    reviews = [{"input": "It broke.", "label": "bad"}, {"input": "I like it.", "label": "good"}]
    pairs = [{"premise": "A man runs.", "hypothesis": "He sits.", "label": 0}]
    for name, answers, rows in (
        ("asdiv", {"answer_type": "equation"}, sums),
        ("reviews", {"answer_type": "label", "labels": ["good", "bad"]}, reviews),
        ("pairs", {"answer_type": "nli", "labels": ["contradiction", "neutral"]}, pairs),
    ):
        write_own(tmp_path / "own" / name, answers, rows)
    return tmp_path / "own"


def write_own(folder, answers, rows) -> None:
    """Write a data set of one's own, with a description of its answers."""
    folder.mkdir(parents=True)
    description = {"title": folder.name, "licence": "CC0-1.0", **answers}
    (folder / "dataset.json").write_text(json.dumps(description), encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / f"{folder.name}_test.json").write_text(lines, encoding="utf-8")


def mount(folder, options) -> None:
    """Mount a disk of memory on a folder, or skip where that is not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a disk of memory")
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk of memory")


@pytest.fixture
def disk(tmp_path):
    """Make a small disk; returns a function of its size in KiB that makes it or changes its size."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def size(kib):
        if os.path.ismount(folder):
            subprocess.run(["mount", "-o", f"remount,size={kib}k", str(folder)], check=True)
        else:
            mount(folder, f"size={kib}k")
        return folder

    yield size
    if os.path.ismount(folder):
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def read_only():
    """Make folders read-only until the test ends: by their mode, or for root, whom none stops, by a mount."""
    mounted, changed = [], []

    def make(folder):
        if os.geteuid():
            folder.chmod(0o555)
            changed.append(folder)
            return
        command = ["mount", "--bind", str(folder), str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip(
                "root is stopped by a read-only mount only, and this machine lets nobody mount"
            )
        mounted.append(folder)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)

    yield make
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)
    for folder in changed:
        folder.chmod(0o755)


@pytest.fixture(scope="session")
def dask_address():
    """Start a Dask cluster of two worker processes, and return its scheduler's address."""
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=60
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="session")
def ray_address(tmp_path_factory):
    """Start a Ray cluster of one node with two cores, and return its head's address."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray.cluster_utils import Cluster

    # A node of Ray gives up where its helpers take 15 seconds to start. Each loads a grammar of addresses
    # that Jupyter brought, for 2 seconds of a core, and does without where it cannot be imported.
    without = tmp_path_factory.mktemp("without")
    (without / "rfc3987_syntax.py").write_text("raise ImportError\n")
    cluster = Cluster()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", str(without), prepend=os.pathsep)
        try:
            cluster.add_node(num_cpus=2, include_dashboard=False)
            yield cluster.address
        finally:
            cluster.shutdown()


@pytest.fixture(scope="session", params=["local", "dask", "ray"])
def engine(request):
    """Each engine, with two real processes behind it."""
    if request.param == "local":
        return LOCAL
    if request.param == "dask":
        return Engine("dask", request.getfixturevalue("dask_address"))
    return Engine("ray", request.getfixturevalue("ray_address"))
