"""What is gained by nothing but looking at the test set again and again while a student trains.

    python -m mi_cot_lib.course.looks

trains one student, scores validation and test at every evaluation, as often as the released script
looks at its test set, and writes figures/looks/nano_svamp.json, from which `prepare_looks` reads.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from mi_cot_lib.course.brief_student import encoded
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.predict import predict
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import train

# The released script takes 10,000 steps and looks every 250.
LOOKS = 40
CONFIG = RunConfig(dataset="nano_svamp", method="dss", max_steps=2_000, eval_every=2_000 // LOOKS)

ON_VALIDATION, LAST, ON_TEST = "best on validation", "the last", "best on the test set itself"


@dataclass(frozen=True)
class Looks:
    """What was seen at each evaluation of one training.

    Attributes:
        valid: (looks,), accuracy on validation, 0 to 1.
        right: (looks, items) of bool, which test items were answered rightly.
    """

    valid: np.ndarray
    right: np.ndarray


def watch(config: RunConfig, valid: Sequence[Example], test: Sequence[Example]) -> Looks:
    """Train a built-in student on its whole training split and score both sets at every evaluation.

    Args:
        config: Its gold labels and its parsed rationales are what is trained on.
        valid: What selection may look at.
        test: What it may not.
    """
    student = load_student(config.student)
    valid_accuracy, right = [], []

    def validate(_: Any) -> dict[str, float]:
        answers = predict(
            student,
            [*valid, *test],
            config.dataset,
            config.method,
            explain=False,
            max_input_tokens=config.max_input_tokens,
            max_new_tokens=config.max_new_tokens,
            max_rationale_tokens=config.max_target_tokens,
            with_scores=False,
        )
        outcomes = [answer.correct for answer in answers]
        valid_accuracy.append(float(np.mean(outcomes[: len(valid)])))
        right.append(outcomes[len(valid) :])
        return {"accuracy": valid_accuracy[-1]}

    pairs = encoded(student, load_split(config.dataset, "train")[: config.train_size])
    with tempfile.TemporaryDirectory() as folder:
        train(config, student, pairs, encoded(student, valid[:16]), validate, Path(folder))
    return Looks(np.array(valid_accuracy), np.array(right))


def prepare_looks(looks: Looks, items: int, draws: int = 1_000, seed: int = 0) -> pd.DataFrame:
    """Compare ways to choose one look, on many test sets drawn from the test items.

    The weights are the same and the training is the same; only the look whose accuracy is reported
    differs.

    Args:
        looks: Of one training.
        items: Size of a test set; drawn without replacement.
        draws: How many test sets.
        seed: Of the draws.

    Returns:
        A row a way to choose with `accuracy` (percent, mean over the test sets) and `gain` over choosing
        on validation (points), with `low` and `high`, between which 95% of the test sets lie.

    Raises:
        ConfigError: More items than there are.
    """
    total = looks.right.shape[1]
    if not 1 <= items <= total:
        raise ConfigError(f"items must be from 1 to {total}, got {items}.")
    generator = np.random.default_rng(seed)
    chosen = [generator.choice(total, items, replace=False) for _ in range(draws)]
    accuracy = 100 * np.array([looks.right[:, items].mean(axis=1) for items in chosen])
    ways = {
        ON_VALIDATION: accuracy[:, int(looks.valid.argmax())],
        LAST: accuracy[:, -1],
        ON_TEST: accuracy.max(axis=1),
    }
    rows = {}
    for name, reported in ways.items():
        gain = reported - ways[ON_VALIDATION]
        low, high = np.quantile(gain, [0.025, 0.975])
        rows[name] = {"accuracy": reported.mean(), "gain": gain.mean(), "low": low, "high": high}
    return pd.DataFrame(rows).T.rename_axis("look")


def recorded_path() -> Path:
    """Return where the looks of one training are committed."""
    return repository_root() / "figures" / "looks" / f"{CONFIG.dataset}.json"


def read_looks(path: Path) -> Looks:
    """Read what `write_looks` wrote."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    right = [[bit == "1" for bit in line] for line in kept["right"]]
    return Looks(np.array(kept["valid"]), np.array(right))


def write_looks(looks: Looks, path: Path) -> None:
    """Write looks as JSON: a line of 1 and 0 for each."""
    lines = ["".join("01"[bit] for bit in map(int, line)) for line in looks.right]
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"config": CONFIG.to_dict(), "valid": looks.valid.round(4).tolist(), "right": lines}
    write_atomically(path, json.dumps(kept, indent=1) + "\n")


@click.command()
def main() -> None:
    """Train the student, and write down what was seen."""
    splits = (load_split(CONFIG.dataset, split) for split in ("valid", "test"))
    looks = watch(CONFIG, *splits)
    write_looks(looks, recorded_path())
    click.echo(prepare_looks(looks, 200).round(2).to_string())


if __name__ == "__main__":
    main()
