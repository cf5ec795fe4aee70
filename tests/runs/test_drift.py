import shutil
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from kseg.runs.config import read_config, resolved, write_config
from kseg.runs.drift import drifted
from kseg.runs.folder import RunFolder

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def composed():
    def composed(root, *overrides):
        places = [f"paths.root={root}", f"paths.run={root}/run", f"run_dir={root}/run"]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose(
                "train", [*places, "logger=none", "prepare=fingerprint", *overrides, f"overrides={list(overrides)}"]
            )
        return OmegaConf.create({**config, "sweep_dir": "sweeps/x"})

    return composed


def settle(run):
    config = read_config(run.config)
    config["trainer"]["precision"] = "32-true"
    config["prepare"]["window_hu"] = [-100, 300]
    write_config(run.config, config)


def test_only_what_the_recipe_changed_is_named_and_neither_what_was_settled_nor_where_things_lie(composed, tmp_path):
    run = RunFolder(tmp_path / "here" / "run")
    write_config(run.config, resolved(composed(tmp_path / "here")))
    settle(run)
    assert drifted(run, composed(tmp_path / "here")) == []
    assert drifted(run, composed(tmp_path / "here", "trainer.max_steps=9")) == []  # typed: it is trained further

    now = composed(tmp_path / "here")
    now.model.optimizer.lr = 0.5
    now.trainer.max_steps = 9  # not typed: written into a file
    del now.callbacks.progress.refresh_rate
    wanted = ["callbacks.progress.refresh_rate", "model.optimizer.lr", "trainer.max_steps"]
    assert drifted(run, now) == wanted

    shutil.move(tmp_path / "here", tmp_path / "there")
    assert drifted(RunFolder(tmp_path / "there" / "run"), composed(tmp_path / "there")) == []


def test_a_run_that_does_not_stand_has_no_other_recipe(composed, tmp_path):
    assert drifted(RunFolder(tmp_path / "run"), composed(tmp_path)) == []
