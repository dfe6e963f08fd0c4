"""The paper's numbers, spot by spot against its print, and where each of its settings comes from."""

import pytest

from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.presets import FAMILIES, PRESETS
from mi_cot_lib.experiments.asked.wanted import wanted_of
from mi_cot_lib.report.paper import SETTINGS, paper_numbers, paper_rows, paper_value, printed
from mi_cot_lib.report.setting import TEACHER
from mi_cot_lib.training.config import RunConfig
from tests.report.made import setting


@pytest.mark.parametrize(
    ("table", "of", "numbers"),
    [
        ("table1", setting("mi", "esnli"), [89.5]),
        ("table1", setting("finetune", "svamp"), [62.63]),
        ("table2", setting("mi", "svamp"), [52.5]),
        ("table2", setting("single_task", "svamp"), []),
        ("table3", setting("mi", "anli1"), [45.5]),
        ("table4", setting("mi", "anli1", pool="mean"), [51.4]),
        ("table5", setting("mi", "anli1", divergence="kl"), [42.0]),
        ("table6", setting("mi", "esnli"), [4.35, 30.06]),
        ("table6", setting("dss", "anli1", split="outside"), [12.78, 41.69]),
        ("table8", setting("mi", "svamp"), [0.42]),
        ("figure2", setting("mi", "svamp"), []),
        # Built-in data stand in a column of the paper's.
        ("table1", setting("dss", "nano_cqa"), [63.29]),
    ],
)
def test_printed_numbers(table, of, numbers):
    assert paper_value(table, of) == numbers


def test_judged_quality_is_printed_with_and_without_repeats():
    of = setting("dss", "esnli").with_(method=TEACHER)
    rows = [row for row in paper_rows("table7") if of.matches(row["row"])]
    assert [(row["repeats"], printed(row, of)) for row in rows] == [
        (1, [2.42, 1.23]), (4, [3.49, 1.35]),
    ]  # fmt: skip
    assert paper_value("table7", of) == [2.42, 1.23]


def test_every_cell_of_the_papers_tables_has_a_number():
    for name in ("table1", "table3", "table4", "table5", "table6", "table8"):
        for one in wanted_of(ITEMS[name], PRESETS["paper"], 1):
            assert paper_value(name, one.setting), (name, one.setting)
    assert all(set(row["cells"]) == set(FAMILIES) for row in paper_rows("table7"))
    # The paper's Table 2 leaves single-task out.
    assert [row["row"]["method"] for row in paper_rows("table2")] == ["finetune", "dss", "mi"]


def test_seven_of_the_papers_eight_calibration_cells_are_impossible():
    # |accuracy − confidence| is never above the error.
    possible = [
        (row["row"]["method"], family)
        for row in paper_rows("table6")
        for family, (error, confidence) in row["cells"].items()
        for accuracy in paper_value("table1", setting(row["row"]["method"], family))
        if abs(accuracy - confidence) <= error
    ]
    assert possible == [("dss", "anli1")]


def test_the_papers_settings_are_the_defaults_of_a_t5_run_and_each_has_its_source():
    # Precision is fixed here and elsewhere the hardware's.
    config = RunConfig(dataset="svamp", student="base", precision="bf16")
    for one in SETTINGS:
        assert getattr(config, one.field) == one.value, one.field
        assert one.source.partition(" ")[0].strip(":") in ("paper", "released", "ours"), one.field


def test_sizes_of_test_files_are_those_of_the_real_ones(shared):
    from mi_cot_lib.data.load import load_split

    for name, rows in paper_numbers()["test_items"].items():
        assert len(load_split(name, "test", shared / "dss")) == rows
