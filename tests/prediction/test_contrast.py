"""Is it told when a CT does not show what the network divided?"""

import numpy as np
import pytest
from scipy import ndimage

from kseg.cases.phantom.recipe import Recipe, scan_patient
from kseg.images import Grid, Volume, read_volume
from kseg.labels import Label
from kseg.labels import label_map as joined
from kseg.prediction.contrast import undivided, why_undivided

GRID = Grid((60, 60, 30), np.diag([1.0, 1.0, 2.0, 1.0]))


def kidney(cortex_hu, medulla_hu, noise_hu=15):
    """A box of cortex around a box of medulla, in fat of -100 HU that mixes into the outermost voxels."""
    label_map = np.zeros(GRID.shape, np.uint8)
    label_map[10:50, 10:50, 5:25] = Label.CORTEX
    label_map[20:40, 20:40, 10:20] = Label.MEDULLA
    hu = np.choose(label_map, [-100, medulla_hu, cortex_hu]).astype(float)
    rim = (label_map > 0) & ~ndimage.binary_erosion(label_map > 0)
    hu[rim] = (hu[rim] - 100) / 2
    noise = np.random.default_rng(1).normal(0, noise_hu, GRID.shape)
    return Volume(np.rint(hu + noise).astype(np.int16), GRID), label_map


@pytest.mark.parametrize(("cortex_hu", "medulla_hu"), [(235, 115), (210, 108), (170, 95), (125, 82), (98, 80)])
def test_an_arterial_ct_is_believed(cortex_hu, medulla_hu):
    """The phantom's means of the four groups, and the clinic's least enhanced patient."""
    assert why_undivided(*kidney(cortex_hu, medulla_hu)) == ""


@pytest.mark.parametrize(("cortex_hu", "medulla_hu"), [(32, 30), (45, 25)])
def test_without_contrast_it_is_told(cortex_hu, medulla_hu):
    assert why_undivided(*kidney(cortex_hu, medulla_hu)).startswith("no contrast: the parenchyma has")


@pytest.mark.parametrize(("cortex_hu", "medulla_hu"), [(180, 178), (150, 160), (120, 115)])
def test_in_the_venous_phase_it_is_told(cortex_hu, medulla_hu):
    why = why_undivided(*kidney(cortex_hu, medulla_hu))
    assert why.startswith("no contrast between them: what was outlined as cortex has")


def test_bone_that_was_taken_for_a_kidney_is_told():
    assert "brighter than 400 HU, as bone is" in why_undivided(*kidney(700, 120))


def test_what_was_not_divided_and_what_is_not_there_need_no_reason():
    ct, label_map = kidney(32, 30)
    assert why_undivided(ct, undivided(label_map)) == ""
    assert why_undivided(ct, np.zeros_like(label_map)) == ""


def test_undivided_keeps_the_parenchyma():
    label_map = np.array([0, 1, 2, 3], np.uint8)
    assert undivided(label_map).tolist() == [0, 3, 3, 3]
    assert undivided(label_map).dtype == np.uint8


@pytest.mark.slow
def test_the_phantom_is_believed_in_every_group_and_not_without_its_contrast():
    recipe = Recipe(seed=3, patients_per_group=2, in_plane_mm=(1.5, 1.5))
    for patient in recipe.patients():
        made = scan_patient(recipe, patient)
        label_map = joined(made.parenchyma > 0, made.cortex > 0)
        assert why_undivided(Volume(made.ct_hu, made.grid), label_map) == ""
        plain = made.ct_hu.copy()
        for label in (Label.CORTEX, Label.MEDULLA):
            inside = label_map == label
            plain[inside] += np.int16(32 - np.median(plain[inside]))
        assert why_undivided(Volume(plain, made.grid), label_map).startswith("no contrast")


def test_the_kidneys_of_a_real_ct_without_contrast_are_not_divided(shared_data):
    """Outlined by TotalSegmentator's authors; as medulla stands what lies deeper than two voxels."""
    ct = read_volume(shared_data / "real_ct" / "abdomen.nii.gz")
    kidneys = read_volume(shared_data / "real_ct" / "abdomen_kidneys.nii.gz").voxels > 0
    cortex = kidneys & ~ndimage.binary_erosion(kidneys, iterations=2)
    assert why_undivided(ct, joined(kidneys, cortex)).startswith("no contrast: the parenchyma has")


@pytest.mark.slow
def test_the_outlines_of_a_clinic_are_believed(clinic):
    for image in sorted((clinic / "images").iterdir()):
        parenchyma, cortex = (read_volume(clinic / part / image.name).voxels > 0 for part in ("parenchyma", "cortex"))
        assert why_undivided(read_volume(image), joined(parenchyma, cortex)) == "", image.name
