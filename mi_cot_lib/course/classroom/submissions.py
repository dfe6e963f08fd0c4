"""What a class handed in: one folder a learner, with notebooks named as they were handed out."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.errors import DataError

# What systems put into a folder that they pack.
_OF_SYSTEMS = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Submission:
    """What one learner handed in.

    Attributes:
        learner: Name of the folder.
        notebooks: By the name under which it was handed out.
        notes: By name of a file that cannot be taken: why.
    """

    learner: str
    notebooks: dict[str, Path]
    notes: dict[str, str]


def read_class(folder: Path, names: Iterable[str]) -> list[Submission]:
    """Return what lies in a class's folder, by learner; `names` are those of the notebooks handed out.

    Links are not followed: one could lead to what somebody else handed in.

    Raises:
        DataError: It is no folder, or holds no folder of a learner.
    """
    if not folder.is_dir():
        raise DataError(
            f"{folder} is no folder; name the one that holds a folder for each learner."
        )
    names = list(names)
    there = [path for path in sorted(folder.iterdir()) if not _is_of_system(path)]
    learners = [path for path in there if path.is_dir() and not path.is_symlink()]
    if not learners:
        seen = "it holds files, but" if there else "it is empty:"
        raise DataError(
            f"{folder}: {seen} no folder of a learner. Make one for each, such as "
            f"{folder.name}/ann-lee/{names[0]}."
        )
    return [_submission(path, names) for path in learners]


def _submission(folder: Path, names: list[str]) -> Submission:
    notebooks, notes = {}, {}
    for path in sorted(folder.iterdir()):
        if _is_of_system(path):
            continue
        if path.is_symlink() or not path.is_file():
            notes[path.name] = (
                "It is no file, and nothing in it was looked at: notebooks must lie here."
            )
        elif path.name in names:
            notebooks[path.name] = path
        else:
            is_notebook = path.suffix == ".ipynb"
            near = difflib.get_close_matches(path.name, names, 1, 0.5) if is_notebook else []
            hint = f" Was {near[0]} meant? Rename it, and check again." if near else ""
            notes[path.name] = f"No notebook of this name was handed out.{hint}"
    return Submission(folder.name, notebooks, notes)


def _is_of_system(path: Path) -> bool:
    return path.name.startswith(".") or path.name in _OF_SYSTEMS
