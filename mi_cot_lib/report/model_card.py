"""The card of a trained student: data, method, settings, what it reaches, and what it is not for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.measure.power import accuracy_interval
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.answer import WORDS
from mi_cot_lib.student.folder import origin_of, package_of

CARD = "README.md"
_SPLITS = ("test", "unseen", "valid")
# What a configuration says beside data set, method and seed.
_NOT_SETTINGS = ("dataset", "data_root", "method", "seed")


def model_card(record: Mapping[str, Any], prompts: Mapping[str, str]) -> str:
    """Write a run's card from its record, and from how each task is asked."""
    config, metrics = record["config"], record["metrics"]
    method = method_named(config["method"])
    base_model, licence = origin_of(config["student"])
    return WORDS.get_template("model_card.md.jinja").render(
        record=record,
        dataset=dataset_spec(config["dataset"]),
        method=method.title,
        explains=method.explains or method.target_has_rationale,
        built_in=dataset_spec(config["dataset"]).built_in,
        unseen="unseen_n" in metrics,
        origin=package_of(config["student"]),
        adapters=config.get("lora_rank") is not None,
        base_model=base_model,
        licence=licence,
        prompts=prompts,
        scores=[
            _score(split, metrics[f"{split}_n"], metrics[f"{split}_accuracy"])
            for split in _SPLITS
            if f"{split}_n" in metrics
        ],
        settings={
            "student": base_model or Path(config["student"]).name,
            "steps": f"{metrics['steps']:,}, of which step {metrics['selected_step']:,} validated best",
            **{
                name: value
                for name, value in config.items()
                if name not in (*_NOT_SETTINGS, "student") and value is not None
            },
            "training examples": f"{record['data']['train_used']:,}",
            "parameters": f"{record['parameters']:,}",
        },
    )


def _score(split: str, items: int, accuracy: float) -> dict[str, str]:
    low, high = accuracy_interval(items, accuracy)
    return {
        "split": split,
        "accuracy": f"{100 * accuracy:.1f}",
        "interval": f"{100 * low:.1f} to {100 * high:.1f}",
        "items": f"{items:,}",
    }
