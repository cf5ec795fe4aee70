"""How a patient becomes a CT and two outlines: slices, partial volume, noise, a reader's hand, orientation."""

from __future__ import annotations

from dataclasses import dataclass

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from kseg.cases.phantom.abdomen import AIR_HU, SPINE_MM, paint_abdomen
from kseg.cases.phantom.anatomy import Body, Kidney
from kseg.cases.phantom.canvas import Canvas, average_slices
from kseg.cases.phantom.kidney import KidneyFrame, KidneyShape, shape_kidney
from kseg.cases.phantom.shapes import paint_tube, smooth_noise
from kseg.images import Grid

ORIENTATIONS = ("LAS", "IPL", "RAS", "LPS")
SLICES_MM = (2.5, 3.0, 4.0, 5.0)
FINE_MM = 1.25
"""Kidneys are shaped on slices no thicker than this, the rest of the trunk on twice as thick ones."""


@dataclass(frozen=True)
class Protocol:
    """How one patient is scanned and outlined.

    Args:
        in_plane_mm: Between voxels of a slice.
        slice_mm: Between slices, and their thickness.
        orientation: The directions in which the file's axes run.
        noise_hu: Standard deviation of the noise in the middle of the trunk.
        kernel_mm: The reconstruction kernel's blur (standard deviation).
        hand_mm: How far the reader's hand strays from the capsule (standard deviation).
        border_mm: How far it strays from the border between cortex and medulla.
    """

    in_plane_mm: float
    slice_mm: float
    orientation: str
    noise_hu: float
    kernel_mm: float = 0.9
    hand_mm: float = 0.45
    border_mm: float = 0.8


@dataclass(frozen=True)
class Scan:
    """A CT and its outlines on one grid.

    Args:
        ct_hu: Shape (X, Y, Z), int16.
        parenchyma: The same shape, 0 or 1.
        cortex: The same shape, 0 or 1.
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
        noise_hu=rng.uniform(8, 15),
    )


def scan(rng: np.random.Generator, body: Body, kidneys: tuple[Kidney, Kidney], protocol: Protocol) -> Scan:
    """Scan a patient.

    Args:
        rng: Draws shapes and noise.
        body: The trunk.
        kidneys: The right one and the left one.
        protocol: How.

    Returns:
        The CT with its outlines.
    """
    canvas = _table(rng, body, kidneys, protocol)
    times = int(np.ceil(protocol.slice_mm / (2 * FINE_MM) - 0.01))
    fine = canvas.finer(times)
    paint_abdomen(rng, body, fine)
    canvas.hu[...] = average_slices(fine.hu, times)
    parenchyma, cortex = (np.zeros(canvas.hu.shape, dtype=np.uint8) for _ in range(2))
    for kidney in kidneys:
        _add_kidney(rng, body, kidney, protocol, canvas, parenchyma, cortex)
    return _to_file_order(_expose(rng, canvas, protocol), parenchyma, cortex, canvas, protocol)


def _table(rng: np.random.Generator, body: Body, kidneys: tuple[Kidney, Kidney], protocol: Protocol) -> Canvas:
    """Choose the field of view: the whole trunk, and the kidneys with a margin above and below."""
    frames = [KidneyFrame(kidney) for kidney in kidneys]
    low = min(f.kidney.centre_mm[2] - f.reach_mm[2] for f in frames) - rng.uniform(10, 30)
    high = max(f.kidney.centre_mm[2] + f.reach_mm[2] for f in frames) + rng.uniform(10, 30)
    size = (2 * body.half_width_mm + rng.uniform(8, 24), 2 * body.half_depth_mm + rng.uniform(8, 24), high - low)
    spacing = (protocol.in_plane_mm, protocol.in_plane_mm, protocol.slice_mm)
    shape = [int(np.ceil(length / step)) for length, step in zip(size, spacing, strict=True)]
    return Canvas.blank(shape, spacing, (0, 0, (low + high) / 2), AIR_HU)


def _add_kidney(
    rng: np.random.Generator,
    body: Body,
    kidney: Kidney,
    protocol: Protocol,
    canvas: Canvas,
    parenchyma: NDArray[np.uint8],
    cortex: NDArray[np.uint8],
) -> None:
    frame = KidneyFrame(kidney)
    low, high = kidney.centre_mm - frame.reach_mm - 16, kidney.centre_mm + frame.reach_mm + 16
    inner = -kidney.side * 25
    low[0], high[0] = min(low[0], inner), max(high[0], inner)
    coarse = canvas.within(low.tolist(), high.tolist())
    times = int(np.ceil(protocol.slice_mm / FINE_MM))
    fine = coarse.finer(times)
    shape = shape_kidney(rng, kidney, fine)
    _paint_kidney(rng, body, frame, shape, fine)
    coarse.hu[...] = average_slices(fine.hu, times)
    masks = _outline(rng, shape, protocol, fine, times)
    x, y, z = (
        slice(int(np.searchsorted(whole.ravel(), part.ravel()[0])), None)
        for whole, part in ((canvas.x_mm, coarse.x_mm), (canvas.y_mm, coarse.y_mm), (canvas.z_mm, coarse.z_mm))
    )
    nx, ny, nz = coarse.hu.shape
    for whole, mask in zip((parenchyma, cortex), masks, strict=True):
        whole[x, y, z][:nx, :ny, :nz] |= mask


def _paint_kidney(rng: np.random.Generator, body: Body, frame: KidneyFrame, shape: KidneyShape, fine: Canvas) -> None:
    kidney = frame.kidney
    gap = np.maximum(kidney.gap_mm * (1 + 0.8 * smooth_noise(rng, fine, 24)), 0)
    fine.paint(shape.capsule - gap, body.fat_hu)
    _paint_hilum(rng, body, frame, fine)
    medulla = kidney.medulla_hu * (1 + 0.05 * smooth_noise(rng, fine, 8))
    cortex = kidney.cortex_hu * (1 + 0.07 * smooth_noise(rng, fine, 12))
    hu = cortex + fine.coverage(shape.medulla / 1.6) * (medulla - cortex)
    fine.paint(shape.parenchyma, hu)
    for lesion, distance in zip(kidney.lesions, shape.lesions, strict=True):
        fine.paint(distance, lesion.hu + lesion.mottled_hu * smooth_noise(rng, fine, 6))


def _paint_hilum(rng: np.random.Generator, body: Body, frame: KidneyFrame, fine: Canvas) -> None:
    """Paint pelvis, calyces, vein and artery with their branches."""
    kidney = frame.kidney
    front = SPINE_MM[1] * body.half_depth_mm + 26
    great = (-12.0, front + 3) if kidney.side < 0 else (18.0, front + 3)
    z = kidney.centre_mm[2]
    middle, door = frame.point(0.45, 0, 0), frame.point(1.25, 0.1, 0)
    pelvis = frame.point(1.3, -0.25, -0.2)
    paint_tube(fine, [frame.point(0.4, 0, 0.15), pelvis, frame.point(1.7, -0.3, -0.9)], kidney.pelvis_mm + 1, 10)
    for level in (-0.35, 0.0, 0.35):
        for row in (-0.25, 0.25):
            tip = frame.point(0.2 + rng.normal(0, 0.05), row, level + rng.normal(0, 0.05))
            paint_tube(fine, [middle, tip], kidney.pelvis_mm * 0.7, 10)
            branch = frame.point(0.25, row * 0.8, level * 1.1 + 0.08)
            paint_tube(fine, [door, branch], 1.5, body.aorta_hu * 0.85)
            paint_tube(fine, [door, frame.point(0.3, row * 0.6 + 0.15, level * 0.9)], 2.2, body.vein_hu)
    paint_tube(fine, [(*great, z + 12), (kidney.side * 34, front - 4, z + 6), door], rng.uniform(4, 5.5), body.vein_hu)
    paint_tube(fine, [(*great, z + 6), (kidney.side * 30, front - 12, z), door], rng.uniform(2.3, 3.2), body.aorta_hu)


def _outline(
    rng: np.random.Generator, shape: KidneyShape, protocol: Protocol, fine: Canvas, times: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Draw both outlines as a reader does: slice by slice, nearly along the borders."""
    hand = smooth_noise(rng, fine, (9, 9, protocol.slice_mm)) * np.float32(protocol.hand_mm)
    border = smooth_noise(rng, fine, (7, 7, protocol.slice_mm)) * np.float32(protocol.border_mm)
    inside = fine.coverage(shape.parenchyma + hand)
    outer = inside * (1 - fine.coverage(shape.medulla + border))
    share = average_slices(inside, times)
    parenchyma = share > 0.5
    return parenchyma, parenchyma & (average_slices(outer, times) > 0.5 * share)


