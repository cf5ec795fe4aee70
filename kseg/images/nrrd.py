"""What does a NRRD header state?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nrrd
import numpy as np
from nrrd.errors import NRRDError

from kseg.errors import InputError
from kseg.images.geometry import check_shape, place_voxels
from kseg.images.grid import Grid
from kseg.images.stored import Header

TO_RAS = {
    **dict.fromkeys(("left-posterior-superior", "lps"), (-1.0, -1.0, 1.0)),
    **dict.fromkeys(("right-anterior-superior", "ras"), (1.0, 1.0, 1.0)),
    **dict.fromkeys(("left-anterior-superior", "las"), (-1.0, 1.0, 1.0)),
}
"""Signs that turn millimetres of a NRRD space into RAS+."""

TYPES = {
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "int64", "int64_t"), "i8"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"), "u8"),
    **{"float": "f4", "double": "f8"},
}
"""The standard's names of types, as NumPy calls them."""

SKIPS = ("line skip", "lineskip", "byte skip", "byteskip")
PACKED = {"raw": False, "gzip": True, "gz": True}
BYTE_ORDER = {"little": "<", "big": ">"}

UNREADABLE = (NRRDError, OSError, LookupError, ArithmeticError, TypeError, ValueError, StopIteration)
"""What pynrrd raises on text that is no header."""


def read_nrrd_header(path: Path) -> Header:
    """Read where the voxels of a NRRD file lie, in the file and in the patient.

    Args:
        path: Header and voxels in one file; ends in `.nrrd`.

    Returns:
        What its header states.

    Raises:
        InputError: The file is no NRRD, does not say how the patient lies, or holds something else than one volume of
            numbers, raw or gzipped, behind its header.
    """
    try:
        with path.open("rb") as file, np.errstate(all="ignore"):
            fields = nrrd.read_header(file)
            start = file.tell()
    except UNREADABLE as error:
        raise InputError(f"{path}: its header is no NRRD header that can be read; export it again") from error
    packed = _is_packed(path, fields)
    return Header(
        grid=_grid(path, fields),
        dtype=_voxel_type(path, fields),
        offset=0 if packed else start,
        packed_from=start if packed else None,
    )


def _is_packed(path: Path, fields: dict[str, Any]) -> bool:
    elsewhere = fields.get("data file", fields.get("datafile"))
    if elsewhere is not None:
        raise InputError(f"{path}: its voxels lie in another file, {elsewhere!r}; save both as one .nrrd")
    for name in SKIPS:
        if fields.get(name):
            raise InputError(f"{path}: its header has a {name} of {fields[name]}; save it again without")
    encoding = str(fields.get("encoding", "")).lower()
    if encoding not in PACKED:
        raise InputError(f"{path}: its voxels are stored as {encoding!r}; save it as raw or gzip")
    return PACKED[encoding]


def _grid(path: Path, fields: dict[str, Any]) -> Grid:
    shape = check_shape(path, np.atleast_1d(fields.get("sizes", [])).tolist())
    space = str(fields.get("space", "")).lower()
    lacking = [name for name in ("space", "space directions", "space origin") if name not in fields]
    if lacking or space not in TO_RAS:
        came = f"no {' and no '.join(lacking)}" if lacking else f"the space {space!r}"
        need = f"a space such as {', '.join(name for name in TO_RAS if '-' in name)} with directions and origin"
        raise InputError(f"{path}: its header has {came}; {need} is needed, export it again")
    directions, origin = np.atleast_2d(fields["space directions"]), np.atleast_1d(fields["space origin"])
    if directions.shape != (3, 3) or origin.shape != (3,):
        came = f"{len(directions)} space directions and an origin of {len(origin)} numbers"
        raise InputError(f"{path}: its header has {came}; three of each are needed, export it again")
    units = {str(unit).strip('" ').lower() for unit in np.atleast_1d(fields.get("space units", []))} - {"", "none"}
    if units - {"mm", "millimeter", "millimetre"}:
        raise InputError(f"{path}: its space units are {', '.join(sorted(units))}; mm are needed, export it again")
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = directions.T, origin
    return place_voxels(path, shape, np.diag([*TO_RAS[space], 1.0]) @ affine)


def _voxel_type(path: Path, fields: dict[str, Any]) -> np.dtype[Any]:
    stated, order = str(fields.get("type", "")).lower(), str(fields.get("endian", "")).lower()
    if stated not in TYPES:
        raise InputError(f"{path}: its voxels are of the type {stated!r}, not single numbers; export it again")
    if order not in BYTE_ORDER and np.dtype(TYPES[stated]).itemsize > 1:
        raise InputError(f"{path}: its header does not state the order of bytes (endian); export it again")
    return np.dtype(BYTE_ORDER.get(order, "=") + TYPES[stated])
