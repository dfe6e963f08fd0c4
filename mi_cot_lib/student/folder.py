"""What a student's folder must hold before it is read: every file there, whole, and none a pointer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from safetensors import safe_open

from mi_cot_lib.errors import ConfigError, KitError

# In the order in which transformers looks for them.
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_INDEX = ".index.json"
# What else is read, if it is there; a folder may hold other files, in whatever state.
_SETTINGS = (
    "config.json",
    "generation_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
_TOKENISER = ("tokenizer.json", "tokenizer_config.json", "vocab.json")
_POINTER = b"version https://git-lfs"
# As safetensors names them; whole numbers are positions.
_NUMBERS = {"F64", "F32", "F16", "BF16", "I64", "I32"}
AGAIN = "copy or download it again"


def refused(source: str, why: str) -> ConfigError:
    """Build the error for a folder, or a model of the hub, that cannot be a student."""
    return ConfigError(f"{source} holds no complete sequence-to-sequence student: {why}.")


@contextmanager
def reading(source: str, what: str) -> Iterator[None]:
    """Say in one line what could not be read, whatever a library says of it."""
    try:
        yield
    except KitError:
        raise
    except UnpicklingError as error:
        raise refused(
            source,
            f"{what} is cut off or holds more than tensors, and nothing else is read from it; {AGAIN}, "
            f"as {WEIGHTS[0]}",
        ) from error
    # `tokenizers` raises Exception itself, and every library below errors of its own kinds.
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        said = said if len(said) <= 150 else said[:150] + "…"
        if not Path(source).is_dir() and isinstance(error, OSError):
            raise KitError(
                f"cannot load {source}: there is no such folder, it is not in the local cache, and the "
                "model hub cannot be reached or does not have it. Connect once to download it, give a "
                f"folder that holds it, or use the built-in student: --student nano. ({said})"
            ) from error
        raise refused(source, f"{what} cannot be used ({said}); {AGAIN}") from error


def check_files(folder: Path) -> str:
    """Refuse a file that is missing or cut off, and return the name of the one that lists the weights."""
    source = str(folder)
    if (folder / "adapter_config.json").exists():
        raise refused(
            source,
            "it holds an adapter (adapter_config.json), which needs its base model; merge the two and "
            "save the result",
        )
    if not (folder / "config.json").is_file():
        raise refused(source, f"config.json is missing; {AGAIN}, or name another folder")
    named = {path.name: path for path in folder.iterdir() if path.is_file()}
    for name in (*_SETTINGS, *_TOKENISER):
        if name in named:
            _json_object(named[name])
    if "tokenizer.json" not in named:
        for path in named.values():
            if path.suffix in (".model", ".spm", ".txt"):
                _refuse_pointer(path)
    candidates = [name + end for name in WEIGHTS for end in ("", _INDEX)]
    listing = next((name for name in candidates if name in named), None)
    if listing is None:
        wanted = f"{WEIGHTS[0]} is missing"
        if list(folder.glob("model-*.safetensors")):
            wanted = f"{WEIGHTS[0]}{_INDEX} is missing, which says what its parts hold"
        again = AGAIN
        if (folder.parent / "run.json").is_file():
            again = f"delete {folder.parent} and make that run again"
        raise refused(source, f"{wanted}; {again}")
    parts = [listing]
    if listing.endswith(_INDEX):
        index = _json_object(named[listing]).get("weight_map")
        if not index or not isinstance(index, dict):
            raise refused(source, f"{listing} names no files; {AGAIN}")
        parts = sorted(set(map(str, index.values())))
    for part in parts:
        path = folder / part
        if not path.is_file():
            raise refused(source, f"{part} is missing, which {listing} names; {AGAIN}")
        _refuse_pointer(path)
        if path.suffix == ".safetensors":
            with reading(source, part), safe_open(path, framework="pt") as file:
                kinds = {file.get_slice(name).get_dtype(): name for name in file.keys()}  # noqa: SIM118
            for kind in kinds.keys() - _NUMBERS:
                raise refused(
                    source,
                    f"{part} holds {kinds[kind]} as {kind}, which is quantised; name the model that it "
                    "was made from",
                )
    return listing


def has_weights(folder: Path) -> bool:
    """Tell whether a folder holds weights, whole or in parts."""
    return any((folder / f"{name}{end}").is_file() for name in WEIGHTS for end in ("", _INDEX))


def _json_object(path: Path) -> dict[str, Any]:
    _refuse_pointer(path)
    try:
        values = json.loads(path.read_bytes())
    except ValueError as error:
        raise refused(str(path.parent), f"{path.name} is no JSON ({error}); {AGAIN}") from error
    if not isinstance(values, dict):
        raise refused(str(path.parent), f"{path.name} is no JSON object; {AGAIN}")
    return values


def _refuse_pointer(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise refused(
                str(path.parent),
                f"{path.name} is a pointer of Git LFS, not the file; run `git lfs pull` there",
            )
