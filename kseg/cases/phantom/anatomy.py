"""What one patient's kidneys and trunk measure."""

from __future__ import annotations

from dataclasses import dataclass

from kseg.cases.phantom.shapes import Point


@dataclass(frozen=True)
class Lesion:
    """A round distractor at the kidney's surface, in neither outline.

    Args:
        direction: From the kidney's middle, in its own axes (hilum, front, upper pole), of length 1.
        depth: Where its middle lies, from 0 (the kidney's middle) to 1 (the capsule).
        radius_mm: Half its width.
        hu: Its Hounsfield units.
        mottled_hu: How much they vary inside (standard deviation): little in a cyst, much in a tumour.
    """

    direction: Point
    depth: float
    radius_mm: float
    hu: float
    mottled_hu: float


@dataclass(frozen=True)
class Kidney:
    """One kidney of one patient.

    Args:
        side: 1 for the right one, -1 for the left one.
        centre_mm: In the patient: to the right, to the front, to the head.
        half_axes_mm: From its middle to hilum, front and upper pole.
        tilt_deg: Upper pole to the midline, upper pole to the back, hilum to the front.
        bend_mm: How far the poles lean towards the hilum.
        cortex_mm: Cortical thickness.
        column_mm: Width of the columns between the pyramids.
        pyramids: How many.
        cortex_hu: Hounsfield units of the cortex.
        medulla_hu: Hounsfield units of the medulla.
        scars_mm: How much the surface goes up and down (standard deviation).
        sinus: Radii of the sinus against a healthy one.
        calyx_mm: Half the width of the calyces; the pelvis is a little wider.
        gap_mm: Fat between the capsule and its neighbours, typically; it varies around the kidney down to none.
        lesions: Cysts and tumours.
    """

    side: int
    centre_mm: Point
    half_axes_mm: Point
    tilt_deg: Point
    bend_mm: float
    cortex_mm: float
    column_mm: float
    pyramids: int
    cortex_hu: float
    medulla_hu: float
    scars_mm: float
    sinus: float
    calyx_mm: float
    gap_mm: float
    lesions: tuple[Lesion, ...]


@dataclass(frozen=True)
class Body:
    """What surrounds the kidneys in one patient.

    Args:
        half_width_mm: From the midline to the outer side of the muscles.
        half_depth_mm: From the trunk's middle to the outer side of the muscles, in front and behind.
        fat_mm: Thickness of the fat under the skin.
        fat_hu: Hounsfield units of fat, the renal sinus's too.
        muscle_hu: Of muscle.
        aorta_hu: Of the aorta and the renal arteries.
        vein_hu: Of the renal veins; the vena cava shows a mixture.
        liver_hu: Of the liver.
        spleen_hu: Of the spleen.
        bone_hu: Of spongy bone.
    """

    half_width_mm: float
    half_depth_mm: float
    fat_mm: float
    fat_hu: float
    muscle_hu: float
    aorta_hu: float
    vein_hu: float
    liver_hu: float
    spleen_hu: float
    bone_hu: float

    @property
    def skin_mm(self) -> tuple[float, float]:
        """Half the trunk's width and depth, skin and fat included."""
        return self.half_width_mm + self.fat_mm, self.half_depth_mm + 1.1 * self.fat_mm

    @property
    def spine_mm(self) -> float:
        """Where the vertebral bodies' middle lies from back to front; behind the trunk's middle: negative."""
        return -0.43 * self.half_depth_mm

    @property
    def vessels_mm(self) -> float:
        """Where aorta and vena cava lie from back to front: right before the spine."""
        return self.spine_mm + 26
