"""Tables as CSV."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.errors import InputError
from kseg.report.tables import read_table, write_table


def test_a_table_comes_back_as_it_was(tmp_path):
    table = pd.DataFrame(
        {
            "case_id": ["0012", "P,\"2'"],
            "group": ["mild", ""],
            "value": [0.1 + 0.2, np.nan],
            "age": [70, 40],
            "site": ["Ömsk", "x"],
        }
    )
    write_table(tmp_path / "new" / "metrics.csv", table)
    pd.testing.assert_frame_equal(read_table(tmp_path / "new" / "metrics.csv"), table, check_dtype=False)


@pytest.mark.parametrize("name", ["=1+1", "+7", "-3", "@SUM(A1)", "'=1", "\t=1"])
def test_text_never_becomes_a_formula_and_still_comes_back(tmp_path, name):
    write_table(tmp_path / "t.csv", pd.DataFrame({"case_id": [name], "value": [-1.5]}))
    cells = (tmp_path / "t.csv").read_text().splitlines()[1]
    assert cells.startswith("'")
    assert cells.endswith(",-1.5")
    assert read_table(tmp_path / "t.csv")["case_id"].tolist() == [name]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_any_text_comes_back(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    write_table(path, pd.DataFrame({"case_id": names, "value": 1.0}))
    assert read_table(path)["case_id"].tolist() == names


def test_empty_cells_are_nan_in_numbers_and_nothing_in_text(tmp_path):
    (tmp_path / "t.csv").write_text("case_id,group,value\nA,,\nB,NA,nan\n")
    table = read_table(tmp_path / "t.csv", required=["value"])
    assert table["group"].tolist() == ["", "NA"]
    assert table["value"].isna().all()


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path):
    (tmp_path / "t.csv").write_text("case_id,value\nA,0.9\nB,high\n")
    with pytest.raises(InputError) as error:
        read_table(tmp_path / "t.csv", required=["case_id", "group", "value"])
    lacks, no_number = error.value.problems
    assert lacks.endswith("lacks group; it has case_id, value")
    assert no_number.endswith("value must be a number or empty, but 1 cells are not; line 3: 'high'")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b'a,b\n"1,2\n3'])
def test_what_is_no_csv_is_refused_in_one_line(tmp_path, content):
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match="not a readable CSV file"):
        read_table(tmp_path / "t.csv")


def test_a_file_from_excel_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfcase_id,value\r\nA,1\r\n")
    assert list(read_table(tmp_path / "t.csv").columns) == ["case_id", "value"]
