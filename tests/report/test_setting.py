"""Settings are values: made of a configuration, told apart by what their method has, titled in one place."""

import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.cells.accuracy import answers_to
from mi_cot_lib.report.runs import Run, by_setting
from mi_cot_lib.report.setting import TEACHER, Setting, title
from mi_cot_lib.training.config import RunConfig
from tests.report.made import run, setting


def of(**fields):
    return Setting.of(RunConfig(dataset="nano_cqa", **fields).to_dict())


def test_a_setting_has_what_its_method_has():
    mi, dss, plain = (of(method=name, alpha3=0.3) for name in ("mi", "dss", "finetune"))
    assert (mi.form, mi.pool, mi.divergence, mi.detach) == ("released", "max", "ce", "label")
    assert (mi.alpha1, mi.alpha2, mi.alpha3) == (0.5, 0.5, 0.3)
    assert (dss.alpha1, dss.alpha3, dss.form, dss.pool) == (0.5, None, None, None)
    assert (plain.alpha1, plain.alpha3, plain.form) == (None, None, None)
    # What a method does not use tells none of its settings apart.
    assert of(method="dss", pool="mean") == dss and of(method="mi", pool="mean") != mi


def test_fields_are_the_configurations():
    found = of(method="mi", train_size=250, teacher_change="wrong_labels", change_share=0.5)
    assert (found.size, found.change, found.share) == (250, "wrong_labels", 0.5)
    assert found.family == "cqa" and found.split == "test"
    # Seeds are of no setting, and steps only where they are not the student's own.
    assert of(method="dss", seed=3) == of(method="dss") and of(method="dss").steps is None
    assert of(method="dss", max_steps=7) == of(method="dss").with_(steps=7)


@pytest.mark.parametrize(
    ("one", "fields", "text"),
    [
        (setting("dss"), ("method",), "DSS"),
        (setting("mi", form="infonce"), ("method", "form"), "MI, InfoNCE"),
        (setting("mi", alpha3=0.03), ("method", "alpha1", "alpha3"), "MI, α3 = 0.03"),
        (setting("dss", alpha1=0.25), ("method", "alpha1", "alpha3"), "DSS, α1 = 0.25"),
        (setting("dss", split="unseen"), ("dataset", "split"), "nano-CQA (unseen)"),
        (setting("dss"), ("dataset", "split"), "nano-CQA"),
        (setting("dss", size=1250), ("method", "size"), "DSS, 1,250 examples"),
        (setting("dss"), ("method", "size"), "DSS, all examples"),
        (setting("dss", change="truncated", share=0.5), ("change", "share"),
         "rationales cut in half, 50%"),
        (setting("mi", pool="mean"), ("pool",), "mean over positions"),
        (Setting(dataset="nano_cqa", method=TEACHER), ("method",), "Teacher (gold)"),
        (setting("dss", quantity="zy"), ("quantity",), "I(Z;Y), probe"),
    ],
)  # fmt: skip
def test_titles(one, fields, text):
    assert title(one, fields) == text


def test_a_setting_as_plain_values_leaves_out_what_it_does_not_have():
    kept = {"student": "nano", "split": "test", "labels": "gold", "change": "none", "share": 0.0}
    assert setting("finetune").to_dict() == {"dataset": "nano_cqa", "method": "finetune"} | kept


def test_runs_lie_by_setting_and_seed():
    dss, mi = setting("dss"), setting("mi")
    cells = by_setting([run(mi, 1, 9), run(dss, 0, 8), run(mi, 0, 7)])
    assert list(cells) == [mi, dss] and list(cells[mi]) == [0, 1]
    assert cells[mi][0].accuracy() == 35.0


@pytest.mark.parametrize(
    ("seed", "parts", "said"),
    [
        (0, {}, "seed 0 of .* occurs twice"),
        (1, {"data": {"sha256": "other"}}, "differ in data"),
        (1, {"weights_sha256": "other"}, "differ in weights"),
        (1, {"results_version": 2}, "differ in version"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(seed, parts, said):
    with pytest.raises(ConfigError, match=said):
        by_setting([run(setting("dss"), 0, 9), run(setting("dss"), seed, 9, **parts)])


def test_the_same_run_answers_other_splits_and_other_data():
    one = run(setting("dss", "nano_esnli"), 0, 9, outside={"nano_anli": {"correct": "1110"}})
    (valid,) = answers_to("valid", [one])
    assert valid.setting.split == "valid" and answers_to("unseen", [one]) == []
    outside = Run(one.setting.with_(dataset="nano_anli", split="outside"), 0, one.record)
    assert outside.accuracy() == 75.0 and outside.setting.family == "anli1"
