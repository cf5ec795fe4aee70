"""Are files of real scanners and other programs, those that pydicom brings along, read as pydicom reads them?"""

from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from pydicom import dcmread
from pydicom.pixels import apply_rescale
from pydicom.uid import CTImageStorage, generate_uid

from kseg.errors import InputError
from kseg.scans import list_scans

FILES = Path(pydicom.data.DATA_ROOT) / "test_files"
OF_CT, OF_MR = "CT_small.dcm", "MR_small.dcm"


def stacked(folder, name):
    """One file nine times, 5 mm apart, as a series of a CT."""
    folder.mkdir()
    for index in range(9):
        made = dcmread(FILES / name)
        made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = CTImageStorage
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        made.ImagePositionPatient = [-100, -80, 5 * index]
        made.save_as(folder / f"{index}.dcm")
    return folder


def read(folder):
    (scan,), remarks = list_scans(folder)
    assert remarks == []
    return scan.read().voxels


def test_a_scanners_ct_has_the_values_that_pydicom_gives_it(tmp_path):
    ct = dcmread(FILES / OF_CT)
    expected = apply_rescale(ct.pixel_array, ct).T
    voxels = read(stacked(tmp_path / "P1", OF_CT))
    assert all(np.array_equal(voxels[:, :, index], expected) for index in range(9))
    assert voxels.dtype == np.int16


@pytest.mark.parametrize("packing", ["RLE", "jp2klossless", "jpeg_ls_lossless", "implicit", "bigendian"])
def test_one_image_in_any_packing_is_the_same(tmp_path, packing):
    expected = dcmread(FILES / OF_MR).pixel_array.T
    voxels = read(stacked(tmp_path / "P1", f"MR_small_{packing}.dcm"))
    assert np.array_equal(voxels[:, :, 4], expected)


def test_every_file_that_pydicom_tries_its_reader_on_is_read_or_told(capfd):
    scans, remarks = list_scans(FILES)
    told = " ".join(remarks)
    for kind in ("MR Image Storage", "RT Dose Storage", "RT Structure Set Storage", "Secondary Capture Image Storage"):
        assert kind in told
    assert "DICOMDIR" not in told
    outcomes = [outcome(scan) for scan in scans]
    assert (16, 16, 5) in outcomes  # dicomdirtests/98892001/CT5N, five slices of GE's
    assert all(isinstance(came, tuple) or str(FILES) in came for came in outcomes)
    assert capfd.readouterr() == ("", "")


def outcome(scan):
    try:
        return scan.read().grid.shape
    except InputError as error:
        return str(error)
