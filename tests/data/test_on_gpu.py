from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from lightning import Callback, Trainer

from kseg.callbacks.data_wait import DataWait
from kseg.callbacks.finite_loss import FiniteLoss
from kseg.callbacks.orderly_end import OrderlyEnd
from kseg.callbacks.pace import Pace
from kseg.callbacks.weight_average import WeightAverage
from kseg.data.augment import Augmentation
from kseg.data.augment import compose as augmentation
from kseg.data.cutting import WarpSampler
from kseg.data.finishing import CutBatch, finish_batch
from kseg.data.intensity import (
    RandomBlur,
    RandomBrightness,
    RandomContrast,
    RandomGamma,
    RandomLowResolution,
    RandomNoise,
)
from kseg.data.subject import mapped_subject
from kseg.data.warp import Mirroring, Rotation, Scaling

CONF = Path(__file__).parents[2] / "conf"

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

SIZE = (12, 10, 8)
SPATIAL = {"rotation": Rotation(0.5, 30), "scaling": Scaling(0.5, (0.7, 1.4)), "mirroring": Mirroring(0.5, [0])}
REPEATABLE = augmentation(
    **SPATIAL,
    blur=RandomBlur(std_voxels=(0.5, 1.0)),
    brightness=RandomBrightness(factor=(0.75, 1.25)),
    contrast=RandomContrast(factor=(0.75, 1.25)),
    low_resolution=RandomLowResolution(zoom=(0.5, 1.0)),
    gamma=RandomGamma(gamma=(0.7, 1.5), inverted=True),
)
EVERYTHING = augmentation(**SPATIAL, noise=RandomNoise(std=(0.0, 0.1)), **dict(REPEATABLE.transforms))


class Unwaited(Callback):
    """After the first steps, whatever waits for the GPU is an error."""

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx == 2:
            torch.cuda.set_sync_debug_mode("error")

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if batch_idx == 5:
            torch.cuda.set_sync_debug_mode("default")


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    torch.cuda.set_sync_debug_mode("default")


def cuts(prepared, augment, count=20):
    subject = mapped_subject(prepared[0])
    subject.load()
    sampler = WarpSampler(SIZE, augment.warping)
    return CutBatch([sampler.cut(subject, np.array([4, 4, 4]), np.random.default_rng(seed)) for seed in range(count)])


def test_patches_finished_on_a_gpu_are_those_of_the_cpu(prepared, preparation):
    batch = cuts(prepared, REPEATABLE)
    expected = finish_batch(batch, preparation, REPEATABLE)
    found = finish_batch(batch.pin_memory().to(torch.device("cuda")), preparation, REPEATABLE)
    assert found["ct"].is_cuda
    assert (found["ct"].cpu() - expected["ct"]).abs().max() < 1e-3
    assert (found["label_map"].cpu() != expected["label_map"]).float().mean() < 1e-3


def test_nobody_waits_for_a_gpu_that_finishes_patches(prepared, preparation):
    batch = cuts(prepared, EVERYTHING).pin_memory()
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    finished = finish_batch(batch.to(torch.device("cuda")), preparation, EVERYTHING)
    torch.cuda.set_sync_debug_mode("default")
    assert finished["ct"].isfinite().all()


@pytest.mark.filterwarnings("ignore::UserWarning")  # Lightning advises more workers
@pytest.mark.filterwarnings("ignore::FutureWarning")  # Lightning calls torch's pytree by its old name
@pytest.mark.parametrize("augment", [EVERYTHING, Augmentation()], ids=["varied", "as_it_is"])
@pytest.mark.parametrize("averages", [[], [WeightAverage(decay=0.9)]], ids=["last", "averaged"])
def test_nobody_waits_for_a_gpu_that_trains(cases, preparation, tmp_path, augment, averages):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["patches.patch_size=[16,16,16]", f"paths.prepared={tmp_path}"])
    data = instantiate(config.patches, _convert_="all")(cases, preparation, augment=augment)
    trainer = Trainer(
        accelerator="gpu",
        precision="bf16-mixed",
        max_steps=8,
        gradient_clip_val=1.0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        callbacks=[
            *(DataWait(), Pace(), FiniteLoss(patience=2), OrderlyEnd(str(tmp_path / "last.ckpt"))),
            *(*averages, Unwaited()),
        ],
    )
    trainer.fit(instantiate(config.model, _convert_="all"), datamodule=data)
    assert trainer.global_step == 8
