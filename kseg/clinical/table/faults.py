"""Which cells of a spreadsheet hold an error, such as #N/A, instead of a value?"""

from __future__ import annotations

import io
import posixpath
import re
import zlib
from collections.abc import Iterator
from typing import TypeAlias
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

Faults: TypeAlias = dict[tuple[int, int], str]
"""What is seen in a cell, by its row and column from 0."""

WORTH_READING = re.compile(rb"""\bt=["']e["']|[<:]f[\s/>]""")
ERROR = re.compile(r"#(N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!)|Err:\d+")
NOT_AS_IT_SHOULD_BE = (
    *(BadZipFile, zlib.error, ElementTree.ParseError, StopIteration),
    *(LookupError, ValueError, RuntimeError, OSError, EOFError),
)
"""What zipfile and ElementTree raise over parts that calamine could do without."""

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def find_faults(data: bytes, sheet: str) -> Faults | None:
    """Find cells that hold an error, and formulas whose value no program has stored.

    Args:
        data: The file, .xlsx, .xlsm or .ods.
        sheet: The sheet's name.

    Returns:
        The errors as they are seen, formulas from their equals sign on; None where the file cannot be looked through.
    """
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if "content.xml" in archive.namelist():
                return _in_ods(archive.read("content.xml"), sheet)
            part = archive.read(_excel_part(archive, sheet))
            return _in_excel(part) if WORTH_READING.search(part) else {}
    except NOT_AS_IT_SHOULD_BE:
        return None


def _excel_part(archive: ZipFile, sheet: str) -> str:
    book = next(
        target for kind, _, target in _relations(archive, "_rels/.rels", "") if kind.endswith("/officeDocument")
    )
    folder, name = posixpath.split(book)
    names = ElementTree.fromstring(archive.read(book)).iterfind(".//{*}sheet")
    wanted = next(_relation(element) for element in names if element.get("name") == sheet)
    targets = _relations(archive, posixpath.join(folder, "_rels", f"{name}.rels"), folder)
    return next(target for _, relation, target in targets if relation == wanted)


def _relation(sheet: ElementTree.Element) -> str:
    return next(value for key, value in sheet.items() if key == RELATION or key.endswith("/relationships}id"))


def _relations(archive: ZipFile, part: str, folder: str) -> Iterator[tuple[str, str, str]]:
    for element in ElementTree.fromstring(archive.read(part)):
        target = posixpath.normpath(posixpath.join("/", folder, element.attrib["Target"])).lstrip("/")
        yield element.attrib["Type"], element.attrib["Id"], target


def _in_excel(part: bytes) -> Faults:
    faults, row = Faults(), -1
    for line in ElementTree.fromstring(part).iterfind(".//{*}row"):
        row, column = int(line.get("r", row + 2)) - 1, -1
        for cell in line:
            place = cell.get("r")
            column = _column(place) if place else column + 1
            if seen := _excel_fault(cell):
                faults[row, column] = seen
    return faults


def _excel_fault(cell: ElementTree.Element) -> str:
    formula, value, kind = cell.find("{*}f"), cell.findtext("{*}v"), cell.get("t")
    if kind == "e":
        return value or "#N/A"
    return f"={formula.text or ''}" if formula is not None and not value and kind != "str" else ""


def _column(place: str) -> int:
    """The column of a place such as AB12, from 0."""
    column = 0
    for letter in place.rstrip("0123456789"):
        column = column * 26 + ord(letter.upper()) - ord("A") + 1
    return column - 1


def _in_ods(content: bytes, sheet: str) -> Faults:
    faults, row = Faults(), 0
    tables = ElementTree.fromstring(content).iterfind(".//{*}table")
    table = next(table for table in tables if _attribute(table, "name") == sheet)
    for line in table.iterfind(".//{*}table-row"):
        column = 0
        for cell in line:
            if seen := _ods_fault(cell):
                faults[row, column] = seen
            column += int(_attribute(cell, "number-columns-repeated") or 1)
        row += int(_attribute(line, "number-rows-repeated") or 1)
    return faults


def _ods_fault(cell: ElementTree.Element) -> str:
    seen = "".join(cell.itertext())
    stated = any(key.endswith("}value-type") and value == "error" for key, value in cell.items())
    return seen or "#N/A" if stated or (_attribute(cell, "formula") and ERROR.fullmatch(seen)) else ""


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((value for key, value in element.items() if key.endswith(f"}}{name}")), "")
