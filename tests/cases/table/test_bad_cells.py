"""What does a user see of cells that are not as they should be in a table of patients?"""

from dataclasses import dataclass, field
from functools import partial

import pytest

from kseg.cases.table.clinic_table import read_clinic_table
from kseg.clinical.cohort import build_cohort
from kseg.clinical.egfr import ckd_epi_2009
from kseg.errors import InputError

NAMES = "patient_id,sex,age,creatinine_umol_l\n"
NUMBER = "a number is needed, such as 38.5, or an empty cell"
DATE = "a number is needed, not a date; if Excel has made it one, format the column as text and type it again"
SEX = "F, M, female or male is needed, or its meaning, such as 'data.sex_values={1: M, 2: F}'"
LONG = "患" * 67
"""201 bytes in UTF-8."""

build = partial(
    build_cohort, equation=ckd_epi_2009, cut_points={"control": 90, "mild": 60, "moderate": 30, "severe": 0}
)


@dataclass
class Table:
    """A file, and what is said of it: its own lines begin with its name, which is left out here."""

    case: str
    content: str | bytes
    problems: list = field(default_factory=list)
    remarks: list = field(default_factory=list)
    cohort: list = field(default_factory=list)
    """Problems that are found once the rows are read."""
    settings: dict = field(default_factory=dict)
    file: str = "clinical.csv"


CELLS = [
    Table(
        "contradicting decimal marks",
        f'{NAMES}P1,F,50.5,80.5\nP2,F,50,"90,5"\n',
        [
            "row 3 (P2): creatinine_umol_l '90,5'; "
            "the table's other numbers have decimal points; write 90.5, if that is meant"
        ],
    ),
    Table(
        "thousands",
        f'{NAMES}P1,F,50,80.5\nP2,F,50,"1,050"\n',
        ["row 3 (P2): creatinine_umol_l '1,050'; it may mean 1050 or 1.050; write the one that is meant"],
    ),
    Table("text for a number", f"{NAMES}P1,F,50,80\n\nP2,F,old,80\n", [f"row 4 (P2): age 'old'; {NUMBER}"]),
    Table(
        "dates for numbers",
        f"{NAMES}P1,F,1960-05-01,80\nP2,F,50,5-Mar\n",
        [
            f"row 2 (P1): age '1960-05-01'; {DATE}",
            f"row 3 (P2): creatinine_umol_l '5-Mar'; {DATE}",
        ],
    ),
    Table(
        "an Excel error",
        f"{NAMES}P1,F,50,#N/A\n",
        ["row 2 (P1): creatinine_umol_l '#N/A'; an error of the spreadsheet; type the value, or leave the cell empty"],
    ),
    Table("months", f"{NAMES}P1,F,18月,80\n", ["row 2 (P1): age '18月'; years are needed, such as 1.5 for 18 months"]),
    Table(
        "the same in many rows",
        NAMES + "".join(f"P{number},{number % 2 + 1},50,80\n" for number in range(8)),
        [
            f"rows 2, 4, 6, 8 (P0, P2, P4, P6): sex '1'; {SEX}",
            f"rows 3, 5, 7, 9 (P1, P3, P5, P7): sex '2'; {SEX}",
        ],
    ),
    Table(
        "a split of its own",
        "patient_id,egfr,split\nP1,50,dev\n",
        ["row 2 (P1): split 'dev'; train, val or test is needed, or an empty cell"],
    ),
    Table(
        "eGFR above 60, and no creatinine",
        "patient_id,egfr\nP1,>60\n",
        ["row 2 (P1): egfr '>60'; it tells no group; give the value itself, a creatinine or a group"],
    ),
    Table(
        "an id that Excel has shortened",
        "patient_id,egfr\n1.10105E+17,50\n",
        [
            "row 2 (1.10105E+17): patient_id '1.10105E+17'; "
            "Excel keeps 15 digits of a number; format the column as text and type the id again"
        ],
    ),
    Table(
        "a row too long",
        f"{NAMES}P1,F,50,80,5\nP2,F,old,90,1\nP3,F,50,80\n",
        ["rows 2, 3 (P1, P2): 5 cells for 4 columns; quote the cell that holds a separator"],
    ),
    Table(
        "one value in another unit",
        f"{NAMES}P1,F,50,80\nP2,F,50,1.2\nP3,F,50,95\n",
        [
            "row 3 (P2): creatinine_umol_l 1.2 umol/L cannot be; as mg/dL it would be 106 umol/L: "
            "mend the cell or the unit in the column's name"
        ],
    ),
    Table(
        "one value in another unit than the setting's",
        "patient_id,sex,age,creatinine\nP1,F,50,1.1\nP2,F,50,90\n",
        [
            "row 3 (P2): creatinine 90 mg/dL cannot be; as umol/L it would be 90 umol/L: "
            "mend the cell or set data.creatinine_unit"
        ],
        settings={"creatinine_unit": "mg/dL"},
    ),
    Table(
        "all values in another unit",
        "patient_id,sex,age,creatinine\nP1,F,50,0.9\nP2,F,50,1.2\nP3,F,50,1.4\n",
        ["creatinine cannot be in umol/L in 3 of 3 rows, such as 0.9; in mg/dL it can: set data.creatinine_unit=mg/dL"],
    ),
    Table(
        "all values in another unit than the header's",
        "patient_id,sex,age,Scr [mg/dL]\nP1,F,50,90\nP2,F,50,120\n",
        [
            "Scr [mg/dL] cannot be in mg/dL in 2 of 2 rows, such as 90; in umol/L it can: "
            "correct the unit in the column's name"
        ],
        ["columns read under other names: 'Scr [mg/dL]' as creatinine"],
    ),
    Table(
        "half of the values in another unit",
        f"{NAMES}P1,F,50,80\nP2,F,50,1.2\nP3,F,50,95\nP4,F,50,1.2\n",
        [
            "rows 3, 5 (P2, P4): creatinine_umol_l 1.2 umol/L cannot be; as mg/dL it would be 106 umol/L: "
            "mend the cell or the unit in the column's name"
        ],
    ),
    Table(
        "no unit fits",
        f"{NAMES}P1,F,50,9000\n",
        [
            "row 2 (P1): creatinine_umol_l 9000 umol/L cannot be; "
            "creatinine lies between 15 and 3000 umol/L: mend the cell"
        ],
    ),
]

