"""Are a spreadsheet's errors found where they stand? openpyxl writes them."""

import io
import zipfile

import openpyxl
import pytest

from kseg.clinical.table.faults import find_faults

STRICT = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)


@pytest.fixture
def book():
    book = openpyxl.Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("患者 1")
    sheet["A1"], sheet["B2"], sheet["AB3"], sheet["C9"] = "text", "#DIV/0!", "=A1*2", 5
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(book, change):
    """The same workbook, its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)))
    return file.getvalue()


def test_errors_and_formulas_without_a_value_are_found_by_row_and_column(book):
    assert find_faults(book, "患者 1") == {(1, 1): "#DIV/0!", (2, 27): "=A1*2"}


def test_a_sheet_without_errors_has_none(book):
    assert find_faults(book, "empty") == {}


def test_a_formula_with_a_value_or_with_an_empty_text_is_no_error(book):
    valued = changed(book, lambda part: part.replace(b"<f>A1*2</f><v />", b"<f>A1*2</f><v>4</v>"))
    text = changed(book, lambda part: part.replace(b'r="AB3"><f>', b'r="AB3" t="str"><f>'))
    assert find_faults(valued, "患者 1") == find_faults(text, "患者 1") == {(1, 1): "#DIV/0!"}


def test_another_dialect_of_the_format_is_read_too(book):
    assert find_faults(changed(book, lambda part: part.replace(*STRICT)), "患者 1")[1, 1] == "#DIV/0!"


def test_what_cannot_be_looked_through_is_said_to_be_so(book):
    assert find_faults(b"an old Excel file", "A") is None
    assert find_faults(book, "no such sheet") is None
    assert find_faults(changed(book, lambda part: part.replace(b"</row>", b"")), "患者 1") is None
