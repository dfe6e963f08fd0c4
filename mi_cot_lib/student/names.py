"""Which students there are, by name. Knows no torch, so that names are checked before it loads."""

from pathlib import Path

from mi_cot_lib.errors import unknown_name

# Built-in students by name, and their width: nano, and three below it.
BUILT_IN_WIDTHS: dict[str, int] = {"nano": 96, "nano48": 48, "nano32": 32, "nano16": 16}


def built_in_folder(name: str) -> Path:
    """Return where a built-in student lies in the package."""
    return Path(__file__).resolve().parent / name


# The second set of the paper's results is on t5-v1_1-small, the first on t5-v1_1-base.
NAMED_STUDENTS: dict[str, str] = {
    **{name: str(built_in_folder(name)) for name in BUILT_IN_WIDTHS},
    "small": "google/t5-v1_1-small",
    "base": "google/t5-v1_1-base",
}


def check_student_name(name: str) -> None:
    """Refuse a name that is neither a named student, an existing folder, nor a hub id `owner/model`.

    Raises:
        ConfigError: The message names the nearest valid name.
    """
    looks_like_an_id = name.count("/") == 1 and not name.startswith((".", "/"))
    if name not in NAMED_STUDENTS and not looks_like_an_id and not Path(name).is_dir():
        raise unknown_name("student", name, [*NAMED_STUDENTS, "OWNER/MODEL", "FOLDER"])
