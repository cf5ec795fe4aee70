import re
from pathlib import Path
from statistics import mean

import pytest
import torch

from kseg.models.allocator import keep_large_blocks
from kseg.models.deep_supervision import answers
from kseg.models.precision import BF16_WHERE_FAST

MODELS = Path(__file__).parents[2] / "conf" / "model"
NAMES = sorted(file.stem for file in MODELS.glob("[a-z]*.yaml"))
IN_MINUTES = ("unetr_tiny", "segresnet_tiny", "dynunet_tiny")


def _mark(name):
    return () if name == "unet_tiny" else pytest.mark.slow if name in IN_MINUTES else pytest.mark.soak


NETWORKS = [pytest.param(name, marks=_mark(name)) for name in NAMES]
TEN_AND_TINY_ONES = {
    *("unet", "resunet", "attention_unet", "dynunet", "segresnet", "segresnet_ds"),
    *("unetr", "swinunetr", "mednext", "vnet", "unet_tiny", "segresnet_tiny", "unetr_tiny"),
}
STEPS = 20
ABILITIES = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of PyTorch cannot tell
COMPUTES_BF16 = any(ABILITIES.get(name, False) for name in ("amx_bf16", "avx512_bf16", "bf16"))


@pytest.fixture(autouse=True, scope="module")
def _as_in_train_py():
    keep_large_blocks()


def losses(module, patch, *, bf16):
    """What is lost at each of so many steps on one patch, at the network's own learning rate, as Lightning trains."""
    optimizer = module.optimizer(module.network.parameters())
    lost = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = module.loss_of_patches(patch["ct"], patch["label_map"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.network.parameters(), 5.0)
        optimizer.step()
        lost.append(loss.item())
    return lost


def test_the_ten_networks_are_there_and_tiny_ones_beside():
    assert set(NAMES) >= TEN_AND_TINY_ONES


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_a_patch_of_a_phantom_in_twenty_steps(name, compose_model, phantom_patch):
    _, module = compose_model(name)
    lost = losses(module, phantom_patch, bf16=False)
    assert mean(lost[-3:]) < lost[0]


@pytest.mark.slow
@pytest.mark.skipif(not COMPUTES_BF16, reason="this processor would emulate bf16, ten times slower")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_trained_in_bf16_learns_in_it(name, compose_model, phantom_patch):
    config, module = compose_model(name)
    if config.trainer.precision != BF16_WHERE_FAST:
        pytest.skip("fp32 on processors, as its YAML says")
    lost = losses(module, phantom_patch, bf16=True)
    assert mean(lost[-3:]) < lost[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_labels_a_case_of_odd_size(name, compose_model):
    _, module = compose_model(name)
    with torch.inference_mode():
        logits = module.eval()(torch.zeros(1, 1, 67, 61, 35))
    assert logits.shape == (1, 3, 67, 61, 35)
    assert logits.isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_yaml_says_how_many_parameters_its_network_has(name, compose_model):
    said = re.search(r"^# .*?([\d.]+) M parameters", (MODELS / f"{name}.yaml").read_text(), re.MULTILINE)
    _, module = compose_model(name, size=(96, 96, 32))
    assert said
    assert f"{sum(one.numel() for one in module.network.parameters()) / 1e6:.1f}" == said.group(1)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["classes", "regions"])
@pytest.mark.parametrize("loss", ["dice_ce", "dice_focal", "tversky"])
def test_every_loss_teaches_every_objective(objective, loss, compose_model, phantom_patch):
    _, module = compose_model("unet_tiny", f"model/objective={objective}", f"model/loss={loss}")
    lost = losses(module, phantom_patch, bf16=False)
    assert mean(lost[-3:]) < lost[0]


@pytest.mark.parametrize("name", ["dynunet_tiny", "segresnet_ds_tiny", "mednext_tiny"])
def test_deep_supervision_is_on_in_training_and_off_in_prediction(name, compose_model, phantom_patch):
    _, module = compose_model(name)
    assert len(answers(module.network(phantom_patch["ct"]))) > 1
    with torch.inference_mode():
        assert len(answers(module.eval().network(phantom_patch["ct"]))) == 1
