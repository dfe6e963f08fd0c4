"""The course as a static site: `make book` copies notebooks/ and these pages together and builds them."""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), os.environ["MI_COT_ROOT"]]

project = "MI-CoT"
author = "The MI-CoT contributors"
project_copyright = "The MI-CoT contributors, Apache-2.0"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.apidoc",
    # MathJax with its fonts, beside the pages: nothing is asked of the network.
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",
    "notebook_pages",
]
exclude_patterns = ["exercises/master", "exercises/solutions", "reference/rooms/modules.rst"]

# Notebooks are committed executed; what they show is shown.
nb_execution_mode = "off"
nb_merge_streams = True
# A widget's picture stands in its place: a page has nobody to ask what a moved control would give.
nb_mime_priority_overrides = [
    ("html", "application/vnd.jupyter.widget-view+json", None),
]
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "notebook_pages.heading_slug"
myst_update_mathjax = False

# Docstrings put code in single backticks.
default_role = "code"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_use_ivar = True
autosummary_generate = True
apidoc_modules = [
    {
        "path": str(Path(os.environ["MI_COT_ROOT"]) / "mi_cot_lib"),
        "destination": "reference/rooms",
        "separate_modules": True,
        "module_first": True,
        "automodule_options": {"ignore-module-all", "members", "show-inheritance"},
    }
]

html_theme = "furo"
html_title = "MI-CoT"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
# Found pages are told without an extract: extracts are fetched, which a folder that is opened refuses.
html_show_search_summary = False
html_theme_options = {"navigation_with_keys": True}
templates_path = ["templates"]
# Whoever publishes the book names its repository, OWNER/NAME, and each notebook gets its links.
html_context = {"repository": os.environ.get("MI_COT_REPOSITORY", "")}
