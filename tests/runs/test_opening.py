import pytest
from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.runs.config import write_config
from kseg.runs.folder import RunFolder
from kseg.runs.opening import sized_config


def composed(*overrides, **values):
    return OmegaConf.create({"model": "unet", "memory_gb": None, "overrides": list(overrides), **values})


def test_a_dry_run_sizes_the_run_that_stands_and_refuses_other_values(tmp_path):
    run = RunFolder(tmp_path)
    typed = ("run_dir=RUN", "dry_run=true", "memory_gb=24")
    assert sized_config(run, composed(*typed))["model"] == "unet"
    write_config(run.config, {"model": "unetr", "memory_gb": None, "overrides": ["model=unetr"]})
    sized = sized_config(run, composed(*typed, memory_gb=24))
    assert (sized["model"], sized["memory_gb"]) == ("unetr", 24)
    with pytest.raises(InputError, match=r"sized with its own config; leave out model=unet$"):
        sized_config(run, composed(*typed, "model=unet"))
