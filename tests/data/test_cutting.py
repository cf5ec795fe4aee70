import numpy as np
import pytest
import torch
import torchio as tio

from kseg.data.cutting import WarpSampler, cut
from kseg.data.preparation import AIR_HU
from kseg.data.subject import mapped_subject
from kseg.data.warp import Mirroring, Rotation, Scaling, Warping
from kseg.data.warped import Box, warped_ct
from kseg.data.warped_labels import warped_labels

TURNED = Warping(Rotation(1, 30), Scaling(1, (0.7, 1.4)), Mirroring(0.5, [0]))


def loaded(case):
    subject = mapped_subject(case)
    subject.load()
    return subject


def test_a_box_is_cut_and_what_lies_outside_is_filled():
    volume = np.arange(4 * 4 * 4).reshape(4, 4, 4)
    patch = cut(volume, np.array([2, 0, 3]), np.array([3, 4, 2]), fill=-1)
    assert patch.shape == (3, 4, 2)
    assert np.array_equal(patch[:2, :, :1], volume[2:, :, 3:])
    assert (patch[2:] == -1).all()
    assert (patch[:, :, 1:] == -1).all()


def test_a_box_may_begin_before_the_volume_or_miss_it():
    volume = np.arange(4 * 4 * 4).reshape(4, 4, 4)
    patch = cut(volume, np.array([-2, 1, 1]), np.array([3, 2, 2]), fill=-1)
    assert (patch[:2] == -1).all()
    assert np.array_equal(patch[2:], volume[:1, 1:3, 1:3])
    assert (cut(volume, np.array([9, 0, 0]), np.array([2, 2, 2]), fill=-1) == -1).all()


def test_a_plain_patch_is_the_very_voxels_of_the_disk(prepared):
    plain = WarpSampler((8, 6, 4)).cut(loaded(prepared[0]), np.array([3, 5, 4]), np.random.default_rng(0))
    ct_hu, label_map = plain.warped()
    inside = np.s_[3:11, 5:11, 4:8]
    assert ct_hu.dtype == torch.int16
    assert np.array_equal(ct_hu, prepared[0].ct_hu()[inside])
    assert np.array_equal(label_map, prepared[0].label_map()[inside])


def test_a_mirrored_patch_is_the_plain_one_read_backwards(prepared):
    mirrored = WarpSampler((8, 6, 4), Warping(mirroring=Mirroring(1, [0, 2])))
    ct_hu, label_map = mirrored.cut(loaded(prepared[0]), np.array([3, 5, 4]), np.random.default_rng(0)).warped()
    assert np.array_equal(ct_hu, prepared[0].ct_hu()[3:11, 5:11, 4:8][::-1, :, ::-1])
    assert np.array_equal(label_map, prepared[0].label_map()[3:11, 5:11, 4:8][::-1, :, ::-1])


def test_what_is_not_cut_does_not_matter_to_a_warped_patch(prepared):
    """The same warp of the whole case is the truth."""
    size, start = np.array([10, 8, 8]), np.array([9, 4, 5])
    ct_hu, label_map = (torch.from_numpy(volume) for volume in (prepared[1].ct_hu(), prepared[1].label_map()))
    offset = tuple((-(start + (size - 1) / 2)).tolist())
    sizes = []
    for seed in range(20):
        seen = WarpSampler(size, TURNED).cut(loaded(prepared[1]), start, np.random.default_rng(seed))
        sizes.append(seen.ct_hu.voxels.numel())
        assert torch.allclose(seen.warped()[0], warped_ct(Box(ct_hu, offset), seen.warp, (10, 8, 8)), atol=0.05)
        assert torch.equal(seen.warped()[1], warped_labels(Box(label_map, offset), seen.warp, (10, 8, 8), {1, 2}))
    assert min(sizes) < ct_hu.numel() / 4


@pytest.mark.parametrize("start", [(-30, 0, 0), (20, 18, 14), (0, 0, 40)])
def test_beyond_the_ct_lies_air_without_labels(prepared, start):
    for seed in range(5):
        far = WarpSampler((8, 8, 8), TURNED).cut(loaded(prepared[0]), np.array(start) * 3, np.random.default_rng(seed))
        ct_hu, label_map = far.warped()
        assert torch.allclose(ct_hu, torch.tensor(float(AIR_HU)))
        assert not label_map.any()


def test_torchios_queue_takes_the_sampler_and_the_mapped_cases(prepared):
    subjects = tio.SubjectsDataset([mapped_subject(one) for one in prepared])
    queue = tio.Queue(subjects, max_length=4, samples_per_volume=2, sampler=WarpSampler((8, 8, 8), TURNED))
    batches = list(tio.SubjectsLoader(queue, batch_size=2))
    assert len(batches) == 5
    assert all(batch["ct"][tio.DATA].shape == (2, 1, 8, 8, 8) for batch in batches)
    assert len({float(batch["ct"][tio.DATA].float().sum()) for batch in batches}) == 5


def test_a_patch_of_torchios_way_knows_where_it_lies(prepared):
    subject = loaded(prepared[0])
    patch = WarpSampler((8, 8, 8)).crop(subject, (3, 4, 5), (8, 8, 8))
    assert patch[tio.LOCATION].tolist() == [3, 4, 5, 11, 12, 13]
    assert np.allclose(patch["ct"].affine @ [0, 0, 0, 1], subject["ct"].affine @ [3, 4, 5, 1])
