"""A DICOM series as one volume."""

from __future__ import annotations

from dataclasses import dataclass

from kseg.images import Volume


@dataclass(frozen=True)
class Series:
    """A DICOM series."""

    def read(self) -> Volume:
        """Read it."""
        raise NotImplementedError
