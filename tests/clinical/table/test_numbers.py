"""Is a clinic's number what it means? Expected values were written down by hand."""

import math
from datetime import date

import pytest

from kseg.clinical.table.numbers import DATE_FOUND, DATE_LIKE, NUMBER_NEEDED, decimal_mark, read_number


@pytest.mark.parametrize(
    ("cells", "comma_is_usual", "mark"),
    [
        (["80.5", "90"], False, "."),
        (["80,5", "90"], False, ","),
        (["80,5", "90.5", "90.1"], False, "."),
        (["80,5", "90,5", "90.1"], False, ","),
        (["80,5", "90.5"], False, "."),
        (["80,5", "90.5"], True, ","),
        (["80,", "90.5"], True, "."),
        (["1.234,5"], False, ","),
        (["1,234.5"], True, "."),
        (["1,234"], False, "."),
        (["1,234"], True, ","),
        (["1.234"], True, "."),
        (["0,812"], False, ","),
        (["65,5岁", ">=90"], False, ","),
        ([80.5, 90.5, "80,5"], False, ","),
        (["1.5.2024", "80,5"], False, ","),
        (["65", "old", "-"], True, "."),
        ([], True, "."),
    ],
)
def test_the_decimal_mark_is_that_of_most_numbers_that_leave_no_doubt(cells, comma_is_usual, mark):
    assert decimal_mark(cells, comma_is_usual=comma_is_usual) == mark


@pytest.mark.parametrize(
    ("cell", "mark", "number"),
    [
        (38.5, ",", 38.5),
        ("38.5", ".", 38.5),
        ("38,5", ",", 38.5),
        (" 007 ", ".", 7),
        ("６５．５", ".", 65.5),  # noqa: RUF001
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("1.234", ".", 1.234),
        ("1,234", ",", 1.234),
        (".5", ".", 0.5),
        ("-3", ".", -3),
        ("1e2", ".", 100),
    ],
)
def test_a_number_is_read_by_the_files_mark(cell, mark, number):
    reading = read_number(cell, mark)
    assert (reading.value, reading.need) == (number, "")


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "-", "null", "无", "/"])
def test_a_missing_number_is_none_and_no_mistake(cell):
    reading = read_number(cell, ".")
    assert math.isnan(reading.value)
    assert reading.need == ""


@pytest.mark.parametrize(
    ("cell", "mark", "need"),
    [
        ("old", ".", NUMBER_NEEDED),
        ("80 umol/L", ".", NUMBER_NEEDED),
        ("1_000", ".", NUMBER_NEEDED),
        ("1,234,567", ".", NUMBER_NEEDED),
        ("inf", ".", NUMBER_NEEDED),
        ("1e999", ".", NUMBER_NEEDED),
        ("80,5", ".", "the table's other numbers have decimal points; write 80.5, if that is meant"),
        ("1.234,5", ".", "the table's other numbers have decimal points; write 1234.5, if that is meant"),
        ("80.5", ",", "the table's other numbers have decimal commas; write 80,5, if that is meant"),
        ("1,234", ".", "it may mean 1234 or 1.234; write the one that is meant"),
        ("1.234", ",", "it may mean 1234 or 1,234; write the one that is meant"),
        ("#DIV/0!", ".", "an error of the spreadsheet; type the value, or leave the cell empty"),
        ("=B2", ".", "a formula whose value the file does not hold; open it in Excel and save it once"),
        (date(2024, 5, 1), ".", DATE_FOUND),
    ],
)
def test_what_is_no_number_is_told_with_what_is_needed(cell, mark, need):
    reading = read_number(cell, mark)
    assert math.isnan(reading.value)
    assert reading.need == need


@pytest.mark.parametrize(
    "text",
    [
        *("2024-05-01", "2024/5/1", "2024-05-01 10:30:00", "2024-05-01T10:30:00", "2024年5月1日", "5月1日"),
        *("1.5.2024", "5/1/24", "1-5", "1-May", "May-24", "5. Mär", "12-Jan-2024", "Okt 24"),
    ],
)
def test_a_date_is_known_however_excel_writes_it(text):
    assert read_number(text, ".").need == DATE_LIKE
