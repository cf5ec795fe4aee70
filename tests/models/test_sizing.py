from functools import partial

import pytest
import torch
from monai.inferers import SlidingWindowInferer
from monai.losses import DiceLoss

from kseg.models.losses import OverlapAndVoxels
from kseg.models.objectives import Classes
from kseg.models.schedule import polynomial
from kseg.models.segmentation import SegmentationModule
from kseg.models.sizing import step_size

VOXELS = 8 * 6 * 4
WEIGHTS = 27 * 3 + 3


def module(network, optimizer=torch.optim.AdamW):
    return SegmentationModule(
        network=network,
        objective=Classes(3),
        loss=OverlapAndVoxels(DiceLoss(), None, overlap_weight=1.0, voxelwise_weight=0.0),
        optimizer=partial(optimizer, lr=0.1),
        schedule=partial(polynomial, power=0.9, warmup=0.0),
        inferer=SlidingWindowInferer((8, 6, 4)),
    )


def conv():
    return torch.nn.Conv3d(1, 3, 3, padding=1)


def test_a_convolutions_operations_are_two_a_weight_and_voxel_and_backwards_twice_as_many():
    size = step_size(module(conv()), (8, 6, 4), 5, half=False)
    assert size.flops_a_patch == 3 * 2 * 27 * 3 * VOXELS
    assert size.parameters == WEIGHTS


@pytest.mark.parametrize(
    ("optimizer", "kept"),
    [(torch.optim.AdamW, 2), (torch.optim.SGD, 0), (partial(torch.optim.SGD, momentum=0.9), 1)],
    ids=["adamw", "sgd", "momentum"],
)
def test_weights_take_themselves_their_gradients_and_what_the_optimizer_keeps(optimizer, kept):
    size = step_size(module(conv(), optimizer), (8, 6, 4), 1, half=False)
    assert size.weight_bytes == 4 * WEIGHTS * (2 + kept)


def test_what_is_kept_for_backward_grows_with_the_batch_and_halves_in_bf16():
    deep = torch.nn.Sequential(*[torch.nn.Conv3d(16, 16, 3, padding=1, bias=False) for _ in range(6)])
    network = torch.nn.Sequential(torch.nn.Conv3d(1, 16, 1), deep, torch.nn.Conv3d(16, 3, 1))
    one, two = (step_size(module(network), (8, 6, 4), batch, half=False).activation_bytes for batch in (1, 2))
    layers = 4 * VOXELS * (1 + 16 * 7)  # what each convolution has been given, in float32
    assert layers <= one <= layers + 4 * VOXELS * 3 * 6  # and some of the loss
    assert two == 2 * one
    halved = step_size(module(network), (8, 6, 4), 2, half=True).activation_bytes
    weights = 2 * sum(parameter.numel() for parameter in network.parameters())  # autocast keeps them in bf16
    assert 0.45 < (halved - weights) / two < 0.65


def test_a_step_that_no_machine_could_hold_is_told_at_once():
    assert step_size(module(conv()), (2048, 2048, 2048), 4, half=False).memory_gb > 100
