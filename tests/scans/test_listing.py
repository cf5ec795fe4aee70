"""Which CTs are found in a place, under which names, and what is said about the rest?"""

import gzip
import os
import shutil

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread
from pydicom.uid import MRImageStorage, SecondaryCaptureImageStorage

from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.scans import list_scans

AFFINE = np.diag([0.7, 0.8, 2.5, 1.0])


def names(place):
    return [scan.name for scan in list_scans(place)[0]]


@pytest.fixture
def nifti(ct_hu):
    def nifti(path, voxels=ct_hu):
        write_nifti(path, voxels, Grid(voxels.shape, AFFINE))
        return path

    return nifti


def test_files_of_every_format_are_named_by_their_names(tmp_path, nifti, ct_hu):
    nifti(tmp_path / "P1.nii.gz")
    nifti(tmp_path / "P2.x.NII")
    for name in ("P3.nrrd", "P4.mha", "P5.mhd"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct_hu.T), str(tmp_path / name))
    scans, remarks = list_scans(tmp_path)
    assert [scan.name for scan in scans] == ["P1", "P2.x", "P3", "P4", "P5"]
    assert remarks == []
    assert all(np.array_equal(scan.read().voxels, ct_hu) for scan in scans)
    assert not any(scan.is_dicom for scan in scans)


def test_a_file_alone_is_its_scan(tmp_path, nifti):
    assert names(nifti(tmp_path / "P1.nii.gz")) == ["P1"]


def test_what_lies_in_folders_is_named_by_them_too(tmp_path, nifti, dicom_series, ct_hu):
    nifti(tmp_path / "P1" / "arterial" / "ct.nii.gz")
    dicom_series(tmp_path / "P2" / "DICOM", ct_hu, AFFINE, series="1.2.3.1")
    dicom_series(tmp_path / "P3", ct_hu, AFFINE, series="1.2.3.2")
    scans, remarks = list_scans(tmp_path)
    assert [(scan.name, scan.place, scan.is_dicom) for scan in scans] == [
        ("P1_arterial_ct", tmp_path / "P1" / "arterial" / "ct.nii.gz", False),
        ("P2_DICOM", tmp_path / "P2" / "DICOM", True),
        ("P3", tmp_path / "P3", True),
    ]
    assert remarks == []


def test_the_folder_of_a_series_gives_it_its_name_and_no_patient_does(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path / "P 7.é", ct_hu, AFFINE)
    (scan,), _ = list_scans(folder)
    assert scan.name == "P 7.é"
    assert "Doe" not in str(scan)
    assert "4711" not in str(scan)


def test_several_series_of_a_folder_are_told_apart_by_their_numbers(tmp_path, dicom_series, ct_hu):
    for series, number in (("1.1", 3), ("1.2", 12), ("1.3", 12)):
        made = dicom_series(tmp_path / series, ct_hu, AFFINE, series=series, number=number)
        for file in made.iterdir():
            (tmp_path / "P1").mkdir(exist_ok=True)
            file.rename(tmp_path / "P1" / f"{series}.{file.name}")
        made.rmdir()
    scans, remarks = list_scans(tmp_path / "P1")
    assert [scan.name for scan in scans] == ["P1_12", "P1_12-2", "P1_3"]
    assert remarks == [
        f"{tmp_path / 'P1'}: holds 3 series of a CT, all are taken: 3 (9 places), 12 (9 places), 12 (9 places)"
    ]
    assert all(scan.read().grid.shape == ct_hu.shape for scan in scans)


def test_a_series_whose_files_lie_in_several_folders_is_one(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path / "P1" / "A", ct_hu, AFFINE)
    (tmp_path / "P1" / "B").mkdir()
    for file in sorted(folder.iterdir())[:4]:
        file.rename(tmp_path / "P1" / "B" / file.name)
    (scan,), _ = list_scans(tmp_path)
    assert (scan.name, scan.read().grid.shape) == ("P1", ct_hu.shape)


