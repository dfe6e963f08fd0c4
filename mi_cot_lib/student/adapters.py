"""Adapters: small matrices beside a student's weights, which stay as they are (LoRA, Hu et al. 2022).

They are saved as peft saves them, with a note of the student that they belong to. peft is an extra.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.files import from_json
from mi_cot_lib.student.folder import ADAPTERS, Prompting, refused

BASE = "base.json"
WEIGHTS = "adapter_model.safetensors"
# Where peft's functions look for what was put into a model.
_SETTINGS = "peft_config"
# What peft's own models call the model in them.
_PREFIX = "base_model.model."
# Of what an adapter adds: a constant times its rank keeps its size where the rank changes.
_SCALE = 2


@dataclass(frozen=True, slots=True)
class Base:
    """The student that adapters were trained on: its name, and if known its weights' fingerprint.

    `prompting` is how a decoder-only one was asked.
    """

    student: str
    weights_sha256: str | None = None
    prompting: Prompting | None = None


def add_adapters(model: nn.Module, rank: int, targets: str | None, seed: int) -> None:
    """Put adapters into a model, and let nothing else of it be trained.

    `targets` are ends of layers' names, separated by commas; None takes peft's for this kind of model.
    torch's own generator stays as it is. ConfigError where the model has no such layers; KitError without
    peft.
    """
    peft = _peft()
    names = None if targets is None else [name.strip() for name in targets.split(",")]
    settings = peft.LoraConfig(r=rank, lora_alpha=_SCALE * rank, target_modules=names)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        _inject(model, settings, f"lora_targets {targets}")


def has_adapters(model: nn.Module) -> bool:
    """Tell whether a model carries adapters."""
    return hasattr(model, _SETTINGS)


def save_adapters(model: nn.Module, folder: Path, base: Base) -> None:
    """Write a model's adapters, their settings and whose they are to a folder."""
    (settings,) = getattr(model, _SETTINGS).values()
    settings.base_model_name_or_path = base.student
    settings.save_pretrained(folder)
    found = _tensors_of(model)
    tensors = {_PREFIX + name: tensor.contiguous() for name, tensor in found.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / BASE).write_text(json.dumps(asdict(base), indent=1) + "\n", encoding="utf-8")


def holds_adapters(folder: Path, model: nn.Module) -> bool:
    """Tell whether a folder holds the adapters that a model carries, to the bit."""
    found, wanted = load_file(folder / WEIGHTS), _tensors_of(model)
    return found.keys() == {_PREFIX + name for name in wanted} and all(
        torch.equal(found[_PREFIX + name], tensor.cpu()) for name, tensor in wanted.items()
    )


def base_of(folder: Path) -> Base:
    """Read which student the adapters in a folder belong to; ConfigError where nothing says so."""
    try:
        if (folder / BASE).is_file():
            return Base(**from_json((folder / BASE).read_text(encoding="utf-8")))
        said = from_json((folder / ADAPTERS).read_text(encoding="utf-8"))
        return Base(str(said["base_model_name_or_path"]))
    except (ValueError, KeyError, TypeError) as error:
        raise refused(
            str(folder), f"{ADAPTERS} does not say which student its adapters belong to"
        ) from error


def load_adapters(model: nn.Module, folder: Path) -> None:
    """Put the adapters of a folder into the model that they were trained on.

    ConfigError where they are not whole, or do not fit it.
    """
    peft = _peft()
    try:
        settings = peft.LoraConfig.from_pretrained(folder)
        tensors = load_file(folder / WEIGHTS)
    except Exception as error:
        said = " ".join(str(error).split())[:150]
        raise refused(str(folder), f"its adapters cannot be read ({said})") from error
    _inject(model, settings, f"{folder}: its adapters")
    wanted = _tensors_of(model)
    found = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    shapes, other = (
        {name: tensor.shape for name, tensor in one.items()} for one in (wanted, found)
    )
    if shapes != other:
        name = sorted({*shapes.items()} ^ {*other.items()})[0][0]
        raise refused(str(folder), f"its adapters belong to another student (see {name})")
    peft.set_peft_model_state_dict(model, found)


def merge_adapters(model: nn.Module) -> None:
    """Add what adapters add to the weights that they stand beside, and take them out."""
    from peft.tuners.lora import LoraLayer

    for name, module in list(model.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, module.get_base_layer())
    delattr(model, _SETTINGS)
    model.requires_grad_(True)


def _inject(model: nn.Module, settings: Any, what: str) -> None:
    try:
        _peft().inject_adapter_in_model(settings, model)
    except ValueError as error:
        said = str(error).split(". ")[0]
        raise ConfigError(
            f"{what} fit no layer of this student ({said}); name ends of its layers' names, such as q_proj."
        ) from error
    # For merging and saving; peft keeps it for its own models only.
    setattr(model, _SETTINGS, {"default": settings})


def _tensors_of(model: nn.Module) -> dict[str, torch.Tensor]:
    # Else it asks the hub whether the vocabulary has changed.
    return _peft().get_peft_model_state_dict(model, save_embedding_layers=False)


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise KitError(
            "adapters need peft, which is not installed; in the repository: "
            ".venv/bin/python -m pip install -c constraints.txt peft"
        ) from error
    return peft
