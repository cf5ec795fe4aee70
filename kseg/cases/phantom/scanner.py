"""How a patient becomes a CT and two outlines: field of view, partial volume, noise, a reader's hand, orientation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.cases.phantom.anatomy import Body, Kidney
from kseg.cases.phantom.canvas import Canvas, average_slices
from kseg.cases.phantom.kidney import KidneyFrame, KidneyShape, shape_kidney
from kseg.cases.phantom.organs import paint_organs
from kseg.cases.phantom.shapes import smooth_noise
from kseg.cases.phantom.tissue import paint_kidney
from kseg.cases.phantom.typical import TISSUE
from kseg.cases.phantom.wall import paint_wall
from kseg.images import Grid

ORIENTATIONS = ("LAS", "IPL", "RAS", "LPS")
SLICES_MM = (2.5, 3.0, 4.0, 5.0)
NOISE_HU = (8.0, 15.0)
TRUNK_MM, KIDNEY_MM = 2.5, 1.25
"""Trunk and kidneys are made on slices no thicker than this and averaged: the partial-volume effect."""
AROUND_MM = 16.0
"""What is made anew around a kidney: the fat in which it lies, and its vessels as far as the other side's great one."""
ACROSS_MIDLINE_MM = 25.0
MARGIN_MM = (10.0, 30.0)
"""Slices above and below the kidneys."""


@dataclass(frozen=True)
class Protocol:
    """How one patient is scanned and outlined.

    Args:
        in_plane_mm: Between voxels of a slice.
        slice_mm: Between slices, and their thickness.
        orientation: The directions in which the file's axes run.
        noise_hu: Standard deviation of the noise.
        kernel_mm: The reconstruction kernel's blur (standard deviation).
        capsule_mm: How far the reader's hand strays from the border of the parenchyma (standard deviation).
        border_mm: How far it strays from the border between cortex and medulla, which is harder to see.
    """

    in_plane_mm: float
    slice_mm: float
    orientation: str
    noise_hu: float
    kernel_mm: float = 0.8
    capsule_mm: float = 0.3
    border_mm: float = 0.5


@dataclass(frozen=True)
class Scan:
    """A CT and its outlines on one grid.

    Args:
        ct_hu: Shape (X, Y, Z), int16, in the order of the file.
        parenchyma: The same shape, uint8, 0 or 1.
        cortex: The same shape, uint8, 0 or 1.
        grid: Where they lie.
    """

    ct_hu: NDArray[np.int16]
    parenchyma: NDArray[np.uint8]
    cortex: NDArray[np.uint8]
    grid: Grid


def draw_protocol(rng: np.random.Generator, in_plane_mm: tuple[float, float]) -> Protocol:
    """Draw how a patient is scanned.

    Args:
        rng: Draws it.
        in_plane_mm: Between voxels of a slice, from and to.

    Returns:
        The protocol.
    """
    return Protocol(
        in_plane_mm=round(rng.uniform(*in_plane_mm), 3),
        slice_mm=float(rng.choice(SLICES_MM)),
        orientation=str(rng.choice(ORIENTATIONS)),
        noise_hu=rng.uniform(*NOISE_HU),
    )


def scan(rng: np.random.Generator, body: Body, kidneys: Sequence[Kidney], protocol: Protocol) -> Scan:
    """Scan a patient.

    Args:
        rng: Draws shapes and noise.
        body: The trunk.
        kidneys: What it holds.
        protocol: How.

    Returns:
        The CT with its outlines.
    """
    frames = [KidneyFrame(kidney) for kidney in kidneys]
    canvas = _field_of_view(rng, body, frames, protocol)
    times = _thinner(protocol.slice_mm, TRUNK_MM)
    trunk = canvas.finer(times)
    paint_wall(rng, body, trunk)
    paint_organs(rng, body, trunk)
    canvas.hu[...] = average_slices(trunk.hu, times)
    outlines = np.zeros((2, *canvas.hu.shape), dtype=np.uint8)
    for frame in frames:
        _add_kidney(rng, body, frame, protocol, canvas, outlines)
    return _to_file_order(_expose(rng, canvas, protocol), outlines, canvas, protocol)


def _thinner(slice_mm: float, thickest_mm: float) -> int:
    return int(np.ceil(slice_mm / thickest_mm))


