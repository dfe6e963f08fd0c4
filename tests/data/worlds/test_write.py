"""The built-in data sets on disk: the same bytes everywhere, no shared inputs, one cached copy."""

import hashlib
import json
import random
import re
from concurrent.futures import ProcessPoolExecutor
from typing import get_args

import pytest

from mi_cot_lib.data.check import label_is_right
from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.data.teacher.changes import TeacherChange, changed_teacher
from mi_cot_lib.data.worlds import write
from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.errors import ConfigError
from tests.data.worlds.made import leaves, made

NAMES = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
SMALL = {"train": 120, "valid": 40, "test": 60, "unseen": 50}


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def written(name, tmp_path_factory):
    return write.write_dataset(name, tmp_path_factory.mktemp(name))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def rows(folder, split):
    text = (folder / f"{folder.name}_{split}.json").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def outputs(folder, split):
    return [row.teacher_text for row in read_split(folder.parents[1], folder.name, split)]


def right_outputs(name, folder, split):
    root = folder.parents[1]
    return sum(
        label_is_right(name, each.teacher_label, each.label)
        for each in load_split(name, split, root)
    )


def test_the_files_are_those_that_were_committed(name, written):
    assert write.checksums(written) == write.committed_checksums()[name], (
        "the generator's output changed: run `mi-cot data generate --checksums`"
    )


def test_every_split_has_its_size_as_many_outputs_and_no_input_twice(name, written):
    spec = dataset_spec(name)
    for split, size in write.SIZES.items():
        assert len(rows(written, split)) == len(outputs(written, split)) == size
    assert len(list(written.rglob("*.json"))) == 4 + (4 + 1 + 8 + 2)
    keys = [write.row_key(spec, row) for split in write.SIZES for row in rows(written, split)]
    assert len(set(keys)) == len(keys)


def test_the_teacher_is_right_as_often_as_wanted_about_the_same_questions(name, tmp_path):
    folder = write.write_dataset(name, tmp_path, teacher_accuracy=0.5, sizes=SMALL)
    default = write.write_dataset(name, tmp_path / "default", sizes=SMALL)
    for split, size in SMALL.items():
        assert right_outputs(name, folder, split) == size / 2
        assert right_outputs(name, default, split) == round(
            size * dataset_spec(name).teacher_accuracy
        )
        assert rows(folder, split) == rows(default, split)


def test_the_seed_alone_decides_the_bytes(name, tmp_path):
    first, second, other = (
        write.checksums(write.write_dataset(name, tmp_path / place, seed, sizes=SMALL))
        for place, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert first == second != other


def test_test_rows_do_not_depend_on_how_many_training_rows_are_wanted(name, tmp_path):
    small = write.write_dataset(name, tmp_path / "small", sizes={"test": 60, "train": 10})
    large = write.write_dataset(name, tmp_path / "large", sizes={"test": 60, "train": 200})
    assert rows(small, "test") == rows(large, "test")
    assert outputs(small, "test") == outputs(large, "test")


def test_rows_of_unseen_have_in_turn_a_new_template_and_new_facts(name):
    spec = dataset_spec(name)
    common = {item.template for item in made(spec.family)}
    items = write._items_of(spec, "unseen", 51, random.Random(0), set())
    assert not common & {item.template for item in items[::2]}
    assert {item.template for item in items[1::2]} <= common
    if spec.family != "svamp":
        for row, item in enumerate(items):
            named = set(re.findall(r"\w+", json.dumps(item.row)))
            assert bool(named & leaves("held_out")) == bool(row % 2), item.row


def test_a_draw_has_training_examples_of_its_own_always_the_same_and_none_of_another_split(
    name, tmp_path
):
    spec = dataset_spec(name)
    whole = write.write_dataset(name, tmp_path / "0", sizes=SMALL)
    drawn, again, other = (
        write.write_dataset(name, tmp_path / place, sizes=SMALL, draw=draw)
        for place, draw in (("1", 1), ("1again", 1), ("2", 2))
    )
    assert write.checksums(drawn) == write.checksums(again)
    assert set(write.checksums(drawn)) == {f"{name}_train.json", "llm/train_CoT_0.json"}
    parts = [(whole, split) for split in SMALL] + [(drawn, "train"), (other, "train")]
    keys = [write.row_key(spec, row) for part in parts for row in rows(*part)]
    # Two draws of a small world can share a question, and never many.
    assert len(keys) - len(set(keys)) <= 3
    elsewhere = keys[SMALL["train"] : sum(SMALL.values())]
    assert not set(elsewhere) & set(keys[sum(SMALL.values()) :])
    assert right_outputs(name, drawn, "train") == round(SMALL["train"] * spec.teacher_accuracy)


def test_mistaken_names_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="nano_svamp"):
        write.write_dataset("nano_svamps", tmp_path)
    with pytest.raises(ConfigError, match="not generated"):
        write.write_dataset("svamp", tmp_path)
    with pytest.raises(ConfigError, match="valid"):
        write.write_dataset("nano_svamp", tmp_path, sizes={"validation": 10})
    for accuracy in (-0.1, 74, float("nan")):
        with pytest.raises(ConfigError, match="from 0 to 1"):
            write.write_dataset("nano_svamp", tmp_path, teacher_accuracy=accuracy)
    assert not list(tmp_path.iterdir())


def test_two_processes_at_once_share_one_cached_copy(tmp_path, monkeypatch):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    with ProcessPoolExecutor(2) as pool:
        roots = list(pool.map(write.built_in_root, ["nano_esnli"] * 2))
    assert roots[0] == roots[1]
    assert [path.name for path in (tmp_path / "worlds").iterdir()] == [roots[0].name]
    assert (
        write.checksums(roots[0] / "datasets" / "nano_esnli")
        == write.committed_checksums()["nano_esnli"]
    )


def test_the_cached_copy_is_not_made_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    mark = write.built_in_root("nano_anli") / "mark"
    mark.touch()
    assert write.built_in_root("nano_anli") == mark.parent
    assert mark.exists()


def test_another_draw_changes_the_training_split_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    for split in ("train", "valid"):
        usual, drawn = (load_split("nano_esnli", split, draw=draw) for draw in (0, 1))
        assert len(usual) == len(drawn) == write.SIZES[split]
        assert (usual == drawn) == (split == "valid")
    assert len(list((tmp_path / "worlds").iterdir())) == 2


def test_world_text_mixes_the_four_worlds_repeatably():
    texts = world_text(60_000, 0)
    assert len(world_text(101, 0)) == 101
    known = set(re.findall(r"\w+", " ".join(texts).lower()))
    assert leaves("read") | leaves("held_out") <= known
    # Seldom ones need a longer text yet.
    assert len(leaves("unread") & known) > 0.95 * len(leaves("unread"))
    assert texts[:100] != world_text(100, 1)
    assert sha256("\n".join(texts)) == (
        "0e79cb62accb21234d48f1bf39b622c99488bc3f2f209ebd3f91b3e6a767981d"
    )


def test_changed_teachers_are_those_that_were_committed():
    valid = {name: load_split(name, "valid") for name in NAMES}
    changed = [
        [each.id, each.label, each.rationale, each.teacher_label]
        for change in get_args(TeacherChange)[1:]
        for name in NAMES
        for each in changed_teacher(valid[name], change, 0.5, 0)
    ]
    assert sha256(json.dumps(changed)) == (
        "c5ccd6815cf9615dd39c6545ffd65043a75c1cd7da3b167923269190a50d1774"
    )
