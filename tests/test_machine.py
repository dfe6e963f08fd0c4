"""Real processes on machines whose settings are broken: one line names the setting, or all works."""

import mmap
import os
import subprocess
import sys

import pytest

from mi_cot_lib.data.fetch import DATASETS_BLOB_ID
from mi_cot_lib.data.worlds.write import built_in_root
from mi_cot_lib.errors import DataError
from mi_cot_lib.experiments.running.execute import execute_notebook
from mi_cot_lib.machine import address_space, cache_folder, hardware, left_in

MI_COT = [sys.executable, "-m", "mi_cot_lib.cli"]
CACHES = ("MI_COT_CACHE", "XDG_CACHE_HOME")
# A user id that the machine does not know, and that no permission is waived for.
STRANGER = ["unshare", "--user", "--map-user=12345", "--map-group=12345"]


def call(command, *, unset=(), **settings):
    """Run a command with settings; return its status, output and errors, never a traceback."""
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(command, env=environment | settings, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout, done.stderr


def one_line(command, **options):
    status, _, error = call(command, **options)
    assert status == 2 and error.startswith(b"mi-cot: ") and error.count(b"\n") == 1
    return error.decode(errors="replace")


def become(command, **environment) -> list[str]:
    """Return the prefix under which a command exits with 3, as for some users, or skip the test."""
    for prefix in ([], STRANGER):
        try:
            done = subprocess.run(
                [*prefix, *command], **environment, capture_output=True, check=False
            )
        except FileNotFoundError:
            break
        if done.returncode == 3:
            return prefix
    pytest.skip("no user here whom a folder's permissions bind, or who has no home folder")


@pytest.fixture
def locked(tmp_path):
    """Return a home folder that cannot be written to, and how to be one who cannot."""
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    return home, become(["sh", "-c", 'test -w "$0" || exit 3', home])


@pytest.fixture
def stranger():
    code = "from pathlib import Path\ntry: Path.home()\nexcept RuntimeError: raise SystemExit(3)"
    return become([sys.executable, "-c", code], env={})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://a b"),
        ("HTTPS_PROXY", "http://127.0.0.1:99999"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
    ],
)
def test_a_broken_way_to_the_network_is_one_line_that_names_it(tmp_path, name, value):
    said = one_line([*MI_COT, "data", "fetch"], **{name: value, "MI_COT_CACHE": str(tmp_path)})
    assert said.startswith(f"mi-cot: {name} ") and "unset it" in said


def test_without_a_home_folder_the_settings_that_help_are_named(stranger):
    said = one_line([*stranger, *MI_COT, "data", "fetch"], unset=("HOME", *CACHES))
    assert "HOME" in said and "MI_COT_CACHE" in said


def test_a_home_folder_that_cannot_be_written_to_names_the_setting_that_helps(locked):
    home, prefix = locked
    said = one_line([*prefix, *MI_COT, "data", "fetch"], unset=CACHES, HOME=str(home))
    assert str(home) in said and "MI_COT_CACHE" in said


@pytest.mark.parametrize("value", ["file", "file/cache"])
def test_a_cache_that_is_no_folder_names_its_setting(tmp_path, monkeypatch, value):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / value))
    with pytest.raises(DataError, match="cannot write to the cache .*MI_COT_CACHE"):
        built_in_root("nano_svamp")


def test_a_home_folder_that_is_none_is_no_place_for_a_cache_or_a_notebook(tmp_path, monkeypatch):
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "relative")
    with pytest.raises(DataError, match="HOME"):
        cache_folder()
    with pytest.raises(DataError, match="HOME"):
        execute_notebook("03_train.ipynb", tmp_path / "out.ipynb", {})


def test_a_notebook_runs_where_the_home_folder_cannot_be_written_to(locked, tmp_path):
    home, prefix = locked
    code = (
        "import sys; from pathlib import Path; import nbformat.v4 as v4, nbformat\n"
        "from mi_cot_lib.experiments.running import execute\n"
        "root = Path(sys.argv[1])\n"
        "(root / 'notebooks').mkdir()\n"
        "cells = [v4.new_code_cell('print(6 * 7)')]\n"
        "kernel = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}\n"
        "book = v4.new_notebook(cells=cells, metadata={'kernelspec': kernel})\n"
        "nbformat.write(book, root / 'notebooks' / 'a.ipynb')\n"
        "execute.repository_root = lambda: root\n"
        "execute.execute_notebook('a.ipynb', root / 'out.ipynb', {})\n"
    )
    unset = ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    command = [*prefix, sys.executable, "-c", code, tmp_path]
    status, _, _ = call(command, unset=unset, HOME=str(home))
    assert status == 0 and '"42\\n"' in (tmp_path / "out.ipynb").read_text()


# What a terminal that does not know "…" and "−" shows of them; click gives an ASCII one UTF-8.
@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, b"\x85"),
        ({"PYTHONIOENCODING": "cp437"}, rb"\u2026"),
        ({"PYTHONIOENCODING": "ascii"}, "…".encode()),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "…".encode()),
    ],
    ids=str,
)
def test_a_terminal_without_a_letter_gets_its_number(settings, shown):
    status, out, _ = call([*MI_COT, "evaluate", "--help"], unset=("PYTHONIOENCODING",), **settings)
    assert status == 0 and shown in out


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_paths_and_errors_in_other_scripts_are_printed_on_any_terminal(tmp_path, encoding):
    folder = tmp_path / "日本 × −½…"
    (folder / "datasets" / "svamp").mkdir(parents=True)
    (folder / "datasets" / "svamp" / "svamp_test.json").write_text("{]")
    command = [*MI_COT, "data", "check", "--data-root", folder]
    assert "svamp_test.json" in one_line(command, PYTHONIOENCODING=encoding)
    fetched = folder / f"dss-{DATASETS_BLOB_ID[:8]}"
    fetched.mkdir()
    settings = {"MI_COT_CACHE": str(folder), "PYTHONIOENCODING": encoding}
    status, out, _ = call([*MI_COT, "data", "fetch"], **settings)
    assert status == 0 and out.strip().endswith(fetched.name.encode())


def test_hardware_names_parts_and_not_the_machine():
    assert set(hardware()) == {"processor", "cores", "threads", "device"}


def test_address_space_counts_what_was_taken_and_not_yet_used():
    before = address_space()
    if before is None:
        pytest.skip("this system does not say")
    taken = mmap.mmap(-1, 1 << 30)
    assert address_space() - before >= 1 << 30
    taken.close()


@pytest.mark.parametrize(
    ("most", "used"),
    [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")],
)
def test_a_group_of_processes_can_take_its_limit_less_what_it_uses_beside_files(
    tmp_path, most, used
):
    (tmp_path / used).write_text("700\n")
    assert left_in(tmp_path) is None
    (tmp_path / most).write_text("1000\n")
    assert left_in(tmp_path) == 300
    (tmp_path / "memory.stat").write_text("anon 500\nactive_file 40\ninactive_file 60\n")
    assert left_in(tmp_path) == 400
    (tmp_path / most).write_text("max\n")
    assert left_in(tmp_path) is None
