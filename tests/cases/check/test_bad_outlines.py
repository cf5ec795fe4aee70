"""What is the user told about outlines that cannot be used, or that were decided upon? Every row a way to draw them."""

import numpy as np
import pytest

from kseg.images import Grid

AFFINE = np.array([[-3.0, 0, 0, 60], [0, -3, 0, 30], [0, 0, 5, -70], [0, 0, 0, 1]])
DRAWN = "an outline is 0 outside and 1 inside"
OWN = "export it on the CT's own grid"
THRESHOLD = "labels are whole numbers, is it a probability map? Threshold it to 0 and 1"
ONE_KIDNEY = "one kidney only, the patient's"


def turned(degrees):
    """The CT's grid about an axis from head to feet through its first voxel."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    affine = AFFINE.copy()
    affine[:2, :3] = np.array([[cosine, -sine], [sine, cosine]]) @ AFFINE[:2, :3]
    return affine


def redrawn(small, name, change):
    """Draw on a mask: `change` gets its voxels, and gives others back or draws into them."""
    mask = getattr(small, name)
    changed = change(mask)
    small.save(mask if changed is None else changed, name=f"{name}.nii.gz")
    return {}


def both(small, change):
    return redrawn(small, "parenchyma", change) | redrawn(small, "cortex", change)


def elsewhere(small, axes=(0, 1, 2), slices=10, affine=AFFINE):
    """The cortex's outline on another grid than the CT's."""
    voxels = small.cortex.transpose(axes)[:, :, :slices]
    small.write("cortex.nii.gz", voxels, Grid(voxels.shape, affine))
    return {}


def nearby(small):
    """A cortex of 11 x 8 x 6 voxels a kidney, beside the parenchyma's 8 x 8 x 6."""
    small.save(np.roll(small.parenchyma, 5, axis=0) | np.roll(small.parenchyma, 2, axis=0), name="cortex.nii.gz")
    return {}


def mapped(parenchyma, cortex, dtype=np.uint8):
    """One file as ITK-SNAP writes it, medulla 1 and cortex 2, of which these values are said to count."""

    def draw(small):
        small.save((small.parenchyma + small.cortex).astype(dtype), name="labels.nii.gz")
        return {"parenchyma": f"labels.nii.gz{parenchyma}", "cortex": f"labels.nii.gz{cortex}"}

    return draw


def two_files(small, left=1):
    """The left kidney in a file of its own, with a value or one a slice."""
    for name, part, value in (("right", np.s_[:20], 1), ("left", np.s_[20:], left)):
        mask = np.zeros_like(small.parenchyma)
        mask[part] = small.parenchyma[part] * value
        small.save(mask, name=f"{name}.nii.gz")
    return {"parenchyma": "right.nii.gz + left.nii.gz"}


def refused(draw, problem):
    return draw, [problem], []


def accepted(draw, *remarks):
    return draw, [], [*remarks]


def erase(*part):
    return lambda mask: mask.__setitem__(part, 0)


def joined(mask):
    """A bridge in front of the spine makes a horseshoe of two kidneys."""
    mask[4:36, 6:8, 2:4] = 1


def in_halves(mask):
    mask[:20, :, 4:6] = 0


