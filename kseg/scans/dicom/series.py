"""A DICOM series, or one phase of it, as one volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kseg.errors import InputError
from kseg.images import Grid, Volume
from kseg.scans.dicom.header import Header
from kseg.scans.dicom.pixels import read_slices
from kseg.scans.dicom.planes import Plane, planes_of
from kseg.scans.dicom.stack import stack


@dataclass(frozen=True)
class Series:
    """The files of one series, of slices of a CT alone.

    Args:
        folder: The innermost one that holds all its files.
        headers: One a file, by the files' names; each image once.
        phase: Which of the series' phases it is, such as `acq2`; "" where it is the whole series.
        taken: Of a phase, its slices, by file and frame; None where all are taken.
        broken: Why it cannot be read, where that is known already; else "".
    """

    folder: Path
    headers: tuple[Header, ...]
    phase: str = ""
    taken: frozenset[tuple[Path, int | None]] | None = None
    broken: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """Its files, by name."""
        return tuple(header.file for header in self.headers)

    @property
    def number(self) -> int | None:
        """By which a scanner's console lists it."""
        return self.headers[0].number

    @property
    def places(self) -> int:
        """In how many places it has slices, as far as its files tell."""
        if self.taken is not None:
            return len(self.taken)
        frames = sum(int(header.fields.get("NumberOfFrames") or 0) for header in self.headers)
        return frames or len({str(header.fields.get("ImagePositionPatient")) for header in self.headers})

    def slices(self) -> tuple[list[Plane], Grid]:
        """Put the slices in order.

        Returns:
            The slices from the lowest to the highest along the normal, and their grid.

        Raises:
            InputError: They are no volume; see `kseg.scans.dicom.stack`.
        """
        return stack(self.folder, self.planes())

    def planes(self) -> list[Plane]:
        """Its slices in the files' order.

        Raises:
            InputError: One of them does not say where it lies, see `kseg.scans.dicom.planes`; or it is broken.
        """
        if self.broken:
            raise InputError(self.broken)
        planes = [plane for header in self.headers for plane in planes_of(header)]
        return [plane for plane in planes if self.taken is None or (plane.file, plane.frame) in self.taken]

    def read(self) -> Volume:
        """Read the series.

        Returns:
            Its voxels in HU, shape (columns, rows, slices); int16 where all are whole and fit, float32 otherwise.

        Raises:
            InputError: The slices are no volume, or one of them cannot be read.
        """
        planes, grid = self.slices()
        return Volume(read_slices(planes), grid)
