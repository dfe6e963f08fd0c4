"""A record carries the cosine of its rationales: where it comes from, and that it stays."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.overlap import embedding_cosine
from mi_cot_lib.experiments.asked.item import Item
from mi_cot_lib.experiments.asked.presets import PRESETS
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.cosines import EMBEDDER, cosines_of
from mi_cot_lib.experiments.judging import JudgeChoice
from mi_cot_lib.experiments.make import make
from mi_cot_lib.experiments.records import Found, Places, commit, make_missing
from mi_cot_lib.report.export import run_facts
from mi_cot_lib.report.runs import Run
from mi_cot_lib.student.pretrained.packages import folder_for
from mi_cot_lib.training.record import read_record
from tests.experiments.small_encoder import save_encoder
from tests.report.made import run, setting


@pytest.fixture
def unfetched(tmp_path, monkeypatch):
    """Let the cache hold no embedder."""
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fetched(unfetched):
    """Let it hold a small one; returns its folder."""
    save_encoder(folder_for(EMBEDDER))
    return str(folder_for(EMBEDDER))


@pytest.fixture
def preset(small_root, tmp_path):
    """Return one on small data, of which the teacher has not explained the first test example."""
    shutil.copytree(small_root, tmp_path / "data")
    (path,) = (tmp_path / "data").rglob("nano_esnli/llm/test_CoT_0.json")
    _, *texts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(["", *texts]), encoding="utf-8")
    return replace(PRESETS["nano"], data_root=tmp_path / "data")


@pytest.fixture
def items(preset):
    """Return five test examples, the first without the teacher's rationale."""
    first, *taught = load_split("nano_esnli", "test", preset.data_root)
    assert not first.rationale
    return [first, *taught[:4]]


def finished(items, method="dss", **parts) -> Run:
    """Return a run whose student wrote the question's own words for a rationale."""
    samples = [
        {"id": one.id, "rationale": one.input, "predicted": one.label, "correct": True}
        for one in items
    ]
    return run(setting(method, "nano_esnli"), 0, 20, samples=samples, **parts)


def expected_of(items, folder) -> float:
    taught = [one for one in items if one.rationale]
    return embedding_cosine(
        [one.input for one in taught], [one.rationale for one in taught], folder
    )


def test_a_cosine_is_the_mean_over_items_that_the_teacher_explained(items, preset, fetched):
    found = cosines_of(finished(items).record, preset.data_root)
    assert found == {EMBEDDER: pytest.approx(expected_of(items, fetched), abs=1e-4)}


def test_a_cosine_that_is_kept_is_not_computed_again(items, fetched):
    assert cosines_of(finished(items, cosine={EMBEDDER: 0.25}).record, None) == {EMBEDDER: 0.25}


def test_without_the_embedder_there_is_none_and_one_that_is_named_is_missed(
    items, preset, unfetched, tmp_path
):
    assert cosines_of(finished(items).record, preset.data_root) == {}
    with pytest.raises(KitError, match="`mi-cot student fetch minilm`"):
        JudgeChoice(None, tmp_path / "judge.db", EMBEDDER).check(preset)


QUALITY = Item(
    id="table7", title="A title", question="A question?", measure="quality", needs=("samples",)
)


def result_of(runs, preset, embedder=None):
    return make(QUALITY, preset, Found(runs), JudgeChoice(None, Path("unused"), embedder))


def test_an_item_shows_the_cosines_of_its_records_and_says_whose_they_are(items, preset, unfetched):
    both = [finished(items, method, cosine={EMBEDDER: 0.5}) for method in ("dss", "mi")]
    result = result_of(both, preset)
    # The teacher's rationales are compared with nothing.
    assert [one.method for one in result.cells["setting"]] == ["teacher", "dss", "mi"]
    assert str(result.cells["cosine"].tolist()) == "[nan, 0.5, 0.5]"
    assert run_facts(result)["Cosine"].endswith("embeddings by minilm")


def test_a_record_without_a_cosine_is_a_dash_with_the_way_to_it(items, preset, unfetched):
    both = [finished(items, "dss", cosine={EMBEDDER: 0.5}), finished(items, "mi")]
    result = result_of(both, preset)
    assert str(result.cells["cosine"].tolist()) == "[nan, 0.5, nan]"
    assert "`mi-cot student fetch minilm`" in run_facts(result)["Cosine"]
    assert "cosine" not in result.runs[1].record


def test_another_embedders_cosines_are_shown_and_not_kept(items, preset, unfetched, tmp_path):
    save_encoder(tmp_path / "encoder")
    folder = str(tmp_path / "encoder")
    result = result_of([finished(items, cosine={EMBEDDER: 0.5})], preset, folder)
    assert result.cells["cosine"].iloc[1] == pytest.approx(expected_of(items, folder))
    assert run_facts(result)["Cosine"].endswith(f"embeddings by {folder}")
    assert result.runs[0].record["cosine"] == {EMBEDDER: 0.5}


def test_what_an_item_added_is_committed_and_stays(items, preset, fetched, tmp_path):
    one = finished(items)
    path = tmp_path / "results" / f"{one.record['run']}.json"
    commit(Found(list(result_of([one], preset).runs)), path.parent, ("samples",))
    kept = json.loads(path.read_text())["cosine"]
    assert kept == cosines_of(one.record, preset.data_root)
    # The same run, as another item finds it in its folder, which has none.
    commit(Found([finished(items)]), path.parent, ("correct",))
    assert json.loads(path.read_text())["cosine"] == kept


def test_a_run_that_is_made_for_its_rationales_keeps_their_cosine_if_the_embedder_is_there(
    fetched, small_root, tmp_path
):
    changes = {"max_steps": 2, "eval_every": 2, "batch_size": 8, "max_new_tokens": 8}
    preset = replace(PRESETS["nano"], large="nano16", changes=changes, data_root=small_root)
    one = {"rows": ({"method": "dss"},), "families": ("cqa",), "seeds": 1}
    item = replace(QUALITY, needs=("samples",), **one)
    (config,) = runs_of(item, preset)
    assert make_missing([item], preset, Places(tmp_path / "runs", None), jobs=1) == []
    record = read_record(tmp_path / "runs" / config.run_name)
    kept = record.pop("cosine")
    assert kept.keys() == {EMBEDDER} and kept == cosines_of(record, small_root)
