"""How tables, figures and columns are called and marked, and where their runs come from."""

from collections.abc import Collection, Mapping, Sequence

from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.analysis.paper_tables import NOT_THE_PAPERS, Printed
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.reproduce.grid import item_named
from mi_cot_lib.reproduce.presets import FAMILIES, Preset
from mi_cot_lib.training.record import describe_hardware

# What stands behind a column's family: the test set is meant where nothing does.
_SPLIT_TITLES = {"": "", "out": " (out)", "unseen": " (unseen)", "valid": " (validation)"}


def titled(item: str, preset: Preset) -> str:
    """Return an item's title, with its mark where data and students are not the paper's."""
    known = item_named(item)
    kind, number = known.id[:-1].capitalize(), known.id[-1]
    mark = f" ({NOT_THE_PAPERS})" if is_built_in(preset) else ""
    return f"{kind} {number}. {known.title}{mark}"


def is_built_in(preset: Preset) -> bool:
    """Tell whether a preset's data are the kit's own."""
    return all(dataset_spec(name).built_in for name in preset.datasets.values())


def column_titles(preset: Preset, columns: Sequence[str] = FAMILIES) -> dict[str, str]:
    """Return what is printed for each column; the test set is named where the student is of another."""
    return {
        column: dataset_spec(preset.datasets[column.partition("_")[0]]).title
        + _SPLIT_TITLES[column.partition("_")[2]]
        for column in columns
    }


def origin_notes(
    entries: Sequence[Entry], missing: Mapping[str, str], unchecked: Collection[str]
) -> list[str]:
    """Say what an item was made from: hardware, training, and what is missing or could not be checked."""
    notes = []
    if missing:
        reasons = sorted(set(missing.values()) - {"absent"})
        notes.append(
            f"Incomplete: {len(missing)} runs or evaluations are missing"
            + (f" ({'; '.join(reasons)})." if reasons else ".")
        )
    if unchecked:
        notes.append(
            f"{len(unchecked)} records could not be compared with their data or starting weights, which "
            "are not on this machine."
        )
    runs = {e.record["run"]: e.record for e in entries if "hardware" in e.record}.values()
    hardware = sorted({describe_hardware(one["hardware"]) for one in runs})
    trained = sorted(
        {
            f"{dataset_spec(one['config']['dataset']).title} {one['config']['max_steps']:,} × "
            f"{one['config']['batch_size']} at {one['config']['learning_rate']:g}"
            for one in runs
        }
    )
    commits = sorted({one["git_commit"][:7] for one in runs if one.get("git_commit")})
    hours = sum(one["seconds"]["total"] for one in runs) / 3600
    notes.append(
        f"{len(runs)} runs, {hours:.2f} hours added up, on {'; '.join(hardware)}. Steps × batch and "
        f"learning rate: {'; '.join(trained)}. Made at commit {', '.join(commits) or 'unknown'}; runs shared "
        "the machine with each other and with other work, so that operations compare methods and minutes "
        "do not."
    )
    return notes


def csv_of(printed: Printed, preset: Preset) -> str:
    """Return an item's first table of numbers as CSV, four digits, each row marked with its origin."""
    frame = next(iter(printed.numbers.values()), printed.main).round(4)
    if "column" in frame:
        titles = column_titles(preset, list(dict.fromkeys(frame["column"])))
        frame = frame.assign(dataset=[titles[column] for column in frame["column"]])
    mark = NOT_THE_PAPERS if is_built_in(preset) else "the paper's data and students"
    text: str = frame.assign(origin=mark).to_csv(index=False, lineterminator="\n")
    return text
