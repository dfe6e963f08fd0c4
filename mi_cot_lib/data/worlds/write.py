"""Write the built-in data sets in the layout of the real ones, and keep one copy in a cache."""

import hashlib
import json
import random
import shutil
import tempfile
import tomllib
from collections.abc import Collection, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR, QUESTIONS, Place
from mi_cot_lib.data.specs import DATASETS, DatasetSpec, dataset_spec
from mi_cot_lib.data.worlds import anli, cqa, esnli, svamp
from mi_cot_lib.data.worlds.item import NEW, New, World, WorldItem
from mi_cot_lib.data.worlds.teacher import raw_outputs
from mi_cot_lib.errors import ConfigError, DataError, unknown_name
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import cache_folder, using_cache

SIZES: Mapping[str, int] = {"train": 4000, "valid": 1000, "test": 8000, "unseen": 2000}

_OUTPUTS_PER_FILE = 1000
# Test and unseen come first so that their rows do not depend on how many training rows are wanted.
_ORDER = ("test", "unseen", "valid", "train")
_ROUNDS = 100
# Of each world, for the tokeniser.
_TASK_TEXTS = 2_000

_WORLDS: dict[str, World] = {
    "nano_svamp": svamp,
    "nano_cqa": cqa,
    "nano_esnli": esnli,
    "nano_anli": anli,
}

_SOURCES = Path(__file__).resolve().parent
_CHECKSUMS = _SOURCES / "checksums.toml"


def write_dataset(
    name: str,
    folder: Path,
    seed: int = 0,
    teacher_accuracy: float | None = None,
    sizes: Mapping[str, int] = SIZES,
    draw: int = 0,
) -> Path:
    """Generate a built-in data set in the layout of DSS.

    The same seed gives the same bytes on every machine. `teacher_accuracy` is the share of rows that the
    teacher labels rightly, by default the real teacher's; `sizes` the rows of each split to write. Another
    `draw` than 0 writes the training split only: as many examples, drawn anew, and none of them a question
    of the other splits. The files go to `folder/datasets/NAME`, which is returned. DataError where the
    world has fewer different questions than are wanted.
    """
    spec, accuracy = _checked(name, teacher_accuracy)
    for split in sizes:
        if split not in _ORDER:
            raise unknown_name("split", split, _ORDER)
    target = Path(folder) / "datasets" / name
    (target / "llm").mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    for split in (split for split in _ORDER if split in sizes):
        drawn = f"{name}/{split}/{seed}" + (f"/{draw}" if draw and split == "train" else "")
        items = _items_of(spec, split, sizes[split], random.Random(drawn), seen)
        if draw and split != "train":
            continue
        rows = "".join(json.dumps(item.row) + "\n" for item in items)
        write_atomically(target / f"{name}_{split}.json", rows)
        teacher = random.Random(f"{drawn}/teacher")
        outputs = raw_outputs(spec.family, items, accuracy, teacher)
        for part, start in enumerate(range(0, len(outputs), _OUTPUTS_PER_FILE)):
            text = json.dumps(outputs[start : start + _OUTPUTS_PER_FILE], indent=0)
            write_atomically(target / "llm" / f"{split}_CoT_{part}.json", text + "\n")
    return target


def world_text(count: int, seed: int, worlds: Collection[str] = ()) -> list[str]:
    """Draw a shuffled mix of the worlds' plain text, in equal parts; of some worlds, or of all.

    It is what the built-in student reads before any task: texts of a few sentences, without labels,
    rationales or answers. The same seed gives the same texts on every machine.
    """
    texts = []
    names = [name for name in _WORLDS if not worlds or name in worlds]
    for place, name in enumerate(names):
        share = count // len(names) + (place < count % len(names))
        rng = random.Random(f"text/{name.removeprefix('nano_')}/{seed}")
        texts += [_WORLDS[name].plain_text(rng) for _ in range(share)]
    random.Random(f"text/{seed}").shuffle(texts)
    return texts


def task_text(seed: int) -> list[str]:
    """Draw the texts of questions, answers and arguments, from which a tokeniser learns the tasks' words.

    A student never reads them before its training.
    """
    texts = []
    for name, world in _WORLDS.items():
        spec = DATASETS[name]
        place = Place(Path(f"{name}_train.json"), 1, 0, spec)
        for item in world.items(_TASK_TEXTS, random.Random(f"task/{name}/{seed}")):
            question, label, _ = QUESTIONS[spec.answer_type](item.row, place)
            texts += [*question.split(PREMISE_HYPOTHESIS_SEPARATOR), label, item.right.rationale]
    return texts


