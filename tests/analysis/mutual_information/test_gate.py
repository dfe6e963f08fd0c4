"""Estimates on Gaussians against their documented error, and the recorded gate."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from mi_cot_lib.analysis.mutual_information import ESTIMATORS, documented_error, estimate_mi
from mi_cot_lib.analysis.mutual_information.gate import DIMS, ITEMS, NATS, gate_rows, judged
from mi_cot_lib.analysis.mutual_information.gate_figure import draw_gate, prepare_gate
from mi_cot_lib.analysis.mutual_information.worlds import correlated_gaussians
from mi_cot_lib.environment import PACKAGE_ROOT

RECORDED = PACKAGE_ROOT.parent / "figures" / "mutual_information"
FEW_ITEMS = 2000


def rows_of(seeds, items=ITEMS):
    return [
        {
            "estimator": name, "dims": dims, "nats": nats, "seed": seed, "items": items,
            "estimate": nats + 0.01 * seed, "low": nats, "high": nats, "cap": None,
        }
        for seed in seeds for dims in DIMS for nats in NATS for name in ESTIMATORS
    ]  # fmt: skip


@pytest.mark.parametrize(("dims", "nats"), [(2, 2.0), (8, 4.0), (20, 2.0)])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_estimate_lands_within_its_documented_error(estimator, dims, nats):
    found = estimate_mi(*correlated_gaussians(dims, nats, FEW_ITEMS, seed=0), estimator)
    allowed = documented_error(estimator, dims, nats, FEW_ITEMS)
    assert -allowed.below <= found.nats - nats <= allowed.above
    # An estimator that always says 0 would not pass.
    assert nats - allowed.below > 0


def test_recorded_gate_holds_every_cell_within_its_documented_error():
    rows = json.loads((RECORDED / "gate.json").read_text(encoding="utf-8"))
    cells = {(row["estimator"], row["dims"], row["nats"], row["seed"]) for row in rows}
    expected = {(e, d, n, s) for e in ESTIMATORS for d in DIMS for n in NATS for s in range(2)}
    assert cells == expected and len(rows) == len(expected)
    assert {row["items"] for row in rows} == {ITEMS}
    table = judged(rows)
    assert table[~table["within"]].empty
    # From 0.5 nats on, an estimator that always says 0 would not pass.
    assert (table[table["nats"] >= 0.5]["lowest"] > 0).all()


def test_recorded_table_is_the_recorded_estimates():
    rows = json.loads((RECORDED / "gate.json").read_text(encoding="utf-8"))
    written = pd.read_csv(RECORDED / "gate.csv")
    pd.testing.assert_frame_equal(written, judged(rows).round(3), check_dtype=False, atol=2e-3)


def test_what_is_known_is_not_estimated_again():
    known = rows_of(range(2))
    assert list(gate_rows(range(2), ITEMS, known)) == known


def test_an_estimate_outside_is_marked():
    known = rows_of([0])
    known[0]["estimate"] = 3.0
    known[1]["estimate"] = None
    table = judged(known)
    assert not table["within"].iloc[:2].any()
    assert table.loc[table["estimator"] == "doe", "within"].iloc[1:].all()


def test_documented_errors_know_each_estimators_side():
    assert documented_error("infonce", 2, 8.0, 2000).below > 8 - math.log(800)
    assert documented_error("infonce", 2, 8.0, 2000).above < 0.3
    # These two lie above the truth at 8 nats, and the gate asks that they do.
    for name in ("smile", "vclub"):
        assert documented_error(name, 2, 8.0, ITEMS).below < 0
    heavy = documented_error("nwj", 2, 8.0, ITEMS)
    assert heavy.below > 2 and heavy.above < 1.2
    assert all(documented_error(name, 2, 1.0, ITEMS).reason for name in ESTIMATORS)


@pytest.mark.parametrize("name", sorted(set(ESTIMATORS) - {"vclub"}))
def test_more_items_make_no_documented_error_larger(name):
    for nats in (0.5, 4.0):
        few, many = (documented_error(name, 8, nats, items) for items in (2000, 10_000))
        assert many.below <= few.below and many.above <= few.above


def test_figure_shows_estimates_bands_and_caps():
    rows = rows_of(range(2))
    for row in rows:
        if row["estimator"] == "infonce":
            row["cap"] = 8.294
    prepared = prepare_gate(judged(rows))
    assert (prepared.items, prepared.seeds) == (ITEMS, 2)
    assert len(prepared.points) == len(ESTIMATORS) * len(DIMS) * len(NATS)
    figure = draw_gate(prepared)
    assert len(figure.axes) == len(ESTIMATORS) * len(DIMS)
    for axes in figure.axes:
        capped = axes.get_title(loc="left").startswith("infonce")
        assert sum(line.get_linestyle() == "--" for line in axes.lines) == capped
        drawn = [line.get_ydata() for line in axes.lines]
        assert any(np.allclose(ys, np.array(NATS) + 0.005) for ys in drawn if len(ys) == len(NATS))
