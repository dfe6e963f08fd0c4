"""Items that recur: copies count once, and nothing that is fitted has seen what the estimate is read from."""

import numpy as np
import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import ESTIMATORS, estimate_held_out, estimate_mi
from mi_cot_lib.measure.mutual_information.pairs import prepare_apart, prepare_pairs
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

TRAINED = sorted(set(ESTIMATORS) - {"ksg"})
GENERATOR = np.random.default_rng(0)
INDEPENDENT = GENERATOR.standard_normal((400, 2)), GENERATOR.standard_normal((400, 2))
DEPENDENT = correlated_gaussians(2, 1.0, 400, seed=0)
MIXED = INDEPENDENT[0], np.random.default_rng(4).integers(0, 3, 400)


def copied(pair, order):
    return tuple(part[order] for part in pair)


SHUFFLED = np.random.default_rng(1).permutation(np.tile(np.arange(400), 4))


def test_copies_with_a_tremor_are_copies():
    generator = np.random.default_rng(2)
    shaken = [part[SHUFFLED] for part in INDEPENDENT]
    shaken = [part + 1e-9 * generator.standard_normal(part.shape) for part in shaken]
    found = estimate_mi(*shaken, "infonce")
    assert found.nats < 0.15 and found.low < 0.05
    assert found.train_items + found.held_out_items == 400
    with pytest.raises(ConfigError, match="of column 0 of z recur"):
        estimate_mi(*shaken, "ksg")


@pytest.mark.parametrize(
    ("pair", "estimator"),
    [
        *((DEPENDENT, name) for name in TRAINED),
        *(
            (pair, name)
            for pair in (INDEPENDENT, MIXED)
            for name in ("barber_agakov", "doe", "infonce")
        ),
    ],
)
def test_four_copies_of_every_item_say_what_one_says_and_are_as_sure(pair, estimator):
    once = estimate_mi(*pair, estimator)
    assert estimate_mi(*copied(pair, np.tile(np.arange(400), 4)), estimator) == once
    assert once.train_items + once.held_out_items == 400
    # Entropies from neighbours scatter more than means do.
    assert pair is DEPENDENT or (-0.4 < once.nats < 0.15 and once.low < 0.05)


def test_copies_of_a_few_items_leave_the_interval_about_as_wide():
    some = np.concatenate([np.arange(400), np.repeat(np.arange(100), 5)])
    once, more = (estimate_mi(*pair, "doe") for pair in (DEPENDENT, copied(DEPENDENT, some)))
    assert more.high - more.low > 0.9 * (once.high - once.low)
    # 900 rows: were each an item of its own, its error would be smaller by a third.
    assert more.held_out_items == once.held_out_items


def test_copies_weigh_as_often_as_they_occur():
    # Half of the items are independent, the other half hold 2 nats; those are there five times.
    z, v = correlated_gaussians(1, 2.0, 1600, seed=0)
    v[:800] = np.random.default_rng(2).standard_normal((800, 1))
    order = np.concatenate([np.arange(1600), np.repeat(np.arange(800, 1600), 4)])
    once, more = estimate_mi(z, v, "infonce"), estimate_mi(*copied((z, v), order), "infonce")
    assert more.nats > once.nats + 0.3


def test_answers_to_one_question_stay_on_one_side_of_the_split():
    # Four answers to each of 300 questions. What the answers to one question have in common is drawn
    # apart from the question, so that it says nothing of a question that was not seen.
    generator = np.random.default_rng(3)
    questions = np.repeat(np.arange(300), 4)
    z = generator.standard_normal((300, 2))[questions]
    v = generator.standard_normal((300, 2))[questions]
    v += 0.01 * generator.standard_normal((1200, 2))
    for pair in ((z, v), (v, z)):
        pairs = prepare_pairs(*pair, 0, "normal_scores")
        seen = [set(questions[part]) for part in (pairs.train, pairs.valid, pairs.held_out)]
        assert sum(map(len, seen)) == 300
        assert estimate_mi(*pair, "infonce").nats < 0.05


@pytest.mark.parametrize("step", [0.01, 0.1, 0.25])
def test_rounded_numbers_recur_by_chance_and_lose_little(step):
    z, v = (np.round(part / step) * step for part in correlated_gaussians(1, 0.5, 2000, seed=1))
    assert estimate_mi(z, v, "infonce").nats == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        # A coarse grid.
        (
            tuple(part.round() for part in correlated_gaussians(1, 0.5, 2000, seed=1)),
            "of 2000: copies count once.* of integers",
        ),
        (
            copied(DEPENDENT, np.tile(np.arange(60), 10)),
            "at least 100 items to split, got 60 of 600: copies",
        ),
    ],
)
def test_too_few_items_that_differ_are_refused_with_both_counts(pair, said):
    with pytest.raises(ConfigError, match=said):
        estimate_mi(*pair, "infonce")


@pytest.mark.parametrize(
    "pair",
    [
        copied(INDEPENDENT, SHUFFLED),
        copied(DEPENDENT, np.tile(np.arange(400), 2)),
        tuple(part.round(2) for part in DEPENDENT),
        (DEPENDENT[0].round(1), DEPENDENT[1]),
        (DEPENDENT[0], np.maximum(DEPENDENT[1], 0)),
        (DEPENDENT[0].astype(np.float16), DEPENDENT[1]),
        (DEPENDENT[0][np.repeat(np.arange(200), 2)], DEPENDENT[1]),
        (DEPENDENT[0].round(1), (DEPENDENT[1][:, 0] > 0).astype(int)),
    ],
    ids=["copies", "two", "rounded", "one rounded", "cut at 0", "half floats", "answers", "mixed"],
)
def test_neighbours_refuse_values_that_recur_and_say_what_to_do(pair):
    with pytest.raises(ConfigError, match=r"ksg.* of column \d of [zv] recur") as raised:
        estimate_mi(*pair, "ksg")
    said = str(raised.value)
    assert "\n" not in said and "keep one" in said and "rounded" in said and "infonce" in said


def test_neighbours_take_single_floats_and_a_rare_tie():
    z, v = DEPENDENT
    found = estimate_mi(z.astype(np.float32), v.astype(np.float32), "ksg").nats
    assert found == pytest.approx(1.0, abs=0.35)
    z = z.copy()
    z[7, 0] = z[8, 0]
    assert estimate_mi(z, v, "ksg").nats == pytest.approx(1.0, abs=0.35)


def test_items_to_fit_on_that_are_reported_on_are_left_out():
    fitted = correlated_gaussians(2, 1.0, 600, seed=0)
    reported = copied(fitted, np.arange(450, 600))
    pairs = prepare_apart(fitted, reported, 0, "normal_scores")
    assert len(pairs.train) + len(pairs.valid) == 450 and len(pairs.held_out) == 150
    found = estimate_held_out(fitted, reported, "doe")
    assert found == estimate_held_out(copied(fitted, np.arange(450)), reported, "doe")
    with pytest.raises(ConfigError, match="0 of 600: .*reported on"):
        estimate_held_out(fitted, fitted, "doe")
