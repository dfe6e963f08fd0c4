"""What is gained by nothing but looking at the test set again and again while a student trains.

    python -m mi_cot_lib.course.looks

trains one student, scores validation and test at every evaluation, as often as the released script
looks at its test set, and writes figures/looks/nano_svamp.json, from which `prepare_looks` reads.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd

from mi_cot_lib.course.brief_student import train_on
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError, call_command
from mi_cot_lib.evaluation.predict import predict
from mi_cot_lib.experiments.running.checkpoint import limits_of
from mi_cot_lib.files import write_json
from mi_cot_lib.machine import repository_root
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig

# The released script takes 10,000 steps and looks every 250.
LOOKS = 40
# Of the test set, so that the file stays small.
TEST_ITEMS = 2_000
_RELEASED: dict[str, Any] = {
    "max_steps": 2_000,
    "eval_every": 2_000 // LOOKS,
    "patience": 0,
    "schedule": "linear",
}
CONFIG = RunConfig(dataset="nano_svamp", method="dss", **_RELEASED)

ON_VALIDATION, LAST, ON_TEST = "best on validation", "the last", "best on the test set itself"


class Looks(NamedTuple):
    """Accuracy on validation (looks,), 0 to 1, and which test items were right (looks, items), bool."""

    valid: np.ndarray
    right: np.ndarray


def watch(config: RunConfig, valid: Sequence[Example], test: Sequence[Example]) -> Looks:
    """Train a built-in student on gold labels and parsed rationales; score both sets at every evaluation."""
    student = load_student(config.student)
    right = []

    def validate(_: Any) -> dict[str, float]:
        answers = predict(
            student,
            [*valid, *test],
            config.dataset,
            config.method,
            explain=False,
            with_scores=False,
            **limits_of(config.to_dict()),
        )
        right.append([answer.correct for answer in answers])
        return {"accuracy": float(np.mean(right[-1][: len(valid)]))}

    examples = load_split(config.dataset, "train")[: config.train_size]
    train_on(examples, valid[:16], config, student, validate)
    on_valid, on_test = np.split(np.array(right), [len(valid)], axis=1)
    return Looks(on_valid.mean(axis=1), on_test)


def prepare_looks(looks: Looks, items: int, draws: int = 1_000) -> pd.DataFrame:
    """Compare ways to choose which look is reported, on many test sets of items drawn without replacement.

    `accuracy` in percent is the mean over the test sets, `gain` in points over choosing on validation;
    between `low` and `high` lie 95% of the test sets. More items than there are: a ConfigError.
    """
    total = looks.right.shape[1]
    if not 1 <= items <= total:
        raise ConfigError(f"items must be from 1 to {total}, got {items}.")
    generator = np.random.default_rng(0)
    chosen = [generator.choice(total, items, replace=False) for _ in range(draws)]
    accuracy = 100 * np.array([looks.right[:, items].mean(axis=1) for items in chosen])
    honest = accuracy[:, int(looks.valid.argmax())]
    ways = {ON_VALIDATION: honest, LAST: accuracy[:, -1], ON_TEST: accuracy.max(axis=1)}
    rows = {}
    for name, reported in ways.items():
        gain = reported - honest
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
    lines = ["".join("01"[int(bit)] for bit in line) for line in looks.right]
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"config": CONFIG.to_dict(), "valid": looks.valid.round(4).tolist(), "right": lines}
    write_json(path, kept, indent=1)


@click.command()
def main() -> None:
    """Train the student, and write down what was seen."""
    valid, test = (load_split(CONFIG.dataset, split) for split in ("valid", "test"))
    looks = watch(CONFIG, valid, test[:TEST_ITEMS])
    write_looks(looks, recorded_path())
    click.echo(prepare_looks(looks, 200).round(2).to_string())


if __name__ == "__main__":
    call_command(main)
