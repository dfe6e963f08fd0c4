"""Overlap with gold rationales, against values worked out by hand."""

from math import exp, log

import pytest
import torch
from transformers import BertConfig, BertModel, T5Config, T5EncoderModel

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.evaluation.overlap import bleu, embedding_cosine, rouge_l
from mi_cot_lib.student.load import load_student

GOLD = ["Ann had five red pens and gave two away .", "A person on a horse jumps over a plane ."]


TINY = {
    BertModel: BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    ),
    T5EncoderModel: T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2),
}


@pytest.fixture(scope="module", params=TINY)
def encoder(request, tmp_path_factory):
    """Save a tiny encoder of random weights beside the built-in student's tokeniser."""
    torch.manual_seed(0)
    folder, tokeniser = tmp_path_factory.mktemp("encoder"), load_student("nano").tokeniser
    TINY[request.param].vocab_size = len(tokeniser)
    model = request.param(TINY[request.param]).eval()
    model.save_pretrained(folder)
    tokeniser.save_pretrained(folder)
    return str(folder), model, tokeniser


@pytest.mark.parametrize("score", [bleu, rouge_l])
def test_identical_texts_score_100_and_disjoint_ones_0(score):
    assert score(GOLD, GOLD) == pytest.approx(100)
    assert score(["Six blue cars", "stand here"], GOLD) == 0


def test_rouge_l_of_a_small_example_worked_out_by_hand():
    # The longest common subsequence of "the cat sat on the mat" (6) and "the cat is on a mat today" (7) is
    # "the cat on mat", 4 words: precision 4/6, recall 4/7, F = 2·4/(6+7) = 8/13.
    one = rouge_l(["the cat sat on the mat"], ["the cat is on a mat today"])
    assert one == pytest.approx(100 * 8 / 13, abs=1e-4)
    # Punctuation and case do not count; a second pair that is disjoint halves the mean.
    two = rouge_l(["The cat sat, on the MAT!", "no"], ["the cat is on a mat today.", "yes"])
    assert two == pytest.approx(50 * 8 / 13, abs=1e-4)
    assert rouge_l(["a b c d"], ["d c b a"]) == pytest.approx(25)


def test_bleu_of_a_small_example_worked_out_by_hand():
    # Shared n-grams of "a b c d e" and "a b c d f g": 4 of 5, 3 of 4, 2 of 3, 1 of 2; the prediction is
    # shorter, so the brevity penalty is exp(1 - 6/5).
    product = (4 / 5) * (3 / 4) * (2 / 3) * (1 / 2)
    expected = 100 * exp(1 - 6 / 5) * exp(log(product) / 4)
    assert bleu(["a b c d e"], ["a b c d f g"]) == pytest.approx(expected)
    # Counts are summed over the corpus: with one text identical and one disjoint, half of all n-grams match.
    assert bleu(["a b c d", "e f g h"], ["a b c d", "i j k l"]) == pytest.approx(50)


def test_an_empty_rationale_is_no_overlap():
    assert rouge_l(["", GOLD[0]], [GOLD[0], GOLD[0]]) == pytest.approx(50)
    assert bleu([""], [GOLD[0]]) == 0


def test_the_cosine_is_that_of_means_over_real_tokens_taken_by_hand(encoder):
    folder, model, tokeniser = encoder
    # Beside a long text a short one is padded.
    pairs = [("Bob saw a horse .", "Ann has two pens ."), ("Ann had five red pens . " * 5, "yes")]
    cosines = []
    for pair in pairs:
        with torch.no_grad():
            ids = [torch.tensor([tokeniser(text)["input_ids"]]) for text in pair]
            one, two = (model(input_ids=i).last_hidden_state[0].mean(dim=0) for i in ids)
        cosines.append(float(one @ two / one.norm() / two.norm()))
    found = embedding_cosine(*map(list, zip(*pairs, strict=True)), folder)
    assert found == pytest.approx(sum(cosines) / 2, abs=1e-5)


def test_more_texts_than_a_batch_and_longer_than_the_model_are_taken(encoder):
    texts = ["Ann has a pen . " * (40 if index == 35 else 1) for index in range(40)]
    assert embedding_cosine(texts, texts, encoder[0]) == pytest.approx(1, abs=1e-5)


def test_a_model_that_is_not_there_is_named_with_what_to_do(tmp_path):
    missing, empty = str(tmp_path / "none"), tmp_path / "empty"
    empty.mkdir()
    for name in (missing, str(empty)):
        with pytest.raises(KitError, match=f"embedding model {name}: .*give a folder"):
            embedding_cosine(GOLD, GOLD, name)


@pytest.mark.parametrize(
    ("predictions", "references"), [([], []), (GOLD, GOLD[:1]), (GOLD[:1], GOLD), ("ab", "ab")]
)
def test_lists_that_do_not_pair_up_are_refused(predictions, references):
    for score in (bleu, rouge_l, lambda one, two: embedding_cosine(one, two, "unused")):
        with pytest.raises(ConfigError, match="predictions"):
            score(predictions, references)
