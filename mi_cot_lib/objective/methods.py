"""The four methods: which tasks a student is trained on, and with which weights."""

from dataclasses import dataclass

from mi_cot_lib.errors import unknown_name


@dataclass(frozen=True, slots=True)
class Method:
    """What sets one training method apart from another.

    Attributes:
        name: What `--method` takes.
        title: What tables and figures print.
        explains: Trains the rationale task beside the prediction task.
        target_has_rationale: The prediction target is rationale, then label, in one sequence.
        uses_mi: Adds the MI term.
    """

    name: str
    title: str
    explains: bool
    target_has_rationale: bool
    uses_mi: bool


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("finetune", "Finetuning", False, False, False),
        Method("single_task", "Single-task", False, True, False),
        Method("dss", "DSS", True, False, False),
        Method("mi", "MI", True, False, True),
    )
}


def method_named(name: str) -> Method:
    """Look a method up by name.

    Raises:
        ConfigError: No method has that name; the message names the nearest one.
    """
    if name not in METHODS:
        raise unknown_name("method", name, METHODS)
    return METHODS[name]
