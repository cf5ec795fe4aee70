"""How NIfTI gets from disk to memory and back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from isal import igzip, isal_zlib
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from nibabel.wrapstruct import WrapStructError
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images.files import write_atomically
from kseg.images.grid import Grid, Volume

FAST = 1
"""igzip's compression level: twenty times faster than zlib's default, for files a few percent larger."""

NIFTI2_BYTES = 540
HEADER_BYTES = NIFTI2_BYTES + 4

GEOMETRY_FIELDS = (
    *("qform_code", "sform_code", "xyzt_units"),
    *("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
    *("srow_x", "srow_y", "srow_z"),
)

UNREADABLE: Any = (
    ImageFileError,
    HeaderDataError,
    WrapStructError,
    isal_zlib.error,
    OSError,
    EOFError,
    ValueError,
)
"""What nibabel and igzip raise on files that are not what their names say."""


def read_grid(path: Path) -> Grid:
    """Read a file's header alone.

    Args:
        path: A NIfTI file.

    Returns:
        Its grid.

    Raises:
        InputError: The file is missing, is no NIfTI, or does not hold one three-dimensional volume.
    """
    header = _open_header(path)
    return _grid(header.get_best_affine(), header.get_data_shape(), path)


def read_volume(path: Path) -> Volume:
    """Read a CT or a mask.

    Args:
        path: A NIfTI file; gzipped ones are inflated whole, uncompressed ones are mapped, not read.

    Returns:
        The volume, in the stored type unless the header rescales it (then float64), in the file's own orientation.

    Raises:
        InputError: The file is missing, truncated, or no three-dimensional NIfTI.
    """
    image = _open(path)
    grid = _grid(image.affine, image.shape, path)
    try:
        return Volume(np.asanyarray(image.dataobj).reshape(grid.shape), grid)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); copy or export it again") from error


def write_label_map(path: Path, label_map: NDArray[np.uint8], ct: Path) -> None:
    """Write a label map on a CT's own grid, its header's geometry copied bit for bit; whole or not at all.

    Args:
        path: Where to; ends in `.nii.gz`, or `.nii` for an uncompressed file.
        label_map: Integers of the CT's shape.
        ct: The CT's file. Of its header only the geometry is taken, no text that could name a patient.

    Raises:
        ValueError: The label map has another shape than the CT.
    """
    source = _open_header(ct)
    shape = source.get_data_shape()
    if label_map.shape != tuple(shape[:3]):
        raise ValueError(f"{path}: a label map of shape {label_map.shape} does not fit {ct} of shape {shape}")
    image = nib.Nifti1Image(label_map.astype(np.uint8), None)
    for field in GEOMETRY_FIELDS:
        image.header[field] = source[field]
    image.header["pixdim"][:4] = source["pixdim"][:4]
    _write(path, image)


def write_nifti(path: Path, voxels: NDArray[Any], grid: Grid) -> None:
    """Write voxels of any type as NIfTI; the file appears whole or not at all.

    Args:
        path: Where to; ends in `.nii.gz`, or `.nii` for an uncompressed file.
        voxels: Of the grid's shape.
        grid: Where they lie.

    Raises:
        ValueError: The voxels have another shape than the grid.
    """
    if voxels.shape != grid.shape:
        raise ValueError(f"{path}: voxels of shape {voxels.shape} do not fit a grid of shape {grid.shape}")
    image = nib.Nifti1Image(voxels, grid.affine)
    image.set_sform(grid.affine, code="scanner")
    image.set_qform(grid.affine, code="scanner", strip_shears=True)
    image.header.set_xyzt_units("mm")
    _write(path, image)


def _write(path: Path, image: Any) -> None:
    content = image.to_bytes()
    write_atomically(path, igzip.compress(content, FAST, mtime=0) if path.suffix == ".gz" else content)


def _open(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        if path.suffix != ".gz":
            return nib.load(path)
        content = igzip.decompress(path.read_bytes())
        return _kind(content).from_bytes(content)
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable NIfTI file ({error}); export it again as .nii or .nii.gz") from error


def _open_header(path: Path) -> Any:
    if path.suffix != ".gz" or not path.is_file():
        return _open(path).header
    try:
        with igzip.open(path) as file:
            start = file.read(HEADER_BYTES)
        return _kind(start).header_class.from_fileobj(io.BytesIO(start))
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable NIfTI file ({error}); export it again as .nii or .nii.gz") from error


def _kind(content: bytes) -> Any:
    nifti2 = {int.from_bytes(content[:4], order) for order in ("little", "big")} & {NIFTI2_BYTES}
    return nib.Nifti2Image if nifti2 else nib.Nifti1Image


def _grid(affine: NDArray[np.float64], shape: tuple[int, ...], path: Path) -> Grid:
    size = tuple(int(length) for length in shape)
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    if len(size) != 3:
        raise InputError(f"{path}: has {len(size)} axes {size}; one volume of three axes is needed")
    return Grid((size[0], size[1], size[2]), np.asarray(affine, dtype=np.float64))
