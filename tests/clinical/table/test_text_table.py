"""Does a table's text stay what it is?"""

import pytest

from kseg.clinical.table.text_table import parse_numbers, read_text_table
from kseg.errors import InputError


def written(tmp_path, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_cells_stay_text_and_rows_keep_their_number_in_the_file(tmp_path):
    table = read_text_table(written(tmp_path, "\ufeffid,age\n007,1.50\n\nNA,\n"))
    assert table.to_dict("index") == {
        2: {"id": "007", "age": "1.50"},
        3: {"id": "", "age": ""},
        4: {"id": "NA", "age": ""},
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "No columns to parse"),
        ("id,age\nP1,2,3\nP2,1\n", "not a readable table"),
        ("id,age\nP1,2\nP2,1,3\n", "Expected 2 fields in line 3, saw 3"),
        ("id,größe\n".encode("latin-1"), "save it as CSV, comma separated, UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, said):
    with pytest.raises(InputError, match=said):
        read_text_table(written(tmp_path, content))


def test_what_is_no_number_is_told_and_what_is_missing_is_not(tmp_path):
    table = read_text_table(written(tmp_path, 'id,age\na,40\nb,\nc,N/A\nd,old\ne," 1e1 "\nf,inf\n'))
    numbers, unreadable = parse_numbers(table["age"])
    assert numbers.dropna().to_dict() == {2: 40.0, 6: 10.0}
    assert unreadable.to_dict() == {5: "old", 7: "inf"}