def _field_of_view(rng: np.random.Generator, body: Body, frames: Sequence[KidneyFrame], protocol: Protocol) -> Canvas:
    """Choose what is scanned: the whole trunk, and the kidneys with a margin above and below."""
    low = min(frame.kidney.centre_mm[2] - frame.reach_mm[2] for frame in frames) - rng.uniform(*MARGIN_MM)
    high = max(frame.kidney.centre_mm[2] + frame.reach_mm[2] for frame in frames) + rng.uniform(*MARGIN_MM)
    half_width, half_depth = body.skin_mm
    size = (2 * half_width + rng.uniform(8, 24), 2 * half_depth + rng.uniform(8, 24), high - low)
    spacing = (protocol.in_plane_mm, protocol.in_plane_mm, protocol.slice_mm)
    shape = [int(np.ceil(length / step)) for length, step in zip(size, spacing, strict=True)]
    return Canvas.blank(shape, spacing, (0, 0, (low + high) / 2), TISSUE.air)


def _add_kidney(
    rng: np.random.Generator,
    body: Body,
    frame: KidneyFrame,
    protocol: Protocol,
    canvas: Canvas,
    outlines: NDArray[np.uint8],
) -> None:
    """Paint a kidney on the canvas, and its parenchyma and cortex into the outlines, shape (2, X, Y, Z)."""
    centre, reach, inner = frame.kidney.centre_mm, frame.reach_mm + AROUND_MM, -frame.kidney.side * ACROSS_MIDLINE_MM
    low, high = (centre - reach).tolist(), (centre + reach).tolist()
    box = canvas.box((min(low[0], inner), *low[1:]), (max(high[0], inner), *high[1:]))
    thick, times = canvas.part(box), _thinner(protocol.slice_mm, KIDNEY_MM)
    thin = thick.finer(times)
    shape = shape_kidney(rng, frame.kidney, thin)
    paint_kidney(rng, body, frame, shape, thin)
    thick.hu[...] = average_slices(thin.hu, times)
    outlines[:, *box] |= _outline(rng, shape, protocol, thin, times)


def _outline(
    rng: np.random.Generator, shape: KidneyShape, protocol: Protocol, thin: Canvas, times: int
) -> NDArray[np.bool_]:
    """Outline as a reader does, slice by slice and nearly along the borders; a voxel goes to what fills most of it."""
    hand = protocol.capsule_mm * smooth_noise(rng, thin, (9, 9, protocol.slice_mm))
    eye = protocol.border_mm * smooth_noise(rng, thin, (7, 7, protocol.slice_mm))
    inside = thin.coverage(shape.parenchyma + hand)
    outer = average_slices(inside * (1 - thin.coverage(shape.medulla + eye)), times)
    inside = average_slices(inside, times)
    parenchyma = inside > 0.5
    return np.stack([parenchyma, parenchyma & (outer > 0.5 * inside)])


def _expose(rng: np.random.Generator, canvas: Canvas, protocol: Protocol) -> NDArray[np.int16]:
    """Blur as the reconstruction kernel does, and add noise that is alike in neighbouring voxels."""
    blur = protocol.kernel_mm / protocol.in_plane_mm
    hu = ndimage.gaussian_filter(canvas.hu, (blur, blur, 0), truncate=3)
    noise = ndimage.gaussian_filter(rng.standard_normal(hu.shape, dtype=np.float32), (0.6, 0.6, 0.3), truncate=3)
    hu += noise * np.float32(protocol.noise_hu / noise.std())
    return np.clip(np.rint(hu), TISSUE.air, 3071).astype(np.int16)


def _to_file_order(ct_hu: NDArray[np.int16], outlines: NDArray[np.uint8], canvas: Canvas, protocol: Protocol) -> Scan:
    """Turn the axes, which run to the right, the front and the head, as the file shall have them."""
    affine = np.diag([protocol.in_plane_mm, protocol.in_plane_mm, protocol.slice_mm, 1.0])
    affine[:3, 3] = [float(axis.ravel()[0]) for axis in (canvas.x_mm, canvas.y_mm, canvas.z_mm)]
    codes = [nib.orientations.axcodes2ornt(code) for code in ("RAS", protocol.orientation)]
    turn = nib.orientations.ornt_transform(*codes)

    def turned(voxels: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(nib.orientations.apply_orientation(voxels, turn))

    x, y, z = (int(length) for length in turned(ct_hu).shape)
    grid = Grid((x, y, z), affine @ nib.orientations.inv_ornt_aff(turn, ct_hu.shape))
    return Scan(turned(ct_hu), turned(outlines[0]), turned(outlines[1]), grid)
