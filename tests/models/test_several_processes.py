from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.models.several_processes import refuse_what_processes_cannot, without_clipped_shares

CONF = Path(__file__).parents[2] / "conf"


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*overrides, "paths.root=.", "paths.run=."])
    return tuple(OmegaConf.to_container(config[part], resolve=True) for part in ("trainer", "callbacks"))


@pytest.mark.parametrize("interval", [[], ["trainer.val_check_interval={minutes:3}"]])
def test_a_time_between_validations_is_refused_where_several_processes_have_clocks(interval):
    with pytest.raises(InputError, match="the clocks of 2 processes differ"):
        refuse_what_processes_cannot(*composed("experiment=architectures", "trainer=ddp_cpu", *interval))


@pytest.mark.parametrize(
    "overrides",
    [
        ["experiment=architectures"],
        ["trainer=ddp_cpu"],
        ["trainer=ddp_cpu", "trainer.val_check_interval=null"],
        ["experiment=architectures", "trainer=ddp_cpu", "trainer.val_check_interval=0.5"],
        ["trainer=ddp_cpu", "callbacks=ema"],
        ["trainer=fsdp"],
    ],
)
def test_one_clock_or_none_is_no_reason_to_refuse(overrides):
    refuse_what_processes_cannot(*composed(*overrides))


def test_an_average_of_weights_in_shares_is_refused():
    with pytest.raises(InputError, match="leave out callbacks=ema"):
        refuse_what_processes_cannot(*composed("trainer=fsdp", "callbacks=ema"))


@pytest.mark.parametrize(
    ("overrides", "clipped_to"),
    [
        (["trainer=fsdp", "model=dynunet"], None),
        (["trainer=fsdp", "model=dynunet", "+trainer.gradient_clip_algorithm=value"], 12.0),
        (["trainer=ddp", "model=dynunet"], 12.0),
    ],
)
def test_no_network_has_its_gradients_clipped_by_norm_in_shares(overrides, clipped_to, caplog):
    # lightning.pytorch.plugins.precision.fsdp: `gradient_clip_algorithm='norm'` is currently not supported
    trainer, _ = composed(*overrides)
    assert trainer["gradient_clip_val"] == 12.0
    assert without_clipped_shares(trainer)["gradient_clip_val"] == clipped_to
    assert ("Gradients are not clipped" in caplog.text) == (clipped_to is None)
