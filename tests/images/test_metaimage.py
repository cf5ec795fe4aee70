"""Is MetaImage read as SimpleITK reads it?"""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from kseg.errors import InputError
from kseg.images import read_grid, read_volume, write_label_map

TURN = np.linalg.qr(np.array([[0.2, -1.4, 0.1], [1.5, 0.1, 0.2], [0.1, 0.2, 2.5]]))[0]
VOXELS = np.random.default_rng(1).integers(-1024, 1500, (4, 5, 6)).astype(np.int16)


def write(path, voxels=VOXELS, packed=False, **fields):
    """By SimpleITK; then some of the header's fields are changed, or left out where they are None."""
    image = SimpleITK.GetImageFromArray(voxels.T)
    image.SetSpacing([0.7, 0.8, 3.0])
    image.SetOrigin([-100.5, 20.25, 1200.0])
    image.SetDirection(TURN.ravel().tolist())
    SimpleITK.WriteImage(image, str(path), useCompression=packed)
    header, mark, rest = path.read_bytes().partition(b"ElementDataFile")
    lines = dict(line.split(" = ") for line in header.decode().splitlines()) | fields
    told = "".join(f"{name} = {value}\n" for name, value in lines.items() if value is not None)
    path.write_bytes(told.encode() + mark + rest)
    return path


def by_simpleitk(path):
    """Voxels in the order (X, Y, Z), and the affine in RAS+: SimpleITK counts towards left and posterior."""
    image = SimpleITK.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return SimpleITK.GetArrayFromImage(image).T, np.diag([-1, -1, 1, 1]) @ affine


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["ct.mha", "ct.mhd"])
def test_voxels_and_places_are_those_that_simpleitk_reads(tmp_path, name, packed):
    path = write(tmp_path / name, packed=packed)
    read, (voxels, affine) = read_volume(path), by_simpleitk(path)
    assert np.array_equal(read.voxels, voxels)
    assert np.array_equal(read.voxels, VOXELS)
    assert np.allclose(read.grid.affine, affine, atol=1e-9)
    assert read_grid(path).same_as(read.grid, tolerance_mm=0)


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_all_types_of_numbers_are_read(tmp_path, kind):
    path = write(tmp_path / "ct.mha", VOXELS.astype(kind))
    read = read_volume(path).voxels
    assert np.array_equal(read, by_simpleitk(path)[0])
    assert read.dtype == np.dtype(kind)


def test_the_other_order_of_bytes_is_read(tmp_path):
    path = write(tmp_path / "ct.mha", VOXELS.byteswap(), BinaryDataByteOrderMSB="True")
    assert np.array_equal(read_volume(path).voxels, VOXELS)


def test_raw_voxels_are_mapped_not_read(tmp_path):
    assert isinstance(read_volume(write(tmp_path / "ct.mha")).voxels, np.memmap)


def test_a_label_map_lies_on_its_ct_and_takes_no_text_from_it(tmp_path):
    path = write(tmp_path / "ct.mha", PatientName="Jane Doe")
    write_label_map(tmp_path / "label_map.nii.gz", (VOXELS > 0).astype(np.uint8), path)
    written = nib.load(tmp_path / "label_map.nii.gz")
    assert np.array_equal(written.dataobj, VOXELS > 0)
    assert np.allclose(written.affine, by_simpleitk(path)[1], atol=1e-4)
    assert b"Jane" not in written.to_bytes()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"TransformMatrix": None}, "no TransformMatrix"),
        ({"ElementSpacing": None, "Offset": None}, "no ElementSpacing and no Offset"),
        ({"ElementSpacing": "0.7 0 3"}, "voxels of 0.7 x 0 x 3 mm"),
        ({"ElementSpacing": "0.7 nan 3"}, "its ElementSpacing is 0.7 nan 3"),
        ({"DimSize": "4 5 6 2"}, "has 4 axes"),
        ({"DimSize": "4 5 99999"}, "the file holds 240 of them"),
        ({"TransformMatrix": "1 0.5 0 0 1 0 0 0 1"}, "axes 1 and 2 meet at 63.4 degrees"),
        ({"ElementType": "MET_STRING"}, "MET_STRING"),
        ({"ElementNumberOfChannels": "3"}, "3 numbers of the type"),
        ({"DistanceUnits": "cm"}, "distance units are cm"),
        ({"BinaryData": "False"}, "stored as text"),
        ({"ObjectType": "Tube"}, "no MetaImage header"),
        ({"HeaderSize": "-1"}, "begin after -1 bytes"),
    ],
)
def test_a_header_that_places_no_volume_of_numbers_is_told(tmp_path, capfd, fields, message):
    with pytest.raises(InputError, match=message) as told:
        read_volume(write(tmp_path / "ct.mha", **fields))
    assert str(told.value).startswith(f"{tmp_path}/ct.mha: ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["../elsewhere.raw", "/etc/passwd", "LIST", "slice%03d.raw 1 9 1", "lost.raw"])
def test_voxels_are_looked_for_in_one_file_beside_the_header_alone(tmp_path, name):
    path = write(tmp_path / "ct.mhd")
    path.write_text(path.read_text().replace("ElementDataFile = ct.raw", f"ElementDataFile = {name}"))
    with pytest.raises(InputError, match="its voxels lie in"):
        read_grid(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("name", "cut"), [("ct.mha", "ct.mha"), ("ct.mhd", "ct.*raw")])
def test_missing_bytes_are_told(tmp_path, packed, name, cut):
    path = write(tmp_path / name, packed=packed)
    (voxels,) = tmp_path.glob(cut)
    voxels.write_bytes(voxels.read_bytes()[:-20])
    with pytest.raises(InputError, match=f"{voxels.name}: "):
        read_volume(path)
