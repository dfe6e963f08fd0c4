"""A form of one's own against DSS: the same fresh seeds for both, trained to their end."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from torch import Tensor
from tqdm.auto import tqdm

from mi_cot_lib.experiments.running.run import run
from mi_cot_lib.measure.verdicts import Verdict, decide
from mi_cot_lib.objective.forms import FORMS, Form, Pooled
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import read_record

# Beyond those of every table and every search, so that nobody has chosen by them.
FIRST_SEED = 1_000
MARGIN = 1.0
_DATA: dict[str, Any] = {"dataset": "nano_cqa", "train_size": 125}

OwnForm = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Trial:
    """What fresh seeds say of a form.

    Attributes:
        accuracies: Test accuracy in percent, by seed: `DSS`, `own`, and their `difference` in points.
        verdict: On own − DSS with a margin of one point, over the seeds.
    """

    accuracies: pd.DataFrame
    verdict: Verdict

    def __str__(self) -> str:
        found = self.verdict.found
        return (
            f"own − DSS: {found.mean:+.1f} points [{found.low:+.1f}, {found.high:+.1f}] over "
            f"{len(found.seeds)} seeds: {self.verdict.decision} (margin {MARGIN:g})."
        )

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{self.accuracies.round(1).to_html(border=0)}"


def compare_form(form: OwnForm, *, seeds: int = 3, alpha3: float = 0.1, **changes: Any) -> Trial:
    """Train DSS and the MI method with a form of one's own on fresh seeds; half a minute a run.

    Args:
        form: Takes t and q, the pooled distributions of label side and rationale side, (examples,
            vocabulary) each, and returns (examples,).
        seeds: How many, from `FIRST_SEED` on.
        alpha3: Weight of the form.
        changes: Of `RunConfig`, for both; without any 125 examples of nano-CQA.

    Raises:
        KitError: The settings cannot be trained, or the form gave what is not finite.
    """

    def loss(sides: Pooled) -> Tensor:
        return form(sides.label.exp(), sides.rationale.exp())

    found: dict[str, dict[int, float]] = {"own": {}, "DSS": {}}
    with tempfile.TemporaryDirectory() as runs, FORMS.trying(Form(loss=loss)) as name:
        sides: dict[str, dict[str, Any]] = {
            "DSS": {"method": "dss"},
            "own": {"method": "mi", "mi_form": name, "alpha3": alpha3},
        }
        for seed in tqdm(range(FIRST_SEED, FIRST_SEED + seeds), unit="seed"):
            for side, settings in sides.items():
                config = RunConfig(**{**_DATA, **settings, **changes, "seed": seed})
                metrics = read_record(run(config, Path(runs)))["metrics"]
                found[side][seed] = 100 * metrics["test_accuracy"]
    table = pd.DataFrame(found).rename_axis("seed")
    table["difference"] = table["own"] - table["DSS"]
    (verdict,) = decide([(found["own"], found["DSS"])], MARGIN)
    return Trial(table, verdict)
