"""The DSS layout: rows as the students see them, and errors that name file and line."""

import json
import re

import pytest

from mi_cot_lib.data.layout import datasets_present, read_split, splits_present
from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.errors import DataError
from tests.data.folders import lay_out

ROWS = {
    "svamp": {"input": "Two and two\nHow many?", "label": "( 2.0 + 2.0 )"},
    "cqa": {"id": "1", "question": "Which?", "choices": list("vwxyz"), "answer": "x"},
    "esnli": {"premise": "A man runs.", "hypothesis": "Someone moves.", "label": 0},
    "anli1": {"uid": "1", "premise": "Ein Café.", "hypothesis": "A bar.", "label": 2},
}


def test_built_in_names_share_their_familys_format_in_a_folder_or_its_parent(tmp_path):
    lay_out(tmp_path / "datasets", "nano_cqa", "unseen", [ROWS["cqa"]], ["t"])
    for root in (tmp_path, tmp_path / "datasets"):
        assert read_split(root, "nano_cqa", "unseen")[0].choices == tuple("vwxyz")
        assert datasets_present(root) == ("nano_cqa",)


def test_teacher_files_are_joined_in_the_order_of_their_numbers(tmp_path):
    texts = [str(number) for number in range(12)]
    lay_out(tmp_path, "svamp", "test", [ROWS["svamp"]] * 12, *([text] for text in texts))
    assert [row.teacher_text for row in read_split(tmp_path, "svamp", "test")] == texts


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("svamp", {"label": None}, "line 1: the field 'label' is missing; there: input"),
        ("svamp", {"label": [4]}, "line 1: the field 'label' is list, not an equation or a number"),
        ("svamp", {"label": True}, "line 1: the field 'label' is bool, not an equation"),
        ("svamp", {"label": float("nan")}, "line 1: the field 'label' is float, not an equation"),
        ("cqa", {"answer": "u"}, "line 1: the answer 'u' is none of the choices"),
        ("cqa", {"choices": "vwxyz"}, "line 1: 'choices' has to be a list"),
        ("cqa", {"choices": ["x\n(b) y", "x"]}, "line 1: a choice holds the mark of another one"),
        ("esnli", {"label": -1}, "line 1: the label -1 is none of 0 entailment, 1 neutral, 2"),
        ("esnli", {"label": 3}, "line 1: the label 3"),
        (
            "esnli",
            {"label": "neutral"},
            "line 1: the label is 'neutral'; write the whole number: 0",
        ),
        ("anli1", {"label": True}, "line 1: the label True"),
        ("anli1", {"premise": None}, "line 1: the field 'premise' is missing"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(tmp_path, name, change, message):
    row = {field: value for field, value in (ROWS[name] | change).items() if value is not None}
    lay_out(tmp_path, name, "test", [row], ["t"])
    with pytest.raises(DataError, match=re.escape(message)):
        read_split(tmp_path, name, "test")


GOOD = json.dumps(ROWS["svamp"])


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        *(
            ("svamp_test.json", line, r"svamp_test\.json, line 1: (not )?a JSON object")
            for line in ("[1]", "7", "null", "[" * 100_000, '{"input": "a')
        ),
        (
            "svamp_test.json",
            f'{GOOD}\n\n{{"input": ',
            r"svamp_test\.json, line 3: not a JSON object",
        ),
        ("svamp_test.json", GOOD.encode() + b'\n{"input": "\xff"}', r"line 2: .*utf-8"),
        ("svamp_test.json", GOOD.encode("utf-16"), r"svamp_test\.json is UTF-16; save it as UTF-8"),
        (
            "llm/test_CoT_0.json",
            '{"a": 1}',
            r"test_CoT_0\.json: a JSON list of strings is needed, not",
        ),
        ("llm/test_CoT_0.json", '["t", 4]', r"0\.json: entry 2 of the list is int, not a string"),
        ("llm/test_CoT_0.json", '["t"', r"test_CoT_0\.json: not a JSON list"),
        ("llm/test_CoT_2.json", '["t"]', r"missing file .*test_CoT_1\.json"),
        ("llm/test_CoT_00.json", '["t"]', r"CoT_0\.json and test_CoT_00\.json are both number 0"),
        ("llm/test_CoT_-1.json", '["t"]', r"test_CoT_-1\.json: .* numbered from 0"),
        ("llm/test_CoT_1.json", '["t", "t"]', r"1 rows .* 3 teacher outputs"),
        ("llm/test_CoT_0.json", None, r"missing file .*test_CoT_0\.json"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, file, content, said):
    lay_out(tmp_path, "svamp", "test", [ROWS["svamp"]], ["t"])
    path = tmp_path / "svamp" / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=said):
        read_split(tmp_path, "svamp", "test")


