import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from kseg.data.resampling import resize, resize_whole_numbers
from kseg.data.stretching import Stretch

LENGTHS = st.integers(1, 40)


@given(LENGTHS, LENGTHS, st.sampled_from([("linear", "bilinear"), ("cubic", "bicubic")]), st.data())
@settings(deadline=None, max_examples=50)
def test_any_part_of_a_stretched_line_is_as_torch_stretches_the_whole_line(old, new, names, data):
    line = torch.randn(old, dtype=torch.float32, generator=torch.Generator().manual_seed(old))
    own, torchs = names
    whole = interpolate(line.reshape(1, 1, 1, old), (1, new), mode=torchs, antialias=True).flatten()
    start = data.draw(st.integers(0, new - 1))
    part = slice(start, data.draw(st.integers(start + 1, new)))
    stretch = Stretch(old, new, own)
    needed = stretch.needed(part)
    made = stretch.apply(line[needed], 0, part, needed.start)
    assert np.allclose(made, whole[part], atol=1e-5)


@given(LENGTHS, LENGTHS, st.data())
@settings(deadline=None, max_examples=50)
def test_new_voxels_are_told_by_the_old_ones_that_have_a_share_in_them(old, new, data):
    start = data.draw(st.integers(0, old - 1))
    part = slice(start, data.draw(st.integers(start + 1, old)))
    inside = torch.zeros(old)
    inside[part] = 1
    covered = interpolate(inside.reshape(1, 1, 1, old), (1, new), mode="bilinear", antialias=True).flatten()
    stretch = Stretch(old, new)
    touched, within = stretch.touched(part), stretch.within(part)
    assert set(torch.nonzero(covered).flatten().tolist()) <= set(range(touched.start, touched.stop))
    assert all(covered[within] > 1 - 1e-5)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(20, 31, 12), (50, 11, 33), (7, 7, 7)])
def test_a_part_of_a_volume_is_as_in_the_whole(monkeypatch, order, shape):
    monkeypatch.setattr("kseg.data.resampling.SLAB_VOXELS", 2000)  # so that there are several
    ct = np.asarray(np.random.default_rng(1).integers(-1000, 1000, (25, 22, 18)), np.int16, order=order)
    part = (slice(2, 7), slice(0, 5), slice(3, 6))
    whole = np.clip(np.rint(resize(ct, shape)), -900, None)
    cut = resize_whole_numbers(ct, shape, "linear", part, -900)
    assert cut.dtype == np.int16
    assert np.array_equal(cut, whole[part])
