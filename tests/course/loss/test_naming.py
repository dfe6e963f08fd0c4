"""Whether rationales name their label, recorded and counted, and which tokens the loss rests on."""

import shutil

import pytest
import torch
from click.testing import CliRunner

from mi_cot_lib.course.brief_student import encoded_batches, gradient_of
from mi_cot_lib.course.loss import naming as module
from mi_cot_lib.course.loss.naming import (
    GROUPS,
    count_real,
    draw_pulled,
    main,
    naming,
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


def test_the_command_writes_the_committed_file(shared, tmp_path, monkeypatch):
    written = tmp_path / "naming" / "real.json"
    committed = recorded_path().read_bytes()
    monkeypatch.setattr(module, "recorded_path", lambda: written)
    result = CliRunner().invoke(main, ["--data-root", str(shared / "dss")])
    assert result.exit_code == 0, result.output
    assert written.read_bytes() == committed


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


def test_the_groups_add_up_to_the_sides_that_the_loss_takes():
    student = load_student("nano")
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