COHORT = [
    Table("a negative age", f"{NAMES}P1,F,-50,80\n", cohort=["P1: age -50; an age in years is more than 0"]),
    Table(
        "no creatinine at all",
        f"{NAMES}P1,F,50,0\n",
        cohort=["P1: creatinine_umol_l 0; a creatinine in umol/L is more than 0"],
    ),
    Table(
        "a patient twice",
        f"{NAMES}P1,F,50,80\nP2,F,50,80\nP1,F,50,80\n",
        cohort=["P1: 2 rows (2, 4); keep one, or give each CT a case_id of its own"],
    ),
    Table(
        "a patient of two sexes",
        "case_id,patient_id,sex,egfr\na,P1,女,50\nb,P1,男,50\n",
        cohort=["patient P1: sex F and M in 2 cases; correct one"],
    ),
    Table("no id", f"{NAMES}P1,F,50,80\n,F,50,80\n", cohort=["row 3: no patient_id; every row needs one"]),
    Table(
        "an id with a slash",
        f"{NAMES}../P1,F,50,80\n",
        cohort=["'../P1': cannot name a file; an id has no / or \\ and does not start with a point"],
    ),
    Table(
        "an id of 201 bytes",
        f"{NAMES}{LONG},F,50,80\n",
        cohort=[f"{LONG[:20]}...: cannot name a file; an id has at most 200 bytes, this one 201"],
    ),
    Table(
        "a group of its own",
        "patient_id,group\nP1,Mild\nP2,G3a\n",
        cohort=["P2: group 'G3a' is not known; the groups are control, mild, moderate, severe"],
    ),
]


@pytest.mark.parametrize("table", [*CELLS, *COHORT], ids=lambda table: table.case)
def test_a_table_is_read_as_far_as_it_can_be_and_all_is_told(tmp_path, table):
    path = written(tmp_path, table)
    imported = read_clinic_table(path, **table.settings)
    assert list(imported.problems) == [f"{path.name}{_colon(said)}{said}" for said in table.problems]
    assert list(imported.remarks) == [f"{path.name}: {said}" for said in table.remarks]
    assert cohort_problems(imported) == table.cohort
    assert bool(imported.unreadable) == bool(table.problems)


def written(folder, table):
    path = folder / table.file
    path.write_bytes(table.content if isinstance(table.content, bytes) else table.content.encode())
    return path


def cohort_problems(imported):
    """As `kseg.cases.gather.gather_cohort` finds them, in the rows of which nothing is told yet."""
    try:
        build(imported.rows.drop(index=list(imported.unreadable)))
    except InputError as error:
        return list(error.problems)
    return []


def _colon(said):
    return " " if said.startswith("row") else ": "
