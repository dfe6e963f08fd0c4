"""`measure` on features that are made so that the answer is known."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.experiments.information import Part, Protocol, label_class, measure
from mi_cot_lib.measure.mutual_information import documented_error

PROTOCOL = Protocol(train_items=1200, test_items=800, components=4, codes=8)
RHO, WIDTH = 0.9, 10


def part(items, seed, rho):
    """Z and V correlate by rho in each of four hidden directions; the label is of Z's first two."""
    generator = np.random.default_rng(seed)
    z = generator.standard_normal((items, 4))
    v = rho * z + math.sqrt(1 - rho**2) * generator.standard_normal((items, 4))
    maps = np.random.default_rng(9).standard_normal((2, 4, WIDTH))
    labels = ["ab"[int(a > 0)] + "xy"[int(b > 0)] for a, b in z[:, :2]]
    return Part(v @ maps[0], z @ maps[1], labels, [label[0] for label in labels])


def measured(rho):
    parts = part(PROTOCOL.train_items, 0, rho), part(PROTOCOL.test_items, 1, rho)
    return measure(*parts, PROTOCOL)


@pytest.fixture(scope="module")
def dependent():
    return measured(RHO)


def test_information_between_features_is_what_passes_the_noise(dependent):
    # Behind noise a unit variance becomes 1 + noise², and each correlation falls by as much.
    truth = -4 / 2 * math.log(1 - (RHO / (1 + PROTOCOL.noise**2)) ** 2)
    assert dependent["zv"]["infonce"]["nats"] == pytest.approx(truth, abs=0.2)
    assert dependent["zv"]["barber_agakov"]["nats"] == pytest.approx(truth, abs=0.2)
    assert dependent["zv"]["vclub"]["nats"] > truth
    assert truth < dependent["ceiling"] == pytest.approx(2 * math.log(5), abs=1e-3)
    half, twice = (dependent["zv_other_noise"][noise]["nats"] for noise in ("0.25", "1"))
    assert half > dependent["zv"]["infonce"]["nats"] > twice
    assert dependent["kept"]["v"] == pytest.approx(1, abs=1e-3)


def test_the_label_is_found_in_z_and_less_of_it_behind_noise(dependent):
    entropy = dependent["y"]["nats"]
    assert entropy == pytest.approx(math.log(4), abs=0.02)
    assert 0.85 * entropy < dependent["zy"]["nats"] < entropy + 0.02
    assert 0.3 < dependent["zy_noised"]["nats"] < dependent["zy"]["nats"] - 0.1


def test_nulls_are_about_nothing(dependent):
    for one in (*dependent["zv"].values(), dependent["zy"], dependent["zy_noised"]):
        assert abs(one["null"]) < 0.12


def test_entropies_of_v_are_those_of_a_gaussian_and_of_two_answers(dependent):
    assert dependent["v_answers"]["nats"] == pytest.approx(math.log(2), abs=0.01)
    assert dependent["v_answers"]["values"] == 2
    assert dependent["v_codes"]["nats"] <= math.log(8) + 0.01
    assert 0.7 * dependent["ceiling"] < dependent["v_noised"]["nats"] < dependent["ceiling"] + 0.1


def test_independent_features_share_nothing():
    """Above the truth lies nothing of substance; a lower bound may fall below it by its documented error."""
    found = measured(0.0)
    for name in ("infonce", "barber_agakov"):
        error = documented_error(name, PROTOCOL.components, 1e-9, PROTOCOL.train_items)
        assert -error.below <= found["zv"][name]["nats"] <= error.above < 0.05
    assert json.loads(json.dumps(found)) == found


def test_too_many_labels_are_not_predicted_and_the_reason_is_kept():
    small = replace(PROTOCOL, train_items=300, test_items=200)
    parts = [part(items, seed, RHO) for seed, items in enumerate((300, 200))]
    many = [
        replace(one, labels=[f"label {i % 40}" for i in range(len(one.labels))]) for one in parts
    ]
    found = measure(*many, small)
    assert found["zy"] == found["zy_noised"]
    assert "40 labels are too many for 300" in found["zy"]["reason"]


def test_labels_that_do_not_vary_are_refused():
    one = replace(part(200, 0, RHO), labels=["yes"] * 200)
    with pytest.raises(ConfigError, match="all labels are 'yes'"):
        measure(one, one, PROTOCOL)


def test_an_equation_counts_as_its_operators():
    assert label_class("( 84.0 / 2.0 )") == label_class("( 3 / 1 )") == "( n / n )"
    assert label_class("neutral") == "neutral" and label_class("7 up") == "7 up"


def test_a_protocol_says_all_that_numbers_depend_on():
    assert PROTOCOL.to_dict()["noise"] == 0.5
    changed = [replace(PROTOCOL, **{name: 7}) for name in ("train_items", "codes", "seed", "noise")]
    assert len({json.dumps(one.to_dict()) for one in [PROTOCOL, *changed]}) == 5
