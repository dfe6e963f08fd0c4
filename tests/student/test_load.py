"""Every student loads through one call, whole or not at all: nothing is made up for what it lacks."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.student.folder import (
    BUILT_IN_DECODERS,
    BUILT_IN_WIDTHS,
    built_in_folder,
    check_student_name,
)
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.nano import VOCABULARY_SIZE
from mi_cot_lib.student.tokenise import Column, token_ids
from mi_cot_lib.training.config import RunConfig
from tests.student import damaged
from tests.student.damaged import DAMAGES, WEIGHTS, change_weights, edit
from tests.student.small_decoders import small_mamba, with_nanos_tokens

PROMPTS = [
    "predict: " + "Ann has 3 pens and buys 4 more. " * 4 + "How many?",
    "explain: Why do cats see birds?",
]


@pytest.fixture
def whole(tmp_path):
    return damaged.whole(tmp_path / "student")


def answers(student):
    return outputs(student, PROMPTS, 40, [12, 12])


@pytest.mark.parametrize("name", BUILT_IN_WIDTHS)
def test_a_built_in_student_is_transformers_own_model_within_its_limits(name):
    student = load_student(name)
    kind = "LlamaForCausalLM" if name in BUILT_IN_DECODERS else "T5ForConditionalGeneration"
    assert type(student.model).__name__ == kind
    assert student.model.config.hidden_size == BUILT_IN_WIDTHS[name]
    assert student.model.num_parameters() <= 600_000
    files = list(built_in_folder(name).iterdir())
    assert sum(file.stat().st_size for file in files) <= 4 * 2**20
    assert not [file for file in files if file.suffix == ".bin"]


def test_a_decoder_only_student_needs_an_end_token_and_takes_it_for_a_pad_token_too(tmp_path):
    folder = tmp_path / "student"
    shutil.copytree(built_in_folder("nano_llama"), folder)
    edit(folder / "tokenizer_config.json", pad_token=None)
    student = load_student(str(folder))
    assert student.tokeniser.pad_token == student.tokeniser.eos_token
    assert answers(student) == answers(load_student("nano_llama"))
    edit(folder / "tokenizer_config.json", eos_token=None)
    with pytest.raises(ConfigError, match="eos_token") as error:
        load_student(str(folder))
    assert "\n" not in str(error.value)


IN_LITTLE_MEMORY = """
import resource, sys
from mi_cot_lib import RunConfig, run
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.machine import address_space
most = address_space() + 10**9
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    run(RunConfig(dataset="nano_cqa", student=sys.argv[1]), sys.argv[2])
except ConfigError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory")
def test_a_student_that_memory_does_not_suffice_for_is_refused_before_anything_is_loaded(
    whole, tmp_path
):
    # With gradient and optimiser 30 million rows of 16 weights take eight times as much as there is.
    edit(whole / "config.json", vocab_size=30_000_000)
    command = [sys.executable, "-c", IN_LITTLE_MEMORY, whole, tmp_path / "runs"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "million weights: its training needs" in done.stdout
    assert "--lora-rank" in done.stdout and done.stdout.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_nano_loads_by_the_same_call_as_any_model_of_the_hub():
    model = AutoModelForSeq2SeqLM.from_pretrained(built_in_folder("nano"))
    tokeniser = AutoTokenizer.from_pretrained(built_in_folder("nano"))
    ours = load_student("nano")
    ids = tokeniser("Ann has 3 pens.", return_tensors="pt")["input_ids"]
    assert torch.equal(model.eval()(ids, labels=ids).logits, ours.model(ids, labels=ids).logits)


def test_without_network_and_cache_the_error_says_so_and_names_nano(tmp_path):
    # A process of its own: the hub's offline switch and cache are read once, at import.
    code = (
        "from mi_cot_lib.student.load import load_student\n"
        "from mi_cot_lib.errors import KitError\n"
        "try:\n    load_student('base')\n"
        "except KitError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    for part in ("google/t5-v1_1-base", "not in the local cache", "--student nano"):
        assert part in said


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_folder_that_is_not_whole_is_refused_in_one_line_that_names_the_file(
    whole, capfd, damage
):
    harm, *named = DAMAGES[damage]
    harm(whole)
    with pytest.raises(KitError) as refused:
        load_student(str(whole))
    said = str(refused.value)
    assert "\n" not in said and str(whole) in said and len(said) < 600
    assert [word for word in named if word not in said.replace(str(whole), "")] == []
    assert capfd.readouterr() == ("", "")
    assert not (whole / "ran").exists()


def test_a_run_of_such_a_student_ends_in_that_one_line_and_makes_no_folder(tmp_path, whole, call):
    DAMAGES["no tokeniser"][0](whole)
    runs = tmp_path / "runs"
    status, out, said = call("run", "--dataset", "nano_svamp", "--student", whole, "--runs", runs)
    (line,) = said.splitlines()
    assert (status, out) == (2, "") and line.startswith("mi-cot: ") and str(whole) in line
    assert not runs.exists()


def with_old_names(folder):
    """Add the weights that old checkpoints hold twice."""
    name = "decoder__block__0__layer__1__EncDecAttention__relative_attention_bias__weight"
    embeddings = load_file(folder / WEIGHTS)["shared.weight"]
    copies = ("encoder__embed_tokens", "decoder__embed_tokens", "lm_head")
    change_weights(folder, **{f"{copy}__weight": embeddings.clone() for copy in copies})
    change_weights(folder, **{name: torch.zeros(32, 4)})


def with_a_left_side(folder):
    sides = {"padding_side": "left", "truncation_side": "left", "model_max_length": 16}
    edit(folder / "tokenizer_config.json", **sides)


def with_limits(folder):
    cut = {"direction": "Left", "max_length": 16, "strategy": "LongestFirst", "stride": 0}
    pad = {
        **{"strategy": {"Fixed": 64}, "direction": "Left", "pad_to_multiple_of": None},
        **{"pad_id": 0, "pad_type_id": 0, "pad_token": "<pad>"},
    }
    edit(folder / "tokenizer.json", truncation=cut, padding=pad)


def with_pointers(folder):
    for name in ("pytorch_model.bin", "tf_model.h5", "README.md"):
        (folder / name).write_text(damaged.POINTER)


@pytest.mark.parametrize(
    "change",
    [
        *(damaged.shard, damaged.as_pickle, damaged.config(dtype="bfloat16")),
        *(damaged.unlink("generation_config.json"), with_old_names, with_pointers),
        *(with_a_left_side, with_limits),
    ],
)
def test_other_whole_folders_load_as_the_same_student(whole, change):
    change(whole)
    own, usual = load_student(str(whole)), load_student("nano16")
    assert answers(own) == answers(usual)
    columns = [Column(PROMPTS, 40), Column(PROMPTS, 9)]
    expected = token_ids(columns, usual.tokeniser)
    assert token_ids(columns, own.tokeniser) == expected
    assert [len(ids) for ids in expected[1]] == [9, 9]


@pytest.mark.parametrize("is_null", [False, True])
@pytest.mark.parametrize("lacking", damaged.CONFIGS)
@pytest.mark.parametrize("name", ["pad_token_id", "eos_token_id", "decoder_start_token_id"])
def test_a_special_token_that_stands_in_one_of_two_places_is_found(whole, name, lacking, is_null):
    values = json.loads((whole / lacking).read_text())
    values.pop(name)
    (whole / lacking).write_text(json.dumps(values | {name: None} if is_null else values))
    student = load_student(str(whole))
    assert answers(student) == answers(load_student("nano16"))
    labels = torch.tensor([[5, 6, 1, -100]])
    assert torch.isfinite(student.model(input_ids=labels[:, :3], labels=labels).loss)


SHAPE = {"d_model": 16, "d_kv": 4, "num_heads": 4, "d_ff": 32, "num_layers": 1}


@pytest.mark.parametrize("saved_by", ["transformers", "the hub's"])
def test_v1_1s_head_of_its_own_is_kept(tmp_path, saved_by):
    torch.manual_seed(0)
    shape = T5Config(
        vocab_size=VOCABULARY_SIZE, tie_word_embeddings=False, decoder_start_token_id=0, **SHAPE
    )
    model = T5ForConditionalGeneration(shape)
    model.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY_SIZE, 16))
    AutoTokenizer.from_pretrained(built_in_folder("nano16")).save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    if saved_by == "the hub's":
        # Pickled, every tied name by itself, and told apart in the configuration.
        (tmp_path / WEIGHTS).unlink()
        torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
        edit(tmp_path / "config.json", tie_word_embeddings=False, scale_decoder_outputs=None)
    loaded = load_student(str(tmp_path)).model
    assert torch.equal(loaded.lm_head.weight, model.lm_head.weight)
    assert torch.equal(loaded.shared.weight, model.shared.weight)
    assert loaded.config.scale_decoder_outputs is False


