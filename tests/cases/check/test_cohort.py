"""Is a cohort that cannot be learnt from told before anything is trained, every case of it?"""

import numpy as np
import pytest

from kseg.cases.check.cohort import check_cases
from kseg.clinical.cohort import Case
from kseg.errors import InputError
from kseg.outlines import Outline

LABELS = {"parenchyma": "labels.nii.gz[1,2]", "cortex": "labels.nii.gz[2]"}


def write_labels(small, change=lambda labels: labels):
    small.save(change(small.parenchyma + small.cortex), name="labels.nii.gz")


def test_every_file_of_every_case_is_told_in_the_order_of_the_cases(small):
    small.put(b"cut off", "broken.nii")
    small.save(small.cortex * 0.5, name="shares.nii")
    cases = [
        small.case("P2", image="broken.nii", parenchyma="shares.nii", cortex="gone.nii"),
        small.case("P1"),
        small.case("P3", image="gone.nii"),
    ]
    problems, remarks = small.check(*cases)
    assert problems == [
        "P2: broken.nii: is not a NIfTI file, despite its name; export it as one .nii or .nii.gz",
        "P2: gone.nii: no such file",
        "P2: parenchyma holds 0.5; labels are whole numbers, is it a probability map? Threshold it to 0 and 1",
        "P3: gone.nii: no such file",
    ]
    assert remarks == []


def test_what_is_wrong_with_a_ct_and_with_its_outlines_is_told_together(small):
    small.save((small.ct + 1024).astype(np.uint16))
    small.save(np.roll(small.cortex, 2, axis=0), name="cortex.nii.gz")
    problems, _ = small.check()
    assert [problem.split()[1] for problem in problems] == ["CT", "cortex"]


def test_an_empty_cortex_does_not_hide_what_is_wrong_with_the_ct(small):
    small.save((small.ct + 1024).astype(np.uint16))
    small.save(np.zeros_like(small.cortex), name="cortex.nii.gz")
    problems, _ = small.check()
    assert [problem.split()[1] for problem in problems] == ["CT", "cortex"]


def test_a_case_without_kidneys_is_refused_or_left_out(small):
    small.save(np.zeros_like(small.parenchyma), name="nothing.nii.gz")
    cases = [small.case("P1"), small.case("P2", parenchyma="nothing.nii.gz")]
    refused = check_cases(cases, max_outside=0.01, empty="refuse")
    assert refused.problems == ("P2: parenchyma is empty; draw it or take the case out",)
    assert refused.left_out == ()
    left_out = check_cases(cases, max_outside=0.01, empty="leave_out")
    assert left_out.problems == ()
    assert left_out.left_out == ("P2",)


def test_a_case_of_which_more_is_wrong_is_not_left_out(small):
    small.save(np.zeros_like(small.parenchyma), name="nothing.nii.gz")
    case = small.case(image="gone.nii", parenchyma="nothing.nii.gz")
    checked = check_cases([case], max_outside=0.01, empty="leave_out")
    assert len(checked.problems) == 1
    assert checked.left_out == ()


def test_another_word_for_empty_is_refused(small):
    with pytest.raises(InputError, match=r"checks\.empty is 'drop'; refuse or leave_out is needed"):
        small.check(empty="drop")


def test_how_much_is_repaired_is_a_setting(small):
    cortex = small.cortex
    cortex[0, :, :4] = 1  # 64 voxels beside 640
    small.save(cortex, name="cortex.nii.gz")
    assert small.check(max_outside=0.1) == [
        [],
        ["P1: cortex has 64 voxels outside the parenchyma (9.1 %); they are dropped"],
    ]


def test_a_sound_case_is_measured_on_its_label_map(small):
    small.save(small.cortex | (np.arange(10) == 9).astype(np.uint8) * (np.arange(40) == 0)[:, None, None], name="c.nii")
    cases = [
        small.case("P1"),
        small.case("P2", image="gone.nii"),
        small.case("P3", cortex="c.nii"),
        small.case("P4", cortex=None),
    ]
    checked = check_cases(cases, max_outside=0.9, measure=lambda ct, labels: (ct.voxels.sum(), labels))
    assert list(checked.measured) == ["P1", "P3", "P4"]
    brightness, labels = checked.measured["P1"]
    assert brightness == small.ct.sum()
    assert np.array_equal(labels, small.parenchyma + small.cortex)  # medulla 1, cortex 2
    assert np.array_equal(checked.measured["P3"][1], labels)  # what lies outside is dropped
    assert np.array_equal(checked.measured["P4"][1], 3 * small.parenchyma)


def test_a_value_that_some_case_has_is_not_told(small):
    write_labels(small)
    small.save(small.parenchyma, name="one.nii.gz")
    rare = small.case("P2", parenchyma="one.nii.gz[1,2]", cortex=None)
    assert small.check(rare)[1] == ["parenchyma: its value 2 occurs in no case; is it the one that counts?"]
    assert small.check(rare, small.case("P1", **LABELS))[1] == []


def test_values_are_not_missed_in_files_that_cannot_be_read(small):
    small.save(small.parenchyma, name="one.nii.gz")
    rare = small.case("P2", parenchyma="one.nii.gz[1,2]", cortex=None)
    assert small.check(rare, small.case("P3", parenchyma="gone.nii.gz[1,2]", cortex=None))[1] == []


def test_a_clinics_sixteen_cases_are_good(clinic):
    cases = [
        Case(
            *(path.name, path.name, "mild", "train", path),
            *(Outline((clinic / name / path.name,)) for name in ("parenchyma", "cortex")),
        )
        for path in sorted((clinic / "images").iterdir())
    ]
    checked = check_cases(cases, max_outside=0.01)
    assert len(cases) == 16
    assert checked.problems == ()
    assert checked.remarks == ()  # each has its two kidneys, and a cortex inside


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_outside": 1}, "checks.max_outside is 1; a share from 0 to below 1 is needed, such as 0.01"),
        ({"max_outside": "abc"}, "checks.max_outside is 'abc'; a share from 0 to below 1 is needed, such as 0.01"),
        ({"empty": "drop"}, "checks.empty is 'drop'; refuse or leave_out is needed"),
        ({"workers": 0}, "checks.workers is 0; a whole number from 1 up is needed"),
    ],
)
def test_settings_that_cannot_be_are_refused(small, settings, said):
    with pytest.raises(InputError) as caught:
        check_cases([small.case()], **{"max_outside": 0.01, **settings})
    assert caught.value.problems == (said,)


def test_a_label_map_that_tells_neither_cortex_nor_that_it_is_undivided_is_refused(small):
    small.write("labels.nii.gz", small.parenchyma)
    case = small.case(parenchyma="labels.nii.gz[1,2,3]", cortex="labels.nii.gz[2,?3]")
    (problem,), _ = small.check(case)
    assert problem.startswith("P1: cortex is empty: its file holds 1, none of the stated 2")


def test_a_cortex_darker_than_the_medulla_is_told(small):
    small.write("swapped.nii.gz", small.parenchyma * np.uint8(2) - small.cortex)
    ct = small.ct + small.cortex.astype(np.int16) * 60
    small.write("ct.nii.gz", ct)
    exchanged = small.case(parenchyma="swapped.nii.gz[1,2]", cortex="swapped.nii.gz[2]")
    assert small.check(small.case()) == [[], []]
    assert small.check(exchanged) == [
        [],
        ["P1: cortex is darker (120 HU) than the medulla (180 HU); are the two exchanged?"],
    ]
