"""A trained student scored on other data: answers, records, refusals, and nothing done twice."""

import json
from pathlib import Path

import pytest

from mi_cot_lib.data.described import find_dataset
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.experiments.running import evaluate as module
from mi_cot_lib.experiments.running.evaluate import evaluate, evaluate_to_file, write_evaluation
from mi_cot_lib.training.record import read_record

REPOSITORY = Path(__file__).resolve().parents[2]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize(("dataset", "method"), [("nano_svamp", "mi"), ("nano_esnli", "finetune")])
def test_a_run_scored_again_on_its_own_data_answers_as_it_recorded(
    trained, small_root, dataset, method
):
    folder = trained(dataset, method)
    found = evaluate(folder, dataset, small_root, explain=method == "mi")
    recorded = [row for row in lines(folder / "predictions.jsonl") if "/test/" in row["id"]]
    assert json.loads(json.dumps([one.to_dict() for one in found.predictions])) == recorded
    assert found.accuracy == read_record(folder)["metrics"]["test_accuracy"]
    assert (found.run, found.config) == (folder.name, read_record(folder)["config"])


def test_another_data_set_with_the_same_labels_is_scored_without_its_teacher(
    trained, small_root, tmp_path
):
    folder = trained("nano_esnli", "finetune")
    source = small_root / "datasets" / "nano_anli" / "nano_anli_test.json"
    (tmp_path / "nano_anli").mkdir()
    (tmp_path / "nano_anli" / source.name).write_bytes(source.read_bytes())
    found = evaluate(folder, "nano_anli", tmp_path)
    assert [one.id for one in found.predictions] == [f"nano_anli/test/{n}" for n in range(32)]
    assert all(one.candidates == DATASETS["nano_anli"].labels for one in found.predictions)
    whole = evaluate(folder, "nano_anli", small_root)
    assert (whole.predictions, whole.data_sha256) == (found.predictions, found.data_sha256)
    assert find_dataset("nano_anli", tmp_path) is DATASETS["nano_anli"]


def test_own_sums_are_scored_in_the_order_of_their_rows(trained, own):
    found = evaluate(trained("nano_svamp", "mi"), "asdiv", own)
    assert [one.id for one in found.predictions] == [f"asdiv/test/{n}" for n in range(3)]
    assert [one.gold for one in found.predictions] == ["( 3.0 + 4.0 )", "12 / 4", "3"]
    assert all(one.rationale is None and one.candidates is None for one in found.predictions)


def test_explain_asks_for_rationales(trained, own):
    found = evaluate(trained("nano_svamp", "mi"), "asdiv", own, explain=True)
    assert all(one.rationale is not None for one in found.predictions)


def test_single_task_writes_its_rationale_with_the_answer(trained, own):
    found = evaluate(trained("nano_svamp", "single_task"), "asdiv", own, explain=True)
    assert all(one.rationale is not None for one in found.predictions)


def test_fewer_labels_in_another_order_fit(trained, own):
    found = evaluate(trained("nano_esnli", "finetune"), "pairs", own)
    assert found.predictions[0].candidates == ("contradiction", "neutral")


def test_a_plain_folder_is_scored_and_its_labels_stay_unchecked(trained, own):
    folder = trained("nano_svamp", "mi") / "student"
    found = evaluate(folder, "reviews", own, method="dss", explain=True)
    assert (found.run, found.config) == (None, None)
    assert [one.candidates for one in found.predictions] == [("good", "bad")] * 2
    assert all(one.rationale is not None for one in found.predictions)
    assert (found.checkpoint.max_input_tokens, found.checkpoint.max_new_tokens) == (1024, 64)
    assert evaluate(folder, "reviews", own).checkpoint.method == "finetune"


def test_files_hold_answers_and_summary_and_no_path(trained, own, small_root):
    folder = trained("nano_svamp", "mi")
    found, path = evaluate_to_file(folder, "asdiv", own)
    assert path == folder / "evaluations" / "asdiv-test.jsonl"
    assert lines(path) == json.loads(json.dumps([one.to_dict() for one in found.predictions]))
    summary = json.loads(path.with_suffix(".json").read_text())
    assert {name: summary[name] for name in ("dataset", "split", "run", "n", "method")} == {
        "dataset": "asdiv",
        "split": "test",
        "run": folder.name,
        "n": 3,
        "method": "mi",
    }
    assert summary["accuracy"] == found.accuracy
    assert summary["interval"] == list(found.interval)
    mean = sum(row["confidence"] for row in lines(path)) / 3
    assert summary["confidence"] == pytest.approx(mean, abs=1e-6)
    assert summary["data_sha256"] == found.data_sha256
    assert summary["results_version"] == 1
    assert "torch" in summary["versions"]
    text = path.read_text() + path.with_suffix(".json").read_text()
    for place in (str(folder.parent), str(own), str(small_root), str(REPOSITORY)):
        assert place not in text
    assert sorted(each.name for each in path.parent.iterdir()) == sorted(
        [path.name, path.with_suffix(".json").name]
    )


