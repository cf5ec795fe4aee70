"""Is the cohort what the rows say, and does its file give it back?"""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from kseg.clinical.cohort import (
    COHORT_COLUMNS,
    Case,
    build_cohort,
    cases_of,
    cohort_digest,
    read_cohort,
    taught_cortex,
    write_cohort,
)
from kseg.clinical.egfr import ckd_epi_2009
from kseg.errors import InputError

NAN = float("nan")
build = partial(
    build_cohort, equation=ckd_epi_2009, cut_points={"control": 90, "mild": 60, "moderate": 30, "severe": 0}
)


def row(case_id, **stated):
    """A man of 60 with a creatinine of 103 umol/L: eGFR 67.7 (kidney.epi's vignette), which is mild."""
    return {
        **{"case_id": case_id, "patient_id": case_id, "sex": "M", "age": 60, "creatinine_umol_l": 103.0},
        **{"egfr": NAN, "group": "", "split": ""},
        **{"image": f"/ct/{case_id}.nii", "parenchyma": "/p.nii", "cortex": ""},
        **stated,
    }


def table(*rows):
    return pd.DataFrame(list(rows))


def problems_of(*rows):
    with pytest.raises(InputError) as caught:
        build(table(*rows))
    return list(caught.value.problems)


def test_egfr_and_group_are_computed_in_the_order_of_the_rows():
    cohort, remarks = build(table(row("P2"), row("P1", creatinine_umol_l=300.0)))
    assert tuple(cohort.columns) == COHORT_COLUMNS
    assert cohort["case_id"].tolist() == ["P2", "P1"]
    assert cohort["egfr"].tolist() == pytest.approx([67.7, 18.6], abs=0.05)  # the second by hand
    assert cohort["group"].tolist() == ["mild", "severe"]
    assert cohort["split"].tolist() == ["", ""]
    assert remarks == ()


def test_a_stated_group_wins_and_the_disagreement_is_told():
    cohort, remarks = build(table(row("P1", group="severe")))
    assert cohort["group"].tolist() == ["severe"]
    assert remarks == ("P1: the table states severe, eGFR 67.7 is mild; the table's group is used",)


def test_a_stated_egfr_wins_and_the_disagreement_is_told():
    cohort, remarks = build(table(row("P1", egfr=55.0)))
    assert (cohort["egfr"].tolist(), cohort["group"].tolist()) == ([55.0], ["moderate"])
    assert remarks == ("P1: the table states eGFR 55.0, its creatinine gives 67.7; the table's is used",)


def test_a_rounded_egfr_is_no_disagreement():
    assert build(table(row("P1", egfr=68)))[1] == ()


def test_a_stated_egfr_or_group_needs_no_creatinine():
    unknown = {"creatinine_umol_l": NAN, "age": NAN, "sex": ""}
    cohort, remarks = build(table(row("P1", egfr=20, **unknown), row("P2", group="mild", **unknown)))
    assert cohort["group"].tolist() == ["severe", "mild"]
    assert np.isnan(cohort["egfr"][1])
    assert remarks == ("1 case has no eGFR; the table's group stands alone: P2",)


def test_a_stated_split_is_kept():
    cohort, remarks = build(table(row("P1", split="test"), row("P2")))
    assert cohort["split"].tolist() == ["test", ""]
    assert remarks == ()


def test_cases_without_a_group_are_kept_where_that_is_asked_for():
    unknown = {"creatinine_umol_l": NAN, "age": NAN, "sex": ""}
    cohort, remarks = build(table(row("P1"), row("P2", **unknown)), ungrouped="keep")
    assert cohort["group"].tolist() == ["mild", ""]
    assert np.isnan(cohort["egfr"][1])
    assert remarks == ("1 case is without a group, for want of creatinine, age or sex, and in no group's results: P2",)


def test_a_cohort_without_groups_is_a_cohort():
    rows = table(row("P1", creatinine_umol_l=NAN), row("P2", creatinine_umol_l=NAN))
    cohort, remarks = build(rows, ungrouped="keep")
    assert cohort["group"].tolist() == ["", ""]
    assert remarks == ("no patient has creatinine, eGFR or group: the cohort is trained and evaluated without groups",)
    with pytest.raises(InputError, match="none of the 2 cases has creatinine, eGFR or group"):
        build(rows)


def test_who_is_beyond_the_equation_and_who_in_several_groups_is_remarked():
    rows = table(
        row("P1", age=17),
        row("P2", age=16, egfr=92.0),  # 92.2 by hand
        row("P3", patient_id="P"),
        row("P4", patient_id="P", creatinine_umol_l=300.0),
        row("P5", patient_id="p"),
    )
    _, remarks = build(rows, equation_name="CKD-EPI 2009", fitted_ages=(18, float("inf")), fitted_egfr=(20, 90))
    assert remarks == (
        "1 patient is younger than 18, for whom CKD-EPI 2009 was not fitted: P1",
        "1 patient has an eGFR below 20, where CKD-EPI 2009 is not precise: P",
        "1 patient has an eGFR above 90, where CKD-EPI 2009 is not precise: P1",  # 91.6 by hand
        "1 patient has CTs in several groups; in a split the group of the first CT by case_id counts: P",
        "patients P and p differ in capitals alone and count as 2",
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"ungrouped": "drop"}, "cohort.ungrouped is 'drop'; refuse or keep is needed"),
        ({"fitted_ages": [70, 18]}, r"cohort.fitted_ages is \[70, 18\]; a lowest and a highest number are needed"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting, said):
    with pytest.raises(InputError, match=said):
        build(table(row("P1")), **setting)


def test_rows_that_are_not_there_make_an_empty_cohort():
    cohort, remarks = build(table(row("P1")).iloc[:0])
    assert (len(cohort), tuple(cohort.columns), remarks) == (0, COHORT_COLUMNS, ())


