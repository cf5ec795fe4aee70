import numpy as np
import pytest
import torch

from kseg.errors import InputError
from kseg.images import Grid, Volume
from kseg.prediction.outliner import Outliner

SHAPE, SPACING_MM = (180, 120, 140), 2.0
CENTRES = {"right": (45, 60, 70), "left": (135, 60, 70)}
RADII = (14, 12, 25)


def patient(kidneys=("right", "left"), tail_to=None):
    """Ellipsoids of 141 ml, by 4/3 pi abc, in a body of water of 36 x 24 x 28 cm.

    Args:
        kidneys: That the patient has.
        tail_to: So far up reaches a rod of 4 x 4 mm that the right kidney ends in.
    """
    ct = np.zeros(SHAPE, np.int16)
    at = np.indices(SHAPE)
    for kidney in kidneys:
        parts = zip(at, CENTRES[kidney], RADII, strict=True)
        ct[sum(((axis - centre) / radius) ** 2 for axis, centre, radius in parts) <= 1] = 300
    if tail_to:
        ct[44:46, 59:61, 70:tail_to] = 300
    return Volume(ct, Grid(SHAPE, np.diag([SPACING_MM] * 3 + [1])))


def is_drawn_as_it_is(outlined, ct):
    return np.array_equal(outlined.label_map == 2, ct.voxels == 300)


def test_kidneys_that_are_found_at_a_glance_are_outlined_in_their_boxes_alone(outliner, bright_is_cortex):
    ct, seen = patient(), {}
    for search in (True, False):
        bright_is_cortex.windows = 0
        outlined = outliner(bright_is_cortex, search=search).outline(ct)
        seen[search] = bright_is_cortex.windows
        assert is_drawn_as_it_is(outlined, ct)
        assert outlined.searched is search
        assert outlined.remarks == ()
    assert seen[True] < seen[False] / 4


def test_what_a_box_would_cut_is_outlined_in_a_wider_one(outliner, bright_is_cortex):
    # at a glance, in voxels of 27 mm^3, the rod covers less than half of each; it ends 44 mm above the kidney
    ct = patient(tail_to=117)
    outlined = outliner(bright_is_cortex).outline(ct)
    assert outlined.searched
    assert is_drawn_as_it_is(outlined, ct)


def test_a_kidney_that_ends_where_the_ct_ends_is_outlined(outliner, bright_is_cortex):
    whole = patient()
    ct = Volume(whole.voxels[:, :, 60:], Grid((180, 120, 80), whole.grid.affine))
    outlined = outliner(bright_is_cortex).outline(ct)
    assert outlined.searched
    assert is_drawn_as_it_is(outlined, ct)


@pytest.mark.parametrize(
    ("kidneys", "told"), [((), "no kidneys found at a glance"), (("left",), "1 kidney found at a glance")]
)
def test_the_whole_ct_is_searched_where_less_than_two_kidneys_are_found(outliner, bright_is_cortex, kidneys, told):
    ct = patient(kidneys)
    outlined = outliner(bright_is_cortex).outline(ct)
    assert not outlined.searched
    assert outlined.remarks == (f"the whole CT was searched, as {told}",)
    assert is_drawn_as_it_is(outlined, ct)


class SeesCoarsely(torch.nn.Module):
    """Finds kidneys only while it has seen few windows: at a glance, not when it looks closer."""

    def __init__(self, glance):
        super().__init__()
        self.glance, self.windows = glance, 0

    def forward(self, ct):
        self.windows += len(ct)
        inside = (ct > 0) & (self.windows <= self.glance)
        return torch.cat([torch.where(inside, -9.0, 9.0), torch.where(inside, 9.0, -9.0), torch.full_like(ct, -9.0)], 1)


def test_the_whole_ct_is_searched_where_a_closer_look_finds_nothing(outliner):
    # at a glance the body has 120 x 80 x 93 voxels of 3 mm: 3 x 2 x 2 windows
    outlined = outliner(SeesCoarsely(glance=12)).outline(patient())
    assert not outlined.searched
    assert "less than two kidneys' parenchyma was outlined" in outlined.remarks[0]
    assert not outlined.label_map.any()


class Says(torch.nn.Module):
    """Gives every voxel the same share of cortex."""

    def __init__(self, cortex):
        super().__init__()
        self.cortex = cortex

    def forward(self, ct):
        shares = [1 - self.cortex, 1e-9, self.cortex]
        return torch.cat([torch.full_like(ct, share) for share in shares], 1).log()


@pytest.mark.parametrize(("others", "wanted"), [(0.3, 0), (0.45, 2)])
def test_the_shares_of_several_networks_are_averaged(preparation, trained, others, wanted):
    # (.8 + .3 + .3) / 3 is less than a half, (.8 + .45 + .45) / 3 is more
    networks = [trained(Says(share)) for share in (0.8, others, others)]
    ct = Volume(np.zeros((20, 20, 20), np.int16), Grid((20, 20, 20), np.diag([2.0, 2, 2, 1])))
    assert np.unique(Outliner(networks, preparation).outline(ct).label_map).tolist() == [wanted]


def test_networks_that_see_windows_of_different_sizes_are_not_averaged(preparation, trained):
    networks = [trained(Says(0.5), window) for window in ((16, 16, 16), (32, 32, 16))]
    with pytest.raises(InputError, match="16 x 16 x 16 and 32 x 32 x 16"):
        Outliner(networks, preparation)


def test_networks_whose_windows_overlap_otherwise_are_not_averaged(preparation, trained):
    networks = [trained(Says(0.5)), trained(Says(0.5))]
    networks[1].inferer.overlap = 0.25  # rows of windows would end at other planes
    with pytest.raises(InputError, match=r"0\.25.* and .*0\.5"):
        Outliner(networks, preparation)


def test_a_ct_of_another_orientation_has_the_same_outlines(outliner, bright_is_cortex):
    ct = patient()
    affine = ct.grid.affine @ np.array([[-1, 0, 0, 179], [0, 0, -1, 119], [0, 1, 0, 0], [0, 0, 0, 1]])
    turned = np.ascontiguousarray(ct.voxels[::-1, ::-1].transpose(0, 2, 1))
    outlined = outliner(bright_is_cortex).outline(Volume(turned, Grid(turned.shape, affine)))
    assert outlined.searched
    assert np.array_equal(outlined.label_map == 2, turned == 300)
