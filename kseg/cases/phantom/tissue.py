"""How a shaped kidney looks in the arterial phase: its tissue, its vessels, and the fat in which it lies."""

from __future__ import annotations

import numpy as np

from kseg.cases.phantom.anatomy import Body
from kseg.cases.phantom.canvas import Canvas
from kseg.cases.phantom.kidney import KidneyFrame, KidneyShape
from kseg.cases.phantom.shapes import paint_tube, smooth_noise
from kseg.cases.phantom.typical import TISSUE

WIDEST_GAP_MM = 10.0
SPINE_HALF_WIDTH_MM = 28.0
"""So far from the midline no fat around a kidney reaches."""


def paint_kidney(rng: np.random.Generator, body: Body, frame: KidneyFrame, shape: KidneyShape, canvas: Canvas) -> None:
    """Paint a kidney over a trunk without one.

    Args:
        rng: Draws what makes it this patient's.
        body: The trunk.
        frame: Where the kidney lies.
        shape: Its surfaces on the canvas.
        canvas: Reaches beyond the midline, where the vessels begin.
    """
    kidney = frame.kidney
    gap = np.clip(kidney.gap_mm * (1 + 0.8 * smooth_noise(rng, canvas, 24)), 0, WIDEST_GAP_MM)
    canvas.paint(np.maximum(shape.capsule - gap, SPINE_HALF_WIDTH_MM - kidney.side * canvas.x_mm), body.fat_hu)
    _paint_urine(rng, frame, canvas)
    _paint_vessels(rng, body, frame, canvas)
    medulla_hu = kidney.medulla_hu * (1 + 0.05 * smooth_noise(rng, canvas, 8))
    cortex_hu = kidney.cortex_hu * (1 + 0.07 * smooth_noise(rng, canvas, 12))
    share = canvas.coverage(shape.medulla * np.float32(0.75))  # pyramids fade into the cortex
    canvas.paint(shape.parenchyma, cortex_hu + share * (medulla_hu - cortex_hu))
    for lesion, distance in zip(kidney.lesions, shape.lesions, strict=True):
        canvas.paint(distance, lesion.hu + lesion.mottled_hu * smooth_noise(rng, canvas, 6))


def _paint_urine(rng: np.random.Generator, frame: KidneyFrame, canvas: Canvas) -> None:
    """Paint pelvis, ureter and calyces, into which no contrast has come yet."""
    calyx_mm = frame.kidney.calyx_mm
    pelvis = [frame.point(0.4, 0, 0.15), frame.point(1.15, -0.25, -0.2), frame.point(0.6, -0.35, -1.05)]
    paint_tube(canvas, pelvis, 1.2 * calyx_mm + 1, TISSUE.urine)
    for level in (-0.35, 0.0, 0.35):
        for row in (-0.25, 0.25):
            papilla = frame.point(0.2 + rng.normal(0, 0.05), row, level + rng.normal(0, 0.05))
            paint_tube(canvas, [frame.point(0.45, 0, 0), papilla], calyx_mm, TISSUE.urine)


def _paint_vessels(rng: np.random.Generator, body: Body, frame: KidneyFrame, canvas: Canvas) -> None:
    """Paint vein and artery from the great vessels through the hilum to their branches."""
    side, (_, _, z), y = frame.kidney.side, frame.kidney.centre_mm, body.vessels_mm
    hilum = frame.point(1.25, 0.1, 0)
    for level in (-0.35, 0.0, 0.35):
        for row in (-0.2, 0.2):
            paint_tube(canvas, [hilum, frame.point(0.25, row, 1.1 * level + 0.08)], 1.5, 0.85 * body.aorta_hu)
            paint_tube(canvas, [hilum, frame.point(0.3, 0.7 * row + 0.15, 0.9 * level)], 2.2, body.vein_hu)
    before_aorta = [(-12.0, y + 17, z + 12)] if side < 0 else []
    behind_vena_cava = [(14.0, y - 7, z + 4)] if side > 0 else []
    vein = [(18.0, y + 7, z + 12), *before_aorta, (side * 34.0, y - 4, z + 6), hilum]
    artery = [(-12.0, y + 3, z + 6), *behind_vena_cava, (side * 31.0, y - 10, z), hilum]
    paint_tube(canvas, vein, rng.uniform(4, 5.5), body.vein_hu)
    paint_tube(canvas, artery, rng.uniform(2.3, 3.2), body.aorta_hu)
