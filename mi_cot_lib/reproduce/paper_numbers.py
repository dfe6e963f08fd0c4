"""The paper's own numbers and settings, each with the place it was read from."""

from dataclasses import dataclass
from typing import Any

from mi_cot_lib.evaluation.calibration import breaks_the_bound

# Columns: family of the data set; rows as in `paper_grid.paper_cells`. Accuracy in percent.
ACCURACY: dict[str, dict[str, dict[str, float]]] = {
    "table1": {
        "finetune": {"esnli": 88.38, "anli1": 43.58, "cqa": 62.19, "svamp": 62.63},
        "single_task": {"esnli": 88.88, "anli1": 43.50, "cqa": 61.37, "svamp": 63.00},
        "dss": {"esnli": 89.51, "anli1": 49.58, "cqa": 63.29, "svamp": 65.50},
        "mi": {"esnli": 89.50, "anli1": 51.20, "cqa": 63.88, "svamp": 68.00},
    },
    "table2": {
        "finetune": {"esnli": 82.90, "anli1": 42.00, "cqa": 43.16, "svamp": 45.00},
        "dss": {"esnli": 83.43, "anli1": 42.90, "cqa": 43.24, "svamp": 48.00},
        "mi": {"esnli": 83.23, "anli1": 43.70, "cqa": 43.90, "svamp": 52.50},
    },
    "table3": {
        "dss": {"esnli": 82.65, "anli1": 42.80},
        "mi": {"esnli": 82.81, "anli1": 45.50},
    },
    "table4": {
        "mean": {"esnli": 89.34, "anli1": 51.40, "cqa": 63.88, "svamp": 66.50},
        "max": {"esnli": 89.50, "anli1": 51.20, "cqa": 63.88, "svamp": 68.00},
    },
    "table5": {
        "kl": {"esnli": 89.42, "anli1": 42.00, "cqa": 62.49, "svamp": 67.00},
        "ce": {"esnli": 89.50, "anli1": 51.20, "cqa": 63.88, "svamp": 68.00},
    },
}

# Table 6: (ECE, mean confidence) in percent; `_out`: the other NLI set's student on this test set.
CALIBRATION: dict[str, dict[str, tuple[float, float]]] = {
    "dss": {
        "svamp": (11.81, 32.56),
        "cqa": (11.75, 42.79),
        "esnli": (8.54, 34.33),
        "anli1": (11.12, 42.72),
        "esnli_out": (9.81, 38.01),
        "anli1_out": (12.78, 41.69),
    },
    "mi": {
        "svamp": (18.92, 36.81),
        "cqa": (13.65, 41.17),
        "esnli": (4.35, 30.06),
        "anli1": (6.94, 35.90),
        "esnli_out": (6.61, 38.08),
        "anli1_out": (12.27, 42.35),
    },
}

# Table 7: mean and standard deviation of GPT-4's scores (1 to 5), the rows without self-consistency
# and with it ("++", four repeats).
JUDGED: dict[str, dict[str, tuple[float, float]]] = {
    "gold": {
        "svamp": (4.63, 1.05),
        "cqa": (3.95, 1.16),
        "esnli": (2.42, 1.23),
        "anli1": (3.82, 1.26),
    },
    "gold++": {
        "svamp": (4.43, 1.18),
        "cqa": (4.11, 1.40),
        "esnli": (3.49, 1.35),
        "anli1": (4.01, 1.10),
    },
    "dss": {
        "svamp": (2.50, 1.42),
        "cqa": (3.60, 1.61),
        "esnli": (3.24, 1.27),
        "anli1": (3.48, 1.40),
    },
    "dss++": {
        "svamp": (2.53, 1.46),
        "cqa": (3.64, 1.62),
        "esnli": (3.18, 1.21),
        "anli1": (3.44, 1.30),
    },
    "mi": {
        "svamp": (2.30, 1.54),
        "cqa": (3.70, 1.45),
        "esnli": (3.03, 1.47),
        "anli1": (3.42, 1.37),
    },
    "mi++": {
        "svamp": (2.72, 1.45),
        "cqa": (3.63, 1.60),
        "esnli": (3.17, 1.17),
        "anli1": (3.34, 1.21),
    },
}

