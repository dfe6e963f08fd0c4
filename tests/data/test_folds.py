"""Five folds of SVAMP: every question once, no story on both sides, teacher texts beside their rows."""

import json
from dataclasses import replace

import pytest

from mi_cot_lib.data.folds import folds_root, story_of, twins
from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS, FOLDS
from mi_cot_lib.errors import DataError
from mi_cot_lib.experiments.running.run_record import without_twins
from mi_cot_lib.training.config import RunConfig

NAMES = [name for name, spec in DATASETS.items() if spec.fold is not None]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(tmp_path):
    """Write a data set of 12 stories, each told with three pairs of numbers, and return its root."""
    root = tmp_path / "data"
    names = ("Ann", "Ben", "Cat", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jim", "Kim", "Leo")
    rows = [
        {
            "input": f"{name} has {n} pens and buys {n + 1}.5 more.\nHow many has {name}?",
            "label": f"( {n}.0 + {n + 1}.5 )",
        }
        for n in (2, 5, 9)
        for name in names
    ]
    for split, part in (("train", rows[:24]), ("test", rows[24:])):
        folder = root / "svamp"
        (folder / "llm").mkdir(parents=True, exist_ok=True)
        text = "\n".join(map(json.dumps, part)) + "\n"
        (folder / f"svamp_{split}.json").write_text(text)
        told = [f"Text of {row['input']}" for row in part]
        (folder / "llm" / f"{split}_CoT_0.json").write_text(json.dumps(told))
    return root


def test_each_question_is_tested_once_and_with_its_own_text(small):
    root = folds_root(small)
    tested = [row for name in NAMES for row in read_split(root, name, "test")]
    whole = [row for split in ("train", "test") for row in read_split(small, "svamp", split)]
    assert len(NAMES) == FOLDS
    assert sorted(row.input for row in tested) == sorted(row.input for row in whole)
    for name in NAMES:
        for split in ("train", "test"):
            rows = read_split(root, name, split)
            assert rows and all(row.teacher_text == f"Text of {row.input}" for row in rows)
        sizes = [len(read_split(root, name, split)) for split in ("train", "test")]
        assert sum(sizes) == 36


def test_no_story_is_trained_on_and_tested(small):
    for name in NAMES:
        train, test = (
            [row.input for row in read_split(folds_root(small), name, split)]
            for split in ("train", "test")
        )
        assert not any(twins(train, test))
    # In the split that is given every test story has a twin.
    train, test = (
        [row.input for row in read_split(small, "svamp", split)] for split in ("train", "test")
    )
    assert all(twins(train, test))


def test_folds_are_read_like_any_data_set_and_written_once(small, cache):
    examples = load_split(NAMES[0], "test", small)
    assert examples[0].id == f"{NAMES[0]}/test/0"
    (folder,) = cache.glob("folds-*")
    before = (folder / NAMES[0]).stat().st_mtime_ns
    assert folds_root(small) == folder
    assert (folder / NAMES[0]).stat().st_mtime_ns == before
    # Other files make other folds.
    (small / "svamp" / "svamp_test.json").write_text(
        (small / "svamp" / "svamp_test.json").read_text().replace("pens", "pins")
    )
    assert folds_root(small) != folder


def test_too_few_stories_are_refused(small):
    for split in ("train", "test"):
        path = small / "svamp" / f"svamp_{split}.json"
        path.write_text(path.read_text().replace("Ann", "Ben").replace("Cat", "Ben"))
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            row["input"] = "Ben has 2 pens.\nHow many?"
        path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    with pytest.raises(DataError, match="1 stories: too few for 5 folds"):
        folds_root(small)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann has 3 pens.\nHow many?", "Ann has 12.5 pens.\nHow few?", True),
        ("Ann has 3 pens.\nHow many?", "Ann has 3 pins.\nHow many?", False),
    ],
)
def test_twins_are_stories_that_differ_in_numbers_only(one, other, same):
    assert (story_of(one) == story_of(other)) == same


def test_over_half_of_the_published_test_stories_are_twins(shared):
    train, test = (
        [row.input for row in read_split(shared / "dss", "svamp", split)]
        for split in ("train", "test")
    )
    found = twins(train, test)
    assert sum(found) / len(found) == pytest.approx(0.525)
    for name in NAMES:
        root = folds_root(shared / "dss")
        inside, outside = (
            [row.input for row in read_split(root, name, split)] for split in ("train", "test")
        )
        assert len(inside) + len(outside) == 1_000 and not any(twins(inside, outside))
        assert 150 <= len(outside) <= 250


def test_test_questions_without_a_twin_in_training_are_told_apart(small):
    rows = (small / "svamp" / "svamp_test.json").read_text().splitlines()
    alone = {"input": "Zoe has 4 cats and no dog.\nHow many cats has Zoe?", "label": "( 4.0 )"}
    # The last row of the test file, whose story alone is in no row of training.
    changed = [*rows[:-1], json.dumps(alone)]
    (small / "svamp" / "svamp_test.json").write_text("\n".join(changed) + "\n")
    test = load_split("svamp", "test", small)
    config = RunConfig(dataset="svamp", data_root=small)
    assert without_twins(config, test) == {test[-1].id}
    assert without_twins(replace(config, dataset="svamp_fold0"), test) == set()
