"""What does a user see of an Excel file of patients that is not as it should be?"""

import datetime
import io
import zipfile
from dataclasses import dataclass, field

import openpyxl
import pytest

from kseg.cases.table.clinic_table import read_clinic_table
from kseg.clinical.table import workbook
from kseg.errors import InputError

NAMES = ["patient_id", "sex", "age", "creatinine_umol_l"]
PATIENT = ["P1", "F", 50, 80]
NOTES = [["Notes"], ["written in 2024"]]
DAMAGED = "damaged or cut short; copy it once more, or open it in Excel and save it as .xlsx"
NOT_EXCEL = "not an Excel file, whatever its name; open it in Excel and save it as .xlsx"
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TYPE_AGAIN = "format the column as text and type the value again"
ERROR = "an error of the spreadsheet; type the value, or leave the cell empty"
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)


@dataclass
class Book:
    """A file, and what is said of it: its own lines begin with its name, which is left out here."""

    case: str
    content: list | dict | bytes
    """Rows; or rows by the name of their sheet; or what the file holds."""
    problems: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)
    file: str = "clinical.xlsx"


def saved(content):
    """A workbook as openpyxl writes it: formulas without their values."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (content if isinstance(content, dict) else {"Sheet1": content}).items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(*rows):
    """A sheet as LibreOffice writes it; a cell that begins with # is an error, for which it stores an empty text."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        lines = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
        archive.writestr("content.xml", ODS.format(f'<table:table table:name="S">{lines}</table:table>'))
    return file.getvalue()


def ods_cell(text):
    error = ' table:formula="of:=NA()" office:string-value="" calcext:value-type="error"' if text[0] == "#" else ""
    return f'<table:table-cell office:value-type="string"{error}><text:p>{text}</text:p></table:table-cell>'


READ = [
    Book("plain", [NAMES, PATIENT]),
    Book("numbers for ids", [NAMES, [7.0, "F", 50, 80]]),
    Book("an .xlsx under the name of an .xls", [NAMES, PATIENT], file="clinical.xls"),
    Book(
        "a title above the names",
        [["某某医院"], [], NAMES, PATIENT],
        remarks=["the names of the columns stand in row 3; what is above is skipped"],
    ),
    Book(
        "one sheet of several names patients",
        {"Notes": NOTES, "2024": [NAMES, PATIENT], "Empty": []},
        remarks=["sheet '2024' is read, not 'Notes'; data.sheet=NAME takes another"],
    ),
    Book("a sheet called by a number", {"2023": [NAMES], "2024": [NAMES, PATIENT]}, settings={"sheet": 2024}),
    Book("a sheet by its name", {"A": [NAMES], "B": [NAMES, PATIENT]}, settings={"sheet": "B"}),
    Book("text with decimal commas", [NAMES, ["P1", "F", 50.5, "80,5"]], remarks=["with decimal commas"]),
    Book(
        "a date for a number",
        [NAMES, ["P1", "F", datetime.date(2024, 5, 1), 80]],
        [f"row 2 (P1): age '2024-05-01'; Excel has turned it into a date; {TYPE_AGAIN}"],
    ),
    Book(
        "errors",
        [NAMES, ["P1", "F", "#VALUE!", "#N/A"]],
        [f"row 2 (P1): age '#VALUE!'; {ERROR}", f"row 2 (P1): creatinine_umol_l '#N/A'; {ERROR}"],
    ),
    Book(
        "an error beyond the last value",
        [[*NAMES[:3], "egfr"], ["P1", "F", 50, "#N/A"]],
        [f"row 2 (P1): egfr '#N/A'; {ERROR}"],
    ),
    Book(
        "a formula without its value",
        [NAMES, ["P1", "F", 50, "=88.4*1.2"]],
        [
            "row 2 (P1): creatinine_umol_l '=88.4*1.2'; "
            "a formula whose value the file does not hold; open it in Excel and save it once"
        ],
    ),
    Book(
        "a date for an id",
        [NAMES, [datetime.datetime(2024, 3, 1), "F", 50, 80]],
        [
            "row 2 (2024-03-01): patient_id '2024-03-01'; "
            "Excel has turned it into a date; format the column as text and type the id again"
        ],
    ),
    Book(
        "an id of 18 digits",
        [NAMES, [110105194912310021, "F", 50, 80]],
        [
            "row 2 (110105194912310000): patient_id '110105194912310000'; "
            "Excel keeps 15 digits of a number; format the column as text and type the id again"
        ],
    ),
    Book(
        "a yes for a number",
        [NAMES, ["P1", "F", True, 80]],
        ["row 2 (P1): age 'TRUE'; a number is needed, such as 38.5, or an empty cell"],
    ),
    Book("numbers for F and M", [NAMES, ["P1", 1, 50, 80]], settings={"sex_values": {1: "M", 2: "F"}}),
    Book(
        "an error in LibreOffice",
        ods(NAMES, ["P1", "F", "#N/A", "80"]),
        [f"row 2 (P1): age '#N/A'; {ERROR}"],
        file="clinical.ods",
    ),
]