# Table 8: Pearson's correlation of judged quality and correctness, and whether the paper marks p < 0.05.
CORRELATION: dict[str, dict[str, tuple[float, bool]]] = {
    "dss": {
        "svamp": (0.12, False),
        "cqa": (0.66, True),
        "esnli": (0.05, False),
        "anli1": (0.26, False),
    },
    "mi": {
        "svamp": (0.42, True),
        "cqa": (0.53, True),
        "esnli": (0.03, False),
        "anli1": (0.26, False),
    },
}

# Test items behind the paper's accuracies (rows of the test files in DSS's datasets.zip).
TEST_ITEMS = {"esnli": 9_824, "anli1": 1_000, "cqa": 1_221, "svamp": 200}


@dataclass(frozen=True, slots=True)
class Setting:
    """One hyperparameter of the paper's runs.

    Attributes:
        field: Field of `RunConfig`.
        value: What `--preset paper` takes.
        source: The paper's sentence, or the released code's argument or line, that says so.
    """

    field: str
    value: Any
    source: str


# Arguments are those of the released run script, which the paper's own extends; what neither names is ours.
SETTINGS: tuple[Setting, ...] = (
    Setting("alpha1", 0.5, "paper 4.1: “α1 and α2 are set as 0.5”; released argument --alpha 0.5"),
    Setting("alpha2", 0.5, "paper 4.1: “α1 and α2 are set as 0.5”; released loss: 1 − alpha"),
    Setting("alpha3", 0.1, "paper 4.1: “α3 is set as 0.1”; released argument --beta 0.1"),
    Setting(
        "mi_form", "released", "released loss: maximum over positions of the softmax, padding in"
    ),
    Setting("pool", "max", "paper 3.3: “softmax and max reduction layers”"),
    Setting("divergence", "ce", "paper 3.3: “l denotes cross-entropy loss”"),
    Setting("detach", "label", "released loss: the label side is detached"),
    Setting("max_steps", 10_000, "released argument --max_steps 10000"),
    Setting("batch_size", 64, "released argument --batch_size 64"),
    Setting("learning_rate", 5e-5, "released argument --lr 5e-5, AdamW, falling linearly to 0"),
    Setting(
        "eval_every", 250, "released argument --eval_steps 250; there on test, here on validation"
    ),
    Setting("max_input_tokens", 1024, "released argument --max_input_length 1024"),
    Setting("max_target_tokens", 256, "released code: label and rationale cut at 256 tokens"),
    Setting("max_new_tokens", 64, "released argument --gen_max_len 64"),
    Setting(
        "labels",
        "gold",
        "paper 4.1, finetuning: “with ground-truth labels”. For single-task 4.1 says the teacher's labels "
        "and 4.2 rationale and label in one sequence: the kit takes the sequence, with gold labels",
    ),
    Setting(
        "unparsed",
        "leave_out",
        "ours: the released code trains on empty texts where the teacher's cannot be read",
    ),
    Setting(
        "precision",
        "bf16",
        "ours: neither names one; fp16 overflows in T5 v1.1, and a fixed one names the runs alike everywhere",
    ),
)


def impossible_cells() -> list[tuple[str, str, float, float, float]]:
    """Return the cells of Table 6 that no binning allows at Table 1's accuracies.

    Returns:
        (method, family, ECE, mean confidence, accuracy), in percent. Rounding to two digits, of three
        numbers, is granted.
    """
    return [
        (method, family, error, confidence, ACCURACY["table1"][method][family])
        for method, columns in CALIBRATION.items()
        for family, (error, confidence) in columns.items()
        if not family.endswith("_out")
        and breaks_the_bound(error, ACCURACY["table1"][method][family], confidence, slack=0.015)
    ]
