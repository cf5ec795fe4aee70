"""Does a file hold the voxels that its header states?"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from isal import isal_zlib
from nibabel.volumeutils import apply_read_scaling
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images.grid import Grid

GZIP = b"\x1f\x8b"
ZLIB = b"\x78"
DAMAGE: Any = (isal_zlib.error, OSError, ArithmeticError, ValueError)
"""What is raised on the way to voxels that are not as they were written."""

PACKED_START = 1 << 16
"""Packed bytes that are certain to hold the start of a header."""


@dataclass(frozen=True)
class Header:
    """What a file's header states.

    Args:
        grid: Where the voxels lie.
        dtype: Of one voxel as it is stored.
        offset: Bytes before the first voxel, of the inflated content where it is packed.
        packed_from: The byte at which gzip or zlib begins; None in a file that is not packed.
        slope: Of the stored values; they are multiplied with it.
        intercept: Added to the product.
        voxels_file: Where the voxels lie, if not in the file itself.
    """

    grid: Grid
    dtype: np.dtype[Any]
    offset: int
    packed_from: int | None
    slope: float = 1.0
    intercept: float = 0.0
    voxels_file: Path | None = None


def read_start(path: Path, count: int, *, packed: bool) -> bytes:
    """Read the first bytes of a file.

    Args:
        path: The file.
        count: How many, of the inflated content where it is packed.
        packed: Whether it is gzipped.

    Returns:
        As many as there are, `count` at most.
    """
    with path.open("rb") as file:
        if not packed:
            return file.read(count)
        return inflate(file.read(PACKED_START), count)[0]


def load_voxels(path: Path, header: Header) -> NDArray[Any]:
    """Read the voxels of a file, after making sure that they are all there.

    Args:
        path: The file.
        header: What its header states.

    Returns:
        Shape (X, Y, Z), in the stored type and this machine's byte order, unless the header rescales it (then float64);
        not to be written to. Voxels that are not packed are mapped, not read.

    Raises:
        InputError: The file ends before its last voxel, or is damaged.
    """
    path = header.voxels_file or path
    try:
        stored = _map(path, header) if header.packed_from is None else _unpack(path, header)
        with np.errstate(all="ignore"):  # what overflows is infinite, and is told by whoever needs numbers
            voxels: NDArray[Any] = apply_read_scaling(stored, header.slope, header.intercept)
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); copy or export it again") from error
    return voxels


def inflate(packed: bytes, at_most: int) -> tuple[bytes, bool]:
    """Inflate gzip or zlib, no further than is asked for.

    Args:
        packed: One or several members of gzip, one after the other, or one of zlib.
        at_most: Bytes that are wanted, more than 0.

    Returns:
        The inflated bytes; and whether they are all that were wanted, or all that there are.
    """
    parts: list[bytes] = []
    missing = at_most
    while missing and packed.startswith(GZIP if parts else (GZIP, ZLIB)):
        member = isal_zlib.decompressobj(wbits=31 if packed.startswith(GZIP) else 15)  # each with its checksum
        parts.append(member.decompress(packed, missing))
        missing -= len(parts[-1])
        if missing and not member.eof:
            return b"".join(parts), False
        packed = member.unused_data
    return b"".join(parts), True


def _map(path: Path, header: Header) -> NDArray[Any]:
    _refuse_short(path, header, path.stat().st_size)
    return _native(np.memmap(path, header.dtype, "r", header.offset, header.grid.shape, order="F"))


def _unpack(path: Path, header: Header) -> NDArray[Any]:
    wanted = header.offset + _voxel_bytes(header)
    with path.open("rb") as file:
        file.seek(header.packed_from or 0)
        content, whole = inflate(file.read(), min(wanted + 1, sys.maxsize))  # one more: so that the checksum is read
    _refuse_short(path, header, len(content))
    if not whole:
        raise InputError(f"{path}: its last bytes are missing; copy or export it again")
    flat = np.frombuffer(content, header.dtype, _voxel_bytes(header) // header.dtype.itemsize, header.offset)
    return _native(flat.reshape(header.grid.shape, order="F"))


def _native(voxels: NDArray[Any]) -> NDArray[Any]:
    return voxels if voxels.dtype.isnative else voxels.astype(voxels.dtype.newbyteorder("="))


def _voxel_bytes(header: Header) -> int:
    x, y, z = header.grid.shape
    return x * y * z * header.dtype.itemsize  # of Python, so that no claim is too large for it


def _refuse_short(path: Path, header: Header, held: int) -> None:
    wanted = _voxel_bytes(header)
    if held < header.offset + wanted:
        there = max(0, held - header.offset)
        raise InputError(
            f"{path}: its header states {header.grid.size} voxels, {wanted} bytes, but the file holds {there} of them; "
            "copy or export it again"
        )