REFUSED = [
    Book(
        "several sheets name patients",
        {"2024": [NAMES, PATIENT], "2023": [NAMES, PATIENT]},
        ["2 sheets name patients, 2024, 2023; choose with data.sheet=NAME"],
    ),
    Book(
        "no such sheet",
        {"A": [NAMES, PATIENT], "B": NOTES},
        ["no sheet 'C' that holds anything; the sheets are A, B"],
        settings={"sheet": "C"},
    ),
    Book("empty sheets", {"A": [], "B": []}, ["empty; a row of names is needed, and one row a patient"]),
    Book("an empty file", b"", ["empty; a row of names is needed, and one row a patient"]),
    Book("cut short", saved([NAMES, PATIENT])[:3000], [DAMAGED]),
    Book("an archive of something else", b"PK\x03\x04" + bytes(400), [DAMAGED]),
    Book("an old file, cut short", OLD_EXCEL + bytes(700), [DAMAGED], file="clinical.xls"),
    Book("an old file of zeros", OLD_EXCEL + bytes(1016), [DAMAGED], file="clinical.xls"),
    Book(
        "a password",
        OLD_EXCEL + bytes(504) + "EncryptedPackage".encode("utf-16-le").ljust(512, b"\0"),
        ["protected by a password; save it without one"],
    ),
    Book("text", b"patient_id,egfr\nP1,50\n", [NOT_EXCEL]),
    Book("a web page", b"<html><table></table></html>", [NOT_EXCEL], file="clinical.xls"),
    Book(
        "Excel under the name of text",
        [NAMES, PATIENT],
        ["an Excel file under the name of a text file; call it .xlsx, or .xls if it is old"],
        file="clinical.csv",
    ),
]


@pytest.mark.parametrize("book", READ, ids=lambda book: book.case)
def test_a_workbook_is_read_as_far_as_it_can_be_and_all_is_told(tmp_path, book):
    path = written(tmp_path, book)
    imported = read_clinic_table(path, **book.settings)
    assert list(imported.problems) == [f"{path.name} {said}" for said in book.problems]
    assert list(imported.remarks) == [f"{path.name}: {said}" for said in book.remarks]
    assert bool(imported.unreadable) == bool(book.problems)


@pytest.mark.parametrize("book", REFUSED, ids=lambda book: book.case)
def test_a_workbook_from_which_nothing_can_be_read_is_refused(tmp_path, book):
    path = written(tmp_path, book)
    with pytest.raises(InputError) as caught:
        read_clinic_table(path, **book.settings)
    assert list(caught.value.problems) == [f"{path}: {said}" for said in book.problems]


def test_a_cell_far_from_the_table_is_told_before_millions_of_empty_ones_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_CELLS", 20)
    path = written(tmp_path, Book("far", [NAMES, PATIENT, *[[]] * 4, ["x"]]))
    with pytest.raises(InputError, match="sheet 'Sheet1' has 7 rows and 4 columns; delete what stands far from the"):
        read_clinic_table(path)


def test_an_old_file_that_is_cut_short_is_told_before_the_reader_breaks_over_it(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "load_workbook", pytest.fail)
    with pytest.raises(InputError, match=DAMAGED):
        read_clinic_table(written(tmp_path, Book("any", OLD_EXCEL + bytes(700), file="clinical.xls")))


def test_a_file_over_which_the_reader_itself_breaks_is_told_as_damaged(tmp_path, monkeypatch):
    class PanicException(BaseException):
        """As Rust raises it."""

    def broken(path):
        raise PanicException

    monkeypatch.setattr(workbook, "load_workbook", broken)
    with pytest.raises(InputError, match=DAMAGED):
        read_clinic_table(written(tmp_path, Book("any", [NAMES, PATIENT])))


def test_a_workbook_cut_anywhere_is_read_or_refused(tmp_path):
    whole = saved([NAMES, PATIENT, ["P2", "F", "#N/A", "=1"]])
    for length in range(0, len(whole), 101):
        (tmp_path / "clinical.xlsx").write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_clinic_table(tmp_path / "clinical.xlsx")


def written(folder, book):
    path = folder / book.file
    path.write_bytes(book.content if isinstance(book.content, bytes) else saved(book.content))
    return path


def test_a_hidden_sheet_is_not_looked_at(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "old"
    book.active.sheet_state = "hidden"
    visible = book.create_sheet("new")
    for sheet, name in ((book.active, "P1"), (visible, "P2")):
        sheet.append(NAMES)
        sheet.append([name, "F", 50, 80])
    book.active = visible
    book["old"].sheet_state = "hidden"
    book.save(tmp_path / "clinical.xlsx")
    assert read_clinic_table(tmp_path / "clinical.xlsx").rows["patient_id"].tolist() == ["P2"]
