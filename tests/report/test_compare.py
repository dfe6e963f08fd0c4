"""Comparisons: which pairs they name, what is corrected for, and what all sets say together."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mi_cot_lib.measure.crossed import crossed_difference
from mi_cot_lib.measure.over_seeds import paired_difference
from mi_cot_lib.measure.verdicts import HIGHER
from mi_cot_lib.report.cells.accuracy import accuracy_by_seed
from mi_cot_lib.report.compare import (
    DSS_AGAINST_FINETUNING,
    MI_AGAINST_DSS,
    Claim,
    Comparison,
    compare,
    pool,
)
from tests.report.made import columns, run, setting

PLAIN, DSS, MI = (setting(name) for name in ("finetune", "dss", "mi"))
OTHER = setting("mi", "nano_svamp")


def test_pairs_are_those_that_are_there():
    assert list(MI_AGAINST_DSS.pairs([PLAIN, MI, DSS, OTHER])) == [(MI, DSS)]
    assert list(MI_AGAINST_DSS.pairs([MI, PLAIN])) == []
    # A side is the other but for the named fields.
    half = [setting(name, size=100) for name in ("dss", "mi")]
    pairs = list(MI_AGAINST_DSS.pairs([DSS, MI, *half]))
    assert pairs == [(MI, DSS), (half[1], half[0])]
    mean = setting("mi", pool="mean")
    most = setting("mi", pool="max")
    pooled = Comparison({"pool": "max"}, {"pool": "mean"})
    assert list(pooled.pairs([mean, most, DSS])) == [(most, mean)]


VALUES = {
    PLAIN: {0: 40.0, 1: 42.0, 2: 41.0, 3: 40.5},
    DSS: {0: 50.0, 1: 51.0, 2: 52.0, 3: 50.5},
    MI: {0: 54.0, 1: 54.5, 2: 57.0, 3: float("nan")},
}


def test_declared_comparisons_get_a_verdict_and_others_none():
    found = compare(VALUES, (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING), 2.0, None)
    assert columns(found, "setting", "against", "declared") == [
        (MI, DSS, True), (DSS, PLAIN, True), (MI, PLAIN, False),
    ]  # fmt: skip
    assert found["verdict"].tolist()[:2] == ["higher", "higher"]
    assert found["verdict"].isna().tolist() == [False, False, True]
    assert found["p_holm"].isna().tolist() == [False, False, True]
    # Each declared comparison is a family of its own: here of one pair.
    assert found["p_holm"].tolist()[:2] == found["p"].tolist()[:2]
    (mi, dss, _) = found.to_dict("records")
    twin = paired_difference({s: v for s, v in VALUES[MI].items() if s < 3}, VALUES[DSS])
    assert (mi["seeds"], dss["seeds"]) == (3, 4)
    assert (mi["difference"], mi["p"]) == (twin.difference.mean, twin.p)


def test_the_pairs_of_one_comparison_on_one_split_are_corrected_for_each_other():
    half = {one.with_(size=9): values for one, values in VALUES.items()}
    found = compare({**VALUES, **half}, (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING), 2.0)
    assert (found["p_holm"] == 2 * found["p"]).all() and len(found) == 4
    unseen = {one.with_(split="unseen"): values for one, values in VALUES.items()}
    found = compare({**VALUES, **unseen}, (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING), 2.0)
    assert (found["p_holm"] == found["p"]).all() and len(found) == 4


def test_what_was_not_declared_gets_no_verdict_and_still_comes_first():
    found = compare(VALUES, (MI_AGAINST_DSS,), 2.0, None, declared=False)
    assert found["asked"].tolist() == [True, False, False]
    assert not found["declared"].any() and found["verdict"].isna().all()
    assert found["p_holm"].isna().all() and found["detectable"].isna().all()


def test_without_a_shared_seed_nothing_is_compared():
    values = {MI: {0: 1.0}, DSS: {1: 2.0}, PLAIN: {0: float("nan")}}
    assert len(compare(values, (MI_AGAINST_DSS,), 1.0, None)) == 0


def answered(of, seeds, *, valid=0.5, split="test"):
    """Return runs whose right items are drawn, one a row of 0 and 1."""
    parts = {"metrics": {"valid_accuracy": valid, "steps": 9, "converged": True}}
    return [
        run(of.with_(split=split), seed, 1, correct={split: "".join(map(str, bits))}, **parts)
        for seed, bits in enumerate(seeds)
    ]


def drawn(seed, *shape):
    return np.random.default_rng(seed).integers(0, 2, shape)


def test_accuracies_are_compared_over_seeds_and_items_together():
    mi, dss = drawn(0, 4, 60), drawn(1, 4, 60)
    made = [*answered(MI, mi), *answered(DSS, dss)]
    (found,) = compare(accuracy_by_seed(made), (MI_AGAINST_DSS,), 2.0).to_dict("records")
    twin = crossed_difference([(100.0 * mi, 100.0 * dss)], 2.0)
    assert (found["difference"], found["low"], found["p_same"]) == pytest.approx(
        (twin.mean, twin.low, twin.p_same)
    )


def test_the_primary_comparison_is_over_all_sets_with_room():
    mi, dss = drawn(2, 3, 40), drawn(3, 3, 40)
    other = {name: setting(name, "nano_svamp") for name in ("dss", "mi")}
    svamp = drawn(6, 3, 40), drawn(7, 3, 40)
    made = [
        *answered(MI, mi),
        *answered(DSS, dss),
        *answered(other["mi"], svamp[0]),
        *answered(other["dss"], svamp[1]),
    ]
    found = pool(made, MI_AGAINST_DSS, 1.0, (10, 95))
    assert found["sets"].tolist() == [2]
    cqa = (100.0 * mi, 100.0 * dss)
    twin = crossed_difference([cqa, tuple(100.0 * side for side in svamp)], 1.0)
    assert found["low"].tolist() == pytest.approx([twin.low])
    assert found["in_margin"].tolist() == pytest.approx([twin.in_margin])
    # Where the other side is nearly always right, or never, there is nothing to gain.
    for valid in (0.05, 0.97):
        full = [
            *made[:6],
            *answered(other["mi"], svamp[0]),
            *answered(other["dss"], svamp[1], valid=valid),
        ]
        assert pool(full, MI_AGAINST_DSS, 1.0, (10, 95))["sets"].tolist() == [1]


def test_what_a_side_is_can_depend_on_the_other():
    more = PLAIN.with_(size=20)
    half = DSS.with_(size=10)
    twice = Comparison({"method": "dss"}, {"method": "finetune", "size": lambda one: 2 * one.size})
    assert list(twice.pairs([more, half])) == [(half, more)]


def test_claims_are_corrected_for_each_other():
    said = Claim("it helps", "Somebody 2024", "higher")
    declared = [replace(one, claim=said) for one in (MI_AGAINST_DSS, DSS_AGAINST_FINETUNING)]
    found = compare(VALUES, declared, 2.0)
    assert (
        found["p_holm"].max() == found["p"].max() and found["p_holm"].min() == 2 * found["p"].min()
    )


def test_what_would_be_seen_counts_seeds_and_items():
    # Items differ far more than seeds: three seeds then say more than a t of two degrees of freedom.
    rng = np.random.default_rng(0)

    def drawn(effect):
        of_item, rest = rng.normal(effect, 1, 60), rng.normal(0, 0.3, (3, 60))
        sides = {DSS: dict.fromkeys(range(3), np.zeros(60)), MI: dict(enumerate(of_item + rest))}
        (one,) = compare(sides, (MI_AGAINST_DSS,), 1.0).to_dict("records")
        return one

    seen = np.mean([drawn(0)["detectable"] for _ in range(50)])
    found = np.mean([drawn(seen)["verdict"] == HIGHER for _ in range(400)])
    assert found == pytest.approx(0.8, abs=0.05)


def test_what_would_be_seen_is_what_four_of_five_repetitions_find():
    drawn = np.random.default_rng(0).normal(0, 1, (20_000, 6))
    (one,) = compare(
        {MI: dict(enumerate(drawn[0])), DSS: dict.fromkeys(range(6), 0.0)}, (MI_AGAINST_DSS,), 1.0
    ).to_dict("records")
    # In units of the spread that this one sample happens to have.
    effect = one["detectable"] / one["spread"]
    found = ttest_1samp(drawn + effect, 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.03)
    # Of two that are decided together more would be needed.
    two = {one.with_(size=9): values for one, values in VALUES.items()}
    both = compare({**VALUES, **two}, (MI_AGAINST_DSS,), 2.0)["detectable"]
    assert (both > compare(VALUES, (MI_AGAINST_DSS,), 2.0)["detectable"][0]).all()
