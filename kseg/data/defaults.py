"""Which spacing, which window and which patches suit a cohort?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from kseg.clinical.cohort import Case
from kseg.data.orientation import canonical_box, canonical_spacing
from kseg.data.patch_size import propose_patch_size
from kseg.data.workers import pool_of, workers_for
from kseg.errors import InputError
from kseg.images import bounding_box, read_volume
from kseg.labels import Label
from kseg.outlines import read_outlines

ANISOTROPIC = 3
"""An axis so many times as coarse as the others, with so many times fewer voxels, is one of slices far apart."""

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""What CTs hold in 12 bits; what lies beyond is counted there."""

TAILS = (0.5, 99.5)
"""Percent of the parenchyma that are darker than where its range of brightness begins, and than where it ends."""

FAT_HU = -120
"""Perirenal fat, -110 to -80 HU, surrounds every kidney and is darker than the parenchyma: no window cuts it off."""

FINGERPRINT = "fingerprint."

WORTH_A_BAR = 8


@dataclass(frozen=True)
class CaseMeasures:
    """What a case says about the settings that would suit it.

    Args:
        spacing_mm: Of the CT, along the canonical axes.
        shape: Of the body's box, in the CT's own voxels along the canonical axes.
        parenchyma_hu: How many voxels of the parenchyma have each value from `LOWEST_HU` to `HIGHEST_HU`.
    """

    spacing_mm: tuple[float, ...]
    shape: tuple[int, ...]
    parenchyma_hu: NDArray[np.int64]


@dataclass(frozen=True)
class Proposal:
    """Settings that suit a cohort; a config that leaves one to it says `fingerprint.` and its name here.

    Args:
        spacing_mm: See `Preparation`.
        window_hu: See `Preparation`.
        patch_size: Voxels along each axis.
    """

    spacing_mm: tuple[float, ...]
    window_hu: tuple[float, ...]
    patch_size: tuple[int, ...]

    def __str__(self) -> str:
        spacing, patch = (" x ".join(f"{one:g}" for one in along) for along in (self.spacing_mm, self.patch_size))
        low, high = self.window_hu
        return f"a spacing of {spacing} mm, a window from {low:g} to {high:g} HU, patches of {patch} voxels"

    def fill_in(self, settings: Any) -> Any:
        """Put values where settings are left open.

        Args:
            settings: Dicts and lists of plain values.

        Returns:
            The same with lists of numbers in their places.
        """
        if isinstance(settings, dict):
            return {name: self.fill_in(value) for name, value in settings.items()}
        if isinstance(settings, list):
            return [self.fill_in(value) for value in settings]
        return list(getattr(self, settings.removeprefix(FINGERPRINT))) if is_left_open(settings) else settings


LEFT_OPEN = tuple(FINGERPRINT + field.name for field in fields(Proposal))


def is_left_open(settings: Any) -> bool:
    """Tell whether a setting, or any of several, is left to the training cases.

    Args:
        settings: A plain value, or dicts and lists of them.

    Returns:
        Whether one is the name of a proposal.
    """
    if isinstance(settings, dict | list):
        return any(map(is_left_open, settings.values() if isinstance(settings, dict) else settings))
    return settings in LEFT_OPEN


def propose(
    cases: Sequence[Case],
    *,
    body_hu: float,
    memory_gb: float,
    multiple_of: int,
    spacing_mm: Sequence[float] | None = None,
) -> Proposal:
    """Read the cases that are trained on, and propose what suits them.

    Args:
        cases: Those of the split `train`, and no others: what is learnt from a test case is not tested on it.
        body_hu: See `Preparation`.
        memory_gb: See `kseg.data.patch_size.propose_patch_size`.
        multiple_of: See there.
        spacing_mm: If it is given already.

    Returns:
        The proposal.

    Raises:
        InputError: There is nothing to propose from, or cases cannot be read, one line each.
    """
    measures = measure_cases(cases, body_hu)
    spacing_mm = propose_spacing(measures) if spacing_mm is None else tuple(spacing_mm)
    patch_size = propose_patch_size(median_shape(measures, spacing_mm), spacing_mm, memory_gb, multiple_of)
    return Proposal(spacing_mm, propose_window(measures), patch_size)


