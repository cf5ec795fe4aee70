"""Does a series of several phases give a CT a phase, each the volume that it was made of?"""

import highdicom
import numpy as np
import pytest
from pydicom import dcmread

from kseg.errors import InputError
from kseg.scans import list_scans, write_dicom_seg

AFFINE = np.diag([-0.7, -0.8, 2.5, 1.0])
AFFINE[:3, 3] = [100.0, 80.0, -50.0]
"""Axial slices at -50, -47.5, ... -30 mm."""


def above(mm):
    moved = AFFINE.copy()
    moved[2, 3] += mm
    return moved


@pytest.fixture
def phases(tmp_path, dicom_series, ct_hu):
    """Volumes in one series, each with its own fields, affine and 10 HU more than the one before."""

    def phases(*stated, affines=(), skip=()):
        for number, fields in enumerate(stated):
            affine = affines[number] if affines else AFFINE
            left_out = skip if number else ()
            folder = tmp_path / "P1" / str(number)
            dicom_series(folder, ct_hu + 10 * number, affine, skip=left_out, shuffle=number, **fields)
        return tmp_path / "P1"

    return phases


def brightest(scan):
    return int(scan.read().voxels.max())


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ([{"AcquisitionNumber": 10}, {"AcquisitionNumber": 2}], {"P1_acq10": 700, "P1_acq2": 710}),
        ([{"TemporalPositionIndex": 1}, {"TemporalPositionIndex": 2}], {"P1_phase1": 700, "P1_phase2": 710}),
        (
            [{"AcquisitionNumber": 1, "TemporalPositionIdentifier": number} for number in (1, 2, 3)],
            {"P1_phase1": 700, "P1_phase2": 710, "P1_phase3": 720},
        ),
        ([{"ContentTime": "101502.25"}, {"ContentTime": "101437"}], {"P1_time1": 710, "P1_time2": 700}),
    ],
)
def test_each_phase_of_a_series_is_a_ct(phases, ct_hu, stated, names):
    place = phases(*stated)
    scans, (remark,) = list_scans(place)
    assert {scan.name: brightest(scan) for scan in scans} == names
    assert all(scan.read().grid.shape == ct_hu.shape for scan in scans)
    assert len({file for scan in scans for file in scan.files}) == 9 * len(stated)
    told = f"{place}, series 4: holds {len(stated)} phases of the same places, each is taken for a CT: "
    assert remark.startswith(told)
    assert all(f"{name.removeprefix('P1_')} (9 places)" in remark for name in names)


def test_a_slice_stands_for_all_phases_in_its_folder(phases, ct_hu):
    place = phases({"AcquisitionNumber": 2}, {"AcquisitionNumber": 3})
    for file in (place / "1").iterdir():
        file.rename(place / "0" / f"{file.name}.dcm")
    scans, (remark,) = list_scans(place / "0" / "IM0003")
    assert [scan.name for scan in scans] == ["0_acq2", "0_acq3"]
    assert "holds 2 phases" in remark


def test_a_phase_between_whose_slices_another_ones_lie_is_a_ct_of_its_own(phases):
    """The second is shifted by half of 2.5 mm: 1.25 mm apart, evenly, both together look like one CT."""
    stated = {"AcquisitionNumber": 2}, {"AcquisitionNumber": 3}
    scans, _ = list_scans(phases(*stated, affines=(AFFINE, above(1.25))))
    assert {scan.name: brightest(scan) for scan in scans} == {"P1_acq2": 700, "P1_acq3": 710}
    assert [scan.read().grid.spacing_mm[2] for scan in scans] == [2.5, 2.5]


def test_runs_that_follow_upon_one_another_stay_one_ct(phases):
    stated = {"AcquisitionNumber": 2}, {"AcquisitionNumber": 3}
    (scan,), remarks = list_scans(phases(*stated, affines=(AFFINE, above(9 * 2.5))))
    assert (scan.name, scan.read().grid.shape, remarks) == ("P1", (12, 10, 18), [])


@pytest.mark.parametrize(
    ("stated", "more", "told"),
    [
        # runs whose ends lie on one another are no phases: a kidney may lie across
        ([{"AcquisitionNumber": 2}, {"AcquisitionNumber": 3}], {"affines": (AFFINE, above(7 * 2.5))}, "2 slices more"),
        ([{"AcquisitionNumber": 2}, {"AcquisitionNumber": 3}], {"skip": [4]}, "8 slices more than places"),
        ([{"AcquisitionNumber": 2}, {"AcquisitionNumber": 3}], {"skip": [0, 1]}, "7 slices more than places"),
        ([{"AcquisitionNumber": 2}, {}], {}, "9 slices more than places"),
        ([{"AcquisitionNumber": 2}, {"AcquisitionNumber": 2}], {}, "9 slices more than places"),
        ([{"ContentTime": "101437"}, {"ContentTime": "101437"}], {}, "9 slices more than places"),
    ],
    ids=["ends overlap", "one lacks a slice", "one is short", "one tells nothing", "same run", "same time"],
)
def test_what_is_no_whole_phases_is_refused_with_files_from_the_folder_on(phases, stated, more, told):
    (scan,), remarks = list_scans(phases(*stated, **more))
    assert (scan.name, remarks) == ("P1", [])
    with pytest.raises(InputError, match=rf"{told}.*\([01]/IM\d+ and [01]/IM\d+\); are these several phases"):
        scan.read()


def test_slices_that_alternate_unevenly_are_no_volume(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path, np.repeat(ct_hu, 2, axis=2), AFFINE)
    for file in folder.iterdir():
        changed = dcmread(file)
        changed.AcquisitionNumber = "223233232233232332"[changed.InstanceNumber - 1]
        changed.save_as(file)
    (scan,), _ = list_scans(tmp_path)
    with pytest.raises(InputError, match=r"acquisitions \d and \d alternate at .* mm; .* one phase by itself"):
        scan.read()


def test_phases_in_one_enhanced_file_are_told_by_its_frames(tmp_path, phases, ct_hu):
    place = phases({"AcquisitionNumber": 2}, {"AcquisitionNumber": 3})
    sources = [dcmread(file) for file in sorted(place.rglob("IM*"))]
    (tmp_path / "enhanced").mkdir()
    made = highdicom.legacy.LegacyConvertedEnhancedCTImage(sources, "1.2.4", 5, "1.2.4.1", 1)
    made.save_as(tmp_path / "enhanced" / "one.dcm")
    scans, _ = list_scans(tmp_path / "enhanced")
    assert {scan.name: brightest(scan) for scan in scans} == {"one_acq2": 700, "one_acq3": 710}
    label_map = np.zeros(ct_hu.shape, np.uint8)
    label_map[3:8, 3:7, 2:6] = 2
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scans[1])
    volume = highdicom.seg.segread(tmp_path / "seg.dcm").get_volume(combine_segments=True)
    assert volume.array.sum() == 5 * 4 * 4
    middle = np.diag([-1, -1, 1, 1]) @ volume.affine @ [*np.argwhere(volume.array).mean(axis=0), 1]
    drawn = scans[1].read().grid.affine @ [*np.argwhere(label_map).mean(axis=0), 1]
    assert np.allclose(middle, drawn, atol=1e-3)
