"""Is a clinic's table read as it is handed over?"""

import csv
import io
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.cases.table.clinic_table import read_clinic_table
from kseg.cases.table.columns import KNOWN, find_columns
from kseg.clinical.rows import ROW_COLUMNS

NUMBERS = {"creatinine": "creatinine_umol_l"}


def read(tmp_path, content, **settings):
    path = tmp_path / "clinical.csv"
    path.write_text(content)
    imported = read_clinic_table(path, **settings)
    assert imported.problems == ()
    return imported.rows


def test_rows_are_an_importers_with_their_number_in_the_file(tmp_path):
    rows = read(
        tmp_path, "case_id,patient_id,sex,age,creatinine_umol_l,split\n007_a,007,F,50,80\n\n007_b,007,F,,90.5,x\n"[:-2]
    )
    assert tuple(rows.columns) == ROW_COLUMNS
    assert rows.index.tolist() == [2, 4]
    assert rows["case_id"].tolist() == ["007_a", "007_b"]
    assert rows["patient_id"].tolist() == ["007", "007"]
    assert rows["age"].fillna(-1).tolist() == [50, -1]
    assert rows["creatinine_umol_l"].tolist() == [80, 90.5]
    assert rows["egfr"].isna().all()
    assert (rows[["group", "split", "image", "parenchyma", "cortex"]] == "").all(axis=None)


@pytest.mark.parametrize(
    ("ours", "headers"),
    [
        (
            "patient_id",
            ["Patient_ID", "patient id", "Patient", "ID:", "pid", "Subject ID", "编号", "患者编号", "患者ID", "住院号"],
        ),
        ("case_id", ["case_id", "Case", "Scan-ID", "影像号", "检查号"]),
        ("sex", ["Sex", "gender", "性别", "性别（男/女）", " 性 别 "]),  # noqa: RUF001
        ("age", ["Age", "Age (years)", "age_years", "年龄", "年龄(岁)", "年龄【岁】"]),
        ("creatinine", ["Creatinine", "Serum creatinine [mg/dL]", "SCr", "Scr µmol/l", "creatinine_mg_dl"]),
        ("creatinine", ["肌酐", "血肌酐（μmol/L）", "血清肌酐(μmol·L⁻¹)"]),  # noqa: RUF001
        (
            "egfr",
            ["eGFR", "GFR", "eGFR (mL/min/1.73 m²)", "eGFR (mL/min (CKD-EPI))", "egfr_ml/min/1.73m2", "肾小球滤过率"],
        ),
        ("group", ["Group", "stage", "分组", "组别", "分期"]),
        ("split", ["split", "Set", "划分"]),
    ],
)
def test_columns_are_known_by_what_clinics_call_them(ours, headers):
    for header in headers:
        assert find_columns(["x", header], {}) == {ours: [1]}


@pytest.mark.parametrize("header", ["姓名", "Name", "序号", "尿肌酐", "urine creatinine", "notes", "", "cystatin C"])
def test_a_column_that_is_none_of_ours_is_not_taken_for_one(header):
    assert find_columns([header], {}) == {}


def test_no_name_stands_for_two_columns():
    assert not any(one & other for one, other in combinations(KNOWN.values(), 2))


def test_columns_are_mapped_and_columns_that_are_not_wanted_are_left_alone(tmp_path):
    content = "Nr,Krea,eGFR,Arm\n7,80,50,B\n"
    rows = read(tmp_path, content, columns={"patient_id": "Nr", "creatinine": "krea", "egfr": "", "sex": None})
    assert rows[["patient_id", "creatinine_umol_l"]].to_numpy().tolist() == [["7", 80]]
    assert rows["egfr"].isna().all()


def test_a_mapped_column_is_not_found_a_second_time_by_its_name(tmp_path):
    rows = read(tmp_path, "id,group\n7,ward B\n8,ward A\n", columns={"split": "", "case_id": "group"})
    assert rows[["patient_id", "case_id", "group"]].to_numpy().tolist() == [["7", "ward B", ""], ["8", "ward A", ""]]


def test_a_column_is_mapped_in_its_very_letters_where_another_differs_in_capitals_alone(tmp_path):
    rows = read(tmp_path, "id,EGFR,eGFR\n7,40,50\n", columns={"egfr": "eGFR"})
    assert rows["egfr"].tolist() == [50]


@pytest.mark.parametrize(
    ("header", "setting", "cell", "umol_l"),
    [
        ("creatinine_umol_l", None, "80", 80),
        ("creatinine_umol_l", "umol/L", "80", 80),
        ("creatinine_mg_dl", None, "1", 88.4),
        ("creatinine [mg/dL]", None, "2", 176.8),
        ("血肌酐(µmol/L)", None, "80", 80),
        ("血肌酐(μmol/L)", None, "80", 80),
        ("Scr mcmol/l", None, "80", 80),
        ("Scr (mmol/L)", None, "0.08", 80),
        ("creatinine", None, "80", 80),
        ("creatinine", "umol/L", "80", 80),
        ("creatinine", "mg/dL", "2.0", 176.8),
        ("creatinine", "umol/L", "15", 15),
        ("creatinine", "umol/L", "3000", 3000),
    ],
)
def test_creatinine_has_the_unit_that_its_column_or_the_setting_states(tmp_path, header, setting, cell, umol_l):
    rows = read(tmp_path, f"patient_id,{header}\nP1,{cell}\n", creatinine_unit=setting)
    assert rows["creatinine_umol_l"].tolist() == pytest.approx([umol_l])


