"""How an item's runs were made: hardware, training, time, and what is missing or could not be checked."""

from collections.abc import Iterable

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.machine import describe_hardware
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.runs import Record


def run_facts(result: Result) -> dict[str, str]:
    """Return how an item's runs were made, by what is said."""
    records = {run.record["run"]: run.record for run in result.runs}.values()
    facts = facts_of(records)
    if result.judge:
        facts["Judge"] = result.judge
    if result.missing:
        reasons = sorted(set(result.missing.values()))
        facts["Incomplete"] = f"{len(result.missing)} runs missing: {'; '.join(reasons)}"
    if result.unchecked:
        facts["Not compared with data and weights"] = f"{len(result.unchecked)} records"
    return facts


def facts_of(records: Iterable[Record]) -> dict[str, str]:
    """Return what runs have in common and what they took, by what is said."""
    kept = list(records)
    hours = sum(one["seconds"]["total"] for one in kept) / 3600
    operations = sum(one["flops"] for one in kept)
    return {
        "Runs": f"{len(kept):,}",
        "Hours, added up": f"{hours:.2f}",
        "PFLOP of training": f"{operations / 1e15:.3f}",
        "Steps × batch, rate": _distinct(_training(one) for one in kept),
        "Hardware": _distinct(describe_hardware(one["hardware"]) for one in kept),
        "Versions": _distinct(
            ", ".join(f"{name} {value}" for name, value in sorted(one["versions"].items()))
            for one in kept
        ),
        "Commit": _distinct(str(one.get("git_commit"))[:7] for one in kept),
    }


def _training(record: Record) -> str:
    config = record["config"]
    return (
        f"{dataset_spec(config['dataset']).title} {config['max_steps']:,} × {config['batch_size']}, "
        f"{config['learning_rate']:g}"
    )


def _distinct(values: Iterable[str]) -> str:
    return "; ".join(sorted(set(values)))
