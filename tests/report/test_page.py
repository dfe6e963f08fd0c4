"""The page: what it holds, where it folds, and that nothing on it is taken for markup or fetched."""

import re
import unicodedata

import pytest
from bs4 import BeautifulSoup

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.compare import Comparison
from mi_cot_lib.report.page import render_page
from mi_cot_lib.report.pictures import PICTURES
from mi_cot_lib.report.setting import WORDING
from mi_cot_lib.report.tables import folded_tables, main_table
from tests.report.made import result, setting

SETTINGS = {setting("dss"): [10, 12, 11], setting("mi"): [14, 15, 16]}


def page_of(*results):
    commands = {one.id: f"make {one.id}" for one in results}
    return BeautifulSoup(render_page(results, commands, "make page"), "html.parser")


def cells_of(table):
    """Return a table's rows of text, its head first."""
    return [
        [unicodedata.normalize("NFKC", cell.get_text()) for cell in row.find_all(["th", "td"])]
        for row in table.find_all("tr")
    ]


def test_a_page_stands_alone_and_all_but_question_answer_a_picture_and_a_table_is_folded():
    made = result(SETTINGS, pictures=("cells", "gains"))
    page = page_of(made)
    section = page.find(id="table1")
    assert section.h2.get_text() == f"Table 1{made.question}"
    assert section.select_one(".answer").get_text() == " ".join(answer_of(made))
    open_ = [one for one in section.select("img, table") if not one.find_parent("details")]
    assert [one.name for one in open_] == ["img", "table"]
    main = main_table(made)
    assert cells_of(open_[1]) == [list(main.columns), *main.to_numpy().tolist()]
    folded = section.find_all("details")
    assert not any(one.find("details") for one in folded)
    tables = [cells_of(one.table)[1:] for one in folded if one.table]
    assert tables == [frame.to_numpy().tolist() for frame in folded_tables(made).values()]
    assert sum(len(one.find_all("img")) for one in folded) == 1
    assert folded[-1].pre.get_text() == "make table1"
    assert not page.find_all(["script", "link", "iframe"])
    assert all(one["src"].startswith("data:image/png;base64,") for one in page.find_all("img"))
    assert all(one["alt"] and int(one["width"]) > 0 for one in page.find_all("img"))
    assert not re.search(r"url\(|@import", page.style.get_text())


def test_an_answer_of_many_sentences_is_a_list():
    methods = ("single_task", "finetune", "dss", "mi")
    right = {
        setting(method, split=split): [5 + 3 * place + seed for seed in range(3)]
        for place, method in enumerate(methods)
        for split in ("test", "unseen")
    }
    declared = [
        Comparison({"method": more}, {"method": fewer})
        for more, fewer in (("mi", "dss"), ("dss", "finetune"), ("mi", "finetune"), ("mi", "single_task"))
    ]  # fmt: skip
    made = result(right, declared=declared, pictures=())
    said = [one.get_text() for one in page_of(made).select("ul.answer li")]
    assert said == answer_of(made) and len(said) == len(declared)


def test_contents_lead_to_every_section():
    names = ("table1", "table2", "methods", "declared_whole")
    page = page_of(*(result(SETTINGS, id=name, title="", pictures=()) for name in names))
    links = [one["href"] for one in page.nav.find_all("a")]
    assert links == ["#table1", "#table2", "#methods", "#declared_whole", "#runs"]
    assert [f"#{one['id']}" for one in page.find_all("section")] == links
    assert page.find(id="methods").h2.small.get_text() == "Methods"


@pytest.mark.parametrize("built_in", [True, False])
def test_built_in_data_are_said_once_and_marked_at_each_table(built_in):
    page = page_of(result(SETTINGS, built_in=built_in, pictures=()))
    tables = page.find(id="table1").find_all("table")
    assert len(page.select(".caveat")) == built_in
    assert len(page.select(".badge")) == built_in * len(tables)
    assert all((one.caption.select_one(".badge") is not None) == built_in for one in tables[:1])


def test_real_data_with_another_student_than_the_papers_say_so():
    page = page_of(result(SETTINGS, built_in=False, preset="real-small", pictures=()))
    (caveat,) = page.select(".caveat")
    assert caveat.get_text().startswith("Real data, but not the paper's student")
    assert {badge.get_text() for badge in page.select(".badge")} == {"another student"}


def test_missing_runs_are_said_before_the_answer():
    missing = {"a": "absent", "b": "absent"}
    page = page_of(result(SETTINGS, built_in=False, pictures=(), missing=missing))
    (caveat,) = page.select("#table1 .caveat")
    assert "2" in caveat.get_text()
    assert caveat.find_next_sibling(class_="answer")


def test_texts_are_not_taken_for_markup():
    question = "<script>1 & 2</script>?"
    page = page_of(result(SETTINGS, question=question, title="<b>bold</b>", pictures=()))
    assert not page.find_all(["script", "b"])
    assert question in page.find(id="table1").h2.get_text()


def test_no_items_are_refused():
    with pytest.raises(ConfigError):
        render_page([], {}, "make page")


def test_every_picture_has_words_for_those_who_do_not_see_it():
    assert WORDING["pictures"].keys() == PICTURES.keys()
