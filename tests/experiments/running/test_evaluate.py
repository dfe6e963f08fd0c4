"""A trained student scored on other data: answers, records, refusals, and nothing done twice."""

import json
from pathlib import Path

import pytest

from mi_cot_lib.data.described import find_dataset
from mi_cot_lib.data.specs import DATASETS, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.experiments.running import evaluate as module
from mi_cot_lib.experiments.running.checkpoint import (
    Checkpoint,
    open_checkpoint,
    refuse_other_labels,
)
from mi_cot_lib.experiments.running.evaluate import evaluate, evaluate_to_file, write_evaluation
from mi_cot_lib.training.record import RESULTS_VERSION, read_record
from tests.experiments.conftest import write_own

REPOSITORY = Path(__file__).resolve().parents[2]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def folder(trained):
    return trained("nano_svamp", "mi")


@pytest.mark.parametrize(("dataset", "method"), [("nano_svamp", "mi"), ("nano_esnli", "finetune")])
def test_a_run_scored_again_on_its_own_data_answers_as_it_recorded(
    trained, small_root, dataset, method
):
    folder = trained(dataset, method)
    found = evaluate(folder, dataset, small_root, explain=method == "mi")
    recorded = [row for row in lines(folder / "predictions.jsonl") if "/test/" in row["id"]]
    assert json.loads(json.dumps([one.to_dict() for one in found.predictions])) == recorded
    kept = read_record(folder)
    assert found.accuracy == kept["metrics"]["test_accuracy"]
    assert (found.run, found.checkpoint.config) == (folder.name, kept["config"])


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


def test_own_data_is_scored_in_the_order_of_its_rows(trained, folder, own):
    found = evaluate(folder, "asdiv", own)
    assert [one.id for one in found.predictions] == [f"asdiv/test/{n}" for n in range(3)]
    assert [one.gold for one in found.predictions] == ["( 3.0 + 4.0 )", "12 / 4", "3"]
    assert all(one.rationale is None and one.candidates is None for one in found.predictions)
    n, z, share = 3, 1.959964, found.accuracy
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    assert found.interval == pytest.approx((middle - half, middle + half), abs=1e-5)
    # Fewer labels in another order fit.
    found = evaluate(trained("nano_esnli", "finetune"), "pairs", own)
    assert found.predictions[0].candidates == ("contradiction", "neutral")


def test_explain_gives_rationales_where_they_stand_in_the_answers(trained, own):
    found = evaluate(trained("nano_svamp", "single_task"), "asdiv", own, explain=True)
    assert all(one.rationale is not None for one in found.predictions)


def test_a_plain_folder_is_scored_and_its_labels_stay_unchecked(folder, own):
    found = evaluate(folder / "student", "reviews", own, method="dss", explain=True)
    assert (found.run, found.checkpoint.config) == (None, None)
    assert [one.candidates for one in found.predictions] == [("good", "bad")] * 2
    assert all(one.rationale is not None for one in found.predictions)
    limits = {"max_input_tokens": 1024, "max_new_tokens": 64, "max_rationale_tokens": 256}
    assert found.checkpoint.limits == limits
    assert evaluate(folder / "student", "reviews", own).checkpoint.method == "finetune"


def test_files_hold_answers_and_summary_and_no_path(folder, own, small_root):
    found, path = evaluate_to_file(folder, "asdiv", own)
    assert path == folder / "evaluations" / "asdiv-test.jsonl"
    assert lines(path) == json.loads(json.dumps([one.to_dict() for one in found.predictions]))
    summary = json.loads(path.with_suffix(".json").read_text())
    names = {"dataset": "asdiv", "split": "test", "run": folder.name, "n": 3, "method": "mi"}
    sums = {
        "accuracy": found.accuracy,
        "interval": list(found.interval),
        "results_version": RESULTS_VERSION,
    }
    expected = {**names, **sums, "data_sha256": found.data_sha256}
    assert {name: summary[name] for name in expected} == expected
    mean = sum(row["confidence"] for row in lines(path)) / 3
    assert summary["confidence"] == pytest.approx(mean, abs=1e-6)
    assert "torch" in summary["versions"]
    text = path.read_text() + path.with_suffix(".json").read_text()
    assert not any(str(one) in text for one in (folder.parent, own, small_root, REPOSITORY))
    assert {each.name for each in path.parent.iterdir()} == {"asdiv-test.jsonl", "asdiv-test.json"}


def test_answers_with_line_separators_of_their_own_are_read_back(trained, tmp_path):
    row = {"question": "Which?", "choices": ["a\u2028b", "c\x85d"], "answer": "a\u2028b"}
    write_own(tmp_path / "odd", {"answer_type": "choice"}, [row])
    folder, out = trained("nano_cqa", "finetune"), tmp_path / "odd.jsonl"
    first, _ = evaluate_to_file(folder, "odd", tmp_path, out=out)
    assert first.predictions[0].candidates == ("a\u2028b", "c\x85d")
    assert evaluate_to_file(folder, "odd", tmp_path, out=out)[0] == first


def test_a_finished_evaluation_is_not_repeated(folder, own, monkeypatch, tmp_path):
    out = tmp_path / "new" / "sums.jsonl"
    first, path = evaluate_to_file(folder, "asdiv", own, explain=True, out=out)
    before = [each.stat().st_mtime_ns for each in sorted(out.parent.iterdir())]
    monkeypatch.setattr(module, "predict", None)
    assert path == out
    # Answers are recorded with four digits, as they are in memory; those with rationales serve without.
    for explain in (True, False):
        assert evaluate_to_file(folder, "asdiv", own, explain=explain, out=out) == (first, out)
    assert [each.stat().st_mtime_ns for each in sorted(out.parent.iterdir())] == before