def test_answers_with_line_separators_of_their_own_are_read_back(trained, tmp_path):
    (tmp_path / "odd").mkdir()
    description = {"title": "Odd", "answer_type": "choice", "licence": "CC0-1.0"}
    (tmp_path / "odd" / "dataset.json").write_text(json.dumps(description))
    row = {"question": "Which?", "choices": ["a\u2028b", "c\x85d"], "answer": "a\u2028b"}
    (tmp_path / "odd" / "odd_test.json").write_text(json.dumps(row) + "\n")
    folder, out = trained("nano_cqa", "finetune"), tmp_path / "odd.jsonl"
    first, _ = evaluate_to_file(folder, "odd", tmp_path, out=out)
    assert first.predictions[0].candidates == ("a\u2028b", "c\x85d")
    assert evaluate_to_file(folder, "odd", tmp_path, out=out)[0] == first


def refuse_to_predict(*arguments, **keywords):
    raise AssertionError("the student was asked again")


def test_a_finished_evaluation_is_not_repeated(trained, own, monkeypatch, tmp_path):
    folder, out = trained("nano_svamp", "mi"), tmp_path / "new" / "sums.jsonl"
    first, path = evaluate_to_file(folder, "asdiv", own, explain=True, out=out)
    before = [each.stat().st_mtime_ns for each in sorted(out.parent.iterdir())]
    monkeypatch.setattr(module, "predict", refuse_to_predict)
    assert path == out
    # Answers are recorded with four digits, as they are in memory.
    assert evaluate_to_file(folder, "asdiv", own, explain=True, out=out) == (first, out)
    assert evaluate_to_file(folder, "asdiv", own, out=out) == (first, out)
    assert [each.stat().st_mtime_ns for each in sorted(out.parent.iterdir())] == before


@pytest.mark.parametrize("change", ["data", "explain", "version", "answers", "summary"])
def test_what_has_changed_is_evaluated_again(trained, own, monkeypatch, tmp_path, change):
    folder, out = trained("nano_svamp", "mi"), tmp_path / "sums.jsonl"
    first, _ = evaluate_to_file(folder, "asdiv", own, out=out)
    summary, rows = out.with_suffix(".json"), own / "asdiv" / "asdiv_test.json"
    if change == "data":
        rows.write_text(rows.read_text().replace("4 more", "5 more"))
    elif change == "version":
        monkeypatch.setattr("mi_cot_lib.training.record.RESULTS_VERSION", 2)
    elif change == "answers":
        out.write_text("".join(out.read_text().splitlines(keepends=True)[1:]))
    elif change == "summary":
        values = json.loads(summary.read_text())
        summary.write_text(json.dumps({**values, "weights_sha256": "0"}))
    asked = []
    real = module.predict
    monkeypatch.setattr(module, "predict", lambda *a, **k: asked.append(1) or real(*a, **k))
    found, _ = evaluate_to_file(folder, "asdiv", own, out=out, explain=change == "explain")
    assert asked == [1]
    assert (found.data_sha256 == first.data_sha256) == (change != "data")
    assert json.loads(summary.read_text())["data_sha256"] == found.data_sha256
    assert len(lines(out)) == 3


def test_an_old_summary_never_vouches_for_new_answers(trained, own, monkeypatch, tmp_path):
    found = evaluate(trained("nano_svamp", "mi"), "asdiv", own)
    write_evaluation(found, tmp_path / "sums.jsonl")

    def cut_off(path, rows):
        raise OSError("no space left")

    monkeypatch.setattr("mi_cot_lib.experiments.running.evaluate.write_lines", cut_off)
    with pytest.raises(OSError, match="no space"):
        write_evaluation(found, tmp_path / "sums.jsonl")
    assert not (tmp_path / "sums.json").exists()


def test_a_file_that_holds_something_else_is_left_alone(trained, own, tmp_path):
    folder = trained("nano_svamp", "mi")
    for name in ("run.jsonl", "predictions.jsonl"):
        before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
        with pytest.raises(ConfigError, match="holds something else"):
            evaluate_to_file(folder, "asdiv", own, out=folder / name)
        assert {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()} == before
    out = tmp_path / "sums.jsonl"
    evaluate_to_file(folder, "asdiv", own, out=out)
    with pytest.raises(ConfigError, match="holds something else"):
        evaluate_to_file(trained("nano_svamp", "single_task"), "asdiv", own, out=out)
    with pytest.raises(ConfigError, match=r"name a \.jsonl file"):
        evaluate_to_file(folder, "asdiv", own, out=tmp_path / "sums.json")
    out.with_suffix(".json").write_text("{")
    with pytest.raises(DataError, match=r"sums\.json is not valid JSON"):
        evaluate_to_file(folder, "asdiv", own, out=out)


def test_wrong_data_is_refused(trained, own):
    folder = trained("nano_svamp", "mi")
    with pytest.raises(ConfigError, match="Did you mean 'asdiv'"):
        evaluate(folder, "asdvi", own)
    with pytest.raises(ConfigError, match="unknown split 'tset'. Did you mean 'test'"):
        evaluate(folder, "asdiv", own, "tset")
    with pytest.raises(DataError, match="no split 'train'"):
        evaluate(folder, "asdiv", own, "train")
    (own / "asdiv" / "asdiv_test.json").write_text("\n")
    with pytest.raises(DataError, match="asdiv test has no rows"):
        evaluate(folder, "asdiv", own)


def test_the_interval_is_wilsons(trained, own):
    found = evaluate(trained("nano_svamp", "mi"), "asdiv", own)
    n, z, share = 3, 1.959964, found.accuracy
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    assert found.interval == pytest.approx((middle - half, middle + half), abs=1e-5)
