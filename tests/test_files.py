"""Lines of JSON are read back as they were written."""

import json

from mi_cot_lib.files import write_lines


def test_lines_keep_any_text_of_a_model(tmp_path):
    rows = [{"predicted": 'a\n"b"\u2028 ü \\ </script>'}, {"predicted": ""}]
    write_lines(tmp_path / "predictions.jsonl", rows)
    lines = (tmp_path / "predictions.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines if line] == rows
