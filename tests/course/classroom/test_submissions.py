"""What a class handed in is read by learner, and what cannot be taken is told."""

import pytest

from mi_cot_lib.course.classroom.submissions import read_class
from mi_cot_lib.errors import DataError

NAMES = ("01_data.ipynb", "11_measuring_mi.ipynb")


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")


def test_notebooks_are_found_by_learner_and_what_systems_leave_is_passed_over(tmp_path):
    put(tmp_path, "bob/11_measuring_mi.ipynb", "ann/01_data.ipynb", "ann/.DS_Store", "notes.txt")
    put(tmp_path, "ann/.ipynb_checkpoints/01_data-checkpoint.ipynb", "__MACOSX/01_data.ipynb")
    ann, bob = read_class(tmp_path, NAMES)
    assert (ann.learner, list(ann.notebooks), ann.notes) == ("ann", ["01_data.ipynb"], {})
    assert bob.notebooks == {"11_measuring_mi.ipynb": tmp_path / "bob" / "11_measuring_mi.ipynb"}


def test_a_file_of_another_name_is_told_with_the_nearest(tmp_path):
    put(tmp_path, "ann/11_measuring_mi (1).ipynb", "ann/homework.zip", "ann/more/01_data.ipynb")
    (ann,) = read_class(tmp_path, NAMES)
    assert ann.notebooks == {}
    assert "Was 11_measuring_mi.ipynb meant?" in ann.notes["11_measuring_mi (1).ipynb"]
    assert ann.notes["homework.zip"] == "No notebook of this name was handed out."
    assert "must lie here" in ann.notes["more"]


def test_a_link_to_what_another_handed_in_is_not_followed(tmp_path):
    put(tmp_path, "ann/01_data.ipynb")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "01_data.ipynb").symlink_to(tmp_path / "ann" / "01_data.ipynb")
    (tmp_path / "cyd").symlink_to(tmp_path / "ann")
    ann, bob = read_class(tmp_path, NAMES)
    assert ann.notebooks and not bob.notebooks and "01_data.ipynb" in bob.notes


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "it is empty: no folder of a learner"),
        (("01_data.ipynb",), "it holds files, but no folder of a learner. Make one for each"),
        (None, "is no folder"),
    ],
)
def test_a_folder_without_learners_is_refused_with_what_to_do(tmp_path, names, said):
    folder = tmp_path / "class"
    if names is not None:
        folder.mkdir()
        put(folder, *names)
    with pytest.raises(DataError, match=said):
        read_class(folder, NAMES)
