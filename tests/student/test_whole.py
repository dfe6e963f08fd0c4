"""A student's folder is whole or refused: nothing is made up in the place of what it lacks."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.student.folder import built_in_folder
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.tokenise import Column, token_ids
from tests.student.damaged import (
    DAMAGES,
    WEIGHTS,
    as_pickle,
    change_weights,
    edit,
    shard,
    unlink,
    whole,
)
from tests.test_cli import call

PROMPTS = ["predict: " + "Ann has 3 pens and buys 4 more. " * 4 + "How many?", "explain: Why?"]


def answers(student):
    return outputs(student, PROMPTS, 40, [12, 12])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_folder_that_is_not_whole_is_refused_in_one_line_that_names_the_file(
    tmp_path, capfd, damage
):
    folder = whole(tmp_path / "student")
    harm, named = DAMAGES[damage]
    harm(folder)
    with pytest.raises(KitError) as refused:
        load_student(str(folder))
    said = str(refused.value)
    assert "\n" not in said
    assert str(folder) in said
    assert [word for word in named if word not in said.replace(str(folder), "")] == []
    assert len(said) < 600
    assert capfd.readouterr() == ("", "")
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    ("command", "damage"), [("run", "no tokeniser"), ("evaluate", "NaN weights")]
)
def test_a_command_ends_with_status_2_and_that_one_line(tmp_path, capsys, command, damage):
    folder = whole(tmp_path / "student")
    DAMAGES[damage][0](folder)
    arguments = {
        "run": ["--student", str(folder), "--runs", str(tmp_path / "runs"), "--max-steps", "2"],
        "evaluate": ["--checkpoint", str(folder)],
    }[command]
    status, out, said = call(capsys, command, "--dataset", "nano_svamp", *arguments)
    assert (status, out) == (2, "")
    (line,) = said.splitlines()
    assert line.startswith("mi-cot: ") and str(folder) in line
    assert not (tmp_path / "runs").exists()


def test_known_extra_weights_of_old_checkpoints_are_no_fault(tmp_path):
    folder = whole(tmp_path / "student")
    name = "decoder__block__0__layer__1__EncDecAttention__relative_attention_bias__weight"
    embeddings = load_file(folder / WEIGHTS)["shared.weight"]
    change_weights(
        folder,
        **{name: torch.zeros(32, 4)},
        encoder__embed_tokens__weight=embeddings.clone(),
        decoder__embed_tokens__weight=embeddings.clone(),
        lm_head__weight=embeddings.clone(),
    )
    assert answers(load_student(str(folder))) == answers(load_student("nano16"))


@pytest.mark.parametrize("kind", ["shards", "pickle", "half precision", "no generation config"])
def test_other_whole_folders_load_as_the_same_student(tmp_path, kind):
    folder = whole(tmp_path / "student")
    if kind == "shards":
        shard(folder)
    elif kind == "pickle":
        as_pickle(folder)
    elif kind == "half precision":
        edit(folder / "config.json", dtype="bfloat16")
    else:
        unlink("generation_config.json")(folder)
    assert answers(load_student(str(folder))) == answers(load_student("nano16"))


def test_a_pointer_that_is_not_needed_does_not_matter(tmp_path):
    folder = whole(tmp_path / "student")
    for name in ("pytorch_model.bin", "tf_model.h5", "README.md"):
        (folder / name).write_text("version https://git-lfs.github.com/spec/v1\n")
    load_student(str(folder))


@pytest.mark.parametrize("limits", ["in its settings", "in tokenizer.json"])
def test_a_tokenisers_own_limits_and_sides_change_nothing(tmp_path, limits):
    folder = whole(tmp_path / "student")
    if limits == "in its settings":
        edit(
            folder / "tokenizer_config.json",
            padding_side="left",
            truncation_side="left",
            model_max_length=16,
        )
    else:
        cut = {"direction": "Left", "max_length": 16, "strategy": "LongestFirst", "stride": 0}
        pad = {
            "strategy": {"Fixed": 64},
            "direction": "Left",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "<pad>",
        }
        edit(folder / "tokenizer.json", truncation=cut, padding=pad)
    own, usual = load_student(str(folder)), load_student("nano16")
    columns = [Column(PROMPTS, 40), Column(PROMPTS, 9)]
    expected = token_ids(columns, usual.tokeniser)
    assert token_ids(columns, own.tokeniser) == expected
    assert [len(ids) for ids in expected[1]] == [9, 9]
    assert answers(own) == answers(usual)


@pytest.mark.parametrize("value", ["absent", "null"])
@pytest.mark.parametrize("name", ["pad_token_id", "eos_token_id", "decoder_start_token_id"])
def test_a_special_token_that_stands_in_one_of_two_places_is_found(tmp_path, name, value):
    for lacking in ("config.json", "generation_config.json"):
        folder = whole(tmp_path / lacking)
        edit(folder / lacking, **{name: None})
        if value == "null":
            values = json.loads((folder / lacking).read_text())
            (folder / lacking).write_text(json.dumps({**values, name: None}))
        student = load_student(str(folder))
        assert answers(student) == answers(load_student("nano16"))
        labels = torch.tensor([[5, 6, 1, -100]])
        model = student.model
        assert torch.isfinite(model(input_ids=labels[:, :3], labels=labels).loss)


@pytest.mark.parametrize("ended_by", ["the model's", "another"])
def test_v1_1s_head_of_its_own_is_kept(tmp_path, ended_by):
    torch.manual_seed(0)
    shape = T5Config(
        vocab_size=1280,
        d_model=16,
        d_kv=4,
        num_heads=4,
        d_ff=32,
        num_layers=1,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(shape)
    model.lm_head.weight = torch.nn.Parameter(torch.randn(1280, 16))
    AutoTokenizer.from_pretrained(built_in_folder("nano16")).save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    if ended_by == "another":
        # As the hub has it: pickled, every tied name by itself, and told apart in the configuration.
        (tmp_path / WEIGHTS).unlink()
        torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
        edit(tmp_path / "config.json", tie_word_embeddings=False, scale_decoder_outputs=None)
    loaded = load_student(str(tmp_path)).model
    assert torch.equal(loaded.lm_head.weight, model.lm_head.weight)
    assert torch.equal(loaded.shared.weight, model.shared.weight)
    assert loaded.config.scale_decoder_outputs is False


def test_t5s_tokeniser_is_read_from_spiece_model_alone(tmp_path, shared):
    # The hub's v1.1 checkpoints have no tokenizer.json.
    pytest.importorskip(
        "sentencepiece", reason="not installed: pip install -c constraints.txt -e ."
    )
    pytest.importorskip("google.protobuf", reason="not installed, as above")
    shape = T5Config(
        **{"vocab_size": 32128, "d_model": 8, "d_kv": 4, "num_heads": 2, "d_ff": 16},
        **{"num_layers": 1, "decoder_start_token_id": 0},
    )
    T5ForConditionalGeneration(shape).save_pretrained(tmp_path)
    for name in ("spiece.model", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(shared / "t5-tokenizer" / name, tmp_path)
    found = load_student(str(tmp_path)).tokeniser
    whole_one = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    columns = [Column([row.input for row in load_split("cqa", "test", shared / "dss")[:200]], 1024)]
    assert token_ids(columns, found) == token_ids(columns, whole_one)
