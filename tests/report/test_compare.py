"""Comparisons: which pairs they name, what is corrected for, and what other test items would have said."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as twin

from mi_cot_lib.measure.over_seeds import paired_difference
from mi_cot_lib.report.cells.accuracy import accuracy_by_seed, gain_changes
from mi_cot_lib.report.compare import (
    DSS_AGAINST_FINETUNING,
    MI_AGAINST_DSS,
    Comparison,
    compare,
    over_items,
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
    # Only the declared two are corrected for.
    assert found["p_holm"].max() <= 2 * found["p"].max()
    (mi, dss, _) = found.to_dict("records")
    twin = paired_difference({s: v for s, v in VALUES[MI].items() if s < 3}, VALUES[DSS])
    assert (mi["seeds"], dss["seeds"]) == (3, 4)
    assert (mi["difference"], mi["p"]) == (twin.difference.mean, twin.p)


def test_without_a_shared_seed_nothing_is_compared():
    values = {MI: {0: 1.0}, DSS: {1: 2.0}, PLAIN: {0: float("nan")}}
    assert len(compare(values, (MI_AGAINST_DSS,), 1.0, None)) == 0


def over(right):
    """Compare runs whose right items are written down: by setting a string a seed."""
    made = [
        run(of, seed, 1, correct={"test": bits})
        for of, seeds in right.items()
        for seed, bits in enumerate(seeds)
    ]
    return over_items(made, compare(accuracy_by_seed(made), (MI_AGAINST_DSS,), 2.0)).iloc[0]


def test_votes_over_an_odd_number_of_seeds_are_compared_by_mcnemar():
    generator = np.random.default_rng(0)
    bits = [["".join(map(str, row)) for row in generator.integers(0, 2, (4, 60))] for _ in "ab"]
    found = over({DSS: bits[0], MI: bits[1]})
    # Of four seeds the last has no vote.
    dss, mi = (np.array([list(map(int, seed)) for seed in side[:3]]).sum(0) >= 2 for side in bits)
    only_mi, only_dss = int((mi & ~dss).sum()), int((dss & ~mi).sum())
    assert (found["only_one"], found["only_other"]) == (only_mi, only_dss)
    table = [[0, only_mi], [only_dss, 0]]
    assert found["p_votes"] == pytest.approx(twin(table, exact=True).pvalue)


def test_an_interval_over_items_is_that_of_the_mean_of_their_differences():
    generator = np.random.default_rng(1)
    dss = "".join(map(str, generator.integers(0, 2, 400)))
    mi = "".join("1" if bit == "1" or generator.random() < 0.2 else "0" for bit in dss)
    found = over({DSS: [dss], MI: [mi]})
    gains = np.array([int(a) - int(b) for a, b in zip(mi, dss, strict=True)])
    half = 1.96 * 100 * gains.std() / np.sqrt(len(gains))
    assert found["item_high"] - found["item_low"] == pytest.approx(2 * half, rel=0.15)
    assert found["item_low"] < found["difference"] < found["item_high"]
    assert found["p_items"] < 0.01
    # One seed has no test over seeds.
    assert np.isnan(found["p"]) and found["seeds"] == 1


def test_a_gain_is_subtracted_from_the_first_settings_gain_seed_by_seed():
    hidden = {name: setting(name, change="label_hidden", share=1.0) for name in ("dss", "mi")}
    right = {DSS: (10, 11), MI: (12, 14), hidden["dss"]: (9, 9), hidden["mi"]: (10, 9)}
    made = [run(of, s, count) for of, seeds in right.items() for s, count in enumerate(seeds)]
    (found,) = gain_changes(made, "change").to_dict("records")
    assert (found["setting"].change, found["against"].change) == ("label_hidden", "none")
    # Gains of 10 and 15 points, and of 5 and 0.
    assert found["difference"] == pytest.approx((5 - 10 + 0 - 15) / 2)
