"""What do the slices of a DICOM series hold, in Hounsfield units?"""

from __future__ import annotations

import locale
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.scans.dicom.planes import Plane

WHOLE = np.iinfo(np.int16)


def read_slices(planes: Sequence[Plane]) -> NDArray[Any]:
    """Read the voxels of slices that lie on one another; no more than one slice is in memory twice.

    Args:
        planes: In order, all of one size.

    Returns:
        Shape (columns, rows, slices), columns fastest: int16 where every value is whole and fits, float32 otherwise.

    Raises:
        InputError: The pixels of a slice are missing, damaged, or packed in a way that is not known.
    """
    columns, rows = planes[0].size
    voxels: NDArray[Any] = np.empty((len(planes), rows, columns), np.int16)
    for index, plane in enumerate(planes):
        slice_hu = _read(plane)
        if voxels.dtype == np.int16 and not _fits(slice_hu):
            voxels = voxels.astype(np.float32)  # of what is there already, too
        voxels[index] = slice_hu
    return voxels.T


def _read(plane: Plane) -> NDArray[Any]:
    """Shape (rows, columns)."""
    by_gdcm = plane.packed and plane.frame is None  # it knows every packing; pydicom says what is wrong with a file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of padding, and of numbers that are not as the standard writes them
            slice_hu = _by_gdcm(plane) if by_gdcm else _by_pydicom(plane)
    except Exception as error:  # on damaged bytes any error can be met
        said = str(error).strip().splitlines() or [type(error).__name__]
        came = said[-1 if by_gdcm else 0]  # where each tells the cause
        raise InputError(
            f"{plane.file}: its pixels cannot be read ({came}); copy or export the series again"
        ) from error
    if slice_hu.shape != (plane.size[1], plane.size[0]):
        came = " x ".join(map(str, slice_hu.shape))
        raise InputError(f"{plane.file}: holds {came} pixels where its header says otherwise; export the series again")
    return slice_hu


def _by_pydicom(plane: Plane) -> NDArray[Any]:
    from pydicom import dcmread
    from pydicom.pixels.utils import pixel_array

    if plane.frame is not None:
        stored = pixel_array(plane.file, index=plane.frame)
    else:
        stored = dcmread(plane.file, force=True).pixel_array
    if plane.slope.is_integer() and plane.intercept.is_integer():
        return stored.astype(np.int64) * int(plane.slope) + int(plane.intercept)
    return (stored * plane.slope + plane.intercept).astype(np.float32)


def _by_gdcm(plane: Plane) -> NDArray[Any]:
    """GDCM rescales by itself."""
    import SimpleITK

    kept = locale.setlocale(locale.LC_ALL)
    try:
        (slice_hu,) = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(plane.file), imageIO="GDCMImageIO"))
    finally:
        locale.setlocale(locale.LC_ALL, kept)  # GDCM may leave another one, in which text is ASCII
    return np.asarray(slice_hu)


def _fits(slice_hu: NDArray[Any]) -> bool:
    if slice_hu.min() < WHOLE.min or slice_hu.max() > WHOLE.max:
        return False
    return slice_hu.dtype.kind in "iu" or bool((slice_hu == np.rint(slice_hu)).all())
