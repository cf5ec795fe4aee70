import pytest
import torch
from lightning import LightningModule

from kseg.prediction.predictor import trained_predictor


class Slope(LightningModule):
    """Answers with the CT times a weight that falls from right to left, so that mirroring shows."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1, 1, 4, 1, 1))

    def forward(self, ct):
        return self.weight * ct


@pytest.fixture
def checkpoint(tmp_path):
    weight = torch.arange(4.0).reshape(1, 1, 4, 1, 1)
    torch.save({"state_dict": {"weight": weight}}, tmp_path / "last.ckpt")
    return tmp_path / "last.ckpt"


def test_without_mirrors_the_network_answers_once(checkpoint):
    predict = trained_predictor(Slope(), checkpoint, precision="32-true", mirror_axes=[])
    with torch.inference_mode():
        assert predict(torch.ones(1, 1, 4, 2, 2))[0, 0, :, 0, 0].tolist() == [0, 1, 2, 3]


def test_a_mirrored_answer_is_turned_back_and_averaged(checkpoint):
    predict = trained_predictor(Slope(), checkpoint, precision="32-true", mirror_axes=[0])
    ct = torch.ones(1, 1, 4, 2, 2)
    ct[0, 0, 0] = 10
    with torch.inference_mode():
        # at the right end 10 meets the weights 0 and 3, elsewhere 1 meets 1 and 2, 2 and 1, 3 and 0
        assert predict(ct)[0, 0, :, 0, 0].tolist() == [15, 1.5, 1.5, 1.5]
