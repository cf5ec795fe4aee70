"""How one kidney is shaped: its capsule, sinus, pyramids and columns, as signed distances in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kseg.cases.phantom.anatomy import Kidney, Lesion
from kseg.cases.phantom.canvas import Canvas, Field
from kseg.cases.phantom.shapes import Point, ellipsoid, smooth_noise

WARP_MM = 2.5
"""How far a kidney's shape strays from a bent ellipsoid (standard deviation)."""
SINUS_MIDDLE = 0.18
"""Where the sinus's middle lies, as a share of the half axis towards the hilum."""
SINUS_RADII = (0.46, 0.29, 0.50)
"""A healthy sinus, as shares of the kidney's half axes."""
HILUM_MIDDLE = 0.85
"""Where the hilum's middle lies, as a share of the half axis towards it."""
HILUM_RADII = (0.62, 0.24, 0.30)
"""The hilum's opening, as shares of the kidney's half axes."""
FAN_START = (0.35, 0.0, 0.0)
"""From where the pyramids fan out, as shares of the half axes."""
FAN_FLATTENING = (1.0, 1.0, 0.7)
"""How much the fan is pressed together along the kidney, as the papillae sit in a row and not on one point."""
WIDEST_CHORD = 1.45
"""How far from its axis a pyramid reaches at most, as a chord of the unit circle."""
GROOVE_MM = 5.0
"""Half the width of the grooves between the lobes."""


@dataclass(frozen=True)
class KidneyFrame:
    """The kidney's own axes in the patient.

    Args:
        kidney: Whose.
    """

    kidney: Kidney

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Unit vectors towards hilum, front and upper pole in the patient, shape (3, 3)."""
        medial, back, front = np.deg2rad(self.kidney.tilt_deg)
        pole = np.array([-self.kidney.side * np.tan(medial), -np.tan(back), 1.0])
        pole /= np.linalg.norm(pole)
        hilum = np.array([-self.kidney.side * np.cos(front), np.sin(front), 0.0])
        hilum -= (hilum @ pole) * pole
        hilum /= np.linalg.norm(hilum)
        belly = np.cross(pole, hilum)
        return np.stack([hilum, belly if belly[1] > 0 else -belly, pole])

    @cached_property
    def reach_mm(self) -> NDArray[np.float64]:
        """How far the kidney reaches from its middle along the patient's axes."""
        half = np.add(self.kidney.half_axes_mm, (self.kidney.bend_mm, 3, 3))
        reach: NDArray[np.float64] = np.linalg.norm(self.axes * half[:, None], axis=0)
        return reach

    def point(self, hilum: float, front: float, pole: float) -> Point:
        """Find a place given in shares of the half axes.

        Args:
            hilum: Towards the hilum.
            front: Towards the front.
            pole: Towards the upper pole.

        Returns:
            Millimetres in the patient.
        """
        bent = np.array([hilum, front, pole]) * self.kidney.half_axes_mm
        bent[0] += self.kidney.bend_mm * pole**2
        x, y, z = (float(v) for v in self.kidney.centre_mm + bent @ self.axes)
        return x, y, z

    def coordinates(self, canvas: Canvas) -> tuple[Field, Field, Field]:
        """Turn a canvas's positions into the kidney's own, straightened.

        Args:
            canvas: Where.

        Returns:
            Millimetres towards hilum, front and upper pole, each (X, Y, Z).
        """
        offsets = [
            axis - c for axis, c in zip((canvas.x_mm, canvas.y_mm, canvas.z_mm), self.kidney.centre_mm, strict=True)
        ]
        x, y, z = offsets
        hilum, front, pole = (x * axis[0] + y * axis[1] + z * axis[2] for axis in self.axes.astype(np.float32))
        hilum -= np.square(pole) * np.float32(self.kidney.bend_mm / self.kidney.half_axes_mm[2] ** 2)
        return hilum, front, pole


@dataclass(frozen=True)
class KidneyShape:
    """Signed distances in millimetres, negative inside, each of the canvas's shape.

    Args:
        capsule: To the kidney's surface, lesions and sinus included.
        parenchyma: To cortex and medulla together.
        medulla: To the pyramids.
        lesions: To each cyst or tumour.
    """

    capsule: Field
    parenchyma: Field
    medulla: Field
    lesions: tuple[Field, ...]


