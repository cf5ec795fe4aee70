import pytest
import torch

from kseg.prediction.network import TrainedNetwork


class Slope(torch.nn.Module):
    """Answers with the CT times a weight that rises from the window's first voxel on, so that mirroring shows."""

    def __init__(self):
        super().__init__()
        self.weight = torch.arange(4.0).reshape(1, 1, 4, 1, 1)

    def forward(self, ct):
        rising = self.weight * ct
        return torch.cat([torch.zeros_like(ct), torch.zeros_like(ct), rising], 1)


def rising(network, ct):
    """The logit of the cortex, from the shares that are told, the two others' being 0."""
    with torch.inference_mode():
        shares = torch.cat(list(network.shares(ct, torch.Tensor.float)), -1)
    return (shares[2] / shares[0]).log()[:, 0, 0].tolist()


@pytest.mark.parametrize(
    ("mirror_axes", "wanted"),
    [
        ([], [0, 1, 2, 3]),
        # at the right end 3 meets the weights 0 and 3, elsewhere 1 meets 1 and 2, 2 and 1, 3 and 0
        ([0], [4.5, 1.5, 1.5, 1.5]),
    ],
)
def test_a_mirrored_answer_is_turned_back_and_averaged(trained, mirror_axes, wanted):
    ct = torch.ones(4, 2, 2)
    if mirror_axes:
        ct[0] = 3
    network: TrainedNetwork = trained(Slope(), window=(4, 2, 2), mirror_axes=mirror_axes)
    assert rising(network, ct) == pytest.approx(wanted, abs=1e-4)


def test_a_glance_asks_once_where_a_look_asks_again_and_mirrored(trained, bright_is_cortex):
    network = trained(bright_is_cortex, window=(8, 8, 8), mirror_axes=[0])
    ct = torch.zeros(24, 16, 16)
    seen = []
    for glance in (True, False):
        bright_is_cortex.windows = 0
        list(network.shares(ct, torch.Tensor.float, glance=glance))
        seen.append(bright_is_cortex.windows)
    # of 24 voxels 3 windows of 8, or 5 that overlap by half; of 16 voxels 2, or 3; two views
    assert seen == [3 * 2 * 2, 2 * 5 * 3 * 3]
