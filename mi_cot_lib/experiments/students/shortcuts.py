"""How far a student gets that sees words but not their order: a bag of words and a linear model."""

import re
from collections.abc import Sequence

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from mi_cot_lib.data.check import label_is_right
from mi_cot_lib.data.specs import Example, dataset_spec

_WORD = r"[^\s.,?()]+"
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CHOICE = re.compile(r"^\([a-z]\) (.*)$", re.MULTILINE)


def bag_of_words_accuracy(dataset: str, train: Sequence[Example], test: Sequence[Example]) -> float:
    """Fit a logistic regression to word counts of the input and score its answers.

    It predicts NLI's label; for CQA the answer's text, among the choices of the question; for
    equations the form with the story's numbers by their order, such as `( n0 / n1 )`, into which the
    numbers are put again. So it knows everything but which word stands where.

    Args:
        dataset: The examples' data set.
        train: What to fit on.
        test: What to score on.

    Returns:
        The share of right answers, from 0 to 1.

    Raises:
        ConfigError: No data set has that name.
    """
    answer_type = dataset_spec(dataset).answer_type
    targets = [example.label for example in train]
    if answer_type == "equation":
        targets = [_form(example) for example in train]
    words = CountVectorizer(token_pattern=_WORD)
    model = LogisticRegression(max_iter=1000, C=0.3)
    model.fit(words.fit_transform([example.input for example in train]), targets)
    scores = model.predict_log_proba(words.transform([example.input for example in test]))
    classes = list(model.classes_)
    column = {name: index for index, name in enumerate(classes)}
    right = 0
    for example, row in zip(test, scores, strict=True):
        allowed = [index for index in map(column.get, _choices(example)) if index is not None]
        best = max(allowed, key=row.__getitem__) if allowed else int(row.argmax())
        answer = classes[best]
        if answer_type == "equation":
            answer = _filled(answer, example)
        right += label_is_right(dataset, answer, example.label)
    return right / max(1, len(test))


def _choices(example: Example) -> list[str]:
    return _CHOICE.findall(example.input)


def _numbers(example: Example) -> list[str]:
    """Return the different numbers of the input, in the order of their first mention."""
    return list(dict.fromkeys(f"{float(number)}" for number in _NUMBER.findall(example.input)))


def _form(example: Example) -> str:
    place = {number: f"n{index}" for index, number in enumerate(_numbers(example))}
    return _NUMBER.sub(lambda match: place.get(f"{float(match[0])}", match[0]), example.label)


def _filled(form: str, example: Example) -> str:
    numbers = dict(enumerate(_numbers(example)))
    return re.sub(r"n(\d+)", lambda match: numbers.get(int(match[1]), "?"), form)
