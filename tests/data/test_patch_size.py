import pytest

from kseg.data.patch_size import propose_patch_size
from kseg.errors import InputError


@pytest.mark.parametrize(
    ("median_shape", "spacing_mm", "memory_gb", "planned"),
    [
        ((138, 169, 138), (1, 1, 1), 8, (128, 128, 128)),  # brain tumours of the Medical Segmentation Decathlon
        ((512, 512, 482), (0.767, 0.767, 1.0), 8, (128, 128, 128)),  # liver
        ((512, 512, 525), (0.78, 0.78, 0.78), 8, (128, 128, 128)),  # KiTS
        ((320, 319, 20), (0.62, 0.61, 3.6), 8, (320, 256, 20)),  # prostate
        ((35, 50, 36), (1, 1, 1), 8, (40, 56, 40)),  # hippocampus
        ((217, 158, 200), (1.5, 1.5, 1.5), 8, (160, 112, 128)),
        ((217, 158, 200), (1.5, 1.5, 1.5), 24, (224, 160, 192)),
        ((217, 158, 100), (1.5, 1.5, 3.0), 8, (192, 128, 80)),
        ((460, 340, 60), (0.78, 0.78, 5.0), 8, (288, 192, 32)),
        ((153, 411, 342), (4.37, 0.75, 3.81), 6, (48, 128, 112)),
        ((417, 479, 192), (4.88, 4.52, 4.22), 6, (160, 160, 64)),
        ((91, 266, 451), (0.89, 4.3, 0.89), 40, (96, 96, 448)),
    ],
)
def test_the_patch_is_the_one_that_nnunet_plans(median_shape, spacing_mm, memory_gb, planned):
    # planned by ExperimentPlanner.get_plans_for_configuration of nnunetv2 2.8.1, one channel, three classes
    assert propose_patch_size(median_shape, spacing_mm, memory_gb) == planned


def test_a_network_that_halves_all_axes_gets_multiples_no_larger_than_the_plan():
    assert propose_patch_size((320, 319, 20), (0.62, 0.61, 3.6), 8, multiple_of=16) == (320, 256, 16)


def test_a_gpu_without_room_is_told():
    with pytest.raises(InputError, match=r"1e-05 GB has no room"):
        propose_patch_size((217, 158, 200), (1.5, 1.5, 1.5), 0.00001)