@pytest.mark.parametrize("change", ["data", "explain", "version", "answers", "summary"])
def test_what_has_changed_is_evaluated_again(folder, own, monkeypatch, tmp_path, change):
    out = tmp_path / "sums.jsonl"
    first, _ = evaluate_to_file(folder, "asdiv", own, out=out)
    summary, rows = out.with_suffix(".json"), own / "asdiv" / "asdiv_test.json"
    if change == "data":
        rows.write_text(rows.read_text().replace("4 more", "5 more"))
    elif change == "version":
        monkeypatch.setattr("mi_cot_lib.training.record.RESULTS_VERSION", RESULTS_VERSION + 1)
    elif change == "answers":
        out.write_text("".join(out.read_text().splitlines(keepends=True)[1:]))
    elif change == "summary":
        values = json.loads(summary.read_text())
        summary.write_text(json.dumps({**values, "weights_sha256": "0"}))
    asked, real = [], module.predict
    monkeypatch.setattr(module, "predict", lambda *a, **k: asked.append(1) or real(*a, **k))
    found, _ = evaluate_to_file(folder, "asdiv", own, out=out, explain=change == "explain")
    assert asked == [1]
    assert (found.data_sha256 == first.data_sha256) == (change != "data")
    assert json.loads(summary.read_text())["data_sha256"] == found.data_sha256
    assert len(lines(out)) == 3


def test_an_old_summary_never_vouches_for_new_answers(folder, own, monkeypatch, tmp_path):
    found = evaluate(folder, "asdiv", own)
    write_evaluation(found, tmp_path / "sums.jsonl")

    def cut_off(path, rows):
        raise OSError("no space left")

    monkeypatch.setattr(module, "write_lines", cut_off)
    with pytest.raises(OSError, match="no space"):
        write_evaluation(found, tmp_path / "sums.jsonl")
    assert not (tmp_path / "sums.json").exists()


def test_a_file_that_holds_something_else_is_left_alone(trained, folder, own, tmp_path):
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


def test_wrong_data_is_refused(folder, own):
    (own / "reviews" / "reviews_test.json").write_text("\n")
    for kind, dataset, split, said in (
        (ConfigError, "asdvi", "test", "Did you mean 'asdiv'"),
        (ConfigError, "asdiv", "tset", "unknown split 'tset'. Did you mean 'test'"),
        (DataError, "asdiv", "train", "no split 'train'"),
    ):
        with pytest.raises(kind, match=said):
            evaluate(folder, dataset, own, split)
    with pytest.raises(DataError, match="reviews test has no rows"):
        evaluate(folder / "student", "reviews", own)


@pytest.mark.parametrize("trained_on", DATASETS)
@pytest.mark.parametrize("scored_on", DATASETS)
def test_a_run_is_scored_on_its_own_kind_of_answers_only(trained_on, scored_on):
    checkpoint = Checkpoint("a run", Path("."), {"dataset": trained_on}, "mi", {})
    one, other = dataset_spec(trained_on), dataset_spec(scored_on)
    if one.answer_type == other.answer_type:
        refuse_other_labels(checkpoint, other)
        return
    with pytest.raises(ConfigError, match=f"trained on {one.name},.*those of {other.name} are"):
        refuse_other_labels(checkpoint, other)


def test_labels_that_a_run_has_not_learned_are_refused_before_the_student_loads(
    trained, folder, own, monkeypatch
):
    monkeypatch.setattr(module, "load_student", None)
    with pytest.raises(ConfigError, match=r"entailment, neutral.*labels good, bad"):
        evaluate(trained("nano_esnli", "finetune"), "reviews", own)
    with pytest.raises(ConfigError, match=r"equations.*the labels contradiction, neutral"):
        evaluate(folder, "pairs", own)
    with pytest.raises(ConfigError, match=r"equations.*choices that the question lists"):
        evaluate(folder, "nano_cqa", own)


def test_wrong_methods_are_refused(trained, folder, own):
    with pytest.raises(ConfigError, match="was trained as mi.*leave out --method dss"):
        evaluate(folder, "asdiv", own, method="dss")
    with pytest.raises(ConfigError, match="unknown method 'ms'. Did you mean"):
        evaluate(folder, "asdiv", own, method="ms")
    assert open_checkpoint(folder, "mi").method == "mi"
    with pytest.raises(ConfigError, match="writes no rationales; leave out --explain, or name"):
        evaluate(folder / "student", "asdiv", own, explain=True)
    with pytest.raises(ConfigError, match=r"writes no rationales; leave out --explain\."):
        evaluate(trained("nano_esnli", "finetune"), "pairs", own, explain=True)


def test_wrong_checkpoints_are_refused(folder, own, tmp_path):
    def refused(checkpoint, said, kind=DataError):
        with pytest.raises(kind, match=said):
            evaluate(checkpoint, "asdiv", own)

    empty, begun = tmp_path / "empty", tmp_path / "begun"
    empty.mkdir()
    (begun / "student").mkdir(parents=True)
    refused(folder.with_name(folder.name[:-1]), f"no folder .*Did you mean {folder}")
    refused(folder.parent, f"name one of the runs in it, such as {folder.parent}")
    refused(empty, r"neither a finished run .* nor a saved student")
    refused(begun, "the run has not finished; the same `mi-cot run` goes on")
    (begun / "run.json").write_text((folder / "run.json").read_text())
    refused(begun, "no trained student in student/")
    (begun / "run.json").write_text('{"run": "x", "config": {}, "metrics": {}}')
    refused(begun, "lacks dataset, method")
    (empty / "config.json").write_text("{}")
    refused(empty, "no complete student", KitError)