def shape_kidney(rng: np.random.Generator, kidney: Kidney, canvas: Canvas) -> KidneyShape:
    """Shape a kidney on a canvas that holds it.

    Args:
        rng: Draws what makes it this patient's.
        kidney: Its measures.
        canvas: Where.

    Returns:
        Its surfaces.
    """
    frame = KidneyFrame(kidney)
    place_mm = [axis + WARP_MM * smooth_noise(rng, canvas, 32) for axis in frame.coordinates(canvas)]
    angle, column = _pyramid_fan(rng, kidney, place_mm)
    capsule = _capsule(rng, kidney, canvas, place_mm, column)
    lesions = tuple(_lesion(frame, lesion, canvas) for lesion in kidney.lesions)
    sinus = _sinus(kidney, place_mm) + 2 * smooth_noise(rng, canvas, 9)
    parenchyma = np.maximum(capsule, -sinus)
    for lesion in lesions:
        parenchyma = np.maximum(parenchyma, -lesion)

    cortex_mm = kidney.cortex_mm * (1 + 0.14 * smooth_noise(rng, canvas, 14))
    tapering = np.clip(-capsule - kidney.cortex_mm, 0, kidney.half_axes_mm[0] / 2) * np.float32(0.06)
    beside = np.maximum(kidney.column_mm / 2 + tapering - column, (angle - WIDEST_CHORD) * kidney.half_axes_mm[1])
    medulla = np.maximum(cortex_mm + capsule, beside) + 0.6 * smooth_noise(rng, canvas, 5)
    return KidneyShape(capsule, parenchyma, medulla, lesions)


def pyramid_directions(rng: np.random.Generator, kidney: Kidney) -> NDArray[np.float64]:
    """Point the pyramids away from the hilum: one to each pole, the others in a front and a back row.

    Args:
        rng: Draws how they stray.
        kidney: Its measures.

    Returns:
        Unit vectors (hilum, front, upper pole), shape (pyramids, 3).
    """
    front = (kidney.pyramids - 1) // 2
    back = kidney.pyramids - 2 - front
    rows = [(-0.45, 0.85, z) for z in np.linspace(-0.55, 0.55, front)]
    rows += [(-0.65, -0.75, z) for z in np.linspace(-0.45, 0.45, back)]
    bases = np.array([(-0.1, 0.0, 1.0), (-0.1, 0.0, -1.0), *rows]) + rng.normal(0, 0.06, (kidney.pyramids, 3))
    directions = (bases - FAN_START) * kidney.half_axes_mm * FAN_FLATTENING
    unit: NDArray[np.float64] = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def _pyramid_fan(rng: np.random.Generator, kidney: Kidney, place_mm: list[Field]) -> tuple[Field, Field]:
    """Measure the angle to the nearest pyramid's axis (as a chord), and the distance to the column beside it."""
    start = np.multiply(FAN_START, kidney.half_axes_mm)
    rays = [(axis - np.float32(v)) * np.float32(f) for axis, v, f in zip(place_mm, start, FAN_FLATTENING, strict=True)]
    length = np.sqrt(np.square(rays[0]) + np.square(rays[1]) + np.square(rays[2])) + np.float32(1e-3)
    best = np.full_like(length, -1)
    second = best.copy()
    for direction in pyramid_directions(rng, kidney).astype(np.float32):
        cosine = (rays[0] * direction[0] + rays[1] * direction[1] + rays[2] * direction[2]) / length
        np.maximum(second, np.minimum(best, cosine), out=second)
        np.maximum(best, cosine, out=best)
    chords = [np.sqrt(np.maximum(2 - 2 * cosine, 0)) for cosine in (best, second)]
    return chords[0], (chords[1] - chords[0]) / 2 * length


def _capsule(rng: np.random.Generator, kidney: Kidney, canvas: Canvas, place_mm: list[Field], column: Field) -> Field:
    """Measure the distance to the surface: an egg with scars, and with grooves where the columns reach it."""
    hilum, front, pole = place_mm
    egg = ellipsoid(hilum, front, pole * (1 - np.float32(0.0015) * pole), kidney.half_axes_mm)
    lobes = np.exp(-np.square(column * np.float32(1 / GROOVE_MM)))
    distance: Field = egg + kidney.scars_mm * (smooth_noise(rng, canvas, 11) + lobes)
    return distance


def _sinus(kidney: Kidney, place_mm: list[Field]) -> Field:
    """Measure the distance to the sinus and the hilum through which it opens."""
    hilum, front, pole = place_mm
    parts = []
    for middle, shares in ((SINUS_MIDDLE, SINUS_RADII), (HILUM_MIDDLE, HILUM_RADII)):
        radii = [share * half * kidney.sinus for share, half in zip(shares, kidney.half_axes_mm, strict=True)]
        parts.append(ellipsoid(hilum - middle * kidney.half_axes_mm[0], front, pole, radii))
    distance: Field = np.minimum(*parts)
    return distance


def _lesion(frame: KidneyFrame, lesion: Lesion, canvas: Canvas) -> Field:
    x, y, z = frame.point(*(lesion.depth * v for v in lesion.direction))
    distance: Field = np.sqrt(np.square(canvas.x_mm - x) + np.square(canvas.y_mm - y) + np.square(canvas.z_mm - z))
    return distance - np.float32(lesion.radius_mm)
