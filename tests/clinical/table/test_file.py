"""Are the cells of a file found, whatever parts and holds them?"""

import pytest

from kseg.clinical.table.file import read_table_file


def named(row):
    """Which of our columns a row names: here their very names."""
    return {"patient_id", "age", "egfr"} & {str(cell) for cell in row}


def read(tmp_path, content, file="table.csv"):
    path = tmp_path / file
    path.write_bytes(content.encode())
    return read_table_file(path, None, named)


def test_cells_are_text_without_what_is_not_seen_around_it(tmp_path):
    sheet = read(tmp_path, 'patient_id,age\n ="007" ,\u200b 50\xa0\n"a ""b"", c", "5"\n')
    assert sheet.rows == [["patient_id", "age"], ["007", "50"], ['a "b", c', "5"]]


def test_the_separator_is_the_one_that_makes_most_names_known(tmp_path):
    sheet = read(tmp_path, "Patients, all of them, in 2024\npatient_id;age\n7;50,5\n8;51,5\n")
    assert sheet.rows[1:] == [["patient_id", "age"], ["7", "50,5"], ["8", "51,5"]]
    assert (sheet.header, sheet.reading, sheet.comma_is_usual) == (1, ("separated by semicolons",), True)


def test_rows_keep_their_number_and_their_length(tmp_path):
    sheet = read(tmp_path, "patient_id,age\n\n7\n8,50,x\n")
    assert sheet.rows == [["patient_id", "age"], [], ["7"], ["8", "50", "x"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_may_end_as_any_system_ends_it_and_a_quoted_cell_may_hold_one(tmp_path, end):
    sheet = read(tmp_path, f'patient_id,age{end}"a{end}b",50{end}')
    assert sheet.rows == [["patient_id", "age"], [f"a{end}b", "50"]]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("patient_id,age\n", 0),
        ("Title\n\nage,patient_id\n", 2),
        ("age of patient_id\nage\npatient_id,egfr\n", 2),
        ("patient_id\npatient_id,age\n", 1),
        ("x,y\nage,egfr\n", 1),
        ("\nx,y\n1,2\n", 1),
    ],
)
def test_the_names_stand_where_an_id_and_one_more_are_named_or_else_most(tmp_path, content, header):
    assert read(tmp_path, content).header == header
