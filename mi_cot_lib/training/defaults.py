"""What a run's settings are where they are left out, by kind of student."""

from typing import Any

from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, is_decoder_only

# Batch 64, 10,000 steps, 5e-5, evaluation every 250 steps and the token limits are the released code's.
_T5_DEFAULTS: dict[str, Any] = {
    "max_steps": 10_000,
    "batch_size": 64,
    "learning_rate": 5e-5,
    "embedding_rate": 1.0,
    "schedule": "linear",
    "eval_every": 250,
    "patience": 0,
    "max_input_tokens": 1024,
    "max_target_tokens": 256,
}
# Chosen on validation of the built-in data, with finetuning and DSS. A small student needs larger steps and
# far fewer of them. Its embeddings are of size 1, as T5's, and each is of a word that comes seldom: at the
# rate of all other weights they hardly move in so few steps.
_NANO_DEFAULTS: dict[str, Any] = {
    "max_steps": 3_000,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "embedding_rate": 20.0,
    "schedule": "plateau",
    "eval_every": 50,
    "patience": 8,
    "max_input_tokens": 256,
    "max_target_tokens": 128,
    "threads": 1,
    "precision": "fp32",
}
# Of a pretrained student of a hundred million weights or so, whose steps take seconds on a CPU: chosen on
# validation of SVAMP, with finetuning and DSS.
_DECODER_DEFAULTS: dict[str, Any] = {
    **_T5_DEFAULTS,
    "max_steps": 360,
    "batch_size": 16,
    "learning_rate": 2e-4,
    "eval_every": 90,
    "max_input_tokens": 512,
}


def defaults_of(student: str) -> dict[str, Any]:
    """Return what fields that are left out are for a student."""
    if student in BUILT_IN_WIDTHS:
        return _NANO_DEFAULTS
    return _DECODER_DEFAULTS if is_decoder_only(student) else _T5_DEFAULTS
