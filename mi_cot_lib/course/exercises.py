"""The exercises of a chapter and their solutions, from one master.

    python -m mi_cot_lib.course.exercises

reads each `master/CHAPTER.md` of `notebooks/exercises` and writes two notebooks beside it: `CHAPTER.ipynb`,
with hints, a check and a folded solution, and `solutions/CHAPTER.ipynb`, where it stands in its place.
An exercise begins with a cell of text that has its name, that of a check, in its metadata.
"""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import click
import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mi_cot_lib.errors import DataError, call_command
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root

MASTER, SOLUTIONS = "master", "solutions"
# Tags of a master's cells of code; one without is in both.
STUB, SOLUTION = "stub", "solution"
# Of the folded solution's cell, which is left out of what is handed to a class.
FOLDED_SOLUTION = "folded-solution"
_MOST = 5
_IMPORTS = "from mi_cot_lib.course import checks"


def exercises_folder() -> Path:
    """Return where masters and notebooks are."""
    return repository_root() / "notebooks" / "exercises"


def build(master: Path) -> dict[Path, NotebookNode]:
    """Make a master's two notebooks, by where they belong; a DataError says what an exercise lacks."""
    cells = jupytext.read(master).cells
    name = f"{master.stem}.ipynb"
    folder = master.parent.parent
    return {
        folder / name: _notebook(_exercise_cells(cells, master)),
        folder / SOLUTIONS / name: _notebook(_solution_cells(cells, master)),
    }


def build_all(folder: Path) -> dict[Path, NotebookNode]:
    """Make the notebooks of all masters of a folder of exercises."""
    masters = sorted((folder / MASTER).glob("*.md"))
    return {path: made for master in masters for path, made in build(master).items()}


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    for number, cell in enumerate(cells):
        cell.id = f"c{number:02}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )


def _grouped(
    cells: list[NotebookNode], master: Path
) -> Iterator[tuple[NotebookNode, list[NotebookNode]]]:
    """Yield each exercise's text with its cells of code; the opening, which has none, first."""
    texts = [place for place, cell in enumerate(cells) if cell.cell_type == "markdown"]
    for start, end in zip(texts, [*texts[1:], len(cells)], strict=True):
        text, code = cells[start], cells[start + 1 : end]
        if "exercise" in text.metadata:
            for tag in (STUB, SOLUTION):
                if not _with_tag(code, tag):
                    name = text.metadata["exercise"]
                    raise DataError(f"{master.name}, exercise {name}: no cell is tagged {tag}.")
        yield text, code


def _with_tag(cells: list[NotebookNode], tag: str) -> list[NotebookNode]:
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def _parts(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Split an exercise's text into what is asked and its further parts, by their headings."""
    asked, *rest = re.split(r"^### ", text, flags=re.MULTILINE)
    return asked.strip(), [
        (part.partition("\n")[0].strip(), part.partition("\n")[2].strip()) for part in rest
    ]


def _numbered(parts: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    hints = count(1)
    for title, body in parts:
        yield (f"{title} {next(hints)}" if title == "Hint" else title), body


def _marks(metadata: dict[str, Any]) -> str:
    def dots(count: int) -> str:
        return "●" * count + "○" * (_MOST - count)

    difficulty, importance = metadata["difficulty"], metadata["importance"]
    return (
        f"Difficulty {dots(difficulty)} ({difficulty} of {_MOST}) · "
        f"importance {dots(importance)} ({importance} of {_MOST}) · {metadata['minutes']} minutes"
    )


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def _as_it_stands(
    text: NotebookNode, code: list[NotebookNode], *, opens: bool
) -> list[NotebookNode]:
    imports = [new_code_cell(_IMPORTS)] if opens else []
    return [new_markdown_cell(text.source), *imports, *(new_code_cell(c.source) for c in code)]


def _written(cell: NotebookNode, tag: str, name: str) -> NotebookNode:
    """Return a cell of code anew; where it has the tag it says which exercise it answers."""
    answers = tag in cell.metadata.get("tags", [])
    return new_code_cell(cell.source, metadata={"exercise": name} if answers else {})


def _exercise_cells(cells: list[NotebookNode], master: Path) -> list[NotebookNode]:
    made: list[NotebookNode] = []
    for text, code in _grouped(cells, master):
        if "exercise" not in text.metadata:
            made += _as_it_stands(text, code, opens=not made)
            continue
        name = text.metadata["exercise"]
        asked, parts = _parts(text.source)
        heading, _, goal = asked.partition("\n")
        further = [_folded(title, body) for title, body in _numbered(parts) if title != "Why"]
        made.append(
            new_markdown_cell("\n\n".join([heading, _marks(text.metadata), goal.strip(), *further]))
        )
        given = [cell for cell in code if cell not in _with_tag(code, SOLUTION)]
        made += [_written(cell, STUB, name) for cell in given]
        made.append(new_code_cell(f"checks.{name}({name})"))
        why = dict(parts).get("Why", "")
        answer = "\n\n".join(f"```python\n{cell.source}\n```" for cell in _with_tag(code, SOLUTION))
        solution = new_markdown_cell(_folded("Solution", f"{answer}\n\n{why}"))
        solution.metadata["tags"] = [FOLDED_SOLUTION]
        made.append(solution)
    return made


def _solution_cells(cells: list[NotebookNode], master: Path) -> list[NotebookNode]:
    made: list[NotebookNode] = []
    for text, code in _grouped(cells, master):
        if "exercise" not in text.metadata:
            made += _as_it_stands(text, code, opens=not made)
            continue
        name = text.metadata["exercise"]
        asked, parts = _parts(text.source)
        made.append(new_markdown_cell(asked))
        own = [cell for cell in code if cell not in _with_tag(code, STUB)]
        made += [_written(cell, SOLUTION, name) for cell in own]
        made.append(new_code_cell(f"checks.{name}({name})"))
        made.append(new_markdown_cell(dict(parts)["Why"]))
    return made


def without_outputs(notebook: NotebookNode) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what of a notebook its master decides: of each cell the kind, the source and its metadata."""
    return [
        (
            cell.cell_type,
            cell.source,
            {k: v for k, v in cell.metadata.items() if k in ("exercise", "tags")},
        )
        for cell in notebook.cells
    ]


@click.command()
def main() -> None:
    """Write all notebooks of exercises and solutions; those whose text is as it was keep their outputs."""
    for path, made in build_all(exercises_folder()).items():
        path.parent.mkdir(exist_ok=True)
        if path.exists() and without_outputs(nbformat.read(path, as_version=4)) == without_outputs(
            made
        ):
            continue
        write_atomically(path, nbformat.writes(made) + "\n")
        click.echo(path)


if __name__ == "__main__":
    call_command(main)