@pytest.mark.parametrize(
    ("root", "name", "said"),
    [
        (".", "anli1", "no split 'train' .* there: valid, test"),
        (".", "cqa", "no data set cqa .* there: anli1"),
        ("gone", "cqa", "no data folder at .*gone"),
    ],
)
def test_what_is_missing_is_named_with_what_is_there(tmp_path, root, name, said):
    for split in ("test", "valid"):
        lay_out(tmp_path, "anli1", split, [ROWS["anli1"]], ["t"])
    assert splits_present(tmp_path, "anli1") == ("valid", "test")
    with pytest.raises(DataError, match=said):
        read_split(tmp_path / root, name, "train")


def test_a_label_may_be_a_json_number(tmp_path):
    labels = [7, 2.5, -3, 1e-7, 10**20]
    rows = [{**ROWS["svamp"], "label": label} for label in labels]
    lay_out(tmp_path, "svamp", "test", rows, ["t"] * len(rows))
    read = [row.label for row in read_split(tmp_path, "svamp", "test")]
    assert read == ["7", "2.5", "-3", "0.0000001", "1" + "0" * 20]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\n\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [b"", b"\n\x1a"])
def test_marks_line_ends_of_any_system_and_joined_files_are_read(tmp_path, mark, end, last):
    lay_out(tmp_path, "svamp", "test", [ROWS["svamp"]] * 2, ["t", "t"])
    for path in tmp_path.glob("svamp/**/*.json"):
        path.write_bytes(mark + end.join(path.read_bytes().splitlines()))
    with (tmp_path / "svamp" / "svamp_test.json").open("ab") as rows:
        rows.write(last if end != b"\r" else b"")
    assert len(read_split(tmp_path, "svamp", "test")) == 2


def test_half_an_emoji_becomes_the_replacement_character(tmp_path):
    row = '{"input": "two \\ud83d and \\ud83d\\ude00?", "label": "( 2.0 + 2.0 )"}'
    lay_out(tmp_path, "svamp", "test", [row], ["so \ud83d."])
    (read,) = read_split(tmp_path, "svamp", "test")
    assert (read.input, read.teacher_text) == ("two \ufffd and \U0001f600?", "so \ufffd.")


def test_other_line_separators_stay_inside_a_choice(tmp_path):
    choices = ["a\u2028b", "c\u0085d", "e\x1cf", "g\x00h", "i\u2029"]
    row = {"question": "Which\u2028one?", "choices": choices, "answer": choices[1]}
    lay_out(tmp_path, "cqa", "test", [row], ["t"])
    (read,) = read_split(tmp_path, "cqa", "test")
    assert (read.choices, listed_choices(read.input)) == (tuple(choices), tuple(choices))


def test_a_row_that_has_to_go_names_its_teachers_text(tmp_path):
    rows = [ROWS["esnli"], "", {**ROWS["esnli"], "label": -1}]
    lay_out(tmp_path, "esnli", "test", rows, ["first", "second"])
    with pytest.raises(DataError, match=r"line 3: .*entry 2 of .*llm/test_CoT_\*\.json"):
        read_split(tmp_path, "esnli", "test")
