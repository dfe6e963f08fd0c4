"""Gold labels of a preset's test sets, for tables that look at answers by label."""

from collections.abc import Sequence

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.reproduce.presets import Preset


def gold_labels(preset: Preset, columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the test set's gold labels of the columns with a closed set, where the data is at hand."""
    found = {}
    for column in columns:
        dataset = preset.datasets[column]
        if dataset_spec(dataset).labels:
            try:
                examples = load_split(dataset, "test", preset.data_root)
            except KitError:
                continue
            found[column] = [example.label for example in examples]
    return found
