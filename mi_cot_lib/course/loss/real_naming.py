"""In how many of the real teacher's rationales the gold label occurs: counted, or as recorded.

    python -m mi_cot_lib.course.loss.real_naming --data-root DIR

counts in the test sets of a folder in the DSS layout (`mi-cot data fetch` prints one) and writes
figures/naming/real.json, which says it where the data is not.
"""

import json
from dataclasses import asdict
from pathlib import Path

import click
import pandas as pd

from mi_cot_lib.course.loss.tokens import Naming, naming
from mi_cot_lib.data.layout import splits_present
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root

REAL = ("svamp", "cqa", "esnli", "anli1")
HERE, RECORDED = "here", "recorded"


def recorded_path() -> Path:
    """Return where the counts are committed."""
    return repository_root() / "figures" / "naming" / "real.json"


def count_real(data_root: Path) -> dict[str, Naming]:
    """Count in every real test set that the folder holds.

    Args:
        data_root: In the DSS layout.

    Raises:
        DataError: There is no such folder, or a data set in it cannot be read.
    """
    held = [name for name in REAL if "test" in splits_present(data_root, name)]
    return {name: naming(load_split(name, "test", data_root)) for name in held}


def prepare_real(data_root: Path | None = None) -> pd.DataFrame:
    """Say how often the real rationales name their label.

    Args:
        data_root: To count in; what it lacks, and all without one, is as recorded.

    Returns:
        A row a data set: `named` and `rationales` (see `Naming`), `named, %`, and `counted`, which is
        `here` or `recorded`.
    """
    counted = count_real(data_root) if data_root is not None else {}
    recorded = json.loads(recorded_path().read_text(encoding="utf-8"))
    rows = {}
    for name in REAL:
        found = counted[name] if name in counted else Naming(**recorded[name])
        rows[dataset_spec(name).title] = {
            **asdict(found),
            "named, %": 100 * found.share,
            "counted": HERE if name in counted else RECORDED,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("data")


@click.command()
@click.option(
    "--data-root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder in the DSS layout, with all four data sets.",
)
def main(data_root: Path) -> None:
    """Count in the real test sets, and write the counts down."""
    counted = count_real(data_root)
    if missing := [name for name in REAL if name not in counted]:
        raise click.ClickException(f"{data_root} lacks {', '.join(missing)}; nothing was written.")
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(asdict(counted[name]))}" for name in REAL)
    recorded_path().parent.mkdir(parents=True, exist_ok=True)
    write_atomically(recorded_path(), f"{{\n{lines}\n}}\n")
    click.echo(prepare_real(data_root).to_string())


if __name__ == "__main__":
    main()
