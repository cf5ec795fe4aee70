"""One CT that was handed in: a file, or a DICOM series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kseg.errors import InputError
from kseg.images import Grid, Volume, read_volume, write_label_map, write_nifti
from kseg.scans.dicom.series import Series

VOXELS_APART = (".raw", ".zraw")
"""The ends of files that belong to a MetaImage header beside them."""


@dataclass(frozen=True)
class Scan:
    """One CT that was handed in; reading it tells whether it is sound.

    Args:
        name: What its outputs are called: from the names of files and folders, never from DICOM's patient fields.
        place: Its file; of a DICOM series its folder.
        series: The DICOM series; None where it is a NIfTI, NRRD or MetaImage file.
        broken: Why it cannot be read, where that is known already.
        remarks: What is to be known of it once it is read, one line each: files beside its slices that were left out.
    """

    name: str
    place: Path
    series: Series | None = None
    broken: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def is_dicom(self) -> bool:
        """Whether it is a DICOM series, so that its label map can be written as DICOM SEG."""
        return self.series is not None

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that it is read from; of a MetaImage header also the voxels beside it, as they are named by ITK."""
        if self.series is not None:
            return self.series.files
        beside = (self.place.with_suffix(suffix) for suffix in VOXELS_APART)
        apart = self.place.suffix.lower() == ".mhd"
        return (self.place, *(file for file in beside if apart and file.is_file()))

    def read(self) -> Volume:
        """Read the CT.

        Returns:
            Its voxels, shape (X, Y, Z), in HU as far as the file tells; of DICOM, in the order of columns, rows and
            slices, int16 where every value is whole and fits, float32 otherwise.

        Raises:
            InputError: It is broken, one line with the file, or the slice's position in mm.
        """
        if self.broken is not None:
            raise InputError(self.broken)
        return read_volume(self.place) if self.series is None else self.series.read()

    def write_label_map(self, path: Path, label_map: NDArray[np.uint8], grid: Grid) -> None:
        """Write a label map as NIfTI on this CT's own grid, a NIfTI header's geometry copied bit for bit.

        Args:
            path: Where to; ends in `.nii.gz` or `.nii`.
            label_map: Integers of `kseg.labels.Label`, of the CT's shape.
            grid: The CT's, as it was read.

        Raises:
            InputError: The CT's file cannot be read any more.
        """
        if self.series is None:
            write_label_map(path, label_map, self.place)
        else:
            write_nifti(path, label_map.astype(np.uint8), grid)
