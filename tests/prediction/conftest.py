import pytest
import torch
from monai.inferers import SlidingWindowInferer

from kseg.data.preparation import Preparation
from kseg.models.objectives import Classes
from kseg.models.segmentation import SegmentationModule
from kseg.prediction.network import TrainedNetwork
from kseg.prediction.outliner import Outliner


class BrightIsCortex(torch.nn.Module):
    """Calls everything above 100 HU cortex, the middle of the window being zero; counts the windows that it sees."""

    def __init__(self):
        super().__init__()
        self.windows = 0

    def forward(self, ct):
        self.windows += len(ct)
        return torch.cat([-ct, torch.full_like(ct, -9), ct], 1) * 9


@pytest.fixture
def preparation():
    return Preparation(spacing_mm=(2.0, 2.0, 2.0), window_hu=(-200, 400), body_hu=-500)


@pytest.fixture
def bright_is_cortex():
    return BrightIsCortex()


@pytest.fixture
def trained():
    """From a plain network to one that predicts."""

    def trained(network, window=(48, 48, 48), mirror_axes=()):
        inferer = SlidingWindowInferer(window, sw_batch_size=4, overlap=0.5, mode="gaussian", cval=-1.0)
        module = SegmentationModule(network, Classes(3), None, None, None, inferer).eval()
        return TrainedNetwork(module, precision="32-true", mirror_axes=mirror_axes)

    return trained


@pytest.fixture
def outliner(preparation, trained):
    def outliner(network, window=(48, 48, 48), **settings):
        return Outliner([trained(network, window)], preparation, **settings)

    return outliner
