"""What the course's first notebooks show: the numbers behind the figures, and the drawings of them."""

import math

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from mi_cot_lib.course.course_figures import (
    draw_agreement,
    draw_lengths,
    draw_pooled,
    draw_pretraining,
    prepare_agreement,
    prepare_lengths,
    prepare_pooled,
)
from mi_cot_lib.course.overview import draw_overview
from mi_cot_lib.course.teacher_text import example_html
from mi_cot_lib.course.theory.decompose import decompose_released, pooled_probabilities
from mi_cot_lib.data.example import Example
from mi_cot_lib.data.layout import RawRow
from mi_cot_lib.experiments.student_card import bag_of_words_accuracy
from mi_cot_lib.objective.mi import mi_loss_per_example


@pytest.fixture(scope="module")
def tokeniser():
    words = ["<pad>", "</s>", "<unk>", "▁yes", "▁no", "six", "and", "two", "make", "eight"]
    model = models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>")
    plain = Tokenizer(model)
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", pad_token="<pad>")


def example(input="six and two", label="eight", rationale="six and two make eight"):
    return Example("nano_svamp/train/0", input, label, rationale, label)


@pytest.fixture(scope="module")
def agreement():
    return prepare_agreement(32128, points=21)


def test_lengths_are_counted_for_every_text_there_is(tokeniser):
    rows = {"nano_svamp": [example(), example(rationale=None)], "nano_cqa": [example(label="two")]}
    lengths = prepare_lengths(rows, tokeniser)
    counted = lengths.groupby(["dataset", "part"])["tokens"].agg(list)
    assert counted["nano_svamp", "rationale"] == [5]
    assert counted["nano_svamp", "input"] == [3, 3]
    assert counted["nano_cqa", "label"] == [1]


def test_the_length_boxes_are_drawn_at_the_medians(tokeniser):
    rows = {"nano_svamp": [example()], "nano_cqa": [example(input="two")]}
    figure = draw_lengths(prepare_lengths(rows, tokeniser))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["nano-SVAMP", "nano-CQA"]
    for axes in figure.axes:
        assert axes.get_xlabel() == "tokens"
    medians = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linewidth() == 2.5]
    assert medians == [3, 1]


@pytest.mark.parametrize("pool", ["max", "mean"])
def test_the_parts_of_the_released_loss_add_up_to_it(pool):
    generator = torch.Generator().manual_seed(0)
    label = 5 * torch.randn(4, 3, 50, generator=generator)
    rationale = 5 * torch.randn(4, 7, 50, generator=generator)
    parts = decompose_released(label, rationale, pool)
    losses, _ = mi_loss_per_example(label, rationale, form="released", pool=pool)
    assert torch.allclose(parts.loss, losses, atol=1e-5)
    assert torch.allclose(parts.constant, parts.total * math.log(50), atol=1e-5)
    assert (parts.spread >= 0).all() and (parts.overlap <= parts.total).all()


def test_a_mean_over_positions_is_a_distribution_and_a_max_is_not():
    one_token_a_position = 100 * torch.eye(5)[None, :3]
    assert pooled_probabilities(one_token_a_position, "max").sum().item() == pytest.approx(3)
    assert pooled_probabilities(one_token_a_position, "mean").sum().item() == pytest.approx(1)


def test_pooled_tokens_come_largest_first_with_their_height_on_the_other_side(tokeniser):
    label = torch.full((2, len(tokeniser)), -20.0)
    label[0, 3], label[1, 1] = 20.0, 20.0
    rationale = torch.full((4, len(tokeniser)), -20.0)
    rationale[:3, 5], rationale[3, 1] = 20.0, 20.0
    prepared = prepare_pooled(label, rationale, tokeniser, top=3)
    first = prepared.label.set_index("token")
    assert set(first.index[:2]) == {"_yes", "</s>"}
    assert first.loc["</s>", "other"] == pytest.approx(1)
    assert first.loc["_yes", "other"] == pytest.approx(0, abs=1e-6)
    assert first.loc["_yes", ["max", "mean"]].tolist() == pytest.approx([1, 0.5])
    six = prepared.rationale.set_index("token").loc["six"]
    assert six[["max", "mean"]].tolist() == pytest.approx([1, 0.75])
    assert prepared.sums["rationale", "max"] == pytest.approx(2)
    drawn = draw_pooled(prepared)
    bars = [patch.get_width() for patch in drawn.axes[0].patches]
    assert bars == pytest.approx([*prepared.label["max"], *prepared.label["mean"]])


