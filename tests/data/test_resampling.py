import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from kseg.data.resampling import resize, resize_mask


def volume(shape=(30, 26, 12), seed=0):
    return np.random.default_rng(seed).normal(0, 100, shape).astype(np.float32)


@pytest.mark.parametrize(("interpolation", "filter_"), [("linear", Image.BILINEAR), ("cubic", Image.BICUBIC)])
@pytest.mark.parametrize("plane", [(17, 11), (45, 60), (15, 52)])
def test_a_slice_is_what_pillow_makes_of_it(interpolation, filter_, plane):
    # Pillow's filters are the triangle and Keys' convolution with a = -0.5, widened where pixels get larger
    before = volume()
    after = resize(before, (*plane, before.shape[2]), interpolation)
    for z in range(before.shape[2]):
        expected = np.asarray(Image.fromarray(before[:, :, z]).resize(plane[::-1], filter_))
        assert np.abs(after[:, :, z] - expected).max() < 0.01


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(("interpolation", "filter_"), [("linear", Image.BILINEAR), ("cubic", Image.BICUBIC)])
def test_every_axis_is_stretched_in_the_same_way(axis, interpolation, filter_):
    before = volume()
    shape = tuple(19 if number == axis else length for number, length in enumerate(before.shape))
    lines = np.moveaxis(before, axis, 0).reshape(before.shape[axis], -1)
    expected = np.asarray(Image.fromarray(lines).resize((lines.shape[1], 19), filter_))
    after = np.moveaxis(resize(before, shape, interpolation), axis, 0).reshape(19, -1)
    assert np.abs(after - expected).max() < 0.01


def test_smaller_voxels_hold_what_scipy_interpolates_between_the_old_ones():
    before, shape = volume(), (75, 50, 31)
    zoom = np.divide(before.shape, shape)
    expected = ndimage.affine_transform(before, zoom, (zoom - 1) / 2, shape, order=1, mode="nearest")
    assert np.abs(resize(before, shape) - expected).max() < 0.01


def test_cubic_is_nearer_to_a_smooth_truth_than_linear():
    # a wave of 8 voxels a period, whose value is known between the voxels too
    def wave(length):
        return np.sin((np.arange(length) + 0.5) * 48 / length * 2 * np.pi / 8)

    before = np.broadcast_to(wave(48)[:, None, None], (48, 4, 4))
    truth, inside = wave(144), slice(6, -6)
    errors = {
        way: np.abs(resize(before, (144, 4, 4), way)[inside, 1, 1] - truth[inside]).max() for way in ("linear", "cubic")
    }
    assert errors["cubic"] < errors["linear"] / 4


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_the_same_number_of_voxels_is_the_same_volume(interpolation):
    before = volume()
    assert np.array_equal(resize(before, before.shape, interpolation), before)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_memory_changes_nothing_and_is_kept(order):
    before = volume()
    stored = np.ascontiguousarray(before.transpose(order)).transpose(np.argsort(order))
    after = resize(stored, (20, 40, 25))
    assert np.abs(after - resize(before, (20, 40, 25))).max() < 0.001
    assert after.transpose(order).flags.c_contiguous


def test_what_is_mapped_to_be_read_alone_is_not_written_to():
    before = volume()
    before.setflags(write=False)  # of which torch warns, and a warning is an error
    assert resize(before, (20, 26, 12)).shape == resize(before, (20, 26, 12), "cubic").shape == (20, 26, 12)


def test_slabs_leave_no_seam(monkeypatch):
    before = volume()
    whole = resize(before, (20, 40, 25))
    monkeypatch.setattr("kseg.data.resampling.SLAB_VOXELS", 700)
    assert np.array_equal(resize(before, (20, 40, 25)), whole)


@pytest.mark.parametrize("shape", [(15, 13, 6), (45, 60, 31), (11, 52, 12)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mask_is_half_of_what_linear_makes_of_it(shape, order):
    random = np.random.default_rng(1)
    mask = np.zeros((30, 26, 12), bool, order=order)
    mask[4:20, 9:26, 2:9] = random.random((16, 17, 7)) > 0.3
    for turned in (mask, mask[::-1], mask[:, ::-1, ::-1]):
        assert np.array_equal(resize_mask(turned, shape), resize(turned, shape) >= 0.49999)


def test_a_voxel_that_is_covered_by_exactly_one_half_belongs_to_the_mask():
    # each new voxel lies under a triangle whose half reaches over the border: 1/8 + 3/8 inside
    mask = np.zeros((8, 4, 4), bool)
    mask[3:] = True
    assert np.array_equal(resize_mask(mask, (4, 2, 2))[:, 0, 0], [False, True, True, True])


def test_an_empty_mask_stays_empty():
    assert resize_mask(np.zeros((4, 5, 6), bool), (8, 3, 9)).sum() == 0
