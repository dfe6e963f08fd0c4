"""The built-in data sets on disk: the same bytes everywhere, no shared inputs, one cached copy."""

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.parse import parse_teacher_output
from mi_cot_lib.data.specs import NLI_LABELS, dataset_spec
from mi_cot_lib.data.worlds import write
from mi_cot_lib.data.worlds.text import world_text
from mi_cot_lib.errors import ConfigError

NAMES = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
SMALL = {"train": 120, "valid": 40, "test": 60, "unseen": 50}


@pytest.fixture(scope="module", params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def written(name: str, tmp_path_factory) -> Path:
    return write.write_dataset(name, tmp_path_factory.mktemp(name))


def rows(folder: Path, split: str) -> list[dict]:
    text = (folder / f"{folder.name}_{split}.json").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def outputs(folder: Path, split: str) -> list[str]:
    paths = sorted((folder / "llm").glob(f"{split}_CoT_*.json"))
    assert [path.name for path in paths] == [f"{split}_CoT_{i}.json" for i in range(len(paths))]
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    assert all(len(part) <= 1000 for part in parts)
    return [text for part in parts for text in part]


def right_outputs(name: str, folder: Path, split: str) -> int:
    family = dataset_spec(name).family
    right = 0
    for row, text in zip(rows(folder, split), outputs(folder, split), strict=True):
        label = parse_teacher_output(name, text).label
        if family == "svamp":
            right += label is not None and equation_value(label) == equation_value(row["label"])
        else:
            right += label == (row["answer"] if family == "cqa" else NLI_LABELS[row["label"]])
    return right


def test_the_files_are_those_that_were_committed(name: str, written: Path) -> None:
    assert write.checksum(written) == write.CHECKSUMS[name], (
        "the generator's output changed: run `mi-cot data generate --checksums`"
    )


def test_every_split_has_its_size_and_as_many_outputs(written: Path) -> None:
    for split, size in write.SIZES.items():
        assert len(rows(written, split)) == len(outputs(written, split)) == size
    assert len(list(written.rglob("*.json"))) == 4 + 4 + 1 + 2 + 1


def test_no_input_is_in_two_splits_or_twice_in_one(name: str, written: Path) -> None:
    spec = dataset_spec(name)
    keys = [write.row_key(spec, row) for split in write.SIZES for row in rows(written, split)]
    assert len(set(keys)) == len(keys) == sum(write.SIZES.values())


def test_the_teacher_is_right_as_often_as_the_real_one(name: str, written: Path) -> None:
    accuracy = dataset_spec(name).teacher_accuracy
    for split, size in write.SIZES.items():
        assert right_outputs(name, written, split) == round(size * accuracy)


@pytest.mark.parametrize("accuracy", [0, 0.5, 1])
def test_another_teacher_sees_the_same_questions(name, accuracy, tmp_path) -> None:
    folder = write.write_dataset(name, tmp_path, teacher_accuracy=accuracy, sizes=SMALL)
    default = write.write_dataset(name, tmp_path / "default", sizes=SMALL)
    for split, size in SMALL.items():
        assert right_outputs(name, folder, split) == round(size * accuracy)
        assert rows(folder, split) == rows(default, split)


def test_the_seed_alone_decides_the_bytes(name: str, tmp_path: Path) -> None:
    first, second, other = (
        write.checksum(write.write_dataset(name, tmp_path / place, seed, sizes=SMALL))
        for place, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == second != other


def test_test_rows_do_not_depend_on_how_many_training_rows_are_wanted(name, tmp_path) -> None:
    small = write.write_dataset(name, tmp_path / "small", sizes={"test": 60, "train": 10})
    large = write.write_dataset(name, tmp_path / "large", sizes={"test": 60, "train": 200})
    assert rows(small, "test") == rows(large, "test")
    assert outputs(small, "test") == outputs(large, "test")


def test_a_checksum_sees_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1]")
    one = write.checksum(tmp_path)
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    two = write.checksum(tmp_path)
    (tmp_path / "b.json").write_text("[2]")
    assert len({one, two, write.checksum(tmp_path)}) == 3


def test_mistaken_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nano_svamp"):
        write.write_dataset("nano_svamps", tmp_path)
    with pytest.raises(ConfigError, match="not generated"):
        write.write_dataset("svamp", tmp_path)
    with pytest.raises(ConfigError, match="valid"):
        write.write_dataset("nano_svamp", tmp_path, sizes={"validation": 10})
    with pytest.raises(ConfigError, match="from 0 to 1"):
        write.write_dataset("nano_svamp", tmp_path, teacher_accuracy=74)
    assert not list(tmp_path.iterdir())


def test_two_processes_at_once_share_one_cached_copy(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    with ProcessPoolExecutor(2) as pool:
        roots = list(pool.map(write.built_in_root, ["nano_esnli"] * 2))
    assert roots[0] == roots[1]
    assert [path.name for path in (tmp_path / "worlds").iterdir()] == [roots[0].name]
    assert write.checksum(roots[0] / "datasets" / "nano_esnli") == write.CHECKSUMS["nano_esnli"]


def test_the_cached_copy_is_not_made_twice_and_accuracies_do_not_share_it(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    root = write.built_in_root("nano_anli")
    mark = root / "mark"
    mark.touch()
    assert write.built_in_root("nano_anli", teacher_accuracy=0.656) == root
    assert mark.exists()
    assert write.built_in_root("nano_anli", teacher_accuracy=0.9) != root


def test_a_failed_write_leaves_nothing_in_the_cache(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    (tmp_path / "worlds").mkdir()
    with pytest.raises(ConfigError):
        write.built_in_root("nano_anli", teacher_accuracy=2)
    assert not list((tmp_path / "worlds").iterdir())


def test_world_text_mixes_the_four_worlds_repeatably() -> None:
    texts = world_text(101, 0)
    assert len(texts) == 101
    assert texts == world_text(101, 0) != world_text(101, 1)
    assert all(isinstance(text, str) and text.strip() for text in texts)
