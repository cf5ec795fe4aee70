"""Who the phantom's patients are."""

import numpy as np
import pytest

from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.patients import creatinine_umol_l
from kseg.cases.phantom.recipe import Recipe
from kseg.cases.phantom.typical import STAGES
from kseg.clinical.egfr import ckd_epi_2009

CUT_POINTS = {"control": (90, np.inf), "mild": (60, 90), "moderate": (30, 60), "severe": (0, 30)}
"""KDIGO 2012: G1; G2; G3a and G3b; G4 and G5."""
ARTERIAL_CORTEX_HU = {"control": 235, "mild": 210, "moderate": 170, "severe": 125}
ARTERIAL_MEDULLA_HU = {"control": 115, "mild": 108, "moderate": 95, "severe": 82}
CORTEX_MM = {"control": 6.6, "mild": 6.0, "moderate": 5.3, "severe": 4.0}
"""Typical arterial-phase values, written down before the phantom was built."""


@pytest.fixture(scope="module", params=[1, 2025])
def patients(request):
    return Recipe(seed=request.param, patients_per_group=16, in_plane_mm=(1.5, 1.5)).patients()


def test_the_creatinine_puts_every_patient_into_the_intended_group(patients):
    for patient in patients:
        low, high = CUT_POINTS[patient.group]
        assert low <= ckd_epi_2009(patient.creatinine_umol_l, patient.age, patient.sex) < high


def test_groups_take_turns_and_are_of_equal_size(patients):
    assert [patient.group for patient in patients] == ["control", "mild", "moderate", "severe"] * 16
    assert len({patient.case_id for patient in patients}) == 64


def test_ages_and_creatinine_are_an_adult_clinics(patients):
    assert all(18 <= patient.age <= 90 for patient in patients)
    assert all(25 <= patient.creatinine_umol_l <= 900 for patient in patients)
    assert {patient.sex for patient in patients} == {"F", "M"}


def test_creatinine_is_what_gives_the_egfr_by_hand():
    # 141 (S/0.9)^-1.209 0.993^60 with S = 1.8 mg/dL: by hand from Levey 2009
    egfr = 141 * 2**-1.209 * 0.993**60
    assert creatinine_umol_l(egfr, 60, "M") == pytest.approx(1.8 * 88.4)


def test_more_patients_leave_the_first_ones_as_they_are(patients):
    longer = Recipe(seed=1, patients_per_group=17, in_plane_mm=(1.5, 1.5)).patients()
    assert longer[:64] == Recipe(seed=1, patients_per_group=16, in_plane_mm=(1.5, 1.5)).patients()


def drawn_kidneys(group, number=400):
    rng = np.random.default_rng(3)
    body = draw_body(rng, "M", 60)
    return [draw_kidneys(rng, group, 60, body)[0] for _ in range(number)]


@pytest.mark.parametrize("group", STAGES)
def test_kidneys_are_typical_of_their_group(group):
    kidneys = drawn_kidneys(group)
    assert np.mean([k.cortex_hu for k in kidneys]) == pytest.approx(ARTERIAL_CORTEX_HU[group], rel=0.03)
    assert np.mean([k.medulla_hu for k in kidneys]) == pytest.approx(ARTERIAL_MEDULLA_HU[group], rel=0.03)
    assert np.mean([k.cortex_mm for k in kidneys]) == pytest.approx(CORTEX_MM[group], rel=0.03)


@pytest.mark.parametrize("measure", ["cortex_hu", "medulla_hu", "cortex_mm"])
def test_patients_of_a_group_differ_by_a_seventh(measure):
    values = [getattr(kidney, measure) for kidney in drawn_kidneys("mild")]
    assert 0.10 < np.std(values) / np.mean(values) < 0.16


def test_a_quarter_of_those_over_70_have_a_cyst():
    rng = np.random.default_rng(4)
    body = draw_body(rng, "F", 76)
    with_cyst = [
        any(lesion.mottled_hu < 5 for kidney in draw_kidneys(rng, group, age, body) for lesion in kidney.lesions)
        for group in STAGES
        for age in range(71, 87)
        for _ in range(20)
    ]
    assert 0.22 < np.mean(with_cyst) < 0.34  # typically 27 % of those over 70
