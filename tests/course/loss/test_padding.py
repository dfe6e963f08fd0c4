"""What padding does to the released loss, and that leaving it out leaves nothing else out."""

import math

import pytest
import torch

from mi_cot_lib.course.brief_student import BriefStudent, encoded
from mi_cot_lib.course.loss.figures import draw_padding
from mi_cot_lib.course.loss.padding import PADDED, cut_sides, measure_padding, prepare_padding
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import mi_loss
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.encode import collate
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.packed_step import term_losses


@pytest.fixture(scope="module")
def prepared():
    return prepare_padding(300, counts=(0, 1, 4), sharpness=30.0, alike=0.5)


def test_a_sure_padding_position_of_the_label_side_costs_log_n(prepared):
    mine = prepared[prepared["padded"] == "label side only"].set_index("padding")
    assert mine.loc[1, "S"] - mine.loc[0, "S"] == pytest.approx(1, abs=0.05)
    assert mine.loc[1, "loss"] - mine.loc[0, "loss"] == pytest.approx(math.log(300), abs=0.4)


def test_padding_of_one_side_alone_moves_no_gradient_to_it(prepared):
    mine = prepared[prepared["padded"] == "label side only"]
    assert (mine["at padding"] == 0).all()
    no_padding = prepared[prepared["padding"] == 0]
    assert no_padding["loss"].nunique() == no_padding["real"].nunique() == 1


def test_padding_that_both_sides_fill_alike_takes_gradient():
    alike, unlike = (
        prepare_padding(300, counts=(8,), sharpness=5.0, alike=share).set_index("padded")
        for share in (0.9, 0.0)
    )
    released = "as released"
    assert alike.loc[released, "at padding"] > 3 * unlike.loc[released, "at padding"]


def test_the_figure_shows_the_numbers(prepared):
    loss, real, padding = draw_padding(prepared).axes
    for place, name in enumerate(list(PADDED)[:-1]):
        mine = prepared[prepared["padded"] == name]
        assert list(loss.lines[place].get_ydata()) == mine["loss"].tolist()
        assert list(padding.lines[place].get_ydata()) == mine["at padding"].tolist()
    assert real.get_ylim() == padding.get_ylim()
    legend = [text.get_text() for text in loss.figure.legends[0].get_texts()]
    assert legend == [f"padding: {name}" for name in list(PADDED)[:-1]]


@pytest.mark.parametrize("larger", ["real", "at padding"])
def test_both_gradients_are_drawn_whole_on_one_scale(prepared, larger):
    found = prepared.assign(**{larger: prepared[larger] + 3 * prepared["real"].max()})
    _, real, padding = draw_padding(found).axes
    assert real.get_ylim() == padding.get_ylim()
    assert real.get_ylim()[1] > found[["real", "at padding"]].to_numpy().max()


def test_what_is_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="no negative count"):
        prepare_padding(50, counts=(-1,))
    with pytest.raises(ConfigError, match="alike must be from 0 to 1"):
        prepare_padding(50, alike=1.5)


def test_without_padding_each_example_scores_as_if_alone():
    generator = torch.Generator().manual_seed(0)
    v, z = (3 * torch.randn(3, n, 20, generator=generator) for n in (4, 7))
    lengths = torch.tensor([4, 2, 1]), torch.tensor([3, 7, 5])
    masks = [
        torch.arange(n)[None] < length[:, None] for n, length in zip((4, 7), lengths, strict=True)
    ]
    alone = [
        mi_loss(v[i : i + 1, :m], z[i : i + 1, :n]).item()
        for i, (m, n) in enumerate(zip(*lengths, strict=True))
    ]

    def losses(*padded):
        sides = {"label": v, "rationale": z}, dict(zip(("label", "rationale"), masks, strict=True))
        return [mi_loss(*both).item() for both in cut_sides(*sides, padded)]

    assert losses(False, False) == pytest.approx(alone)
    assert sum(losses(True, True)) / 3 == pytest.approx(mi_loss(v, z).item())


@pytest.fixture(scope="module")
def brief():
    return BriefStudent(load_student("nano48"), [])


@pytest.fixture(scope="module")
def examples():
    return [e for e in load_split("nano_cqa", "test")[:20] if e.rationale is not None][:6]


def test_as_released_is_what_the_trainer_differentiates(brief, examples):
    found = measure_padding(brief.student, examples)
    model = brief.student.model
    batch = collate(encoded(brief.student, examples), brief.student.tokeniser.pad_token_id)
    objective = Objective(alpha1=0, alpha2=0, alpha3=1)
    loss = term_losses(model, objective, batch, term_counts(batch))["mi"]
    weights = list(model.parameters())
    gradients = torch.autograd.grad(loss, weights, materialize_grads=True)
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    assert found.loc["as released", "loss"] == pytest.approx(loss.item(), rel=1e-4)
    assert found.loc["as released", "gradient"] == pytest.approx(norm.item(), rel=1e-3)
    assert found.loc["as released", "cosine"] == pytest.approx(1)


def test_batches_are_averaged(brief, examples):
    whole = measure_padding(brief.student, examples, batch_size=3)
    halves = [measure_padding(brief.student, part) for part in (examples[:3], examples[3:])]
    mean = (halves[0] + halves[1]) / 2
    assert whole["loss"].tolist() == pytest.approx(mean["loss"].tolist(), rel=1e-5)


def test_padding_of_labels_makes_s_larger_and_leaves_the_overlap_below_it(brief, examples):
    longer = next(e for e in load_split("nano_esnli", "test") if e.label == "contradiction")
    found = measure_padding(brief.student, [*examples[:2], longer])
    assert found.loc["as released", "S"] > found.loc["none", "S"] + 0.1
    assert found.loc["rationale side only", "S"] == pytest.approx(found.loc["none", "S"])
    assert (found["overlap"] <= found["S"]).all()


def test_a_single_example_has_no_padding(brief, examples):
    found = measure_padding(brief.student, examples[:1])
    assert found["loss"].tolist() == pytest.approx([found["loss"].iloc[0]] * 4)
    assert found["cosine"].tolist() == pytest.approx([1] * 4)
