"""Is the table of patients found by itself where it can be, and asked for where it cannot?"""

import pytest

from kseg.cases.table.which import find_table
from kseg.errors import InputError


def made(root, *names):
    for name in names:
        (root / name).touch()
    return root


def refusal_of(root, table="auto"):
    with pytest.raises(InputError) as told:
        find_table(root, table)
    return str(told.value).replace(str(root), "ROOT").replace(root.name, "ROOT")


@pytest.mark.parametrize(
    "name",
    ["patients.csv", "病人.CSV", "a.tsv", "a b.xlsx", "a.xlsm", "a.xls", "a.xlsb", "a.ods", "list.txt"],
)
def test_the_only_table_is_found(tmp_path, name):
    (tmp_path / "images").mkdir()
    assert find_table(made(tmp_path, name, "phantom.json"), "auto") == tmp_path / name


@pytest.mark.parametrize("other", ["README.txt", "~$patients.xlsx", ".~lock.patients.csv#", ".old.csv", "notes.docx"])
def test_notes_locks_and_hidden_files_are_no_tables(tmp_path, other):
    assert find_table(made(tmp_path, "patients.xlsx", other), "auto") == tmp_path / "patients.xlsx"


def test_clinical_csv_goes_before_other_tables(tmp_path):
    assert find_table(made(tmp_path, "a.csv", "clinical.csv"), "auto") == tmp_path / "clinical.csv"


def test_a_table_may_be_named_lie_elsewhere_or_be_none(tmp_path):
    (tmp_path / "clinic").mkdir()
    made(tmp_path, "elsewhere.csv", "clinic/a.csv", "clinic/b.csv")
    assert find_table(tmp_path / "clinic", "b.csv") == tmp_path / "clinic" / "b.csv"
    assert find_table(tmp_path / "clinic", str(tmp_path / "elsewhere.csv")) == tmp_path / "elsewhere.csv"
    assert find_table(tmp_path / "clinic", None) is None


def test_several_tables_are_told_with_what_says_which(tmp_path):
    made(tmp_path, "b.xlsx", "a.csv")
    assert refusal_of(tmp_path) == "ROOT: 2 tables (a.csv, b.xlsx); say which holds the patients with data.table=NAME"


def test_no_table_is_told_with_what_is_there(tmp_path):
    (tmp_path / "images").mkdir()
    assert refusal_of(tmp_path) == (
        "ROOT: no table of patients; ROOT holds images/. "
        "Put one there, or set data.table=null and cohort.ungrouped=keep for a cohort without clinical values"
    )
    assert refusal_of(tmp_path, "a.csv") == "ROOT/a.csv: no such file; ROOT holds images/"
