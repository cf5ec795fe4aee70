"""Does a file that was damaged on its way end in one readable line, however it was damaged?"""

import gzip

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK

from kseg.errors import InputError
from kseg.images import Volume, read_volume

AFFINE = np.diag([-0.8, -0.8, 5.0, 1.0])
HEADER_BYTES = 400
"""Of all formats: here half of the damage is done, since most of what can go wrong begins here."""


@pytest.fixture(params=["ct.nii", "ct.nii.gz", "packed.nrrd", "raw.nrrd", "packed.mha", "raw.mha"])
def path(request, tmp_path):
    path = tmp_path / request.param
    voxels = np.random.default_rng(0).integers(-1000, 1000, (12, 11, 10)).astype(np.int16)
    if path.suffix == ".nrrd":
        header = {"space": "LPS", "space directions": np.diag([0.8, 0.8, 5]), "space origin": [1, 2, 3]}
        nrrd.write(str(path), voxels, {**header, "encoding": "raw" if path.stem == "raw" else "gzip"})
    elif path.suffix == ".mha":
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels.T), str(path), useCompression=path.stem == "packed")
    else:
        nib.save(nib.Nifti1Image(voxels, AFFINE), path)
    return path


def damaged(random, content):
    """Some bytes changed, a piece cut out, or the end cut off."""
    damaged = bytearray(content)
    start = int(random.integers(min(len(content), HEADER_BYTES) if random.random() < 0.5 else len(content)))
    match random.integers(3):
        case 0:
            for place in start + random.integers(0, 16, random.integers(1, 5)):
                damaged[place % len(damaged)] = random.integers(256)
        case 1:
            del damaged[start : start + int(random.integers(1, 300))]
        case 2:
            del damaged[start:]
    return bytes(damaged)


def read_damaged(path, times, packed_inside):
    """Every outcome is a volume or an InputError that names the file; all others are raised."""
    random, sound = np.random.default_rng(7), path.read_bytes()
    told = 0
    for _ in range(times):
        content = gzip.decompress(sound) if packed_inside else sound
        content = damaged(random, content)
        path.write_bytes(gzip.compress(content) if packed_inside else content)
        try:
            assert isinstance(read_volume(path), Volume)
        except InputError as error:
            (problem,) = error.problems
            assert problem.startswith(f"{path}: ")
            assert "\n" not in problem
            told += 1
    return told


def test_damage_is_told_in_one_line(path, capfd):
    assert read_damaged(path, 250, packed_inside=False) > 25
    assert capfd.readouterr() == ("", "")


def test_damage_inside_gzip_is_told_in_one_line(tmp_path, capfd):
    voxels = np.zeros((12, 11, 10), np.int16)
    nib.save(nib.Nifti1Image(voxels, AFFINE), tmp_path / "ct.nii.gz")
    assert read_damaged(tmp_path / "ct.nii.gz", 250, packed_inside=True) > 25
    assert capfd.readouterr() == ("", "")


@pytest.mark.soak
def test_much_damage_is_told_in_one_line(path):
    assert read_damaged(path, 20000, packed_inside=False) > 2000
