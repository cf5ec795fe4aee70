"""What is every way asked to do?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Task:
    """The same for kseg and every peer.

    Args:
        folder: Holds the CTs, and what each way makes of them.
        size: Voxels of a patch along each axis.
        workers: Processes that make patches, or prepare cases.
        intensity: Whether intensities are augmented, besides what rotates, scales and mirrors.
        batch_size: Patches a batch.
        spacing_mm: Of the grid that is trained on, along every axis.
        window_hu: Lowest and highest value that is told apart, where a way clips to a window.
    """

    folder: Path
    size: int
    workers: int
    intensity: bool = True
    batch_size: int = 2
    spacing_mm: float = 1.5
    window_hu: tuple[float, float] = (-200.0, 400.0)

    @property
    def images(self) -> Path:
        """The CTs, `CASE.nii.gz`."""
        return self.folder / "cts" / "images"

    @property
    def labels(self) -> Path:
        """The label maps, called like the CTs."""
        return self.folder / "cts" / "labels"

    @property
    def patients(self) -> Path:
        """The table of patients, with a column `group`."""
        return self.folder / "cts" / "clinical.csv"

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The cases, in alphabetical order."""
        return tuple(sorted(path.name.removesuffix(".nii.gz") for path in self.images.glob("*.nii.gz")))

    def plain(self) -> dict[str, Any]:
        """Itself in JSON's types."""
        return asdict(self) | {"folder": str(self.folder)}

    @classmethod
    def of_plain(cls, values: Mapping[str, Any]) -> Task:
        """Itself again from JSON's types.

        Args:
            values: As `plain` gave them.
        """
        low, high = values["window_hu"]
        return cls(**{**values, "folder": Path(values["folder"]), "window_hu": (low, high)})


@dataclass(frozen=True)
class Batch:
    """Patches as a network would get them.

    Args:
        ct: Shape (B, 1, X, Y, Z), floats.
        label_map: The same shape, whole numbers, 0 outside the kidneys.
        case_ids: Whose they are, one a patch.
    """

    ct: Tensor
    label_map: Tensor
    case_ids: tuple[str, ...]
