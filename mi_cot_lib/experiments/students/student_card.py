"""What the built-in student reaches when it is plainly finetuned on each built-in data set."""

from pathlib import Path
from typing import Any

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.experiments.running.execute import execute_grid
from mi_cot_lib.experiments.students.shortcuts import bag_of_words_accuracy
from mi_cot_lib.files import from_json, write_json
from mi_cot_lib.machine import repository_root
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import read_record

CARD = "student_card.json"
# Share of right answers by guessing: five choices, three labels, and no equation by luck.
CHANCE = {"choice": 1 / 5, "nli": 1 / 3, "equation": 0.0}


def card_path() -> Path:
    """Return where the card is committed."""
    return repository_root() / "figures" / CARD


def card_configs() -> list[RunConfig]:
    """Return the runs of the card: finetuning with seed 0 and default settings on each data set."""
    names = [name for name, spec in DATASETS.items() if spec.built_in]
    return [RunConfig(dataset=name, method="finetune", seed=0) for name in names]


def make_card(runs: Path, jobs: int | None = None) -> Path:
    """Train what is missing and write the card to `figures/student_card.json`.

    Args:
        runs: Folder of runs.
        jobs: Runs at a time; default: one for each core.

    Returns:
        The card: by data set `accuracy`, `unseen_accuracy`, `bag_of_words`, `chance` (0 to 1),
        `test_n`, `run`, `data_sha256`, `weights_sha256`.

    Raises:
        KitError: A run failed.
    """
    configs = card_configs()
    for outcome in execute_grid(configs, runs, jobs):
        if outcome.error:
            raise KitError(f"{outcome.run} failed: {outcome.error}")
    card = {}
    for config in configs:
        record = read_record(runs / config.run_name)
        card[config.dataset] = {
            "accuracy": record["metrics"]["test_accuracy"],
            "unseen_accuracy": record["metrics"]["unseen_accuracy"],
            "test_n": record["metrics"]["test_n"],
            "bag_of_words": bag_of_words_accuracy(
                config.dataset,
                load_split(config.dataset, "train"),
                load_split(config.dataset, "test"),
            ),
            "chance": round(CHANCE[DATASETS[config.dataset].answer_type], 4),
            "run": record["run"],
            "data_sha256": record["data"]["sha256"],
            "weights_sha256": record["weights_sha256"],
        }
    path = card_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, card, indent=1)
    return path


def read_card() -> dict[str, Any]:
    """Read the committed card.

    Raises:
        DataError: It is missing.
    """
    path = card_path()
    if not path.is_file():
        raise DataError(f"{path.name} is missing; `mi-cot student card` makes it.")
    card: dict[str, Any] = from_json(path.read_text(encoding="utf-8"))
    return card
