"""Whether rationales name their label, recorded and counted, and which tokens the loss rests on."""

import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from transformers import AutoTokenizer

from mi_cot_lib.course.brief_student import encoded_batches, gradient_of, train_briefly
from mi_cot_lib.course.loss import naming as module
from mi_cot_lib.course.loss.naming import (
    GROUPS,
    REAL,
    count_real,
    draw_pulled,
    main,
    naming,
    prepare_naming,
    prepare_pulled,
    prepare_real,
    recorded_path,
)
from mi_cot_lib.course.loss.padding import measure_padding
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.plain_step import forward_terms


def test_a_label_counts_in_any_case_and_inside_a_word_and_a_missing_rationale_not():
    told = ("A Dog barks.", "That is a doghouse.", "No.", None)
    found = naming([Example("nano_cqa/test/0", "a question", "dog", one, "dog") for one in told])
    assert (found.named, found.rationales) == (2, 3)
    assert found.share == pytest.approx(2 / 3)
    with pytest.raises(DataError, match="no example has a rationale"):
        naming([])


def test_t5_makes_one_to_four_tokens_of_an_inference_label(shared):
    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    labels = ("entailment", "neutral", "contradiction")
    assert [len(tokeniser.tokenize(label)) for label in labels] == [4, 1, 1]


def test_the_command_writes_the_committed_file(shared, tmp_path, monkeypatch):
    written = tmp_path / "naming" / "real.json"
    committed = recorded_path().read_bytes()
    monkeypatch.setattr(module, "recorded_path", lambda: written)
    result = CliRunner().invoke(main, ["--data-root", str(shared / "dss")])
    assert result.exit_code == 0, result.output
    assert written.read_bytes() == committed


def test_without_data_the_counts_are_as_recorded():
    recorded = json.loads(recorded_path().read_text(encoding="utf-8"))
    found = prepare_real()
    assert found["named"].tolist() == [recorded[name]["named"] for name in REAL]
    assert found["rationales"].tolist() == [recorded[name]["rationales"] for name in REAL]
    assert round(found.loc["CQA", "named, %"], 1) == 72.6
    assert set(found["counted"]) == {"recorded"}


def test_what_a_folder_lacks_is_as_recorded_and_its_counts_alone_are_not_written(shared, tmp_path):
    shutil.copytree(shared / "dss" / "datasets" / "anli1", tmp_path / "datasets" / "anli1")
    counted = prepare_real(tmp_path)["counted"]
    assert counted[counted == "here"].index.tolist() == ["ANLI R1"]
    before = recorded_path().read_bytes()
    result = CliRunner().invoke(main, ["--data-root", str(tmp_path)])
    assert result.exit_code != 0
    assert "lacks svamp, cqa, esnli; nothing was written" in result.output
    assert recorded_path().read_bytes() == before
    with pytest.raises(DataError, match="no data folder"):
        count_real(tmp_path / "none")


def test_the_loss_knows_tokens_and_finds_them_where_no_rationale_names_the_label():
    rows = {"nano_svamp": load_split("nano_svamp", "test")[:400]}
    tokeniser = load_student("nano48").tokeniser
    found = prepare_naming(
        rows, lambda text: tokeniser(text, add_special_tokens=False)["input_ids"]
    )
    assert found.loc["nano_svamp", "named, %"] == 0 and found.loc["nano_svamp", "found, %"] > 50


def test_the_groups_add_up_to_the_sides_that_the_loss_takes():
    student = load_student("nano48")
    rows = [e for e in load_split("nano_esnli", "test")[:20] if e.rationale is not None][:4]
    found = prepare_pulled(student, rows)
    assert list(found.index) == list(GROUPS)
    whole = measure_padding(student, rows).loc["none"]
    assert found["t"].sum() == pytest.approx(whole["S"], rel=1e-4)
    assert found["overlap"].sum() == pytest.approx(whole["overlap"], rel=1e-4)
    # The overlap of all tokens, one example after the other.
    overlap = torch.zeros(())
    for batch in encoded_batches(student, rows, 1):
        _, logits = forward_terms(student.model, Objective(), batch)
        t, q = (logits[side].softmax(dim=-1).amax(dim=1)[0] for side in ("label", "rationale"))
        overlap = overlap + (t.detach() * q).sum() / len(rows)
    norm = gradient_of(overlap, student).norm().item()
    least, middle, most = sorted(found["gradient"])
    # Three vectors that add up to this one: no longer than all, no shorter than the longest less the rest.
    assert most - middle - least <= norm <= (least + middle + most) * (1 + 1e-5)
    assert least > 0
    assert (found["pull"] <= found["overlap"] + 1e-6).all()
    widths = [bar.get_width() for bar in draw_pulled({"a": found, "b": found}).axes[0].patches]
    assert widths[::2] == pytest.approx(found["t"].tolist())


def test_a_brief_training_logs_all_three_norms_and_repeats():
    rows = load_split("nano_cqa", "train")[:32]
    first, second = (train_briefly(rows, method="mi", steps=2) for _ in range(2))
    last = first.history[-1]
    assert {"grad_norm_prediction", "grad_norm_generation", "grad_norm_mi"} <= last.keys()
    assert last["grad_norm_mi"] == second.history[-1]["grad_norm_mi"]
    assert not first.student.model.training
