"""Which data were these: a clinic's CTs, a public dataset's, or a program's drawings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

READERS = {
    "read_phantom": "kseg's phantom: synthetic CTs, outlines and clinical values, drawn by a program; no patients",
    "read_folder": "a folder of CTs with outlines, one file a case (data=folder)",
    "read_kits": "the Kidney Tumor Segmentation Challenge (KiTS)",
    "read_amos": "the Multi-Modality Abdominal Multi-Organ Segmentation Challenge (AMOS22)",
    "read_totalsegmentator": "TotalSegmentator's dataset of CTs",
    "read_nnunet": "a dataset in nnU-Net's raw layout",
}
"""By the importer that a run's config names under `data`."""

LABEL_MAPS = "a folder of CTs with one label map a case (data=label_maps)"
PHANTOM = "read_phantom"


@dataclass(frozen=True)
class Source:
    """Where the CTs came from.

    Args:
        words: As a clause; "" where the config does not say.
        is_synthetic: Whether no patient stands behind them.
    """

    words: str = ""
    is_synthetic: bool = False

    @property
    def test_patients(self) -> str:
        """What the patients of a test are called, so that nobody takes a drawing for a person."""
        return "synthetic test patients" if self.is_synthetic else "test patients"

    def counted(self, patients: int) -> str:
        """Count test patients, as in `1 test patient`."""
        return f"{patients} {self.test_patients}".removesuffix("s" if patients == 1 else "")

    @property
    def warning(self) -> str:
        """What must be said before any number; "" of patients."""
        if not self.is_synthetic:
            return ""
        return (
            "Synthetic data: a program, kseg's phantom, drew these CTs, their outlines and the clinical values; "
            "there are no patients, and what is found here says nothing of any."
        )


NOT_TOLD = Source()
"""Of a table that comes from elsewhere."""


def source_of(config: Mapping[str, Any]) -> Source:
    """Read from a run's config where its CTs came from.

    Args:
        config: The run's, in plain containers; of a table that comes from elsewhere it names no data.

    Returns:
        The source; without words where the config names none.
    """
    data = config.get("data")
    if not isinstance(data, Mapping) or "_target_" not in data:
        return NOT_TOLD
    reader = str(data["_target_"]).rpartition(".")[2]
    if reader == PHANTOM:
        seed = f"phantom (seed {data['seed']})" if "seed" in data else "phantom"
        return Source(READERS[reader].replace("phantom", seed), is_synthetic=True)
    if reader == "read_folder" and _is_one_label_map(data):
        return Source(LABEL_MAPS)
    return Source(READERS.get(reader, f"read by {reader.replace('_', ' ')}"))


def _is_one_label_map(data: Mapping[str, Any]) -> bool:
    """Whether one file holds both structures, by numbers; where a report is uploaded, its place is hidden."""
    values = data.get("values")
    numbered = isinstance(values, Mapping) and values.get("cortex") is not None
    return numbered and data.get("cortex") == data.get("parenchyma")
