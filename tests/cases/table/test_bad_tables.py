"""What does a user see of a table of patients that was not saved, or not named, as it should be?"""

from dataclasses import dataclass, field
from functools import partial

import pytest

from kseg.cases.table.clinic_table import read_clinic_table
from kseg.clinical.cohort import build_cohort
from kseg.clinical.egfr import ckd_epi_2009
from kseg.errors import InputError

NAMES = "patient_id,sex,age,creatinine_umol_l\n"
CHINESE = "患者编号,性别,年龄,血肌酐(μmol/L)\n"
CHINESE_READ = (
    "columns read under other names: "
    "'患者编号' as patient_id, '性别' as sex, '年龄' as age, '血肌酐(μmol/L)' as creatinine"
)

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


READ = [
    Table("plain, and empty cells beyond the names", f"{NAMES}P1,F,50,80,,\n"),
    Table("byte order mark", f"\ufeff{NAMES}P1,F,50,80\n"),
    Table("semicolons", f"{NAMES}P1,F,50,80\n".replace(",", ";"), remarks=["separated by semicolons"]),
    Table("tabs", f"{NAMES}P1,F,50,80\n".replace(",", "\t"), remarks=["separated by tabs"], file="clinical.tsv"),
    Table("pipes", f"{NAMES}P1,F,50,80\n".replace(",", "|"), remarks=["separated by pipes"], file="clinical.txt"),
    Table("GBK", f"{CHINESE}P1,女,50,80\n".encode("gbk"), remarks=["read as GBK", CHINESE_READ]),
    Table(
        "GBK, semicolons, decimal commas",
        f"{CHINESE}P1,女,50,80.5\n".replace(",", ";").replace(".", ",").encode("gbk"),
        remarks=["read as GBK, separated by semicolons, with decimal commas", CHINESE_READ],
    ),
    Table("UTF-16", f"{NAMES}P1,F,50,80\n".encode("utf-16"), remarks=["read as UTF-16"]),
    Table(
        "Windows-1252",
        f"Größe,{NAMES}180,P1,F,50,80\n".encode("cp1252"),
        remarks=["read as Windows-1252"],
    ),
    Table("decimal commas in quotes", f'{NAMES}P1,F,50,"80,5"\n', remarks=["with decimal commas"]),
    Table(
        "a title above the names",
        f"某某医院,,,\n\n{NAMES}P1,F,50,80\n",
        remarks=["the names of the columns stand in row 3; what is above is skipped"],
    ),
    Table(
        "full-width digits",
        f"{NAMES}Ｐ１,F,６５,８０．５\n",  # noqa: RUF001
        remarks=["patient_id has full-width characters in 1 row; 'Ｐ１' is read as 'P1'"],  # noqa: RUF001
    ),
    Table(
        "no unit of creatinine",
        "patient_id,sex,age,Scr\nP1,F,50,80\n",
        remarks=[
            "columns read under other names: 'Scr' as creatinine",
            "Scr is taken to be in umol/L, as no unit is stated; set data.creatinine_unit if it is in another",
        ],
    ),
    Table(
        "eGFR as a laboratory states it",
        "patient_id,egfr\nP1,>=90\nP2,≥90\nP3,<15\n",
        remarks=["egfr is a bound in 3 rows ('>=90', '≥90', '<15'); the bound is taken for the value"],
    ),
    Table(
        "eGFR above 60, and a creatinine or a group",
        f"{NAMES[:-1]},egfr,group\nP1,F,50,80,>60,\nP2,,,,>60,mild\n",
        remarks=["egfr tells no group in 2 rows ('>60') and is left aside; the rest of the row tells it"],
    ),
    Table(
        "short rows",
        f"{NAMES[:-1]},group,split\nP1,F,50,80\nP2,F,50,80,mild,test\n",
        remarks=["row 2 is shorter than the row of names; what is not there is read as empty"],
    ),
    Table(
        "cases without patients",
        "case_id,egfr\nC1,50\n",
        remarks=["no column patient_id; each case counts as a patient of its own"],
    ),
]

