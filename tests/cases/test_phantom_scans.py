"""What the phantom's CTs and outlines look like."""

from pathlib import Path

import numpy as np
import pytest

from kseg.cases.phantom import read_phantom
from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.scanner import ORIENTATIONS, SLICES_MM, Protocol, draw_protocol, scan
from kseg.clinical.rows import ROW_COLUMNS
from kseg.images import read_volume

COARSE_MM = (3.0, 3.2)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return read_phantom(
        tmp_path_factory.mktemp("phantom") / "made", patients_per_group=1, seed=5, in_plane_mm=COARSE_MM
    ).rows


def volumes(row):
    return [read_volume(Path(row[kind])) for kind in ("image", "parenchyma", "cortex")]


def test_the_rows_are_an_importers(rows):
    assert list(rows.columns) == list(ROW_COLUMNS)
    assert list(rows["case_id"]) == ["K001", "K002", "K003", "K004"]


def test_a_patients_files_lie_on_one_grid(rows):
    for _, row in rows.iterrows():
        ct, *outlines = volumes(row)
        assert ct.voxels.dtype == np.int16
        assert all(outline.grid.same_as(ct.grid) for outline in outlines)
        assert all(set(np.unique(outline.voxels)) == {0, 1} for outline in outlines)


def test_the_cortex_lies_within_the_parenchyma(rows):
    for _, row in rows.iterrows():
        _, parenchyma, cortex = (volume.voxels > 0 for volume in volumes(row))
        assert not (cortex & ~parenchyma).any()
        assert 0.3 < cortex.sum() / parenchyma.sum() < 0.85


def test_there_are_two_kidneys_of_human_size(rows):
    for _, row in rows.iterrows():
        parenchyma = volumes(row)[1]
        axis = next(n for n, code in enumerate(parenchyma.grid.orientation) if code in "LR")
        halves = np.split(parenchyma.voxels.sum(axis=tuple({0, 1, 2} - {axis})), [parenchyma.voxels.shape[axis] // 2])
        assert all(30 < half.sum() * np.prod(parenchyma.grid.spacing_mm) / 1000 < 350 for half in halves)


def test_kidneys_do_not_touch_the_edge_of_the_scan(rows):
    for _, row in rows.iterrows():
        inside = volumes(row)[1].voxels.copy()
        inside[1:-1, 1:-1, 1:-1] = 0
        assert not inside.any()


def test_air_fat_and_vessels_have_their_hounsfield_units(rows):
    for _, row in rows.iterrows():
        hu = volumes(row)[0].voxels
        assert hu.min() == -1024
        assert 0.05 < np.mean((hu > -140) & (hu < -60)) < 0.6
        assert 250 < np.percentile(hu, 99.9) < 500


def scanned(group, noise_hu=0.0):
    """Scan kidneys of one group, drawn from the same random numbers in every group."""
    rng = np.random.default_rng(8)
    body = draw_body(rng, "M", 60)
    kidneys = draw_kidneys(rng, group, 30, body)
    return scan(np.random.default_rng(9), body, kidneys, Protocol(2.5, 3.0, "RAS", noise_hu))


def test_cortex_and_contrast_fall_with_the_group():
    cortex_hu, contrast_hu, cortex_voxels = [], [], []
    for group in ("control", "mild", "moderate", "severe"):
        made = scanned(group)
        cortex, parenchyma = made.cortex > 0, made.parenchyma > 0
        cortex_hu.append(made.ct_hu[cortex].mean())
        contrast_hu.append(cortex_hu[-1] - made.ct_hu[parenchyma & ~cortex].mean())
        cortex_voxels.append(cortex.sum())
    assert cortex_hu == sorted(cortex_hu, reverse=True)
    assert contrast_hu == sorted(contrast_hu, reverse=True)
    assert cortex_voxels == sorted(cortex_voxels, reverse=True)


def test_noise_is_what_the_protocol_says_and_alike_in_neighbours():
    noise = scanned("mild", 12.0).ct_hu.astype(float) - scanned("mild").ct_hu
    inside = noise[30:90, 30:60, 10:30]
    assert inside.std() == pytest.approx(12, rel=0.1)
    assert np.corrcoef(inside[:-1].ravel(), inside[1:].ravel())[0, 1] > 0.2


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_file_lies_in_the_patient_as_its_code_says(orientation):
    rng = np.random.default_rng(2)
    body = draw_body(rng, "F", 50)
    kidneys = draw_kidneys(rng, "control", 50, body)
    made = scan(np.random.default_rng(1), body, kidneys, Protocol(3.0, 5.0, orientation, 10))
    assert made.grid.orientation == orientation
    voxels = np.argwhere(made.parenchyma)
    mean_mm = (made.grid.affine @ [*voxels.mean(axis=0), 1])[:3]
    expected_mm = np.mean([kidney.centre_mm for kidney in kidneys], axis=0)
    assert np.allclose(mean_mm, expected_mm, atol=8)


def test_protocols_differ_between_patients():
    drawn = [draw_protocol(np.random.default_rng(n), (1.4, 1.7)) for n in range(64)]
    assert {protocol.orientation for protocol in drawn} == set(ORIENTATIONS)
    assert {protocol.slice_mm for protocol in drawn} == set(SLICES_MM)
    assert all(1.4 <= protocol.in_plane_mm <= 1.7 for protocol in drawn)
