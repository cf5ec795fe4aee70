import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from kseg.cases.phantom.recipe import Recipe, scan_patient

TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""DICOM counts millimetres to the left and the back (part 3, C.7.6.2.1.1), NIfTI to the right and the front."""


def image(slice_hu, affine, index, *, slope=1.0, intercept=-1024.0, series="1.2.3", number=4, **fields):
    """One slice of a series as DICOM writes it; `affine` is NIfTI's, of the whole volume."""
    placed = TO_LPS @ affine
    along, between = placed[:3, :3], np.linalg.norm(placed[:3, :3], axis=0)
    rows, columns = slice_hu.T.shape
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, generate_uid()
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = "Doe^Jane", "4711", "19700101", "F"
    made.StudyInstanceUID, made.SeriesInstanceUID, made.FrameOfReferenceUID = "1.2", series, "1.2.9"
    made.StudyDate = made.StudyTime = made.AccessionNumber = made.ReferringPhysicianName = made.StudyID = ""
    made.Modality, made.SeriesNumber, made.InstanceNumber = "CT", number, index + 1
    made.ImageType, made.SamplesPerPixel = ["ORIGINAL", "PRIMARY", "AXIAL"], 1
    made.PhotometricInterpretation, made.Rows, made.Columns = "MONOCHROME2", rows, columns
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    made.ImagePositionPatient = [f"{mm:.6f}" for mm in (placed @ [0, 0, index, 1])[:3]]
    made.ImageOrientationPatient = [f"{part:.9f}" for part in [*along[:, 0] / between[0], *along[:, 1] / between[1]]]
    made.PixelSpacing, made.SliceThickness = [f"{between[1]:.6f}", f"{between[0]:.6f}"], f"{between[2]:.6f}"
    made.RescaleSlope, made.RescaleIntercept = f"{slope:g}", f"{intercept:g}"
    made.PixelData = np.rint((slice_hu.T - intercept) / slope).astype("<u2").tobytes()
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def series(folder, ct_hu, affine, *, skip=(), shuffle=7, **fields):
    """All slices of a volume of shape (X, Y, Z), one a file; the files' names say nothing of their order."""
    folder.mkdir(parents=True, exist_ok=True)
    names = np.random.default_rng(shuffle).permutation(ct_hu.shape[2])
    for index in range(ct_hu.shape[2]):
        if index not in skip:
            made = image(ct_hu[:, :, index], affine, index, **fields)
            made.save_as(folder / f"IM{names[index]:04}", enforce_file_format=True)
    return folder


@pytest.fixture(scope="session")
def dicom_image():
    return image


@pytest.fixture(scope="session")
def dicom_series():
    return series


@pytest.fixture(scope="session")
def phantom():
    """A control of the phantom, whose slices are axial."""
    recipe = Recipe(seed=3, patients_per_group=1, in_plane_mm=(2.0, 2.2))
    scans = (scan_patient(recipe, patient) for patient in recipe.patients())
    return next(scan for scan in scans if scan.grid.orientation.endswith("S"))


@pytest.fixture
def ct_hu():
    """Air, a body of water and fat, bone: Hounsfield units of 12 x 10 x 9 voxels."""
    made = np.full((12, 10, 9), -1000, np.int16)
    made[2:10, 2:9] = np.random.default_rng(0).integers(-120, 80, (8, 7, 9))
    made[5:7, 6:8] = 700
    return made
