"""What does a MetaImage header state?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images.geometry import check_shape, place_voxels
from kseg.images.grid import Grid
from kseg.images.stored import Header

TYPES = {
    **{"MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4", "MET_UINT": "u4"},
    **{"MET_LONG_LONG": "i8", "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8"},
}
"""The format's names of types, as NumPy calls them."""

ALSO = {
    **dict.fromkeys(("Rotation", "Orientation"), "TransformMatrix"),
    **dict.fromkeys(("Position", "Origin"), "Offset"),
    "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
}
"""Other names of fields, by those that programs write today."""

LAST = "ElementDataFile"
"""The field that ends a header."""

HERE = "LOCAL"
LONGEST = 1 << 16
"""Bytes in which a header ends."""

TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""MetaImage counts millimetres to the left and the back, as ITK and DICOM do."""


def read_metaimage_header(path: Path) -> Header:
    """Read where the voxels of a MetaImage lie, on the disk and in the patient.

    Args:
        path: Ends in `.mha` with the voxels behind the header, or in `.mhd` with the voxels in a file beside it.

    Returns:
        What its header states.

    Raises:
        InputError: The file is no MetaImage, does not say how the patient lies, or holds something else than one volume
            of numbers.
    """
    fields, end = _fields(path)
    stored = fields[LAST]
    voxels_file = None if stored == HERE else _beside(path, stored)
    start = end if voxels_file is None else 0
    if fields.get("HeaderSize", "0") != "0":
        raise InputError(f"{path}: its voxels begin after {fields['HeaderSize']} bytes; save it again as one .mha")
    packed = _says_yes(fields, "CompressedData")
    return Header(
        grid=_grid(path, fields),
        dtype=_voxel_type(path, fields),
        offset=0 if packed else start,
        packed_from=start if packed else None,
        voxels_file=voxels_file,
    )


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """The header's fields, and how many bytes it takes."""
    try:
        with path.open("rb") as file:
            start = file.read(LONGEST)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); copy or export it again") from error
    fields: dict[str, str] = {}
    end = 0
    while LAST not in fields and (stop := start.find(b"\n", end)) >= 0:
        name, equals, value = start[end:stop].decode("latin-1").partition("=")
        if not equals:
            break
        fields[ALSO.get(name.strip(), name.strip())] = value.strip()
        end = stop + 1
    if LAST not in fields or fields.get("ObjectType", "Image") != "Image":
        raise InputError(f"{path}: its header is no MetaImage header that can be read; export it again")
    return fields, end


def _beside(path: Path, name: str) -> Path:
    if Path(name).name != name or name == "LIST" or "%" in name or " " in name.strip():
        raise InputError(f"{path}: its voxels lie in {name!r}; one file beside it is needed, save both as one .mha")
    if not (file := path.with_name(name)).is_file():
        raise InputError(f"{path}: its voxels lie in {name}, which is not beside it; copy it too, or save one .mha")
    return file


def _says_yes(fields: Mapping[str, str], name: str) -> bool:
    return fields.get(name, "").lower() in ("true", "t", "1", "yes")


def _grid(path: Path, fields: Mapping[str, str]) -> Grid:
    shape = check_shape(path, _numbers(path, fields, "DimSize").astype(int).tolist())
    if lacking := [name for name in ("ElementSpacing", "Offset", "TransformMatrix") if name not in fields]:
        raise InputError(f"{path}: its header has no {' and no '.join(lacking)}; export it again with its geometry")
    if (units := fields.get("DistanceUnits", "mm")).lower() not in ("mm", "?"):
        raise InputError(f"{path}: its distance units are {units}; mm are needed, export it again")
    spacing_mm, origin, axes = (
        _numbers(path, fields, name) for name in ("ElementSpacing", "Offset", "TransformMatrix")
    )
    count = len(origin)
    if count < 3 or len(spacing_mm) != count or len(axes) != count * count:
        came = f"{len(spacing_mm)} spacings, {len(axes)} numbers of directions and an origin of {count}"
        raise InputError(f"{path}: its header has {came}; 3, 9 and 3 are needed, export it again")
    directions = axes.reshape(count, count)[:3, :3]  # a row an axis
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = (directions * spacing_mm[:3, None]).T, origin[:3]
    return place_voxels(path, shape, TO_RAS @ affine)


def _numbers(path: Path, fields: Mapping[str, str], name: str) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(word) for word in fields.get(name, "").split()])
    except ValueError:
        numbers = np.array([np.nan])
    if not (np.isfinite(numbers).all() and np.abs(numbers).max(initial=0) < np.iinfo(np.int32).max):
        raise InputError(f"{path}: its {name} is {fields[name]}; export it again with its geometry")
    return numbers


def _voxel_type(path: Path, fields: Mapping[str, str]) -> np.dtype[Any]:
    stated, channels = fields.get("ElementType", ""), fields.get("ElementNumberOfChannels", "1")
    if stated not in TYPES or channels != "1":
        came = f"{channels} numbers of the type" if channels != "1" else "of the type"
        raise InputError(f"{path}: its voxels are {came} {stated!r}, not single numbers; export the CT itself")
    if not _says_yes(fields, "BinaryData"):
        raise InputError(f"{path}: its voxels are stored as text; save it again")
    return np.dtype((">" if _says_yes(fields, "BinaryDataByteOrderMSB") else "<") + TYPES[stated])