COLUMNS = [
    Table(
        "ages and eGFR in other units",
        "patient_id,年龄(月),eGFR (mL/s/1.73m2)\nP1,600,1.5\n",
        [
            "column '年龄(月)' is not in years; convert it, and name it so",
            "column 'eGFR (mL/s/1.73m2)' is not in mL/min/1.73 m^2; convert it, and name it so",
        ],
        ["columns read under other names: '年龄(月)' as age"],
    ),
    Table(
        "two columns of creatinine",
        "patient_id,sex,age,scr,creatinine_mg_dl\nP1,F,50,80,0.9\n",
        ["columns 'scr' and 'creatinine_mg_dl' both fit creatinine; data.columns.creatinine=NAME says which is meant"],
    ),
    Table(
        "a column twice",
        "patient_id,age,egfr,age\nP1,50,50,50\n",
        ["2 columns are called 'age'; give all but one another name"],
    ),
    Table(
        "a column that is not there",
        "patient_id,egfr\nP1,50\n",
        ["no column 'Krea' for data.columns.creatinine; the columns are patient_id, egfr"],
        settings={"columns": {"creatinine": "Krea"}},
    ),
    Table(
        "a column that kseg has not",
        "patient_id,egfr\nP1,50\n",
        [
            "data.columns.kreatinin is not known; "
            "kseg reads patient_id, case_id, sex, age, creatinine, egfr, group, split"
        ],
        settings={"columns": {"kreatinin": "egfr"}},
    ),
    Table(
        "header against setting",
        f"{NAMES}P1,F,50,80\n",
        ["column 'creatinine_umol_l' states umol/L, and data.creatinine_unit mg/dL; correct the one that is wrong"],
        settings={"creatinine_unit": "mg/dL"},
    ),
    Table(
        "a unit that kseg has not",
        "patient_id,sex,age,creatinine\nP1,F,50,80\n",
        ["data.creatinine_unit is 'g'; umol/L, mg/dL, mmol/L can be read"],
        settings={"creatinine_unit": "g"},
    ),
    Table(
        "a sex that kseg has not",
        "patient_id,sex,egfr\nP1,1,50\n",
        ["data.sex_values.1 is 'W'; F or M is needed"],
        settings={"sex_values": {"1": "W"}},
    ),
    Table(
        "no column that tells the group",
        "patient_id,sex,age,Krea\nP1,F,50,80\n",
        remarks=[
            "no creatinine, egfr or group; the columns are patient_id, sex, age, Krea; "
            "data.columns.creatinine=NAME says which it is"
        ],
        cohort=["P1: no creatinine_umol_l; without it give an egfr or a group, or set cohort.ungrouped=keep"],
    ),
]

REFUSED = [
    Table("empty", b"", ["empty; a row of names is needed, and one row a patient"]),
    Table("blank", b" \n\n", ["empty; a row of names is needed, and one row a patient"]),
    Table("names alone", NAMES, ["no patients; one row a patient is needed below the names of the columns"]),
    Table("commas alone", f"{NAMES},,,\n", ["no patients; one row a patient is needed below the names of the columns"]),
    Table(
        "no names",
        "P1,F,50,80\nP2,F,50,80\n",
        ["no column patient_id; the columns are P1, F, 50, 80; data.columns.patient_id=NAME says which it is"],
    ),
    Table(
        "names for ids",
        "姓名,性别\n张三,男\n",
        [
            "no column patient_id; the columns are 姓名, 性别; data.columns.patient_id=NAME says which it is; "
            "姓名 holds names, which are never taken for ids"
        ],
    ),
    Table(
        "names for ids, on purpose",
        "姓名,性别\n张三,男\n",
        [
            "data.columns.patient_id is '姓名'; "
            "a name is no id, as ids name files and stand in reports: number the patients"
        ],
        settings={"columns": {"patient_id": "姓名"}},
    ),
    Table(
        "two columns of ids",
        "住院号,登记号,eGFR\n1,2,50\n",
        ["columns '住院号' and '登记号' both fit patient_id; data.columns.patient_id=NAME says which is meant"],
    ),
    Table(
        "bytes",
        bytes(range(256)),
        ["not text in UTF-8, UTF-16, GBK or Windows-1252; save the table as .xlsx, or as CSV in UTF-8"],
    ),
    Table(
        "a quotation mark too many",
        f'{NAMES}P1,F,50,80\nP2,F,"50,80\n',
        ["row 3: a quoted cell does not end where it should; correct its quotation marks"],
    ),
    Table(
        "a picture",
        b"\x89PNG",
        ["not a table; .csv, .tsv, .txt, .xlsx, .xlsm, .xls, .xlsb, .ods can be read"],
        file="clinical.png",
    ),
    Table(
        "a sheet of a text file",
        f"{NAMES}P1,F,50,80\n",
        ["a text file has no sheets, and 'A' is asked for; leave data.sheet empty"],
        settings={"sheet": "A"},
    ),
]


@pytest.mark.parametrize("table", [*READ, *COLUMNS], ids=lambda table: table.case)
def test_a_table_is_read_as_far_as_it_can_be_and_all_is_told(tmp_path, table):
    path = written(tmp_path, table)
    imported = read_clinic_table(path, **table.settings)
    assert list(imported.problems) == [f"{path.name}{_colon(said)}{said}" for said in table.problems]
    assert list(imported.remarks) == [f"{path.name}: {said}" for said in table.remarks]
    assert cohort_problems(imported) == table.cohort
    assert bool(imported.unreadable) == bool(table.problems)


@pytest.mark.parametrize("table", REFUSED, ids=lambda table: table.case)
def test_a_table_from_which_no_patient_can_be_read_is_refused(tmp_path, table):
    path = written(tmp_path, table)
    with pytest.raises(InputError) as caught:
        read_clinic_table(path, **table.settings)
    assert list(caught.value.problems) == [f"{path}{_colon(said)}{said}" for said in table.problems]


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
