import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from kseg.data.restoring import Drawing
from kseg.decision import decide

LENGTH = st.integers(1, 14)


def shares_of(shape, seed, blobs=2):
    """Smooth shares with parenchyma in a few places alone."""
    random = np.random.default_rng(seed)
    at = np.indices(shape)
    logits = np.full((3, *shape), -2.0)
    logits[0] = 0
    for _ in range(blobs):
        centre, channel = [random.uniform(0, length) for length in shape], int(random.integers(1, 3))
        logits[channel] += 6 * np.exp(-sum((axis - c) ** 2 for axis, c in zip(at, centre, strict=True)) / 6)
    return torch.tensor(logits, dtype=torch.float32).softmax(0)


def as_torch_does(shares, shape):
    """All of the CT, by torch's own interpolation of one axis after the other."""
    for axis, length in enumerate(shape):
        moved = shares.movedim(axis + 1, -1)
        lines = moved.reshape(1, 1, -1, moved.shape[-1])
        lines = interpolate(lines, (lines.shape[2], length), mode="bilinear", antialias=True)
        shares = lines.reshape(*moved.shape[:-1], length).movedim(-1, axis + 1)
    return decide(shares).numpy()


def drawn(shares, canvas, part, planes=3):
    drawing = Drawing(canvas, shares.shape[1:], part)
    for slab in shares[:, part[0], part[1], part[2]].split(planes, -1):
        drawing.add(slab)
    return drawing


@given(st.tuples(LENGTH, LENGTH, LENGTH), st.tuples(LENGTH, LENGTH, LENGTH), st.integers(1, 5), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_slab_by_slab_the_label_map_is_as_torch_interpolates_the_whole(prepared, ct, planes, seed):
    shares = shares_of(prepared, seed)
    canvas = np.zeros(ct, np.uint8)
    drawn(shares, canvas, tuple(slice(0, length) for length in prepared), planes)
    differing = canvas != as_torch_does(shares, ct)
    assert differing.sum() <= 0.001 * differing.size  # where floats tie


@pytest.mark.parametrize("ct", [(40, 33, 50), (15, 20, 9)])
def test_a_part_is_drawn_as_the_whole_is_and_nothing_else_is_touched(ct):
    prepared, part = (24, 20, 26), (slice(3, 17), slice(4, 16), slice(6, 22))
    shares = shares_of(prepared, seed=3, blobs=6)
    whole, canvas = as_torch_does(shares, ct), np.full(ct, 9, np.uint8)
    drawing = drawn(shares, canvas, part)
    covered = canvas != 9
    assert np.array_equal(canvas[covered], whole[covered])
    for axis in range(3):  # at each side a voxel of either grid is made of voxels beyond the part, at most
        side = covered.any(tuple({0, 1, 2} - {axis})).sum()
        stretched = ct[axis] / prepared[axis]
        assert side >= (part[axis].stop - part[axis].start) * stretched - 2 * max(1, stretched) - 1
    assert drawing.inside_voxels == (decide(shares)[part] > 0).sum()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize(("ct", "planes"), [((20, 20, 20), 3), ((3, 3, 3), 1), ((10, 10, 10), 6)])
def test_a_side_cuts_where_parenchyma_reaches_it_and_the_ct_goes_on(axis, end, ct, planes):
    shares = torch.zeros(3, 10, 10, 10)
    shares[0] = 1
    at = [slice(4, 6)] * 3
    at[axis] = slice(2, 5) if end == 0 else slice(5, 8)
    shares[(slice(None), *at)] = torch.tensor([0.0, 0.0, 1.0]).reshape(3, 1, 1, 1)
    wanted = np.zeros((3, 2), bool)
    wanted[axis, end] = True
    part = (slice(2, 8),) * 3
    assert np.array_equal(drawn(shares, np.zeros(ct, np.uint8), part, planes).cut_sides, wanted)
    own = shares[:, 2:8, 2:8, 2:8]  # the same part as a CT of its own
    assert not drawn(own, np.zeros(ct, np.uint8), (slice(0, 6),) * 3, planes).cut_sides.any()
