"""Which table of a folder holds its patients?"""

from __future__ import annotations

from pathlib import Path

from kseg.cases.layout.files import contents
from kseg.clinical.saying import TEN, few_of
from kseg.clinical.table.file import WORKBOOKS
from kseg.errors import InputError

AUTO = "auto"
PREFERRED = "clinical.csv"
SUFFIXES = (".csv", ".tsv", *WORKBOOKS)
TEXT = ".txt"
"""Counts where no other table is there: most text files are notes."""


def find_table(root: Path, table: str | None) -> Path | None:
    """Find the patients' table.

    Args:
        root: The folder.
        table: Its name in the folder, or its path; `auto` for the only one that is there, or `clinical.csv` among
            several; None where there is none.

    Returns:
        Its path; None where there is none.

    Raises:
        InputError: It is not there, or several are.
    """
    if table is None:
        return None
    if table != AUTO:
        path = root / Path(str(table)).expanduser()
        if not path.is_file():
            raise InputError(f"{path}: no such file; {root.name} holds {contents(root)}")
        return path
    tables = _tables(root)
    if len(tables) > 1 and root / PREFERRED not in tables:
        names = few_of([path.name for path in tables], TEN)
        raise InputError(f"{root}: {len(tables)} tables ({names}); say which holds the patients with data.table=NAME")
    if not tables:
        raise InputError(
            f"{root}: no table of patients; {root.name} holds {contents(root)}. "
            "Put one there, or set data.table=null and cohort.ungrouped=keep for a cohort without clinical values"
        )
    return root / PREFERRED if root / PREFERRED in tables else tables[0]


def _tables(root: Path) -> list[Path]:
    files = [path for path in sorted(root.iterdir()) if path.is_file() and not path.name.startswith((".", "~$"))]
    tables = [path for path in files if path.suffix.lower() in SUFFIXES]
    return tables or [path for path in files if path.suffix.lower() == TEXT]
