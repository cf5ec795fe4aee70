"""Is it told where the clinic and its creatinine disagree, briefly when they do so everywhere?"""

import pandas as pd

from kseg.clinical.stages import egfr_remarks, group_remarks, mixed_group_remarks


def test_ten_disagreements_have_a_line_each_and_the_others_are_counted():
    rows = pd.DataFrame({"case_id": [f"P{number}" for number in range(12)], "egfr": 50.0, "group": "severe"})
    computed, staged = pd.Series(70.0, rows.index), pd.Series("moderate", rows.index)
    by_egfr, by_group = egfr_remarks(rows, computed), group_remarks(rows, rows["egfr"], staged)
    assert (len(by_egfr), len(by_group)) == (11, 11)
    assert by_egfr[9].startswith("P9: ")
    assert by_egfr[10] == "2 more cases state an eGFR that their creatinine does not give; the table's is used"
    assert by_group[10] == "2 more cases state a group that is not the one of their eGFR; the table's group is used"


def test_groups_without_an_egfr_are_told_in_one_line():
    rows = pd.DataFrame({"case_id": ["P1", "P2", "P3"], "group": ["mild", "", "severe"]})
    nothing = pd.Series(float("nan"), rows.index)
    assert group_remarks(rows, nothing, pd.Series("", rows.index)) == [
        "2 cases have no eGFR; the table's group stands alone: P1, P3"
    ]


def test_a_patient_in_several_groups_is_told():
    patients, groups = ["P1", "P2", "P1", "P2", "P3"], ["mild", "mild", "severe", "mild", ""]
    assert mixed_group_remarks(pd.DataFrame({"patient_id": patients, "group": groups})) == [
        "1 patient has CTs in several groups; in a split the group of the first CT by case_id counts: P1"
    ]
    assert mixed_group_remarks(pd.DataFrame({"patient_id": ["P1", "P1"], "group": "mild"})) == []
