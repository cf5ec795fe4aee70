import os
import resource
import tempfile

import pytest
import torch
from hydra.utils import instantiate

from kseg.errors import InputError
from kseg.models.weights import load_weights, steps_in
from kseg.models.whole_checkpoint import WholeCheckpointIO

CPU = ("trainer.accelerator=cpu", "trainer.precision=32-true")


def checkpoint(step, numbers=10):
    return {"global_step": step, "state_dict": {"weight": torch.full((numbers,), float(step))}}


@pytest.fixture
def files_of_50_kb():
    """The system lets this process write no larger file, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_composed_trainer_saves_beside_the_checkpoint_it_replaces_and_waits_for_the_disk(
    compose_model, tmp_path, monkeypatch
):
    on_disk, fsync = set(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (on_disk.add(os.fstat(file).st_ino), fsync(file)))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # of another file system there may be nothing
    config, module = compose_model("unet_tiny", *CPU, f"paths.run={tmp_path}")
    trainer = instantiate(config.trainer, logger=False, callbacks=None, enable_checkpointing=False, _convert_="all")
    trainer.strategy.connect(module)
    path = tmp_path / "run" / "last.ckpt"
    trainer.save_checkpoint(path)
    assert steps_in(path) == 0
    assert path.stat().st_ino in on_disk
    assert list(path.parent.iterdir()) == [path]


def test_a_checkpoint_that_finds_no_room_leaves_the_one_before_whole_and_names_the_file(tmp_path, files_of_50_kb):
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO().save_checkpoint(checkpoint(1), path)
    with pytest.raises(OSError, match="File too large") as told:
        WholeCheckpointIO().save_checkpoint(checkpoint(2, numbers=100_000), path)
    assert told.value.filename == str(path)
    assert steps_in(path) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kept", [0, 1, 600, 0.5, 0.99])
def test_a_checkpoint_that_was_cut_off_is_told_plainly(tmp_path, kept):
    path = tmp_path / "last.ckpt"
    torch.save(checkpoint(3), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"last\.ckpt: is damaged.*put best\.ckpt"):
        steps_in(path)
    with pytest.raises(InputError, match=r"last\.ckpt: is damaged"):
        load_weights(torch.nn.Linear(1, 1), path)
