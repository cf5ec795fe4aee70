"""How voxels get onto the disk as NIfTI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from isal import igzip
from numpy.typing import NDArray

from kseg.images.files import write_atomically
from kseg.images.grid import Grid
from kseg.images.nifti import nifti_fields
from kseg.images.reading import read_grid, suffix_of

FAST = 1
"""igzip's compression level: twenty times faster than zlib's default, for files a few percent larger."""

GEOMETRY_FIELDS = (
    *("qform_code", "sform_code", "xyzt_units"),
    *("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z"),
    *("srow_x", "srow_y", "srow_z"),
)


def write_label_map(path: Path, label_map: NDArray[np.uint8], ct: Path) -> None:
    """Write a label map on a CT's own grid, a NIfTI header's geometry copied bit for bit; whole or not at all.

    Args:
        path: Where to; ends in `.nii.gz`, or `.nii` for an uncompressed file.
        label_map: Integers of the CT's shape.
        ct: The CT's file. Of its header only the geometry is taken, no text that could name a patient.

    Raises:
        InputError: The CT cannot be read.
        ValueError: The label map has another shape than the CT.
    """
    grid = read_grid(ct)
    if label_map.shape != grid.shape:
        raise ValueError(f"{path}: a label map of shape {label_map.shape} does not fit {ct} of shape {grid.shape}")
    image = _image(label_map.astype(np.uint8), grid)
    if suffix_of(ct) in (".nii.gz", ".nii"):
        _copy_geometry(nifti_fields(ct), image.header)
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
    _write(path, _image(voxels, grid))


def _image(voxels: NDArray[Any], grid: Grid) -> Any:
    image = nib.Nifti1Image(voxels, grid.affine)
    image.set_sform(grid.affine, code="scanner")
    image.set_qform(grid.affine, code="scanner", strip_shears=True)
    image.header.set_xyzt_units("mm")
    return image


def _copy_geometry(source: Any, target: Any) -> None:
    for field in GEOMETRY_FIELDS:
        target[field] = source[field]
    target["pixdim"][:4] = source["pixdim"][:4]


def _write(path: Path, image: Any) -> None:
    content = image.to_bytes()
    write_atomically(path, igzip.compress(content, FAST, mtime=0) if path.suffix == ".gz" else content)
