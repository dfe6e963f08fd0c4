"""README's sections that a command writes: each between two marks."""

from pathlib import Path

from mi_cot_lib.errors import DataError
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root


def replace_section(start: str, end: str, section: str) -> Path:
    """Write a section between its marks in README.

    Args:
        start: The line before the section.
        end: The line after it.
        section: What goes between them.

    Returns:
        README's path.

    Raises:
        DataError: README lacks the marks.
    """
    readme = repository_root() / "README.md"
    before, found, rest = readme.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise DataError(f"README.md lacks the lines {start} and {end}.")
    write_atomically(readme, before + start + section + end + after)
    return readme