def test_everything_that_is_wrong_is_told_at_once():
    found = problems_of(
        row("P1", sex="x"),
        row("P2", age=-4),
        row("P3", creatinine_umol_l=0.0),
        row("P4", creatinine_umol_l=NAN, age=NAN),
        row("P5", sex=""),
        row("P6", group="stage 5"),
        row("P7"),
        row("P7"),
        row("a/b"),
        row("", patient_id=""),
        row("P8", patient_id="P"),
        row("P9", patient_id="P", sex="F"),
    )
    assert found == [
        "row 9: no patient_id; every row needs one",
        "P7: 2 rows (6, 7); keep one, or give each CT a case_id of its own",
        "'a/b': cannot name a file; an id has no / or \\ and does not start with a point",
        "P1: sex 'x'; F or M is needed",
        "P2: age -4; an age in years is more than 0",
        "P3: creatinine_umol_l 0; a creatinine in umol/L is more than 0",
        "patient P: sex F and M in 2 cases; correct one",
        "P6: group 'stage 5' is not known; the groups are control, mild, moderate, severe",
        "P4: no creatinine_umol_l and no age; without it give an egfr or a group, or set cohort.ungrouped=keep",
        "P5: no sex; without it give an egfr or a group, or set cohort.ungrouped=keep",
    ]


def test_rows_without_a_column_are_refused():
    with pytest.raises(InputError, match="the rows have no column egfr\nthe rows have no column cortex"):
        build(table(row("P1")).drop(columns=["egfr", "cortex"]))


def test_a_clinics_groups_are_the_true_ones(clinic):
    clinical = pd.read_csv(clinic / "clinical.csv")
    stated = clinical.assign(
        case_id=clinical["patient_id"], egfr=NAN, group="", split="", image="/a", parenchyma="/b", cortex=""
    )
    cohort, remarks = build(stated)
    truth = pd.read_csv(clinic / "truth_groups.csv")
    assert dict(zip(cohort["patient_id"], cohort["group"], strict=True)) == dict(truth.itertuples(index=False))
    assert remarks == ()


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ids = st.from_regex(r"[0-9A-Za-zéß, \"'#-][0-9A-Za-z .\"]{0,6}", fullmatch=True) | st.sampled_from(
    ["007", "NA", "1e5", "nan"]
)
numbers = st.floats(allow_infinity=False)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(ids, numbers, numbers, numbers, texts), unique_by=lambda values: values[0].casefold(), max_size=6
    )
)
def test_a_written_cohort_is_read_back_exactly(tmp_path_factory, values):
    written = pd.DataFrame(
        {
            **{"case_id": [value[0] for value in values], "patient_id": [value[0] for value in values], "sex": ""},
            **{
                name: [value[place] for value in values]
                for place, name in enumerate(("age", "creatinine_umol_l", "egfr"), 1)
            },
            **{
                "group": "mild",
                "split": "",
                "image": [value[4] for value in values],
                "parenchyma": "/p.nii",
                "cortex": "",
            },
        }
    ).astype(dict.fromkeys(COHORT_COLUMNS, "str") | dict.fromkeys(("age", "creatinine_umol_l", "egfr"), "float64"))
    path = tmp_path_factory.mktemp("cohort") / "cohort.csv"
    write_cohort(path, written)
    assert_frame_equal(read_cohort(path), written, check_exact=True)


@pytest.mark.parametrize("name", ["=1+1", "+7", "-3", "@SUM(A1)", "'=1"])
def test_a_patient_of_any_name_is_no_formula_in_the_file_and_comes_back(tmp_path, name):
    cohort, _ = build(table(row(name)))
    write_cohort(tmp_path / "cohort.csv", cohort)
    assert (tmp_path / "cohort.csv").read_text().splitlines()[1].startswith(f"'{name},'{name},")
    assert_frame_equal(read_cohort(tmp_path / "cohort.csv"), cohort)


def test_a_file_that_is_no_cohort_is_refused(tmp_path):
    path = tmp_path / "cohort.csv"
    with pytest.raises(InputError, match=r"cohort\.csv: no such file"):
        read_cohort(path)
    path.write_text("case_id,patient_id\nP1,P1\n")
    with pytest.raises(InputError, match="column sex is missing"):
        read_cohort(path)
    path.write_text(",".join(COHORT_COLUMNS) + "\nP1,P1,F,old,,,mild,test,a,b,\nP1,P1,F,4,,,mild,test,a,b,\n")
    with pytest.raises(InputError, match=r"row 2: age 'old' is not a number") as caught:
        read_cohort(path)
    assert "P1: 2 rows (2, 3)" in str(caught.value)


def test_cases_carry_paths_and_no_cortex_where_none_was_drawn():
    cohort, _ = build(table(row("P1"), row("P2", cortex="/c.nii")))
    first, second = cases_of(cohort)
    assert first == Case("P1", "P1", "mild", "", first.image, first.parenchyma, None)
    assert (str(first.image), str(first.parenchyma), str(second.cortex)) == ("/ct/P1.nii", "/p.nii", "/c.nii")


@pytest.mark.parametrize(("split", "taught"), [("train", True), ("val", False), ("test", False)])
def test_a_cortex_is_taught_by_training_cases_alone(split, taught):
    assert taught_cortex(table(row("P1", split="train"), row("P2", split=split, cortex="/c.nii"))) is taught


def test_the_digest_follows_the_content_and_neither_paths_nor_order():
    cohort, _ = build(table(row("P1"), row("P2")))
    digest = cohort_digest(cohort)
    assert digest == cohort_digest(cohort[::-1].assign(image="/elsewhere"))
    assert digest != cohort_digest(cohort.assign(split="test"))
    assert len(digest) == 64
