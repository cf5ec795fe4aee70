"""Is a DICOM SEG the label map that it was made of, on the series that it was drawn on?"""

import highdicom
import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread
from scipy.spatial.transform import Rotation

from kseg.errors import InputError
from kseg.labels import Label
from kseg.scans import list_scans, write_dicom_seg

AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("xyz", [4, -3, 9], degrees=True).as_matrix() * [0.7, 0.8, 2.5]
AFFINE[:3, 3] = [-100.5, 20.25, 1200.0]


@pytest.fixture
def scan(tmp_path, dicom_series, ct_hu):
    (scan,), _ = list_scans(dicom_series(tmp_path / "ct", ct_hu, AFFINE))
    return scan


@pytest.fixture
def label_map(ct_hu):
    made = np.zeros(ct_hu.shape, np.uint8)
    made[3:8, 3:7, 2:6] = Label.CORTEX
    made[4:7, 4:6, 3:5] = Label.MEDULLA
    made[9, 8, 6] = Label.UNDIVIDED
    return made


def by_highdicom(path):
    """The label map with the segments' labels, columns first, and the affine in RAS+, both as highdicom places them."""
    seg = highdicom.seg.segread(path)
    volume = seg.get_volume(combine_segments=False, dtype=np.uint8)
    named = [seg.get_segment_description(number).segment_label for number in seg.segment_numbers]
    affine = np.diag([-1, -1, 1, 1]) @ volume.affine
    return {name: volume.array[..., place] for place, name in enumerate(named)}, affine


def test_a_seg_read_by_highdicom_is_the_label_map_voxel_for_voxel(tmp_path, scan, label_map):
    write_dicom_seg(tmp_path / "out" / "seg.dcm", label_map, scan)
    masks, affine = by_highdicom(tmp_path / "out" / "seg.dcm")
    assert set(masks) == {"Renal cortex", "Renal medulla", "Renal parenchyma"}
    labels = {"Renal cortex": Label.CORTEX, "Renal medulla": Label.MEDULLA, "Renal parenchyma": Label.UNDIVIDED}
    for name, mask in masks.items():
        there = np.argwhere(mask)
        placed = affine @ np.vstack([there.T, np.ones(len(there))])
        index = np.linalg.solve(scan.read().grid.affine, placed)[:3].T
        assert np.allclose(index, np.rint(index), atol=1e-3)
        expected = np.argwhere(label_map == labels[name])
        assert {*map(tuple, np.rint(index).astype(int).tolist())} == {*map(tuple, expected.tolist())}


def test_the_frames_of_a_seg_are_the_slices_by_gdcm(tmp_path, scan, label_map):
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    frames = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "seg.dcm")))
    assert np.count_nonzero(frames) == np.count_nonzero(label_map)


def test_a_seg_is_of_its_series_patient_study_and_frame_of_reference(tmp_path, scan, label_map):
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    seg, ct = dcmread(tmp_path / "seg.dcm"), dcmread(scan.series.files[0])
    for field in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert seg[field].value == ct[field].value
    assert seg.SeriesInstanceUID != ct.SeriesInstanceUID
    assert seg.Modality == "SEG"
    assert seg.SeriesDescription == "kseg kidney outlines"  # a viewer lists a series by it
    (referenced,) = seg.ReferencedSeriesSequence
    assert referenced.SeriesInstanceUID == ct.SeriesInstanceUID


def test_segments_are_named_and_coded_and_only_those_that_are_drawn(tmp_path, scan, label_map):
    label_map[label_map == Label.UNDIVIDED] = Label.BACKGROUND
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    told = [
        (item.SegmentLabel, item.SegmentedPropertyTypeCodeSequence[0].CodeValue, item.SegmentAlgorithmType)
        for item in dcmread(tmp_path / "seg.dcm").SegmentSequence
    ]  # 64033007 kidney: DICOM part 16, CID 7192; 50403003 cortex of kidney: HL7 mCODE, radiotherapy locations
    assert told == [("Renal medulla", "64033007", "AUTOMATIC"), ("Renal cortex", "50403003", "AUTOMATIC")]


def test_a_seg_lists_no_ct_and_stands_beside_its_series(scan, label_map):
    write_dicom_seg(scan.place / "seg.dcm", label_map, scan)
    (again,), (remark,) = list_scans(scan.place)
    assert again.series.files == scan.series.files
    assert "Segmentation Storage" in remark


def test_where_nothing_is_outlined_a_segment_is_empty(tmp_path, scan, label_map):
    write_dicom_seg(tmp_path / "seg.dcm", np.zeros_like(label_map), scan)
    masks, _ = by_highdicom(tmp_path / "seg.dcm")
    assert {name: mask.sum() for name, mask in masks.items()} == {"Renal parenchyma": 0}


def test_a_series_that_lacks_what_a_seg_needs_is_told(tmp_path, scan, label_map):
    for file in scan.series.files:
        ct = dcmread(file)
        del ct.FrameOfReferenceUID
        ct.save_as(file)
    with pytest.raises(InputError, match="no DICOM SEG can be made of it"):
        write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    assert not (tmp_path / "seg.dcm").exists()


def test_a_seg_on_an_anonymised_series_leaves_empty_what_was_removed(tmp_path, scan, label_map):
    removed = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")  # of type 2: DICOM part 3, C.7.1.1
    removed += ("AccessionNumber", "StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName")  # C.7.2.1
    for file in scan.series.files:
        ct = dcmread(file)
        for field in removed:
            delattr(ct, field)
        ct.save_as(file)
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    seg = dcmread(tmp_path / "seg.dcm")
    assert [seg[field].value for field in removed] == [seg[field].empty_value for field in removed]
    masks, _ = by_highdicom(tmp_path / "seg.dcm")
    assert masks["Renal cortex"].sum() == (label_map == Label.CORTEX).sum()


def test_a_sex_that_dicom_does_not_know_is_left_empty(tmp_path, scan, label_map):
    for file in scan.series.files:
        ct = dcmread(file)
        ct.PatientSex = "U"
        ct.save_as(file)
    write_dicom_seg(tmp_path / "seg.dcm", label_map, scan)
    assert not dcmread(tmp_path / "seg.dcm").PatientSex


def test_what_does_not_fit_is_an_error(tmp_path, scan, label_map):
    with pytest.raises(ValueError, match="does not fit"):
        write_dicom_seg(tmp_path / "seg.dcm", label_map[:-1], scan)
    assert not (tmp_path / "seg.dcm").exists()


def test_a_seg_on_an_enhanced_ct_is_the_label_map(tmp_path, scan, label_map):
    sources = [dcmread(file) for file in scan.series.files]
    (tmp_path / "enhanced").mkdir()
    made = highdicom.legacy.LegacyConvertedEnhancedCTImage(sources, "1.2.4", 5, "1.2.4.1", 1)
    made.save_as(tmp_path / "enhanced" / "one.dcm")
    (enhanced,), _ = list_scans(tmp_path / "enhanced")
    write_dicom_seg(tmp_path / "one.dcm", label_map, enhanced)
    write_dicom_seg(tmp_path / "many.dcm", label_map, scan)
    (one, affine), (many, other) = by_highdicom(tmp_path / "one.dcm"), by_highdicom(tmp_path / "many.dcm")
    assert {name: mask.sum() for name, mask in one.items()} == {name: mask.sum() for name, mask in many.items()}
    for name, mask in one.items():
        places = [(a @ [*np.argwhere(m).mean(axis=0), 1]) for a, m in ((affine, mask), (other, many[name]))]
        assert np.allclose(*places, atol=1e-3)
