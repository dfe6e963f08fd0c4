"""Which students there are, by name. Knows no torch, so that names are checked before it loads."""

from pathlib import Path

from mi_cot_lib.errors import ConfigError, unknown_name

# Built-in students by name, and their width: nano, and three below it.
BUILT_IN_WIDTHS: dict[str, int] = {"nano": 96, "nano48": 48, "nano32": 32, "nano16": 16}
# Where a run keeps the student that it trained.
IN_RUN = "student"


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
    if name in NAMED_STUDENTS or (name and Path(name).is_dir()):
        return
    if Path(name).is_file():
        raise ConfigError(f"student {name} is a file; name its folder, {Path(name).parent}.")
    owner, _, model = name.partition("/")
    if not owner or not model or "/" in model or name.startswith("."):
        raise unknown_name("student", name, [*NAMED_STUDENTS, "OWNER/MODEL", "FOLDER"])


def folder_of(name: str) -> str:
    """Return the folder that holds a student: of a run the one within it, else the same as a plain path.

    Args:
        name: A name that `check_student_name` takes; one that is no folder is returned as it is.
    """
    folder = Path(name)
    # "./nano" is a folder, and "nano" the built-in student.
    if name in NAMED_STUDENTS or str(folder) in NAMED_STUDENTS or not folder.is_dir():
        return name
    in_run = folder / IN_RUN
    is_run = not (folder / "config.json").exists() and (in_run / "config.json").exists()
    return str(in_run if is_run else folder)
