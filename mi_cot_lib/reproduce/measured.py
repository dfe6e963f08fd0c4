"""The products of measured students: table, numbers and figures, written from records."""

from collections.abc import Sequence
from pathlib import Path

from mi_cot_lib.analysis.figures import save
from mi_cot_lib.analysis.mutual_information.student_report import NAME, report_students
from mi_cot_lib.analysis.paper_tables import Printed, numbers_json, whole_markdown
from mi_cot_lib.environment import repository_root
from mi_cot_lib.reproduce.measuring import Record
from mi_cot_lib.training.record import write_atomically

COMMAND = "mi-cot measure"


def measured_folder() -> Path:
    """Return where records, table and figures of measured students are committed."""
    return repository_root() / "figures" / "mutual_information"


def write_report(records: Sequence[Record], out: Path, command: str = COMMAND) -> Printed:
    """Write `students.md`, `.csv`, `.json` (all numbers and text), `.png` and `students_differences.png`.

    Args:
        records: From `measure_students`.
        out: Folder of results.
        command: What makes them again.

    Raises:
        ConfigError: No records, or records that do not belong together.
    """
    printed, pictures = report_students(records)
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / f"{NAME}.md", whole_markdown(printed, command))
    write_atomically(out / f"{NAME}.json", numbers_json(printed))
    cells = printed.numbers["cells"].round(4)
    write_atomically(out / f"{NAME}.csv", cells.to_csv(index=False, lineterminator="\n"))
    for name, figure in pictures.items():
        save(figure, out / name)
    return printed
