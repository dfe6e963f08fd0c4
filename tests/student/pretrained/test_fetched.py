"""What `mi-cot student fetch` left in the user's cache: the models as their makers made them."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from mi_cot_lib.evaluation.overlap import embedding_cosine
from mi_cot_lib.student.pretrained.packages import fetched_folder, is_fetched

TEXTS = [
    "Ann has 12 pens and buys 345 more. How many pens has Ann now?\nAnswer: ( 12.0 + 345.0 )",
    "Two lines\n\n2 lines,   3 spaces\tand a tab; it's “quoted” — naïve café, 東京, 🙂",
]


@pytest.fixture(scope="module")
def smollm2():
    if not is_fetched("smollm2"):
        pytest.skip("smollm2 is not in the cache; `mi-cot student fetch smollm2` puts it there")
    folder = fetched_folder("smollm2")
    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(
        folder
    )


@pytest.fixture(scope="module")
def minilm():
    if not is_fetched("minilm"):
        pytest.skip("minilm is not in the cache; `mi-cot student fetch minilm` puts it there")
    return "minilm"


def test_smollm2_reads_and_writes_text_without_a_change(smollm2):
    tokeniser = smollm2[1]
    for text in TEXTS:
        ids = tokeniser(text)["input_ids"]
        assert tokeniser.decode(ids) == text
        # Nothing is set before or after a text, and a number is read digit by digit.
        assert not set(ids) & set(range(17))
        assert all(sum(letter.isdigit() for letter in tokeniser.decode([one])) <= 1 for one in ids)
    assert tokeniser.tokenize("so\n\n2") == ["so", "ĊĊ", "2"]


def test_smollm2_has_the_tokens_of_its_chat(smollm2):
    model, tokeniser = smollm2
    assert tokeniser.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]) == [
        0,
        1,
        2,
    ]
    assert tokeniser.eos_token_id == tokeniser.pad_token_id == model.config.eos_token_id == 2
    assert len(tokeniser) == model.config.vocab_size == 49_152
    assert tokeniser.model_max_length == model.config.max_position_embeddings == 8_192


@torch.inference_mode()
def test_smollm2_knows_the_capital_of_france(smollm2):
    model, tokeniser = smollm2
    asked = tokeniser.apply_chat_template(
        [{"role": "user", "content": "What is the capital of France?"}],
        add_generation_prompt=True,
        tokenize=False,
    )
    ids = tokeniser(asked, return_tensors="pt")["input_ids"]
    written = model.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]
    assert tokeniser.decode(written) == "The capital of France is Paris.<|im_end|>"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # As sentence-transformers 6.2.0 computes them from the same files.
        (
            "Ann had 5 red pens and gave 2 away. So the answer is ( 5.0 - 2.0 ).",
            "Ann gives away 2 of her 5 pens, so we subtract. The answer is ( 5.0 - 2.0 ).",
            0.91566366,
        ),
        (
            "A person on a horse jumps over a broken down airplane.",
            "A man sits in a diner.",
            0.09020464,
        ),
        ("", "x", 0.53885663),
        # It reads 256 tokens: what differs lies beyond.
        ("word " * 400 + "end", "word " * 300 + "other end of a long text", 1),
    ],
)
def test_minilm_embeds_as_its_makers_do(minilm, one, other, expected):
    assert embedding_cosine([one], [other], minilm) == pytest.approx(expected, abs=1e-5)


def test_minilm_embeds_a_text_alike_beside_longer_ones(minilm):
    short, long = "yes", "A horse is outdoors, and many people look at it. " * 5
    alone = [embedding_cosine([text], ["A horse."], minilm) for text in (short, long)]
    together = embedding_cosine([short, long], ["A horse."] * 2, minilm)
    assert together == pytest.approx(sum(alone) / 2, abs=1e-5)
