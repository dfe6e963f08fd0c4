"""Refuses to train on a teacher of whom nothing can be read, and says how much could not."""

import sys
from collections.abc import Sequence

from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import resolve_data_root
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.methods import method_named
from mi_cot_lib.training.config import RunConfig

# Below this share of usable texts a run says so.
FEW = 0.5
_SHOWN = 200


def check_teacher(config: RunConfig, examples: Sequence[Example]) -> None:
    """Compare what a run needs of its teacher's texts with what could be read of them.

    Under half of the texts usable: a line on stderr with the share.

    Args:
        config: Method and labels say what is needed; finetuning on gold labels needs nothing.
        examples: Those to train on, as they were loaded.

    Raises:
        DataError: Nothing of what is needed could be read; the message shows a text.
    """
    method = method_named(config.method)
    needed = {
        "rationale": method.explains or method.target_has_rationale,
        "teacher_label": config.labels == "teacher",
    }
    names = [name for name, is_needed in needed.items() if is_needed]
    if not names or not examples:
        return
    usable = sum(all(getattr(one, name) is not None for name in names) for one in examples)
    what = " and ".join(name.replace("teacher_", "") for name in names)
    if not usable:
        root = resolve_data_root(config.dataset, config.data_root)
        row = int(examples[0].id.rpartition("/")[2])
        text = read_split(root, config.dataset, "train")[row].teacher_text
        raise DataError(
            f"no {what} could be read in the teacher's {len(examples):,} training texts of "
            f"{config.dataset}, which {config.method} with {config.labels} labels needs; the text of "
            f"row {row + 1} begins {ascii(text[:_SHOWN])}. An answer is announced by 'The answer is', "
            "'Answer:' and the like, with the rationale before it."
        )
    if usable < FEW * len(examples):
        print(
            f"warning: {what} could be read in {usable:,} of the teacher's {len(examples):,} training "
            f"texts of {config.dataset} ({usable / len(examples):.0%}); `mi-cot data check --show 3` "
            "shows others.",
            file=sys.stderr,
        )