def _expose(rng: np.random.Generator, canvas: Canvas, protocol: Protocol) -> NDArray[np.int16]:
    """Blur as the kernel does, and add noise that is correlated between neighbours."""
    sigma = protocol.kernel_mm / protocol.in_plane_mm
    hu = ndimage.gaussian_filter(canvas.hu, (sigma, sigma, 0), truncate=3)
    noise = rng.standard_normal(hu.shape, dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, (0.6, 0.6, 0.3), truncate=3)
    noise *= protocol.noise_hu / noise.std()
    shaped: NDArray[np.int16] = np.clip(np.rint(hu + noise), AIR_HU, 3071).astype(np.int16)
    return shaped


def _to_file_order(
    ct_hu: NDArray[np.int16],
    parenchyma: NDArray[np.uint8],
    cortex: NDArray[np.uint8],
    canvas: Canvas,
    protocol: Protocol,
) -> Scan:
    affine = np.diag([protocol.in_plane_mm, protocol.in_plane_mm, protocol.slice_mm, 1.0])
    affine[:3, 3] = [float(axis.ravel()[0]) for axis in (canvas.x_mm, canvas.y_mm, canvas.z_mm)]
    turn = nib.orientations.axcodes2ornt(protocol.orientation)
    turn = nib.orientations.ornt_transform(nib.orientations.axcodes2ornt("RAS"), turn)
    turned = [np.ascontiguousarray(nib.orientations.apply_orientation(v, turn)) for v in (ct_hu, parenchyma, cortex)]
    file_affine = affine @ nib.orientations.inv_ornt_aff(turn, ct_hu.shape)
    return Scan(turned[0], turned[1], turned[2], Grid(turned[0].shape, file_affine))
