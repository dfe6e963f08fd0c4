"""`check` on the real data against the published teacher accuracies, and on folders of our own."""

import pytest

from mi_cot_lib.data.check import candidate_labels, check, label_is_right
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError, DataError
from tests.data.folders import REAL, lay_out, needs_real_data

KEYS = ["dataset", "split", "rows", "teacher_accuracy", "teacher_accuracy_released"]
UNREAD = ["unparsed", "ambiguous", "outside"]
PAIR = {"premise": "p", "hypothesis": "h", "label": 1}
PUBLISHED = {
    ("cqa", "test"): (1221, 0.7723),
    ("svamp", "train"): (800, 0.7350),
    ("svamp", "test"): (200, 0.7400),
    ("anli1", "test"): (1000, 0.6560),
    ("esnli", "test"): (9824, 0.7299),
}


@pytest.fixture(scope="module")
def records():
    """Check the real data once."""
    return {(each["dataset"], each["split"]): each for each in check(REAL)}


@needs_real_data
@pytest.mark.parametrize(("part", "expected"), PUBLISHED.items())
def test_released_rules_give_the_published_accuracy(records, part, expected):
    record = records[part]
    assert (record["rows"], record["teacher_accuracy_released"]) == expected


@needs_real_data
def test_own_parser_is_never_below_the_released_rules(records):
    assert len(records) == 8
    for record in records.values():
        assert list(record) == KEYS + UNREAD
        assert record["teacher_accuracy"] >= record["teacher_accuracy_released"]
        assert sum(record[problem] for problem in UNREAD) <= 0.05 * record["rows"]


@pytest.fixture
def nano_root(tmp_path):
    """Lay out one split of a built-in data set: right, right after recovery, wrong, unreadable."""
    texts = [
        "Because. So the answer is neutral.\n\nPremise: more",
        "Because, so the answer is neutral",
        "Because. So the answer is entailment.",
        "Because because",
    ]
    lay_out(tmp_path, "nano_anli", "unseen", [PAIR] * 4, texts)
    return tmp_path


def test_a_folder_of_built_in_data(nano_root):
    expected = ["nano_anli", "unseen", 4, 0.5, 0.25, 1, 0, 0]
    assert list(check(nano_root)) == [dict(zip(KEYS + UNREAD, expected, strict=True))]


def test_each_unusable_text_is_counted_once_and_shown(nano_root):
    texts = [
        "So the answer is neutral.",
        "Because. So the answer is entailment or neutral.",
        "Because. Answer: unknown",
        "Because. So the answer is neutral. No, the answer is contradiction.",
    ]
    lay_out(nano_root, "nano_anli", "unseen", [PAIR] * 4, texts)
    (record,) = check(nano_root, show=1)
    assert (record["unparsed"], record["ambiguous"], record["outside"]) == (1, 2, 1)
    assert record["examples"] == {
        "unparsed": [{"row": 1, "text": texts[0]}],
        "ambiguous": [{"row": 2, "text": texts[1]}],
        "outside": [{"row": 3, "text": texts[2]}],
    }


def test_a_choice_that_is_listed_twice_is_one_candidate():
    text = "Which?\nAnswer Choices:\n(a) box\n(b) pen\n(c) box"
    assert candidate_labels("cqa", Example("cqa/test/0", text, "pen", None, None)) == ("box", "pen")


def test_data_that_are_not_there_are_refused(nano_root, tmp_path):
    with pytest.raises(DataError, match=r"no data set cqa .* there: nano_anli"):
        list(check(nano_root, ["nano_anli", "cqa"]))
    with pytest.raises(ConfigError, match="unknown dataset"):
        list(check(nano_root, ["nope"]))
    lay_out(nano_root, "nano_anli", "unseen", [], [])
    with pytest.raises(DataError, match="has no rows"):
        list(check(nano_root))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no data set in"):
        list(check(tmp_path / "empty"))


def test_equations_are_right_by_value_and_other_answers_by_text():
    assert label_is_right("svamp", "(84 / 2)", "( 84.0 / 2.0 )")
    assert label_is_right("nano_svamp", "42", "( 84.0 / 2.0 )")
    assert not label_is_right("svamp", "(1 / 0)", "( 1.0 / 0.0 )")
    assert not label_is_right("svamp", None, "( 1.0 + 1.0 )")
    assert label_is_right("cqa", "pond", "pond")
    assert not label_is_right("esnli", "Neutral", "neutral")
