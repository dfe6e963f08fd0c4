"""What the course's first notebooks show: the numbers behind the figures, and the drawings of them."""

import math

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from mi_cot_lib.course.course_figures import (
    draw_agreement,
    draw_lengths,
    draw_overview,
    draw_pooled,
    prepare_agreement,
    prepare_lengths,
    prepare_pooled,
)
from mi_cot_lib.data.specs import Example


@pytest.fixture(scope="module")
def tokeniser():
    words = ["<pad>", "</s>", "<unk>", "▁yes", "▁no", "six", "and", "two", "make", "eight"]
    model = models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>")
    plain = Tokenizer(model)
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", pad_token="<pad>")


def example(input="six and two", label="eight", rationale=None):
    return Example("nano_svamp/train/0", input, label, rationale, None)


def test_lengths_are_counted_for_every_text_there_is_and_drawn_at_their_medians(tokeniser):
    told = example(rationale="six and two make eight")
    rows = {"nano_svamp": [told, example()], "nano_cqa": [example("two", "two")]}
    lengths = prepare_lengths(rows, tokeniser)
    counted = lengths.groupby(["dataset", "part"])["tokens"].agg(list)
    assert counted["nano_svamp", "rationale"] == [5]
    assert counted["nano_svamp", "input"] == [3, 3]
    assert counted["nano_cqa", "label"] == [1]
    axes = draw_lengths(lengths).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["nano-SVAMP", "nano-CQA"]
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 2.5] == [3, 1]


def test_pooled_tokens_come_largest_first_with_their_height_on_the_other_side(tokeniser):
    label = torch.full((2, len(tokeniser)), -20.0)
    label[0, 3], label[1, 1] = 20.0, 20.0
    rationale = torch.full((4, len(tokeniser)), -20.0)
    rationale[:3, 5], rationale[3, 1] = 20.0, 20.0
    prepared = prepare_pooled(label, rationale, tokeniser)
    first = prepared["label"].set_index("token")
    assert set(first.index[:2]) == {"_yes", "</s>"}
    assert first.loc["</s>", "other"] == pytest.approx(1)
    assert first.loc["_yes", "other"] == pytest.approx(0, abs=1e-6)
    assert first.loc["_yes", ["max", "mean"]].tolist() == pytest.approx([1, 0.5])
    six = prepared["rationale"].set_index("token").loc["six"]
    assert six[["max", "mean"]].tolist() == pytest.approx([1, 0.75])
    axes, other = draw_pooled(prepared, top=3).axes
    bars = [patch.get_width() for patch in axes.patches]
    assert bars == pytest.approx([*first["max"].head(3), *first["mean"].head(3)])
    assert "max sums to 2.00, mean to 1.00" in other.get_title(loc="left")


def test_agreement_has_its_closed_form_and_its_mark_lies_on_both_curves():
    found = prepare_agreement(32128, points=21)
    a = found["agreement"]
    constant = (math.e**a + math.e ** (1 - a) + 32126).map(math.log)
    assert found["released"].tolist() == pytest.approx((constant - a).tolist(), abs=1e-4)
    row = found.iloc[5]
    drawn = draw_agreement(found, row["agreement"]).axes
    for axes, suffix in zip(drawn, ("", "_pull"), strict=True):
        marks = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "o"]
        assert marks == pytest.approx([row[f"released{suffix}"], row[f"paper{suffix}"]])


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
