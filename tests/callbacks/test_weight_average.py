from types import SimpleNamespace

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging

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


class Counting(LightningModule):
    """A batch norm's buffers are averaged too, all but its count of batches."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1))

    def training_step(self, batch):
        return self.layers(batch).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Lightning advises workers
@pytest.mark.filterwarnings("ignore::FutureWarning")  # Lightning calls torch's pytree by its old name
@pytest.mark.parametrize("every", [1, 3])
def test_the_average_is_lightnings(every, tmp_path):
    def averaged(callback):
        module = Counting()
        batches = torch.randn(11, 4, 2, generator=torch.Generator().manual_seed(1))
        Trainer(
            accelerator="cpu",
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
            callbacks=[callback],
        ).fit(module, torch.utils.data.DataLoader(list(batches), batch_size=None))
        return {name: value for name, value in module.state_dict().items() if "num_batches" not in name}

    expected = averaged(EMAWeightAveraging(decay=0.8, update_every_n_steps=every))
    found = averaged(WeightAverage(decay=0.8, update_every_n_steps=every))
    torch.testing.assert_close(found, expected)
    assert not torch.equal(found["layers.0.weight"], averaged(WeightAverage(decay=0.0))["layers.0.weight"])
