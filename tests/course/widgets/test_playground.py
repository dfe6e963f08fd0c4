"""The playground: each control changes what is written, and what was typed or goes wrong is shown safely."""

import pytest

from mi_cot_lib import RunConfig, run
from mi_cot_lib.course.widgets import student_playground
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.generate import generate
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.load import load_student


@pytest.fixture(scope="module")
def finetuned(tmp_path_factory):
    """Return the folder of a finished run of seconds."""
    root = tmp_path_factory.mktemp("data")
    write_dataset("nano_cqa", root, sizes={"train": 16, "valid": 8, "test": 8, "unseen": 8})
    steps = {"max_steps": 2, "eval_every": 2, "batch_size": 8, "max_new_tokens": 8}
    config = RunConfig(
        dataset="nano_cqa", data_root=str(root), method="finetune", student="nano16", **steps
    )
    return run(config, tmp_path_factory.mktemp("runs"))


def test_each_control_changes_what_the_students_write():
    pick, question, ask, view = (box := student_playground()).children
    shown = [view.value]
    assert box.still.endswith(shown[0])
    pick.value = pick.options[3][1]
    assert question.value == pick.value
    shown.append(view.value)
    question.value = "Is a dog an animal?"
    assert view.value == shown[-1]  # until it is asked
    ask.click()
    shown.append(view.value)
    question.value = "  \n"
    ask.click()
    shown.append(view.value)
    assert len(set(shown)) == len(shown) and shown[-1].startswith("Type a question")
    assert box.still.endswith(shown[-1])


def test_both_prompts_of_every_student_are_answered_as_by_generate():
    view = (box := student_playground("nano", load_student("nano32"))).children[-1]
    question = box.children[1].value
    assert "<h4>nano</h4>" in view.value and "<h4>your student (2)</h4>" in view.value
    for name in ("nano", "nano32"):
        for prefix, limit in ((PREDICT_PREFIX, 64), (EXPLAIN_PREFIX, 128)):
            ((text, _),) = generate(load_student(name), [prefix + question], 256, limit)
            assert f"<b>{text}</b>" in view.value
    example = load_split("nano_cqa", "test")[0]
    assert f"gold label is <b>{example.label}</b>" in view.value
    assert example.rationale in view.value


def test_a_finished_run_says_what_it_was_taught_and_keeps_its_limits(finetuned):
    view = student_playground(finetuned, str(finetuned)).children[-1]
    assert view.value.count(f"<h4>{finetuned.name}</h4>") == 2
    assert "Finetuning on nano_cqa: taught <code>predict:</code> only" in view.value
    box = student_playground(finetuned)
    box.children[1].value = "Why?"
    box.children[2].click()
    ((text, _),) = generate(load_student(str(finetuned)), ["predict: Why?"], 256, 8)
    assert f"<b>{text}</b>" in box.children[-1].value


def test_what_was_typed_is_escaped_and_a_long_question_cut():
    box = student_playground("nano16")
    box.children[1].value = "<script>alert(1)</script> " * 200
    box.children[2].click()
    assert "<script" not in box.still and "&lt;script&gt;" in box.still
    assert box.children[-1].value.count("The prompt was cut") == 2


def test_a_student_that_cannot_be_had_is_refused_by_name_and_what_overflows_is_said(tmp_path):
    with pytest.raises(KitError, match="nano32"):
        student_playground("nano23")
    with pytest.raises(KitError, match="no folder"):
        student_playground(tmp_path / "nowhere")
    lost = load_student("nano16")
    lost.model.get_input_embeddings().weight.data.fill_(float("nan"))
    view = student_playground(lost).children[-1]
    assert view.value.startswith("<b>That did not work:</b>") and "not finite" in view.value
