"""Records are whole or absent, and a broken one is named."""

import pytest

from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.files import write_lines
from mi_cot_lib.training.record import is_complete, load_runs, write_record

RECORD = {"run": "a", "config": {"dataset": "nano_svamp"}, "metrics": {"test_accuracy": 0.5}}


def test_written_records_are_loaded_in_the_order_of_their_names(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        write_record(tmp_path / name, {**RECORD, "run": name})
    (tmp_path / "unfinished").mkdir()
    assert [record["run"] for record in load_runs(tmp_path)] == ["a", "b"]
    assert not is_complete(tmp_path / "unfinished")


def test_a_missing_folder_says_how_to_make_one(tmp_path):
    with pytest.raises(DataError, match="mi-cot run --runs"):
        load_runs(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file is a file; name another folder"):
        load_runs(tmp_path / "file")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_record_with_a_number_that_is_none_is_not_written(tmp_path, number):
    (tmp_path / "run.json").write_text("before")
    spoiled = {**RECORD, "history": [{"loss": 1.0}, {"loss": number}]}
    with pytest.raises(KitError, match=r"run\.json: history\[1\]\.loss is -?(nan|inf)"):
        write_record(tmp_path, spoiled)
    with pytest.raises(KitError, match=r"a\.jsonl: \[1\]\.x is"):
        write_lines(tmp_path / "a.jsonl", [{"x": 1.0}, {"x": number}])
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert (tmp_path / "run.json").read_text() == "before"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(("{", "not valid JSON"), ("[]", "not a run's record")),
        ('{"run": "a"}', "it lacks run, config or metrics"),
        *((f"[{word}]", rf"\(it holds {word}\)") for word in ("NaN", "-Infinity", "1e999")),
    ],
)
def test_a_broken_record_is_named(tmp_path, text, said):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/run.json").write_text(text)
    with pytest.raises(DataError, match=rf"run\.json is .*{said}"):
        load_runs(tmp_path)
