"""The forms of teachers' texts that `forms.toml` lists, each with what it says."""

import tomllib
from pathlib import Path

from mi_cot_lib.data.teacher.label_readers import Problem

FORMS = tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))


def spoken(label):
    """A label as it stands there, or why there is none."""
    return Problem(label) if label in {problem.value for problem in Problem} else label


def by_form(table):
    """What each form of one kind says: a label, or why there is none."""
    groups = {**table["read"], **{key: forms for key, forms in table.items() if key != "read"}}
    return {form: spoken(label) for label, forms in groups.items() for form in forms}


def rows(table):
    """Data set, text, rationale and label of each text."""
    return [(name, text, *parts) for name, texts in table.items() for text, parts in texts.items()]
