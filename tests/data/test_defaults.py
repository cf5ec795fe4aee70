import dataclasses

import numpy as np
import pytest

from kseg.data.defaults import (
    CaseMeasures,
    Proposal,
    is_left_open,
    measure_cases,
    median_shape,
    propose,
    propose_spacing,
    propose_window,
)
from kseg.errors import InputError
from kseg.images import Grid, read_volume, write_nifti

HU = np.arange(-1024, 3072)


def measures(spacing_mm=(0.8, 0.8, 2.0), shape=(400, 300, 150), hu=(100, 200)):
    """A case whose parenchyma holds each of `hu` once."""
    counts, _ = np.histogram(hu, np.append(HU, 3072))
    return CaseMeasures(spacing_mm, shape, counts)


def test_the_spacing_is_the_median_along_each_axis():
    cohort = [measures((0.7, 0.7, 1.0)), measures((0.8, 0.8, 2.0)), measures((0.9, 0.9, 5.0))]
    assert propose_spacing(cohort) == (0.8, 0.8, 2.0)


def test_of_slices_far_apart_it_is_the_tenth_percentile_between_them():
    # nnU-Net's determine_fullres_target_spacing: 5 > 3 * 0.8, and 60 slices are fewer than 300 / 3 voxels
    across_mm = [2.0, 2.5, 5.0, 5.0, 5.0, 5.0, 5.0, 7.0, 8.0, 8.0, 9.0]
    cohort = [measures((0.8, 0.8, z), (400, 300, 60)) for z in across_mm]
    assert propose_spacing(cohort) == (0.8, 0.8, 2.5)  # the second of eleven


def test_many_slices_though_far_apart_keep_their_median():
    cohort = [measures((0.8, 0.8, z), (400, 300, 120)) for z in (2.5, 5.0, 6.0)]
    assert propose_spacing(cohort) == (0.8, 0.8, 5.0)


def test_between_slices_it_is_never_finer_than_within_them():
    cohort = [measures((1.5, 1.5, z), (200, 150, 40)) for z in [0.5, 0.5, *[6.0] * 8]]
    assert propose_spacing(cohort) == (1.5, 1.5, 1.5)


def test_the_window_reaches_a_quarter_of_the_range_beyond_what_the_parenchyma_shows():
    hu = np.random.default_rng(0).normal(400, 60, 20_000).round().astype(int)
    low, high = np.percentile(hu, (0.5, 99.5), method="inverted_cdf")
    assert propose_window([measures(hu=hu)]) == (-120, round(high + (high - low) / 4))


def test_the_window_never_cuts_off_fat_but_may_begin_below_it():
    # without contrast 20 to 40 HU: a quarter of the range would end at 15, above water
    assert propose_window([measures(hu=range(20, 41))]) == (-120, 45)
    assert propose_window([measures(hu=range(-100, 301))]) == (round(-98 - 396 / 4), round(298 + 396 / 4))


def test_every_patient_counts_alike_in_the_window():
    # the large kidneys alone would end at 200; the small ones are half of the patients
    cohort = [measures(hu=np.repeat(range(100, 201), 1000)), measures(hu=range(200, 301))]
    assert propose_window(cohort)[1] == round(299 + (299 - 101) / 4)


def test_a_window_needs_some_parenchyma():
    with pytest.raises(InputError, match=r"give prepare\.window_hu"):
        propose_window([measures(hu=())])


def test_the_median_shape_is_that_of_prepared_bodies():
    cohort = [measures((0.8, 0.8, 2.0), (400, 300, n)) for n in (100, 150, 300)]
    assert median_shape(cohort, (1.6, 1.2, 3.0)) == (200, 200, 100)


def test_cases_are_measured_as_they_lie_in_their_files(cases, tmp_path):
    ct, parenchyma = read_volume(cases[0].image), read_volume(cases[0].parenchyma.files[0]).voxels
    body = np.full(ct.grid.shape, -1000, np.int16)
    body[2:22, 4:17, 3:13] = ct.voxels[2:22, 4:17, 3:13]  # all of the kidneys lies in it
    # the first axis runs from head to feet, the second from left to right, the third from back to front
    turned = np.array([[0, -0.7, 0, 0], [0, 0, 0.9, 0], [-3.0, 0, 0, 0], [0, 0, 0, 1]])
    grid = Grid(ct.grid.shape, turned)
    write_nifti(cases[0].image, body, grid)
    write_nifti(cases[0].parenchyma.files[0], parenchyma, grid)
    (measured,) = measure_cases([dataclasses.replace(cases[0], cortex=None)], body_hu=-500)
    assert measured.spacing_mm == pytest.approx((0.7, 0.9, 3.0))
    assert measured.shape == (13, 10, 20)
    values, counts = np.unique(body[parenchyma > 0], return_counts=True)
    assert np.array_equal(HU[measured.parenchyma_hu > 0], values)
    assert np.array_equal(measured.parenchyma_hu[measured.parenchyma_hu > 0], counts)


def test_every_case_that_cannot_be_measured_is_told(cases):
    cases[1].image.unlink()
    cases[3].parenchyma.files[0].write_bytes(b"no outline")
    with pytest.raises(InputError) as told:
        measure_cases(cases, body_hu=-500)
    assert [problem.split(":")[0] for problem in told.value.problems] == ["P001", "P003"]


def test_the_patch_is_planned_for_the_spacing_that_is_given_or_proposed(cases):
    # by nnunetv2 2.8.1: for a cohort of 24 x 20 x 16 voxels of 2 mm, and for the same at 1 mm
    proposal = propose(cases, body_hu=-500, memory_gb=8, multiple_of=1)
    assert (proposal.spacing_mm, proposal.patch_size) == ((2, 2, 2), (24, 20, 16))
    assert proposal.window_hu == propose_window(measure_cases(cases, -500))
    finer = propose(cases, body_hu=-500, memory_gb=8, multiple_of=1, spacing_mm=[1, 1, 1])
    assert (finer.spacing_mm, finer.patch_size) == ((1, 1, 1), (48, 40, 32))


def test_settings_that_are_left_open_are_filled_in_wherever_they_stand():
    proposal = Proposal((0.8, 0.8, 2.5), (-120, 300), (96, 80, 64))
    config = {
        "prepare": {"spacing_mm": "fingerprint.spacing_mm", "window_hu": [-200, 400], "crop": "body"},
        "model": {"inferer": [{"roi_size": "fingerprint.patch_size"}, None, 0.5]},
        "overrides": ["patches.patch_size=fingerprint.patch_size"],
    }
    assert is_left_open(config)
    filled = proposal.fill_in(config)
    assert filled == {
        "prepare": {"spacing_mm": [0.8, 0.8, 2.5], "window_hu": [-200, 400], "crop": "body"},
        "model": {"inferer": [{"roi_size": [96, 80, 64]}, None, 0.5]},
        "overrides": ["patches.patch_size=fingerprint.patch_size"],
    }
    assert not is_left_open(filled)


def test_nothing_is_proposed_without_training_cases():
    with pytest.raises(InputError, match="no training case to measure"):
        propose([], body_hu=-500, memory_gb=8, multiple_of=1)
