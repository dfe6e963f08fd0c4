"""A small extension of Sphinx: what a page that was a notebook needs."""

from pathlib import Path
from typing import Any


def heading_slug(title: str) -> str:
    """Name a heading as JupyterLab does, so that the notebooks' links lead to the same place."""
    return title.replace(" ", "-")


def _tell_notebook(
    app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any
) -> None:
    """Give each page's template the notebook that it was, so that it can lead there."""
    path = f"{page}.ipynb"
    context["notebook"] = f"notebooks/{path}" if (Path(app.srcdir) / path).exists() else ""


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-page-context", _tell_notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
