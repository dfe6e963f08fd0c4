"""Recall by gold label: a guess between two labels is told from knowing all three."""

import numpy as np
import pytest

from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.analysis.paper_recall import prepare_recall, print_recall, recall_notes

GOLD = ["neutral"] * 40 + ["entailment"] * 40 + ["contradiction"] * 40
COLUMNS = {"esnli": "nano-e-SNLI"}


def student(seed: int, shares: dict[str, float], column: str = "esnli") -> Entry:
    """Right in the first share of each label's items."""
    bits = []
    for label in dict.fromkeys(GOLD):
        count = GOLD.count(label)
        right = round(shares[label] * count)
        bits += ["1"] * right + ["0"] * (count - right)
    return Entry("dss", column, seed, {"correct": {"test": "".join(bits)}})


def guesses(seed: int) -> Entry:
    heads = np.random.default_rng(seed).random()
    shares = {"neutral": 1.0, "entailment": heads, "contradiction": 1 - heads}
    return student(seed, shares)


def knows(seed: int) -> Entry:
    return student(seed, {"neutral": 0.9, "entailment": 0.8, "contradiction": 0.85})


def test_recalls_are_means_over_seeds():
    found = prepare_recall([knows(0), guesses(1)], {"esnli": GOLD})
    assert found["neutral"].item() == pytest.approx(95.0)
    assert (found["guessing"].item(), found["seeds"].item()) == (1, 2)
    assert print_recall(found, COLUMNS)["neutral, %"].item() == "95.0"


def test_a_note_warns_where_most_students_guess():
    mostly = prepare_recall([guesses(seed) for seed in range(3)] + [knows(9)], {"esnli": GOLD})
    (note,) = recall_notes(mostly, COLUMNS)
    assert "3 of 4 students know one label" in note
    assert recall_notes(prepare_recall([knows(0), guesses(1)], {"esnli": GOLD}), COLUMNS) == []


def test_columns_without_gold_labels_are_left_out():
    assert (
        len(
            prepare_recall(
                [student(0, {"neutral": 1, "entailment": 1, "contradiction": 1}, "cqa")], {}
            )
        )
        == 0
    )