OUTLINES = {
    "sound": accepted(lambda s: {}),
    "no cortex drawn": accepted(lambda s: {"cortex": None}),
    "0 and 255": accepted(lambda s: both(s, lambda mask: mask * np.uint8(255))),
    "whole numbers stored as floats": accepted(lambda s: both(s, lambda mask: mask.astype(np.float32))),
    "two files of one structure": accepted(two_files),
    "a label map": accepted(mapped("[1,2]", "[2]")),
    "a label map of floats": accepted(mapped("[1,2]", "[2]", np.float64)),
    "parenchyma that nobody divided": accepted(
        mapped("[1,2]", "[9,?1,?2]"), "cortex: its value 9 occurs in no case; is it the one that counts?"
    ),
    "a value that never occurs": accepted(
        mapped("[1,2,7]", "[2]"), "parenchyma: its value 7 occurs in no case; is it the one that counts?"
    ),
    "a label map without values": refused(
        mapped("", "[2]"),
        "parenchyma holds 1 and 2 besides 0; state which of them count, as in data.values.parenchyma=[1,2]",
    ),
    "many values": refused(
        lambda s: redrawn(s, "cortex", lambda mask: np.arange(mask.size, dtype=np.int16).reshape(mask.shape) % 100),
        "cortex holds 1, 2, 3, 4, 5 and 94 more besides 0; state which of them count, as in data.values.cortex=[1,2]",
    ),
    "several values in one of two files": refused(
        lambda s: two_files(s, left=np.arange(1, 11, dtype=np.uint8)),
        "parenchyma in left.nii.gz holds 3, 4, 5, 6, 7 and 1 more besides 0; state which of them count, as in "
        "data.values.parenchyma=[3,4]",
    ),
    "values that the map has not": refused(
        mapped("[7,8]", "[2]"),
        "parenchyma is empty: its file holds 1 and 2, none of the stated 7 and 8; correct which values count, "
        "draw it or take the case out",
    ),
    "a probability map": refused(
        lambda s: redrawn(s, "parenchyma", lambda mask: mask.astype(np.float32) * np.float32(0.375)),
        f"parenchyma holds 0.375; {THRESHOLD}",
    ),
    "negative values": refused(
        lambda s: redrawn(s, "cortex", lambda mask: mask.astype(np.int16) - np.int16(1)),
        f"cortex holds values from -1 to 0; {DRAWN}",
    ),
    "NaN": refused(
        lambda s: redrawn(s, "cortex", lambda mask: np.where(mask, 1, np.nan).astype(np.float32)),
        f"cortex holds 5760 NaN voxels; {DRAWN}",
    ),
    "the CT in place of an outline": refused(
        lambda s: {"cortex": "ct.nii.gz"}, f"cortex holds values from -1000 to 120; {DRAWN}"
    ),
    "not there": refused(lambda s: {"cortex": "none.nii.gz"}, "none.nii.gz: no such file"),
    "no parenchyma": refused(
        lambda s: redrawn(s, "parenchyma", np.zeros_like), "parenchyma is empty; draw it or take the case out"
    ),
    "no cortex": refused(
        lambda s: redrawn(s, "cortex", np.zeros_like), "cortex is empty; draw it or take the case out"
    ),
    "fewer slices": refused(
        lambda s: elsewhere(s, slices=9),
        f"cortex lies on another grid than the CT: shape 40 x 16 x 9, not 40 x 16 x 10; {OWN}",
    ),
    "another spacing": refused(
        lambda s: elsewhere(s, affine=AFFINE @ np.diag([1, 1, 0.8, 1])),
        f"cortex lies on another grid than the CT: spacing 3 x 3 x 4 mm, not 3 x 3 x 5 mm; {OWN}",
    ),
    "another orientation": refused(
        lambda s: elsewhere(s, affine=AFFINE @ np.diag([-1, 1, 1, 1])),
        f"cortex lies on another grid than the CT: orientation RPS, not LPS; {OWN}",
    ),
    "another place": refused(
        lambda s: elsewhere(s, affine=AFFINE + np.array([[0, 0, 0, 3.0]] + [[0] * 4] * 3)),
        "cortex lies on another grid than the CT: origin 63.0, 30.0, -70.0 mm, not 60.0, 30.0, -70.0 mm; "
        "export it on the CT's own grid",
    ),
    "axes in another order": refused(
        lambda s: elsewhere(s, axes=(1, 0, 2), affine=AFFINE[:, [1, 0, 2, 3]]),
        "cortex lies on another grid than the CT: shape 16 x 40 x 10, not 40 x 16 x 10, orientation PLS, not LPS; "
        "export it on the CT's own grid",
    ),
    "turned by half a degree": refused(
        lambda s: elsewhere(s, affine=turned(0.5)),
        f"cortex lies on another grid than the CT: corners lie up to 1.1 mm apart; {OWN}",
    ),
    "a grid that was rounded": accepted(lambda s: elsewhere(s, affine=AFFINE @ np.diag([1, 1, 1.0001, 1]))),
    "swapped": refused(
        lambda s: {"parenchyma": "cortex.nii.gz", "cortex": "parenchyma.nii.gz"},
        "parenchyma, 640 voxels, lies inside the cortex, 768 voxels; the two look swapped, exchange their files or "
        "values",
    ),
    "a cortex larger than the parenchyma": refused(
        nearby,
        "cortex has 1056 voxels, more than the parenchyma with 768; it is a part of the parenchyma, draw it again",
    ),
    "much cortex outside": refused(
        lambda s: redrawn(s, "cortex", lambda mask: mask[0, :, :4].fill(1)),
        "cortex has 64 voxels outside the parenchyma (9.1 %); at most 1 % is repaired, draw it again or set "
        "checks.max_outside, a share",
    ),
    "a little cortex outside": accepted(
        lambda s: redrawn(s, "cortex", lambda mask: mask[0, 0, :6].fill(1)),
        "cortex has 6 voxels outside the parenchyma (0.9 %); they are dropped",
    ),
    "cortex all over": accepted(
        lambda s: {"cortex": "parenchyma.nii.gz"}, "cortex fills all of the parenchyma; there is no medulla"
    ),
    "outlines beside the kidneys": accepted(
        lambda s: both(s, lambda mask: np.roll(mask, 2, axis=0)),
        "25 % of the parenchyma is darker than -50 HU, as fat and air are; is the outline mirrored, shifted or "
        "another patient's?",
    ),
    "the right kidney only": accepted(lambda s: both(s, erase(np.s_[20:])), f"{ONE_KIDNEY} right"),
    "the left kidney only": accepted(lambda s: both(s, erase(np.s_[:20])), f"{ONE_KIDNEY} left"),
    "one kidney in halves": accepted(
        lambda s: both(s, lambda mask: [erase(np.s_[20:])(mask), in_halves(mask)] and mask),
        f"{ONE_KIDNEY} right, in 2 large pieces (5.76, 5.76 mL)",
    ),
    "three pieces": accepted(
        lambda s: both(s, in_halves), "parenchyma lies in 3 large pieces (17.3, 5.76, 5.76 mL), not in two kidneys"
    ),
    "a horseshoe kidney": accepted(
        lambda s: redrawn(s, "parenchyma", joined),
        "parenchyma crosses the midline in one piece, as a horseshoe kidney or two that touch",
    ),
}


@pytest.mark.parametrize(
    ("draw", "problems", "remarks"), [pytest.param(*row, id=name) for name, row in OUTLINES.items()]
)
def test_outlines_are_taken_or_refused_in_one_line(small, capfd, draw, problems, remarks):
    files = draw(small)
    told = small.check(small.case(**files))
    assert told == [[f"P1: {problem}" for problem in problems], [remark_of(remark) for remark in remarks]]
    assert capfd.readouterr() == ("", "")


def remark_of(remark):
    """Remarks are on a case, unless they are on all of them."""
    return remark if "in no case" in remark else f"P1: {remark}"
