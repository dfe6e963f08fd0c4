"""What a class writes in: the exercise notebooks, without solutions and without outputs."""

import re

import nbformat
from nbformat import NotebookNode

from mi_cot_lib.course.exercises import FOLDED_SOLUTION, exercises_folder

# A link from an exercise to its chapter, as the masters write it.
_CHAPTER = re.compile(r"\[([^\]]*)\]\(\.\./(\w+)\.ipynb\)")


def handed_out(*, with_book: bool) -> dict[str, NotebookNode]:
    """Return the notebooks to hand out, by file name, in the order of the course.

    Their links lead to the book, where the set-up scripts' JupyterLab serves it with its style, and are
    plain text where there is none.
    """
    instead = r"[\1](/static/\2.html)" if with_book else r"\1"
    made = {}
    for path in sorted(exercises_folder().glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if not _is_solution(cell)]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            else:
                cell.source = _CHAPTER.sub(instead, cell.source)
        made[path.name] = notebook
    return made


def _is_solution(cell: NotebookNode) -> bool:
    return FOLDED_SOLUTION in cell.metadata.get("tags", [])


def exercises_of(notebook: NotebookNode) -> tuple[str, ...]:
    """Return the names of a notebook's exercises, in its order."""
    return tuple(
        cell.metadata["exercise"] for cell in notebook.cells if "exercise" in cell.metadata
    )