@pytest.mark.parametrize(
    ("column", "cells", "value"),
    [
        ("sex", ["F", "f", "female", "Woman", "女", "女性"], "F"),
        ("sex", ["M", "male", "MAN", "男", "男性", "Ｍ"], "M"),  # noqa: RUF001
        ("age", ["65", "65.0", "65岁", "65 周岁", "065Y", "65 y", "65 years", "65 years old"], 65),
        ("egfr", ["90", ">=90", "≥90", "> 90", "≥ 90.0"], 90),
        ("egfr", ["15", "≤15", "<= 15"], 15),
        ("egfr", ["<15", "< 15.0"], 14.9),  # below 15 begins KDIGO's last stage
        ("group", ["control", "Control", "对照", "对照组", "正常", "正常组"], "control"),
        ("group", ["Mild", "轻度", "轻度组"], "mild"),
        ("group", ["MODERATE", "中度"], "moderate"),
        ("group", ["severe", "重度组"], "severe"),
        ("group", ["G3a"], "G3a"),
        ("split", ["train", "Training", "训练", "训练集"], "train"),
        ("split", ["val", "validation", "验证"], "val"),
        ("split", ["test", "测试集"], "test"),
        ("split", ["", "NA"], ""),
    ],
)
def test_a_value_is_read_in_whatever_words(tmp_path, column, cells, value):
    rows = read(tmp_path, f"patient_id,{column}\n" + "".join(f"P{at},{cell}\n" for at, cell in enumerate(cells)))
    assert rows[column].tolist() == [value] * len(cells)


def test_sexes_have_the_meaning_that_is_given_to_them(tmp_path):
    rows = read(tmp_path, "id,sex\n1,1\n2,2\n3,W\n4,-\n", sex_values={1: "M", "2": "female", "w": "F", "-": "M"})
    assert rows["sex"].tolist() == ["M", "F", "F", "M"]


def test_nobodys_name_is_kept(tmp_path):
    rows = read(tmp_path, "姓名,患者ID,eGFR\n张三,7,50\n")
    assert "张三" not in rows.to_csv()


PATIENTS = st.lists(
    st.fixed_dictionaries(
        {
            "patient_id": st.from_regex(r"[A-Z0-9][A-Z0-9 _-]{0,8}[A-Z0-9]", fullmatch=True),
            "sex": st.sampled_from(["F", "M", ""]),
            "age": st.none() | st.integers(1, 1199).map(lambda tenths: tenths / 10),
            "creatinine": st.none() | st.integers(150, 30000).map(lambda tenths: tenths / 10),
            "egfr": st.none() | st.integers(10, 15000).map(lambda hundredths: hundredths / 100),
            "group": st.sampled_from(["", "control", "mild", "moderate", "severe"]),
            "note": st.text("aZ 0;,|\t\"'\n", max_size=8),
        }
    ),
    min_size=1,
    max_size=8,
)
HEADERS = {
    "patient_id": ["patient_id", "ID"],
    "sex": ["sex", "Gender"],
    "age": ["Age (years)"],
    "creatinine": ["creatinine_umol_l", "Scr [umol/L]"],
    "egfr": ["eGFR"],
    "group": ["group"],
    "note": ["note"],
}
FOREIGN = {
    "gbk": "备注",
    "gb18030": "备注",
    "cp1252": "größe",
    "utf-16": "größe",
    "utf-8": "备注",
    "utf-8-sig": "größe",
}


def as_file(patients, columns, headers, separator, mark, quoting, encoding):
    """The patients as another program would write them."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=quoting)
    writer.writerow([*(headers[column] for column in columns), FOREIGN[encoding]])
    for patient in patients:
        cells = ["" if patient[column] is None else str(patient[column]) for column in columns]
        numeric = [isinstance(patient[column], float) for column in columns]
        writer.writerow(
            [*(c.replace(".", mark) if is_number else c for c, is_number in zip(cells, numeric, strict=True)), ""]
        )
    return file.getvalue().encode(encoding)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), patients=PATIENTS)
def test_any_table_reads_back_to_its_values(tmp_path_factory, data, patients):
    columns = data.draw(st.permutations(list(HEADERS)))
    content = as_file(
        patients,
        columns,
        {column: data.draw(st.sampled_from(names)) for column, names in HEADERS.items()},
        data.draw(st.sampled_from(",;\t|")),
        data.draw(st.sampled_from(".,")),
        data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        data.draw(st.sampled_from(list(FOREIGN))),
    )
    path = tmp_path_factory.mktemp("any") / "clinical.csv"
    path.write_bytes(content)
    imported = read_clinic_table(path)
    assert imported.problems == ()
    for column in set(HEADERS) - {"note"}:
        read_back = imported.rows[NUMBERS.get(column, column)]
        stated = [patient[column] for patient in patients]
        assert [None if value != value else value for value in read_back] == pytest.approx(stated)
