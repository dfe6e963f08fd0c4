"""Students whose outputs end as a trained student's do, and the real data where it is at hand."""

import functools

import pytest
import torch
from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.load import load_split
from mi_cot_lib.student.encode import collate, encode_pairs
from mi_cot_lib.student.load import Student, load_student
from tests.evaluation.chat_server import KEY, Server


@pytest.fixture(scope="session")
def nano():
    return load_student("nano")


@pytest.fixture(scope="session")
def trained_nano():
    """Return the nano student after some steps on a built-in data set."""

    @functools.cache
    def trained(dataset):
        torch.manual_seed(0)
        student, examples = load_student("nano"), load_split(dataset, "train")[: 40 * 16]
        limits = {"max_input_tokens": 256, "max_target_tokens": 32}
        labels = [example.label for example in examples]
        pairs = encode_pairs(examples, labels, student.wording, explain=False, **limits)
        optimiser = torch.optim.AdamW(student.model.train().parameters(), lr=2e-3)
        for start in range(0, len(pairs), 16):
            batch = collate(pairs[start : start + 16], student.tokeniser.pad_token_id)
            student.model(**batch).loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        student.model.eval()
        return student

    return trained


@pytest.fixture(scope="session")
def real_student(shared):
    """A small T5 with T5's own tokeniser, random weights."""
    torch.manual_seed(0)
    shape = T5Config(
        vocab_size=32128,
        d_model=64,
        d_kv=16,
        num_heads=4,
        d_ff=128,
        num_layers=2,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
        dropout_rate=0.0,
    )
    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    return Student(T5ForConditionalGeneration(shape).eval(), tokeniser)


@pytest.fixture
def server(monkeypatch):
    """Run a server for one test, and let the environment name it and its key."""
    server = Server()
    for name in ("OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://{server.address}/v1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.released.set()
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "new" / "answers.sqlite"