def test_a_slice_stands_for_its_series(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    (scan,), remarks = list_scans(sorted(folder.iterdir())[3])
    assert (scan.name, remarks) == ("P1", [])
    assert scan.read().grid.shape == ct_hu.shape


def test_what_is_no_slice_of_a_ct_is_remarked(tmp_path, dicom_series, dicom_image, ct_hu):
    dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    dicom_series(tmp_path / "P1" / "MR", ct_hu, AFFINE, series="1.9", number=7, SOPClassUID=MRImageStorage)
    others = {
        "scout": {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},  # in the series of the slices
        "capture": {"SOPClassUID": SecondaryCaptureImageStorage, "SeriesInstanceUID": "1.8", "SeriesNumber": 99},
    }
    for name, fields in others.items():
        made = dicom_image(ct_hu[:, :, 0], AFFINE, 0)
        for field, value in fields.items():
            setattr(made, field, value)
        made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
        made.save_as(tmp_path / "P1" / f"{name}.dcm", enforce_file_format=True)
    (tmp_path / "P1" / "read me.txt").write_text("hello")
    (scan,), remarks = list_scans(tmp_path)
    assert scan.read().grid.shape == ct_hu.shape
    assert sorted(remarks) == [
        f"{tmp_path / 'P1'}, series 4: LOCALIZER, 1 file, no slices of a CT; left out",
        f"{tmp_path / 'P1'}, series 99: Secondary Capture Image Storage, 1 file, no slices of a CT; left out",
        f"{tmp_path / 'P1' / 'MR'}, series 7: MR Image Storage, 9 files, no slices of a CT; left out",
        f"{tmp_path}: P1/read me.txt: no CT by name or content; left alone",
    ]


def test_a_copy_of_a_slice_is_left_out_and_remarked(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    shutil.copy(folder / "IM0003", folder / "copy")
    (scan,), (remark,) = list_scans(folder)
    assert remark == f"{folder}, series 4: 1 of 10 files repeat others of their series; they are left out"
    assert scan.read().grid.shape == ct_hu.shape


def test_a_copy_whose_header_alone_was_changed_is_left_out(tmp_path, dicom_series, ct_hu):
    folder = dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    changed = dcmread(folder / "IM0003")
    changed.InstitutionName = "elsewhere"
    changed.save_as(folder / "copy")
    (scan,), (remark,) = list_scans(folder)
    assert "1 of 10 files repeat others" in remark
    assert scan.read().grid.shape == ct_hu.shape


def test_two_patients_of_the_same_uids_are_told_and_neither_is_lost(tmp_path, dicom_series, ct_hu):
    dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    for file in (tmp_path / "P1").iterdir():
        other = dcmread(file)
        other.PixelData = bytes(reversed(other.PixelData))
        (tmp_path / "P2").mkdir(exist_ok=True)
        other.save_as(tmp_path / "P2" / file.name)
    (scan,), remarks = list_scans(tmp_path)
    assert remarks == []
    told = rf"^{tmp_path}: P1/IM0000 and P2/IM0000 have one SOPInstanceUID and other pixels, 9 files in all; "
    with pytest.raises(InputError, match=told):
        scan.read()
    for patient in ("P1", "P2"):
        (scan,), _ = list_scans(tmp_path / patient)
        assert scan.read().grid.shape == ct_hu.shape


def test_a_series_of_few_places_is_left_out_beside_a_whole_one(tmp_path, dicom_series, dicom_image, ct_hu):
    dicom_series(tmp_path / "P1", ct_hu, AFFINE)
    for number in range(9):  # as a bolus is followed: one place, again and again
        made = dicom_image(ct_hu[:, :, 0], AFFINE, 0, series="1.7", number=3)
        made.save_as(tmp_path / "P1" / f"bolus{number}.dcm", enforce_file_format=True)
    (scan,), (remark,) = list_scans(tmp_path / "P1")
    assert scan.read().grid.shape == ct_hu.shape
    assert remark == f"{tmp_path / 'P1'}, series 3: a CT of 1 place, too few for kidneys, 9 files; left out"


def test_a_damaged_file_alone_is_called_by_its_own_name(tmp_path, nifti):
    nifti(tmp_path / "P1.nii.gz")
    (tmp_path / "P2.dcm").write_bytes(bytes(128) + b"DICM" + bytes(3))
    assert names(tmp_path) == ["P1", "P2"]
    with pytest.raises(InputError, match=r"P2\.dcm: "):
        list_scans(tmp_path)[0][1].read()


def test_a_pipe_is_not_waited_for(tmp_path, nifti):
    nifti(tmp_path / "P1.nii.gz")
    os.mkfifo(tmp_path / "P2.dcm")
    (scan,), (remark,) = list_scans(tmp_path)
    assert (scan.name, remark) == ("P1", f"{tmp_path}: P2.dcm: no CT by name or content; left alone")


def test_a_place_without_a_ct_is_told(tmp_path, dicom_series, ct_hu):
    with pytest.raises(InputError, match="no such file or folder"):
        list_scans(tmp_path / "none")
    dicom_series(tmp_path, ct_hu, AFFINE, SOPClassUID=MRImageStorage)
    with pytest.raises(InputError, match="holds no CT") as told:
        list_scans(tmp_path)
    assert "MR Image Storage" in told.value.problems[1]
    with pytest.raises(InputError, match="MR Image Storage, no slices of a CT"):
        list_scans(tmp_path / "IM0003")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=r"only \.nii\.gz, .* can be read"):
        list_scans(tmp_path / "notes.txt")


def test_links_in_a_circle_end(tmp_path, nifti):
    nifti(tmp_path / "P1" / "ct.nii.gz")
    (tmp_path / "P1" / "again").symlink_to(tmp_path)
    assert names(tmp_path) == ["P1_ct"]


def broken(place, nifti, dicom_series, ct_hu):
    """Five inputs, each broken in its own way."""
    content = nifti(place / "B1.nii.gz").read_bytes()
    (place / "B1.nii.gz").write_bytes(content[: len(content) // 2])
    (place / "B2.nii").touch()
    content = bytearray(nib.Nifti1Image(ct_hu, AFFINE).to_bytes())
    np.frombuffer(content, nib.nifti1.header_dtype, 1)["srow_x"] = np.nan
    (place / "B3.nii.gz").write_bytes(gzip.compress(content))
    (place / "B4.nii.gz").write_text("no image")
    dicom_series(place / "B5", ct_hu, AFFINE, skip=[4], series="1.5")


def test_of_twenty_inputs_fifteen_are_read_and_five_told(tmp_path, nifti, dicom_series, ct_hu):
    for number in range(5):
        nifti(tmp_path / f"A{number}.nii.gz")
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct_hu.T), str(tmp_path / f"M{number}.mha"))
        dicom_series(tmp_path / f"D{number}", ct_hu, AFFINE, series=f"1.2.{number}")
    broken(tmp_path, nifti, dicom_series, ct_hu)
    scans, remarks = list_scans(tmp_path)
    told, read = {}, []
    for scan in scans:
        try:
            assert scan.read().voxels.shape == ct_hu.shape
            read.append(scan.name)
        except InputError as error:
            (told[scan.name],) = error.problems
    assert read == [f"{kind}{number}" for kind in "ADM" for number in range(5)]
    assert sorted(told) == ["B1", "B2", "B3", "B4", "B5"]
    assert all(f"{tmp_path}/{name}" in problem for name, problem in told.items())
    assert "missing" in told["B5"]
    assert remarks == []


def test_a_folder_of_damaged_dicom_is_a_scan_that_cannot_be_read(tmp_path, dicom_series, ct_hu):
    for file in dicom_series(tmp_path / "P1", ct_hu, AFFINE).iterdir():
        file.write_bytes(file.read_bytes()[:150])
    (scan,), _ = list_scans(tmp_path)
    with pytest.raises(InputError, match=r"9 files of this folder cannot be read") as told:
        scan.read()
    assert scan.name == "P1"
    assert str(told.value).startswith(f"{tmp_path}/P1/IM")


def test_listing_reads_no_field_that_names_a_patient(tmp_path, dicom_series, ct_hu):
    (scan,), _ = list_scans(dicom_series(tmp_path, ct_hu, AFFINE))
    kept = {element.keyword for element in scan.series.headers[0].fields}
    assert {"PatientName", "PatientID", "PatientBirthDate"} <= {e.keyword for e in dcmread(scan.series.files[0])}
    assert not any("Patient" in name for name in kept - {"ImagePositionPatient", "ImageOrientationPatient"})
