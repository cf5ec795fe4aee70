"""What the tests of cases share: a small case on disk that can be broken in any way."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from kseg.cases.check.cohort import check_cases
from kseg.clinical.cohort import Case
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline

GRID = Grid((40, 16, 10), np.array([[-3.0, 0, 0, 60], [0, -3, 0, 30], [0, 0, 5, -70], [0, 0, 0, 1]]))
RIGHT_KIDNEY, LEFT_KIDNEY = np.s_[4:12, 4:12, 2:8], np.s_[28:36, 4:12, 2:8]  # the first axis runs to the left
RIGHT_MEDULLA, LEFT_MEDULLA = np.s_[6:10, 6:10, 3:7], np.s_[30:34, 6:10, 3:7]


@dataclass(frozen=True)
class SmallCase:
    """Two boxes of kidney of 384 voxels each, 64 of them medulla, in fat with air in front.

    Args:
        folder: Where its files lie; like any path it may hold blanks and Chinese.
    """

    folder: Path

    @property
    def parenchyma(self):
        mask = np.zeros(GRID.shape, np.uint8)
        mask[RIGHT_KIDNEY] = mask[LEFT_KIDNEY] = 1
        return mask

    @property
    def cortex(self):
        mask = self.parenchyma
        mask[RIGHT_MEDULLA] = mask[LEFT_MEDULLA] = 0
        return mask

    @property
    def ct(self):
        ct = np.where(self.parenchyma, 120, -100).astype(np.int16)
        ct[:, :2] = -1000
        return ct

    def write(self, name, voxels, grid=GRID):
        write_nifti(self.folder / name, voxels, grid)

    def save(self, voxels, affine=GRID.affine, name="ct.nii.gz", **fields):
        """Write by nibabel, change fields of the header to what nibabel would not write, and give back the name."""
        content = bytearray(nib.Nifti1Image(voxels, affine, dtype=voxels.dtype).to_bytes())
        header = np.frombuffer(content, nib.nifti1.header_dtype, 1)
        for field, value in fields.items():
            header[field] = value
        return self.put(bytes(content), name)

    def put(self, content, name="ct.nii.gz"):
        """Write bytes, gzipped where the name says so, byte by byte as they were; give back the name."""
        (self.folder / name).write_bytes(gzip.compress(content, 0) if name.endswith(".gz") else content)
        return name

    def case(self, case_id="P1", *, image="ct.nii.gz", parenchyma="parenchyma.nii.gz", cortex="cortex.nii.gz"):
        outlines = [self.outline(text) if text else None for text in (parenchyma, cortex)]
        return Case(case_id, case_id, "mild", "train", self.folder / image, *outlines)

    def outline(self, text):
        """As a cohort's table would have it; several files are joined by a plus."""
        return Outline.parse(" + ".join(str(self.folder / name) for name in text.split(" + ")))

    def check(self, *cases, max_outside=0.01, **settings):
        """What the user is told, without the folder's name."""
        checked = check_cases(cases or [self.case()], max_outside=max_outside, **settings)
        return [
            [line.replace(f"{self.folder}/", "") for line in lines] for lines in (checked.problems, checked.remarks)
        ]


@pytest.fixture
def small(tmp_path):
    folder = tmp_path / "CTs of 病例"
    folder.mkdir()
    small = SmallCase(folder)
    for name in ("ct", "parenchyma", "cortex"):
        small.write(f"{name}.nii.gz", getattr(small, name))
    return small
