"""The one module that looks at the user's environment: where caches, data and the course lie."""

import os
from pathlib import Path

from mi_cot_lib.errors import DataError

PACKAGE_ROOT = Path(__file__).resolve().parent


def cache_folder() -> Path:
    """Return the kit's cache: `MI_COT_CACHE`, else `mi-cot` in the user's cache folder."""
    explicit = os.environ.get("MI_COT_CACHE")
    if explicit:
        return Path(explicit)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mi-cot"


def data_root_from_environment() -> Path | None:
    """Return the folder named by `MI_COT_DATA`, or None where it is not set."""
    value = os.environ.get("MI_COT_DATA")
    return Path(value) if value else None


def repository_root() -> Path:
    """Return the checkout that holds `notebooks/` and `figures/`, whatever the current folder is.

    Raises:
        DataError: The library was installed without its repository.
    """
    root = PACKAGE_ROOT.parent
    if not (root / "notebooks").is_dir():
        raise DataError(
            f"no notebooks/ beside {PACKAGE_ROOT.name}: this command needs the repository; "
            "clone it and run `make setup` there."
        )
    return root
