"""What is the user told about a series that is no volume? Every row a way to break one."""

import numpy as np
import pytest
from pydicom import dcmread

from kseg.errors import InputError
from kseg.scans import list_scans

AFFINE = np.diag([-0.7, -0.8, 2.5, 1.0])
AFFINE[:3, 3] = [100.0, 80.0, -50.0]
"""Axial slices at -50, -47.5, ... -30 mm."""


def at(folder, index):
    """The file of one of the slices."""
    return next(file for file in folder.iterdir() if dcmread(file).InstanceNumber == index + 1)


def change(folder, indices, **fields):
    for index in indices:
        file = at(folder, index)
        changed = dcmread(file)
        for name, value in fields.items():
            if value is None:
                delattr(changed, name)
            else:
                setattr(changed, name, value)
        changed.save_as(file)


def move(folder, indices, by_mm):
    for index in indices:
        place = [
            float(mm) + off for mm, off in zip(dcmread(at(folder, index)).ImagePositionPatient, by_mm, strict=True)
        ]
        change(folder, [index], ImagePositionPatient=place)


def cut(folder, index, count):
    file = at(folder, index)
    file.write_bytes(file.read_bytes()[:-count])


def again(folder, index):
    repeated = dcmread(at(folder, index))
    repeated.SOPInstanceUID = "1.2.3.4.5"
    repeated.save_as(folder / "repeated")


def tilt(folder, degrees):
    for index in range(9):
        move(folder, [index], [0, np.tan(np.radians(degrees)) * 2.5 * index, 0])


BROKEN = {
    "a slice is missing": (
        lambda f: at(f, 4).unlink(),
        "1 slice missing between -42.5 mm and -37.5 mm, where 2.5 mm apart is usual",
    ),
    "two neighbours are missing": (
        lambda f: [at(f, index).unlink() for index in (4, 5)],
        "2 slices missing between -42.5 mm and -35 mm, where 2.5 mm apart is usual",
    ),
    "slices are uneven": (
        lambda f: [move(f, [index], [0, 0, (index - 4) * 2.5]) for index in (5, 6, 7, 8)],
        "slices are 5 mm apart at -40 mm, 2.5 mm elsewhere",
    ),
    "one is off its place": (
        lambda f: move(f, [3], [0, 0, 0.6]),
        "slices are 3.1 mm apart at -45 mm, 2.5 mm elsewhere",
    ),
    "one lies twice": (lambda f: again(f, 2), "1 slice more than places, the first at -45 mm"),
    "one is moved aside": (lambda f: move(f, [6], [3, 4, 0]), "the slice at -35 mm lies 5 mm beside the others"),
    "the gantry was tilted": (
        lambda f: tilt(f, 12),
        "the gantry was tilted by 12.0 degrees, slices move aside from -50 mm to -30 mm",
    ),
    "one is turned": (
        lambda f: change(f, [1], ImageOrientationPatient=[0, 1, 0, -1, 0, 0]),
        "turned by 90.0 degrees",
    ),
    "one has other pixels": (lambda f: change(f, [1], PixelSpacing=[1.4, 1.4]), "of 0.7 x 0.8 mm"),
    "one is larger": (lambda f: change(f, [0], Rows=11), "12 x 11"),
    "no position": (lambda f: change(f, [2], ImagePositionPatient=None), "its ImagePositionPatient is missing"),
    "no pixels' size": (lambda f: change(f, [2], PixelSpacing=None), "its PixelSpacing is missing"),
    "half a direction": (
        lambda f: change(f, [2], ImageOrientationPatient=[0.5, 0, 0, 0, 1, 0]),
        "its ImageOrientationPatient is no direction",
    ),
    "colours": (lambda f: change(f, range(9), SamplesPerPixel=3), "holds colours"),
    "cut pixels": (lambda f: cut(f, 5, 60), "its pixels cannot be read"),
    "no pixels": (lambda f: change(f, [5], PixelData=None), "its pixels cannot be read"),
    "a single slice": (lambda f: [at(f, index).unlink() for index in range(8)], "is a single slice"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_series_that_is_no_volume_is_told_with_its_place(tmp_path, dicom_series, ct_hu, capfd, how):
    breaking, message = BROKEN[how]
    breaking(dicom_series(tmp_path / "P1", ct_hu, AFFINE))
    (scan,), remarks = list_scans(tmp_path)
    assert (scan.name.partition("_")[0], remarks) == ("P1", [])  # a slice alone is called by its file, too
    with pytest.raises(InputError) as told:
        scan.read()
    (problem,) = told.value.problems
    assert message in problem
    assert problem.startswith(f"{tmp_path}/P1")
    assert "\n" not in problem
    assert "Doe" not in problem
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "how",
    [
        lambda f: move(f, [3], [0, 0, 0.05]),  # as of positions that were rounded to 0.1 mm
        lambda f: tilt(f, 0.3),
        lambda f: move(f, [6], [0.2, 0.2, 0]),
        lambda f: change(f, range(9), RescaleSlope=None),
    ],
)
def test_what_rounding_explains_is_taken(tmp_path, dicom_series, ct_hu, how):
    how(dicom_series(tmp_path, ct_hu, AFFINE))
    (scan,), _ = list_scans(tmp_path)
    assert scan.read().grid.shape == (12, 10, 9)


def test_an_empty_file_beside_slices_is_remarked(tmp_path, dicom_series, ct_hu):
    (dicom_series(tmp_path, ct_hu, AFFINE) / "lost.dcm").touch()
    (scan,), (remark,) = list_scans(tmp_path)
    assert remark == f"{tmp_path}/lost.dcm: is empty, 0 bytes; copy or export it again; it is left out"
    assert scan.remarks == ("lost.dcm: is empty, 0 bytes; copy or export it again; it is left out",)
    assert scan.read().grid.shape == (12, 10, 9)


def test_a_damaged_file_is_told_of_the_series_beside_it_alone(tmp_path, dicom_series, ct_hu):
    (dicom_series(tmp_path / "P1", ct_hu, AFFINE, series="1.1") / "lost.dcm").touch()
    dicom_series(tmp_path / "P2", ct_hu, AFFINE, series="1.2")
    scans, (remark,) = list_scans(tmp_path)
    told = "lost.dcm: is empty, 0 bytes; copy or export it again; it is left out"
    assert {scan.name: scan.remarks for scan in scans} == {"P1": (told,), "P2": ()}
    (scan,), remarks = list_scans(tmp_path / "P1" / "IM0003")
    assert (scan.remarks, remarks) == ((told,), [remark])


def test_a_damaged_series_is_read_or_told(tmp_path, dicom_series, ct_hu, capfd):
    random, told, problems = np.random.default_rng(5), 0, []
    sound = {file: file.read_bytes() for file in dicom_series(tmp_path, ct_hu, AFFINE).iterdir()}
    for _ in range(100):
        for file, content in sound.items():
            damaged = bytearray(content)
            if random.random() < 0.2:
                for place in random.integers(132, 900, 5):
                    damaged[place] = random.integers(256)
            file.write_bytes(damaged)
        try:
            for scan in list_scans(tmp_path)[0]:
                scan.read()
        except InputError as error:
            told += 1
            problems += error.problems
    assert told > 25
    assert all(str(tmp_path) in problem and "\n" not in problem for problem in problems)
    assert capfd.readouterr() == ("", "")