def test_agreement_has_the_closed_forms(agreement):
    a = agreement["agreement"]
    constant = (math.e**a + math.e ** (1 - a) + 32126).map(math.log)
    assert agreement["released"].tolist() == pytest.approx((constant - a).tolist(), abs=1e-4)
    assert agreement["paper"].tolist() == pytest.approx((-a.map(math.log)).tolist(), abs=1e-4)
    assert agreement["paper_pull"].tolist() == pytest.approx((1 - a).tolist(), abs=1e-4)
    assert agreement["released_pull"].tolist() == pytest.approx((a * (1 - a)).tolist(), abs=1e-3)


def test_the_mark_lies_on_both_curves(agreement):
    row = agreement.iloc[5]
    for axes, suffix in zip(
        draw_agreement(agreement, row["agreement"]).axes, ("", "_pull"), strict=True
    ):
        marks = [line for line in axes.lines if line.get_marker() == "o"]
        heights = [line.get_ydata()[0] for line in marks]
        assert heights == pytest.approx([row[f"released{suffix}"], row[f"paper{suffix}"]])


def test_the_pretraining_curve_is_the_cards():
    card = {"curve": [{"step": 100, "loss": 5.0}, {"step": 200, "loss": 3.0}]}
    (line,) = draw_pretraining(card).axes[0].lines
    assert list(line.get_xdata()) == [100, 200] and list(line.get_ydata()) == [5.0, 3.0]


def test_the_overview_names_both_prompts_all_losses_and_nothing_overlaps():
    figure = draw_overview()
    figure.canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    said = " ".join(text.get_text() for text in texts)
    for name in ("predict: TEXT", "explain: TEXT", "L_{prediction}", "L_{generation}", "L_{CE}"):
        assert name in said
    boxes = [text.get_window_extent() for text in texts]
    for place, box in enumerate(boxes):
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


def test_a_question_is_shown_whole_marked_and_escaped():
    text = "2 < 3 & so on. The answer is (3 - 2).\n\nQ: <script>"
    shown = example_html("nano_svamp", RawRow("Is 2 < 3?", "( 3.0 - 2.0 )", (), text))
    assert "2 &lt; 3 &amp; so on." in shown and "Is 2 &lt; 3?" in shown
    assert 'font-weight:bold">(3 - 2)</span>' in shown
    assert "&lt;script&gt;" in shown and "<script>" not in shown


def test_a_bag_of_words_solves_what_one_word_gives_away_and_not_what_order_decides():
    def nli(count, told):
        return [
            Example(f"nano_esnli/train/{i}", text, label, None, None)
            for i in range(count)
            for text, label in told
        ]

    words = [("cat sleeps", "entailment"), ("dog sleeps", "contradiction")]
    assert bag_of_words_accuracy("nano_esnli", nli(9, words), nli(3, words)) == 1
    order = [("cat bites dog", "entailment"), ("dog bites cat", "contradiction")]
    assert bag_of_words_accuracy("nano_esnli", nli(9, order), nli(3, order)) == 0.5


def test_a_bag_of_words_puts_a_new_storys_numbers_into_the_equation_it_learned():
    def stories(start):
        for i in range(start, start + 8):
            first, second = 2 * i + 1, i + 40
            for word, sign in (("share", "/"), ("join", "+"), ("lose", "-")):
                text = f"They {word} {first} and {second}."
                yield Example(
                    f"nano_svamp/train/{i}", text, f"( {first}.0 {sign} {second}.0 )", None, None
                )

    assert bag_of_words_accuracy("nano_svamp", list(stories(1)), list(stories(20))) == 1


def test_a_bag_of_words_answers_one_of_the_questions_choices():
    def question(first, second, answer):
        text = f"Which one?\nAnswer Choices:\n(a) {first}\n(b) {second}"
        return Example("nano_cqa/train/0", text, answer, None, None)

    # "saw" is right most often in training, but it is no choice in the test question.
    train = 5 * [
        question("wok", "saw", "saw"),
        question("mop", "saw", "saw"),
        question("wok", "pen", "wok"),
    ]
    assert bag_of_words_accuracy("nano_cqa", train, [question("wok", "mop", "wok")]) == 1
