"""Which file is read in which way?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kseg.errors import InputError
from kseg.images.grid import Grid, Volume
from kseg.images.metaimage import read_metaimage_header
from kseg.images.nifti import read_nifti_header
from kseg.images.nrrd import read_nrrd_header
from kseg.images.stored import Header, load_voxels

FORMATS: dict[str, Callable[[Path], Header]] = {
    ".nii.gz": read_nifti_header,
    ".nii": read_nifti_header,
    ".nrrd": read_nrrd_header,
    ".mha": read_metaimage_header,
    ".mhd": read_metaimage_header,
}

SUFFIXES = tuple(FORMATS)
"""The ends of the names of files that can be read."""


def read_grid(path: Path) -> Grid:
    """Read a file's header alone.

    Args:
        path: A NIfTI, NRRD or MetaImage file, as its name says.

    Returns:
        Its grid.

    Raises:
        InputError: The file is missing, is not what its name says, or does not hold one volume with its geometry.
    """
    return _header(path).grid


def read_volume(path: Path) -> Volume:
    """Read a CT or a mask.

    Args:
        path: A NIfTI, NRRD or MetaImage file, as its name says; packed ones are inflated whole, others mapped.

    Returns:
        The volume, in the stored type unless the header rescales it (then float64), in the file's own orientation.

    Raises:
        InputError: The file is missing, truncated, is not what its name says, or does not hold one volume of numbers
            with its geometry.
    """
    header = _header(path)
    return Volume(load_voxels(path, header), header.grid)


def suffix_of(path: Path) -> str:
    """Tell in which format a file is, by its name alone.

    Args:
        path: The file, which need not be there.

    Returns:
        One of `SUFFIXES`.

    Raises:
        InputError: Its name has another end.
    """
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise InputError(f"{path}: only {', '.join(SUFFIXES)} can be read; export it as one of these")


def _header(path: Path) -> Header:
    try:
        size = path.stat().st_size if path.is_file() else None
        folder = path.is_dir()
    except OSError as error:  # as of a name that is too long, or of a folder that is not to be looked into
        raise InputError(f"{path}: cannot be opened ({error.strerror})") from error
    if size is None:
        raise InputError(f"{path}: {'is a folder, not a file' if folder else 'no such file'}")
    if size == 0:
        raise InputError(f"{path}: is empty, 0 bytes; copy or export it again")
    return FORMATS[suffix_of(path)](path)
