"""The page that is looked through before any training."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from kseg.cases.overview.overview import Overview
from kseg.cases.overview.page import write_check_page
from kseg.cases.overview.summary import CASE_COLUMNS
from kseg.cases.overview.summary_text import SummaryTable

PICTURE = "data:image/jpeg;base64,AAAA"
TABLE = SummaryTable("Patients", ("group", "CTs"), (("control", "1"), ("all", "3")), "A note.")


def case(name, group, **known):
    nothing = dict.fromkeys(CASE_COLUMNS, math.nan) | {"orientation": "", "at_the_edge": "", "split": "", "kidneys": 0}
    return nothing | {"case_id": name, "patient_id": name, "group": group, "problems": "", "remarks": ""} | known


MEASURED = {
    **{"parenchyma_hu": 120.0, "cortex_hu": 160.0},
    **{"parenchyma_ml": 301.6, "cortex_ml": 180.2, "in_plane_mm": 0.78125, "between_slices_mm": 3.0, "slices": 60.0},
    **{"orientation": "LPS", "at_the_edge": "no", "kidneys": 2.0, "split": "train", "egfr": 95.4},
}
LONE = {"kidneys": 1.0, "at_the_edge": "yes", "cortex_ml": math.nan, "egfr": math.nan}
CASES = pd.DataFrame(
    [
        case("A", "control", **MEASURED, remarks="12 voxels of cortex are dropped"),
        case(
            "B", "severe", **MEASURED | {"kidneys": 1.0, "at_the_edge": "yes", "cortex_ml": math.nan, "egfr": math.nan}
        ),
        case("<script>alert(1)</script>", "severe", problems="cortex is empty\nno such <file>"),
    ]
)
OVERVIEW = Overview(
    cases=CASES,
    groups=("control", "mild", "severe"),
    tables=(TABLE,),
    pictures={"A": PICTURE, "B": PICTURE},
    problems=("<script>alert(1)</script>: cortex is empty", "the table is <b>odd</b>"),
    remarks=("A: 12 voxels of cortex are dropped",),
)
SOUND = Overview(CASES.iloc[:2].assign(group=""), ("control",), (TABLE,), {"A": PICTURE, "B": PICTURE}, (), ())


def page(overview, tmp_path):
    path = tmp_path / "new" / "check.html"
    write_check_page(path, overview, window_hu=(-150, 300), made={"command": "python -m kseg.cases check a=<b>"})
    return path.read_text(encoding="utf-8")


@pytest.fixture
def html(tmp_path):
    return page(OVERVIEW, tmp_path)


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"(?s)<style>.*?</style>", "", html)))


def test_the_page_needs_nothing_beside_itself(html):
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert not re.search(r"<link|<script|@import|url\(", html)
    assert html.count(f'src="{PICTURE}"') == 2


def test_problems_come_first_then_remarks_tables_and_pictures(html):
    text = words(html)
    parts = [
        "3 CTs of 3 patients: 2 problems, 1 remark",
        "would refuse",
        "Problems",
        "Remarks",
        "Patients",
        "Every case",
    ]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "the table is &lt;b&gt;odd&lt;/b&gt;" in text
    assert "control 1 all 3 A note." in text


def test_the_page_says_that_it_stays_here(html):
    assert "should stay on this machine" in words(html)


def test_cases_stand_under_their_group_with_what_is_known_of_them(html):
    text = words(html)
    assert (
        "control: 1 A control · eGFR 95 · train 0.78 x 0.78 x 3 mm, 60 slices, LPS parenchyma 302 ml, cortex 180 ml "
        "12 voxels of cortex are dropped severe: 2 B severe · train" in text
    )
    assert "parenchyma 302 ml, one kidney, outlined up to the CT&#39;s edge" in text
    assert "mild" not in text


def test_a_case_with_problems_shows_them_in_place_of_a_picture(html):
    text = words(html)
    assert "no picture &lt;script&gt;alert(1)&lt;/script&gt; severe cortex is empty no such &lt;file&gt;" in text
    assert text.count("no picture") == 1


def test_a_sound_cohort_without_groups_has_no_headings_of_groups(tmp_path):
    text = words(page(SOUND, tmp_path))
    assert "no problems, no remarks" in text
    assert "Nothing stands in the way of a training" in text
    assert "Problems" not in text
    assert "Remarks" not in text
    assert "all: 2" not in text


def test_the_key_names_what_is_drawn(html, tmp_path):
    assert "parenchyma cortex Where they coincide" in words(html)
    alone = replace(SOUND, cases=SOUND.cases.assign(cortex_hu=math.nan, cortex_ml=math.nan))
    assert "parenchyma The axial slice" in words(page(alone, tmp_path))
