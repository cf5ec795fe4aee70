from pathlib import Path

import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from monai.inferers import SlidingWindowInferer
from omegaconf import DictConfig, OmegaConf

from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.data.preparation import Preparation
from kseg.models.objectives import Classes
from kseg.models.segmentation import SegmentationModule
from kseg.prediction.network import TrainedNetwork
from kseg.prediction.outliner import Outliner
from kseg.runs.config import write_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import Status, write_status

CONF = Path(__file__).parents[2] / "conf"
SMALL = (
    *("model.network.channels=[4,8]", "model.network.strides=[2]", "patches.patch_size=[16,16,16]"),
    *("prepare.spacing_mm=[2,2,2]", "trainer.precision=32-true", "name=small", "logger=none"),
    *("paths.root=/home/doctor", "paths.run=/home/doctor/runs/small"),
)


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


@pytest.fixture(scope="session")
def small_config():
    """What kseg composes for a tiny U-Net, plain, without what needs Hydra's own process."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", SMALL)
    left_out = {"overrides", "run_dir", "logger", "hydra"}
    return {key: _plain(config[key]) for key in config if key not in left_out} | {"overrides": [], "logger": None}


@pytest.fixture
def make_run(small_config):
    """A finished training's folder, as far as prediction and evaluation need it; its weights are random.

    Its patients are Doe000 and so on, its machine is clinic-ws-17. `weights_of` is a part `model` of a config, if the
    weights are not the tiny U-Net's; what else is given stands in the config instead.
    """

    def make_run(path, *, cortex="masks.nii.gz", weights_of=None, **changes):
        run, config = RunFolder(path), {**small_config, **changes}
        write_config(run.config, config)
        torch.manual_seed(7)
        module = instantiate(weights_of or small_config["model"], _convert_="all")
        run.last_checkpoint.parent.mkdir()
        torch.save({"state_dict": module.state_dict(), "global_step": 1}, run.last_checkpoint)
        _cohort(cortex).to_csv(run.cohort, index=False)
        made = {
            "versions": {"torch": "2.9"},
            "git_commit": "c0ffee",
            "chosen": {"val/dice/mean": 0.5, "val/x": float("nan")},
        }
        write_status(run.status, Status("finished", 1, "clinic-ws-17", 1.76e9, 1.76e9, **made))
        scores = {"n": 3, "n_missing": 0, "mean": 0.91, "sd": 0.1, "median": 0.9, "q1": 0.8, "q3": 1, "worst": 0.123456}
        pd.DataFrame([{"structure": "cortex", "metric": "dice", "group": "all", **scores}]).to_csv(
            run.groups, index=False
        )
        return run

    return make_run


def _cohort(cortex):
    rows = [
        {
            "case_id": f"Doe{number:03}",
            "patient_id": f"Doe{number:03}",
            "group": "mild",
            "split": split,
            "image": "/x.nii",
        }
        for number, split in enumerate(("train", "train", "val", "test"))
    ]
    return pd.DataFrame(rows, columns=list(COHORT_COLUMNS)).assign(parenchyma="/etc/passwd", cortex=cortex)


def _plain(value):
    return OmegaConf.to_container(value, resolve=True) if isinstance(value, DictConfig) else value
