"""What the built-in student reaches when it is plainly finetuned on each built-in data set.

Beside it stands how far one gets that sees words but not their order: a bag of words and a linear model.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from mi_cot_lib.data.check import label_is_right
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS, Example, dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.execute import execute_grid
from mi_cot_lib.files import write_json
from mi_cot_lib.machine import repository_root
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import read_record

# Share of right answers by guessing: five choices, three labels, and no equation by luck.
CHANCE = {"choice": 1 / 5, "nli": 1 / 3, "equation": 0.0}
_WORD = r"[^\s.,?()]+"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CHOICE = re.compile(r"^\([a-z]\) (.*)$", re.MULTILINE)


def card_path() -> Path:
    """Return where the card is committed."""
    return repository_root() / "figures" / "student_card.json"


def card_configs() -> list[RunConfig]:
    """Return the runs of the card: finetuning with seed 0 and default settings on each data set."""
    names = [name for name, spec in DATASETS.items() if spec.built_in]
    return [RunConfig(dataset=name, method="finetune", seed=0) for name in names]


def make_card(runs: Path, jobs: int | None = None) -> Path:
    """Train what is missing, so many runs at a time, and write the card.

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


def bag_of_words_accuracy(dataset: str, train: Sequence[Example], test: Sequence[Example]) -> float:
    """Fit a logistic regression to word counts of the input, and return its share of right answers, 0 to 1.

    It predicts NLI's label; for CQA the answer's text, among the choices of the question; for
    equations the form with the story's numbers by their order, such as `( n0 / n1 )`, into which the
    numbers are put again. So it knows everything but which word stands where.
    """
    is_equation = dataset_spec(dataset).answer_type == "equation"
    targets = [_form(example) if is_equation else example.label for example in train]
    words = CountVectorizer(token_pattern=_WORD)
    model = LogisticRegression(max_iter=1000, C=0.3)
    model.fit(words.fit_transform([example.input for example in train]), targets)
    scores = model.predict_log_proba(words.transform([example.input for example in test]))
    classes = list(model.classes_)
    column = {name: index for index, name in enumerate(classes)}
    right = 0
    for example, row in zip(test, scores, strict=True):
        choices = _CHOICE.findall(example.input)
        allowed = [column[one] for one in choices if one in column]
        best = max(allowed, key=row.__getitem__) if allowed else int(row.argmax())
        answer = classes[best]
        if is_equation:
            answer = _filled(answer, example)
        right += label_is_right(dataset, answer, example.label)
    return right / max(1, len(test))


def _numbers(example: Example) -> list[str]:
    """Return the different numbers of the input, in the order of their first mention."""
    return list(dict.fromkeys(f"{float(number)}" for number in _NUMBER.findall(example.input)))


def _form(example: Example) -> str:
    place = {number: f"n{index}" for index, number in enumerate(_numbers(example))}
    return _NUMBER.sub(lambda match: place.get(f"{float(match[0])}", match[0]), example.label)


def _filled(form: str, example: Example) -> str:
    numbers = dict(enumerate(_numbers(example)))
    return re.sub(r"n(\d+)", lambda match: numbers.get(int(match[1]), "?"), form)
