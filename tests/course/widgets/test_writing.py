"""What a student writes is what the kit generates, and each probability that of a plain forward pass."""

import re

import pytest
import torch

from mi_cot_lib.course.widgets.writing import (
    ALTERNATIVES,
    Token,
    Writing,
    prepare_writing,
    writing_html,
)
from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation.generate import generate
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.load import load_student

PROMPTS = [
    prefix + load_split(dataset, "test")[row].input
    for dataset, row in (("nano_cqa", 0), ("nano_svamp", 1))
    for prefix in (PREDICT_PREFIX, EXPLAIN_PREFIX)
]


@pytest.fixture(scope="module", params=["nano", "nano16"])
def student(request):
    return load_student(request.param)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_text_and_its_probability_are_those_of_generate(student, prompt):
    written = prepare_writing(student, prompt, 256, 40)
    ((text, probability),) = generate(student, [prompt], 256, 40)
    assert written.text == text and written.probability == pytest.approx(probability, rel=1e-4)
    assert written.ended == (written.tokens[-1].name == "</s>")


@torch.no_grad()
def plain_places(student, prompt, most):
    """Yield of each place the chosen token, its probability and all others, by one forward pass a place."""
    ids = torch.tensor([student.tokeniser(prompt)["input_ids"]])
    written = student.model.generate(input_ids=ids, max_new_tokens=most, do_sample=False)
    names = student.tokeniser.convert_ids_to_tokens(range(len(student.tokeniser)))
    for place in range(1, written.shape[1]):
        logits = student.model(input_ids=ids, decoder_input_ids=written[:, :place]).logits[0, -1]
        shares = logits.softmax(-1).tolist()
        chosen = written[0, place].item()
        others = sorted(set(range(len(names))) - {chosen}, key=lambda one: -shares[one])
        yield names[chosen], shares[chosen], [(names[one], shares[one]) for one in others]


@pytest.mark.parametrize("prompt", PROMPTS[:2])
def test_probabilities_and_alternatives_are_those_of_a_forward_pass_over_what_was_written(
    student, prompt
):
    written = prepare_writing(student, prompt, 256, 12)
    plain = list(plain_places(student, prompt, 12))
    assert len(written.tokens) == len(plain)
    for token, (name, share, others) in zip(written.tokens, plain, strict=True):
        assert token.name == name.replace("▁", "_")
        assert token.probability == pytest.approx(share, rel=1e-4)
        shares = [value for _, value in token.others]
        assert shares == pytest.approx([value for _, value in others[:ALTERNATIVES]], rel=1e-3)
        assert token.others[0][0] == others[0][0].replace("▁", "_")
        # Greedy: nothing is more probable than what was written, and all together are a part of 1.
        assert token.probability >= shares[0] and token.probability + sum(shares) < 1 + 1e-6


def test_a_long_prompt_is_cut_at_its_end_and_said_to_be(student):
    prompt = PREDICT_PREFIX + "Is a dog an animal? " * 100
    written = prepare_writing(student, prompt, 32, 8)
    whole = len(student.tokeniser(prompt)["input_ids"])
    assert (written.prompt_tokens, written.read) == (whole, 32) and whole > 500
    assert written.text == generate(student, [prompt], 32, 8)[0][0]
    assert f"<b>The prompt was cut</b>: it has {whole:,} tokens" in writing_html(written)
    assert "was cut" not in writing_html(prepare_writing(student, PROMPTS[0], 256, 8))


def test_a_text_that_reached_its_limit_is_said_not_to_have_ended(student):
    written = prepare_writing(student, PROMPTS[0], 256, 2)
    assert len(written.tokens) == 2 and not written.ended
    assert "did not end within its limit" in writing_html(written)


def test_all_that_a_student_wrote_is_escaped_and_every_probability_is_a_number_and_a_bar():
    bad = '<script>"&'
    written = Writing(bad, (Token(bad, 0.25, ((bad, 0.125),)), Token("</s>", 1.0, ())), True, 9, 9)
    html = writing_html(written)
    assert "<script" not in html and html.count("&lt;script&gt;&quot;&amp;") == 5
    assert 'title="instead: &lt;script&gt;&quot;&amp; 12.5%"' in html
    assert re.findall(r"width:(\d+)%", html) == ["25", "100"]
    assert "25.0%" in html and "together 25%" in html
    # Below one half its frame is another, in grey too; and the folded table needs no mouse.
    assert html.count("dashed") == 1 and html.count("<tr>") == 3 and "<details>" in html
