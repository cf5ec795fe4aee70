import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from kseg.data.trilinear import sample_in_slabs, sample_on_gpu, steps_from_centre

MATRICES = [
    np.eye(3),
    Rotation.from_euler("xyz", [20, -30, 10], degrees=True).as_matrix() * 1.3,
    Rotation.from_euler("xyz", [-25, 15, 170], degrees=True).as_matrix() * [-0.8, 0.8, 0.8],
]


@pytest.mark.parametrize("sample", [sample_on_gpu, sample_in_slabs])
@pytest.mark.parametrize("to_ct", MATRICES)
@pytest.mark.parametrize("size", [(20, 9, 13), (40, 50, 45)], ids=["patch_in_volume", "volume_in_patch"])
def test_values_between_voxels_are_those_of_scipy_and_zeros_surround_the_volume(sample, to_ct, size):
    volume = np.random.default_rng(0).normal(0, 100, (22, 18, 20)).astype(np.float32)
    centre = np.array([9.3, 8.8, 10.1])
    steps = steps_from_centre(size, torch.device("cpu"))
    sampled = sample(torch.from_numpy(volume).permute(2, 1, 0), (-centre).tolist(), to_ct, steps).numpy()
    corner = centre - to_ct @ ((np.array(size) - 1) / 2)
    expected = affine_transform(volume, to_ct, corner, output_shape=size, order=1, mode="grid-constant", cval=0)
    assert np.abs(sampled - expected).max() < 0.02
