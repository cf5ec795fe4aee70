from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from kseg.callbacks.pictures import ValidationPictures
from kseg.clinical.cohort import Case
from kseg.outlines import Outline
from kseg.tracking.guard import PICTURES, Guard
from kseg.tracking.redaction import Redaction
from kseg.tracking.wandb_logger import WandbLogger


class Logger(WandbLogger):
    """Keeps what it is told."""

    def __init__(self, every):
        super().__init__(
            SimpleNamespace(guard=Guard(), redaction=Redaction(bytes(32))), pictures_every=every, artifacts=()
        )
        self.told = []

    def log_pictures(self, pictures, step):
        self.told.append((step, {name: [one._caption for one in shown] for name, shown in pictures.items()}))


def case(number, group):
    outline = Outline((Path("p.nii.gz"),))
    return SimpleNamespace(case=Case(f"P{number}", f"P{number}", group, "val", Path("ct.nii.gz"), outline, None))


@pytest.fixture
def trainer():
    cases = [case(number, group) for number, group in enumerate(("mild", "severe", "mild", ""))]
    data = SimpleNamespace(prepared={"val": cases}, preparation=SimpleNamespace(spacing_mm=(2.0, 2.0, 2.0)))
    return SimpleNamespace(datamodule=data, global_step=11, loggers=[])


def validate(callback, trainer, dice=0.5, predicted=None):
    callback.on_validation_epoch_start(trainer, None)
    label_map = torch.zeros(1, 1, 8, 8, 8, dtype=torch.uint8)
    label_map[..., 2:5, 2:5, 2:5] = 2
    for number, one in enumerate(trainer.datamodule.prepared["val"]):
        wrong = np.zeros((8, 8, 8), np.uint8) if predicted is None else predicted
        outputs = {"group": one.case.group, "dice": {"cortex": dice, "medulla": float("nan")}, "predicted": wrong}
        batch = {"ct": torch.zeros(1, 1, 8, 8, 8), "label_map": label_map}
        callback.on_validation_batch_end(trainer, None, outputs, batch, number)
    callback.on_validation_epoch_end(trainer, None)


def test_the_first_patient_of_each_group_is_shown_in_two_planes_by_pseudonym(trainer):
    trainer.loggers = [logger] = [Logger(every=1)]
    validate(ValidationPictures(), trainer)
    who = logger.run.redaction.patient
    ((step, told),) = logger.told
    assert step == 10  # the last step taken, as Lightning counts from 0
    assert told == {
        f"pictures/val/{group}": [f"{group}, {who(name)}, {plane}: Dice cortex 0.500" for plane in ("axial", "coronal")]
        for group, name in (("mild", "P0"), ("severe", "P1"), ("without a group", "P3"))
    }


def test_every_third_validation_is_shown_also_after_a_resume(trainer):
    trainer.loggers = [logger] = [Logger(every=3)]
    callback = ValidationPictures()
    for _ in range(5):
        validate(callback, trainer)
    assert len(logger.told) == 2  # the first and the fourth
    resumed = ValidationPictures()
    resumed.load_state_dict(callback.state_dict())
    validate(resumed, trainer)
    assert len(logger.told) == 2
    validate(resumed, trainer)
    assert len(logger.told) == 3


def test_no_pictures_are_drawn_for_nobody(trainer):
    trainer.loggers = [logger] = [Logger(every=0)]
    callback = ValidationPictures()
    validate(callback, trainer)
    assert logger.told == []


def test_a_picture_that_cannot_be_drawn_stops_no_validation(trainer):
    trainer.loggers = [logger] = [Logger(every=1)]
    validate(ValidationPictures(), trainer, predicted=np.zeros((2, 2), np.uint8))
    assert logger.told == []
    assert logger.run.guard.failures[PICTURES] == 3  # of three groups
    assert logger.run.guard.call(lambda: "a line") == "a line"