def row_key(spec: DatasetSpec, row: Mapping[str, Any]) -> str:
    """Return what makes two rows the same question; the order of choices makes no difference."""
    if spec.family == "svamp":
        return row["input"]
    if spec.family == "cqa":
        return "\n".join((row["question"], *sorted(row["choices"])))
    return f"{row['premise']}\n{row['hypothesis']}"


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each JSON file of a folder by its name in it."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*.json"))
    }


def committed_checksums() -> dict[str, dict[str, str]]:
    """Return by data set the checksums of its files as seed 0 and the defaults write them."""
    return tomllib.loads(_CHECKSUMS.read_text(encoding="utf-8"))


def update_checksums() -> dict[str, dict[str, str]]:
    """Write the checksums that the generator gives now beside it, and return them."""
    found = {}
    for name in _WORLDS:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = checksums(write_dataset(name, Path(folder)))
    tables = (
        f"\n[{name}]\n" + "".join(f'"{file}" = "{digest}"\n' for file, digest in files.items())
        for name, files in found.items()
    )
    head = "# SHA-256 of each file of the built-in data sets as seed 0 and the defaults write it.\n"
    write_atomically(_CHECKSUMS, head + "".join(tables))
    return found


def built_in_root(name: str, draw: int = 0, teacher_accuracy: float | None = None) -> Path:
    """Return the data root of a built-in data set as it is by default, generating it the first time.

    That of another `draw` than 0 has other training examples, and no other split. It lies in the cache. Safe
    when several processes ask at once: each writes into a folder of its own, and the first to finish gives
    it the final name. DataError where the cache cannot be written to.
    """
    _, accuracy = _checked(name, teacher_accuracy)
    cache = cache_folder()
    worlds = cache / "worlds"
    root = worlds / f"{name}-{draw}-{accuracy}-{_fingerprint()[:12]}"
    with using_cache(cache):
        if root.is_dir():
            return root
        worlds.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=worlds))
        try:
            write_dataset(name, fresh, teacher_accuracy=accuracy, draw=draw)
            fresh.chmod(0o755)
            fresh.rename(root)
        except OSError:
            if not root.is_dir():
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return root


def _checked(name: str, teacher_accuracy: float | None) -> tuple[DatasetSpec, float]:
    spec = dataset_spec(name)
    if not spec.built_in:
        built_in = ", ".join(spec.name for spec in DATASETS.values() if spec.built_in)
        raise ConfigError(f"{name} is not generated but read from files. Built in: {built_in}.")
    accuracy = spec.teacher_accuracy if teacher_accuracy is None else float(teacher_accuracy)
    if accuracy is None or not 0 <= accuracy <= 1:
        raise ConfigError(f"teacher_accuracy is {accuracy}; give a share from 0 to 1.")
    return spec, accuracy


def _items_of(
    spec: DatasetSpec, split: str, count: int, rng: random.Random, seen: set[str]
) -> list[WorldItem]:
    """Draw the questions of a split that no other split has."""
    if split != "unseen":
        return _further(spec, count, rng, seen)
    by_news = [
        _further(spec, (count + place) // len(NEW), rng, seen, new)
        for place, new in zip(reversed(range(len(NEW))), NEW, strict=True)
    ]
    turns = zip_longest(*by_news)
    return [item for turn in turns for item in turn if item is not None]


def _further(
    spec: DatasetSpec, count: int, rng: random.Random, seen: set[str], new: New | None = None
) -> list[WorldItem]:
    kept: list[WorldItem] = []
    for _ in range(_ROUNDS):
        if len(kept) == count:
            return kept
        for item in _WORLDS[spec.name].items(count - len(kept), rng, new):
            key = row_key(spec, item.row)
            if key not in seen:
                seen.add(key)
                kept.append(item)
    raise DataError(
        f"{spec.name} has only {len(kept)} further questions, {count} are wanted; ask for fewer rows."
    )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted({*_SOURCES.glob("*.py"), *_SOURCES.glob("*.toml")} - {_CHECKSUMS}):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
