"""Every student loads through one call, and what cannot load says why."""

import os
import subprocess
import sys

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, built_in_folder, check_student_name
from mi_cot_lib.student.load import load_student


@pytest.mark.parametrize("name", BUILT_IN_WIDTHS)
def test_a_built_in_student_is_transformers_own_t5_within_its_limits(name):
    student = load_student(name)
    assert type(student.model).__name__ == "T5ForConditionalGeneration"
    assert student.model.config.d_model == BUILT_IN_WIDTHS[name]
    assert student.model.num_parameters() <= 2_000_000
    files = list(built_in_folder(name).iterdir())
    assert sum(file.stat().st_size for file in files) <= 4 * 2**20
    assert not [file for file in files if file.suffix == ".bin"]


def test_nano_loads_by_the_same_call_as_any_model_of_the_hub():
    model = AutoModelForSeq2SeqLM.from_pretrained(built_in_folder("nano"))
    tokeniser = AutoTokenizer.from_pretrained(built_in_folder("nano"))
    ours = load_student("nano")
    ids = tokeniser("Ann has 3 pens.", return_tensors="pt")["input_ids"]
    assert torch.equal(model.eval()(ids, labels=ids).logits, ours.model(ids, labels=ids).logits)


def test_a_saved_student_loads_from_its_folder(tmp_path):
    student = load_student("nano")
    student.model.save_pretrained(tmp_path)
    student.tokeniser.save_pretrained(tmp_path)
    again = load_student(str(tmp_path))
    assert again.tokeniser.get_vocab() == student.tokeniser.get_vocab()
    for mine, theirs in zip(student.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'nano'"):
        check_student_name("nan")


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no complete sequence-to-sequence student"):
        load_student(str(tmp_path))


def test_without_network_and_cache_the_error_says_so_and_names_nano(tmp_path):
    # A process of its own: the hub's offline switch and cache are read once, at import.
    code = (
        "from mi_cot_lib.student.load import load_student\n"
        "from mi_cot_lib.errors import KitError\n"
        "try:\n    load_student('base')\n"
        "except KitError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "google/t5-v1_1-base" in said
    assert "not in the local cache" in said
    assert "--student nano" in said