def test_t5s_tokeniser_is_read_from_spiece_model_alone(tmp_path, shared):
    # The hub's v1.1 checkpoints have no tokenizer.json.
    for name in ("sentencepiece", "google.protobuf"):
        pytest.importorskip(name, reason="not installed: pip install -c constraints.txt -e .")
    shape = T5Config(vocab_size=32128, decoder_start_token_id=0, **SHAPE)
    T5ForConditionalGeneration(shape).save_pretrained(tmp_path)
    for name in ("spiece.model", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(shared / "t5-tokenizer" / name, tmp_path)
    found = load_student(str(tmp_path)).tokeniser
    whole_one = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    columns = [Column([row.input for row in load_split("cqa", "test", shared / "dss")[:200]], 1024)]
    assert token_ids(columns, found) == token_ids(columns, whole_one)


def test_a_model_that_forgets_what_it_has_read_is_refused(tmp_path):
    student = with_nanos_tokens(small_mamba)
    for part in (student.model, student.tokeniser):
        part.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="does not keep keys and values of all that it reads"):
        load_student(str(tmp_path))


@pytest.fixture
def a_run(tmp_path):
    folder = tmp_path / "svamp-mi-nano16-seed0-0123456789"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    damaged.whole(folder / "student")
    return folder


def test_a_runs_folder_stands_for_the_student_in_it_however_it_is_written(a_run, monkeypatch):
    assert load_student(str(a_run)).model.name_or_path == str(a_run / "student")
    monkeypatch.chdir(a_run.parent)
    named = [a_run, a_run / "student", f"{a_run}/", f"{a_run}/student/"]
    assert len({RunConfig(dataset="svamp", student=str(n)).run_name for n in named}) == 1
    relative = [a_run.name, f"./{a_run.name}/student/"]
    assert len({RunConfig(dataset="svamp", student=n).student for n in relative}) == 1


def test_a_run_without_a_student_is_refused(tmp_path):
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    with pytest.raises(ConfigError, match="config.json is missing"):
        load_student(str(tmp_path / "run"))


@pytest.mark.parametrize("name", ["nano", "small", "google/t5-v1_1-base"])
def test_names_and_hub_ids_are_left_as_they_are(name):
    assert RunConfig(dataset="svamp", student=name).student == name


@pytest.mark.parametrize("name", ["owner/", "/model", "a/b/c", "./x", "", "nan"])
def test_what_can_be_neither_folder_nor_id_is_refused(name):
    with pytest.raises(ConfigError, match="unknown student.*nano"):
        check_student_name(name)


def test_a_file_is_refused_with_its_folder(a_run):
    with pytest.raises(ConfigError, match="is a file; name its folder"):
        check_student_name(str(a_run / "student/model.safetensors"))
