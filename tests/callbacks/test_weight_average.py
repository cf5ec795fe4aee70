from types import SimpleNamespace

import torch
from lightning import LightningModule

from kseg.callbacks.weight_average import WeightAverage


class OneLayer(LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)


def test_the_average_lies_where_the_training_will_be():
    # a device without memory stands for a GPU, to which Lightning moves the network only later
    average = WeightAverage(decay=0.9)
    trainer = SimpleNamespace(strategy=SimpleNamespace(root_device=torch.device("meta")))
    average.setup(trainer, OneLayer(), "fit")
    assert {parameter.device.type for parameter in average._average_model.parameters()} == {"meta"}
