"""How rows of tables are called in print: methods, variants of the MI term, and changed settings."""

ROW_TITLES = {
    "finetune": "Finetuning",
    "single_task": "Single-task",
    "dss": "DSS",
    "mi": "MI",
    "mean": "MI, mean over positions",
    "max": "MI, maximum over positions",
    "kl": "MI, KL divergence",
    "ce": "MI, cross-entropy",
    "gold": "Teacher (gold)",
    "paper": "MI, the paper's form",
    "js": "MI, Jensen–Shannon",
    "barber_agakov": "MI, Barber–Agakov",
    "infonce": "MI, InfoNCE",
    "contrastive": "MI, contrastive features",
    "variational": "MI, Gaussian decoder",
    "adversarial": "MI, adversarial",
}
_CHANGES = {
    "none": "teacher as it is",
    "other_rationales": "rationales of other questions",
    "wrong_labels": "wrong labels",
    "shuffled_words": "rationales' words shuffled",
    "truncated": "rationales cut in half",
    "label_hidden": "label hidden",
    "label_named": "label named",
}
# Between the parts of the name of a row of an open question.
JOINT = " "


def row_title(row: str) -> str:
    """Return what is printed for a row.

    Args:
        row: A key of `ROW_TITLES`; or parts joined by `JOINT`: a method and what was changed, as
            `mi truncated 0.5` or `mi nano48`; or α1, α2 and α3, as `0.5 0.5 0.1`.
    """
    if row in ROW_TITLES:
        return ROW_TITLES[row]
    first, _, change = row.partition(JOINT)
    if first not in ROW_TITLES:
        return f"α = {', '.join(row.split(JOINT))}"
    return f"{ROW_TITLES[first]}, {change_title(change)}"


def change_title(change: str) -> str:
    """Return what is printed for a changed setting without its method: `truncated 0.5`, `nano48`."""
    name, _, share = change.partition(JOINT)
    if name not in _CHANGES:
        return change
    return _CHANGES[name] + (f" in {float(share):.0%}" if share and name != "none" else "")