def measure_cases(cases: Sequence[Case], body_hu: float) -> tuple[CaseMeasures, ...]:
    """Read cases, to propose settings for them.

    Args:
        cases: Those that are trained on.
        body_hu: See `Preparation`.

    Returns:
        One entry a case.

    Raises:
        InputError: There is none, or some cannot be read; one line each.
    """
    if not cases:
        raise InputError("there is no training case to measure; give the split `train` at least one patient")
    with pool_of(workers_for(case.image for case in cases)) as pool:
        looks = pool.map(partial(_measure_or_tell, body_hu=body_hu), cases)
        found = list(track(looks, "Measuring cases", total=len(cases), disable=len(cases) < WORTH_A_BAR))
    problems = [problem for one in found if isinstance(one, InputError) for problem in one.problems]
    if problems:
        raise InputError(problems)
    return tuple(one for one in found if isinstance(one, CaseMeasures))


def propose_spacing(measures: Sequence[CaseMeasures]) -> tuple[float, float, float]:
    """Propose a spacing by nnU-Net's rule (Isensee et al., Nat Methods 2021;18:203-211).

    The median along each axis. Where slices are far apart, their 10th percentile instead, but no finer than within the
    slice: interpolating most slices of the thinner CTs away costs more than interpolating new ones into the others.

    Args:
        measures: Of the cases that are trained on.

    Returns:
        In mm along the canonical axes, to the third decimal.
    """
    spacings_mm = np.array([one.spacing_mm for one in measures])
    spacing_mm, shape = np.median(spacings_mm, 0), np.median([one.shape for one in measures], 0)
    coarsest = int(spacing_mm.argmax())
    in_plane_mm, across = np.delete(spacing_mm, coarsest).max(), np.delete(shape, coarsest).min()
    if spacing_mm[coarsest] > ANISOTROPIC * in_plane_mm and shape[coarsest] * ANISOTROPIC < across:
        spacing_mm[coarsest] = max(in_plane_mm, np.percentile(spacings_mm[:, coarsest], 10))
    x, y, z = (round(float(length), 3) for length in spacing_mm)
    return x, y, z


def propose_window(measures: Sequence[CaseMeasures]) -> tuple[float, float]:
    """Propose a window from the brightness of the parenchyma, every patient counting alike.

    nnU-Net clips CTs at the 0.5th and the 99.5th percentile of what is outlined. A kidney is told by its surroundings
    too: the vessels at its hilum are brighter than its cortex, urine and cysts are darker than its medulla. So a
    quarter of the range is added at both ends, and at the lower one as much as it takes to tell fat from them.

    Args:
        measures: Of the cases that are trained on.

    Returns:
        The lowest and the highest value, in whole HU.

    Raises:
        InputError: In none of them is any parenchyma drawn.
    """
    shares = [one.parenchyma_hu / one.parenchyma_hu.sum() for one in measures if one.parenchyma_hu.any()]
    if not shares:
        raise InputError("no training case has any parenchyma, from which to find a window; give prepare.window_hu")
    darker = np.cumsum(np.mean(shares, 0))
    low, high = (LOWEST_HU + int(np.searchsorted(darker, percent / 100)) for percent in TAILS)
    margin = (high - low) / 4
    return float(round(min(low - margin, FAT_HU))), float(round(high + margin))


def median_shape(measures: Sequence[CaseMeasures], spacing_mm: Sequence[float]) -> tuple[int, int, int]:
    """Foretell the median size of the prepared cases.

    Args:
        measures: Of the cases that are trained on.
        spacing_mm: Of the prepared cases.

    Returns:
        Voxels along the canonical axes.
    """
    shapes = [np.rint(np.multiply(one.shape, one.spacing_mm) / spacing_mm) for one in measures]
    x, y, z = (max(1, int(length)) for length in np.median(shapes, 0))
    return x, y, z


def _measure_or_tell(case: Case, body_hu: float) -> CaseMeasures | InputError:
    try:
        return _measure(case, body_hu)
    except InputError as error:
        return InputError([f"{case.case_id}: {problem}" for problem in error.problems])


def _measure(case: Case, body_hu: float) -> CaseMeasures:
    ct, drawn = read_volume(case.image), read_outlines(case.parenchyma, case.cortex)
    if not drawn.grid.same_as(ct.grid):
        raise InputError(f"{case.parenchyma} lies on another grid than {case.image}")
    start, stop = canonical_box(bounding_box(ct.voxels > body_hu), ct.grid)
    kidneys = bounding_box(drawn.voxels != Label.BACKGROUND)
    hu = ct.voxels[kidneys][drawn.voxels[kidneys] != Label.BACKGROUND]
    values = np.rint(hu).clip(LOWEST_HU, HIGHEST_HU).astype(np.int64)
    return CaseMeasures(
        spacing_mm=tuple(canonical_spacing(ct.grid).tolist()),
        shape=tuple((stop - start).tolist()),
        parenchyma_hu=np.bincount(values - LOWEST_HU, minlength=HIGHEST_HU - LOWEST_HU + 1),
    )
