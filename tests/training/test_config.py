"""A configuration is checked when it is made, and names its run."""

import subprocess
import sys

import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.training.config import RunConfig


def make(**changes) -> RunConfig:
    return RunConfig(**{"dataset": "nano_svamp", **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "nano_svmap"}, "Did you mean 'nano_svamp'"),
        ({"method": "fintune"}, "Did you mean 'finetune'"),
        ({"student": "bas"}, "Did you mean 'base'"),
        ({"pool": "sum"}, "Valid: max, mean"),
        ({"precision": "fp16"}, "fp32"),
        ({"unparsed": "drop"}, "leave_out"),
        ({"alpha3": -0.1}, "alpha3 must be finite and not negative"),
        ({"alpha1": True}, "alpha1 must be a number"),
        ({"max_steps": 0}, "max_steps must be finite and greater than 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"batch_size": 8, "micro_batch_size": 3}, "multiple of micro_batch_size"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"train_size": 0}, "train_size must be at least 1"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed must be less"),
        ({"seed": None}, "seed must be a whole number"),
        ({"student": 5}, "student must be text"),
        ({"data_root": ""}, "data_root must name a folder"),
        ({"method": "dss", "alpha1": 0, "alpha2": 0}, "nothing would train"),
        ({"features": "hidden"}, "decoder_hidden"),
        ({"teacher_change": "truncate", "change_share": 0.5}, "Did you mean 'truncated'"),
        ({"teacher_change": "truncated"}, "needs a share above 0"),
        ({"change_share": "half"}, "change_share must be a number"),
        ({"features": "encoder_hidden"}, "released does not work on features encoder_hidden"),
        ({"mi_form": "adversarial", "features": "vocabulary"}, "decoder_hidden, encoder_hidden"),
        ({"mi_form": "js", "divergence": "kl"}, "js has its own"),
        ({"mi_form": "infonce", "batch_size": 8, "micro_batch_size": 4}, "the batch_size 8"),
    ],
)
def test_a_bad_value_is_refused_by_name(changes, message):
    with pytest.raises(ConfigError, match=message):
        make(**changes)


def test_a_configuration_survives_its_record_which_names_fields_and_a_data_set():
    config = make(method="dss", alpha2=0.25, train_size=100)
    assert RunConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ConfigError, match="Did you mean 'max_steps'"):
        RunConfig.from_dict({"dataset": "nano_svamp", "max_step": 3})
    with pytest.raises(ConfigError, match="dataset is missing"):
        RunConfig.from_dict({"method": "mi"})


def test_each_changed_field_changes_the_runs_name():
    changes = [
        *({}, {"seed": 1}, {"method": "dss"}, {"alpha3": 0.2}, {"mi_form": "paper"}),
        *({"pool": "mean"}, {"divergence": "kl"}, {"detach": "none"}, {"mi_form": "infonce"}),
        *({"mi_form": "infonce", "features": "decoder_hidden"}, {"labels": "teacher"}),
        *({"max_steps": 501}, {"student": "small"}, {"data_root": "elsewhere"}),
    ]
    assert len({make(**change).run_name for change in changes}) == len(changes)


def test_features_are_the_forms_own_where_none_are_named():
    assert make(features="vocabulary").run_name == make().run_name
    assert make().to_dict()["features"] == "vocabulary"
    assert make(mi_form="variational").to_dict()["features"] == "decoder_hidden"


def test_batches_may_be_split_where_the_comparing_term_has_no_weight():
    made = make(mi_form="infonce", batch_size=8, micro_batch_size=4, alpha3=0)
    assert (made.batch_size, made.micro_batch_size) == (8, 4)


def test_equal_values_name_one_run(tmp_path):
    base = make()
    assert make(max_steps=base.max_steps, batch_size=base.batch_size).run_name == base.run_name
    assert make(alpha1=1).run_name == make(alpha1=1.0).run_name
    assert make(data_root=tmp_path).run_name == make(data_root=str(tmp_path)).run_name


@pytest.mark.parametrize("spelt", ["{}/", "./{}", "{}/.", "{}//", "./{}/", ".//{}/./"])
def test_a_folder_spelt_otherwise_names_the_same_run(tmp_path, monkeypatch, spelt):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "student").mkdir()
    for folder, field in (("data", "data_root"), ("student", "student")):
        one, other = make(**{field: folder}), make(**{field: spelt.format(folder)})
        assert one == other
        assert one.run_name == other.run_name
        assert getattr(other, field) == folder
    assert make(data_root="/data/x/").run_name == make(data_root="/data/x").run_name


def test_names_of_runs_stay_as_they_were_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # The name under which the runs of Table 1 are recorded.
    assert make().run_name == "nano_svamp-mi-nano-seed0-e67038df3a"
    assert make(data_root="data").run_name == "nano_svamp-mi-nano-seed0-37b64ff573"
    # `..` may lead elsewhere than it reads, through a link; and a folder is not the student of its name.
    assert make(data_root="a/../data").data_root == "a/../data"
    (tmp_path / "nano").mkdir()
    assert make(student="./nano").student == "./nano"
    assert make(student="google/t5-v1_1-small", precision="fp32").student == "google/t5-v1_1-small"


def test_t5_takes_the_released_hyperparameters():
    released = {
        **{"max_steps": 10_000, "batch_size": 64, "learning_rate": 5e-5, "eval_every": 250},
        **{"max_input_tokens": 1024, "max_target_tokens": 256, "max_new_tokens": 64},
        **{"alpha1": 0.5, "alpha2": 0.5, "alpha3": 0.1},
    }
    assert released.items() <= make(dataset="svamp", student="base").to_dict().items()


def test_a_configuration_is_checked_without_torch():
    code = "import sys, mi_cot_lib; mi_cot_lib.RunConfig(dataset='nano_svamp'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_run_shorter_than_its_interval_is_validated_at_its_end():
    assert make(max_steps=7).eval_every == 7


@pytest.mark.parametrize(
    ("method", "weights"),
    [
        ("finetune", {"prediction": 1.0}),
        ("single_task", {"prediction": 1.0}),
        ("dss", {"prediction": 0.5, "generation": 0.5}),
        ("mi", {"prediction": 0.5, "generation": 0.5, "mi": 0.1}),
    ],
)
def test_each_method_weighs_the_terms_it_trains(method, weights):
    assert make(method=method).objective.weights == weights
