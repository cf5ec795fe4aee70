import re
from pathlib import Path
from statistics import mean

import pytest
import torch

from kseg.models.allocator import keep_large_blocks
from kseg.models.deep_supervision import answers
from kseg.models.learning_rates import optimizer_of
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


def losses(config, module, patch, *, bf16):
    """What is lost at each of so many steps on one patch, by the network's own recipe, as Lightning trains."""
    optimizer = optimizer_of(module.network, module.optimizer, module.slower)
    lost = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = module.loss_of_patches(patch["ct"], patch["label_map"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.network.parameters(), config.trainer.gradient_clip_val)
        optimizer.step()
        lost.append(loss.item())
    return lost


def test_the_ten_networks_are_there_and_tiny_ones_beside():
    assert set(NAMES) >= TEN_AND_TINY_ONES


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_a_patch_of_a_phantom_in_twenty_steps(name, compose_model, phantom_patch):
    config, module = compose_model(name)
    lost = losses(config, module, phantom_patch, bf16=False)
    assert mean(lost[-3:]) < lost[0]


@pytest.mark.slow
@pytest.mark.skipif(not COMPUTES_BF16, reason="this processor would emulate bf16, ten times slower")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_is_trained_in_bf16_learns_in_it(name, compose_model, phantom_patch):
    config, module = compose_model(name)
    if config.trainer.precision != BF16_WHERE_FAST:
        pytest.skip("fp32 on processors, as its YAML says")
    lost = losses(config, module, phantom_patch, bf16=True)
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


def test_dynunet_is_planned_as_nnunet_plans_it_at_the_default_spacing(compose_model):
    # nnunetv2 2.8.1: get_pool_and_conv_props((1.5, 1.5, 3.0), (96, 96, 32), 4, 999999)
    strides = [(1, 1, 1), (2, 2, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2)]
    kernels = [(3, 3, 1), (3, 3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)]
    config, _ = compose_model("dynunet", size=(96, 96, 32))
    network = config.model.network

    def each_axis(sizes):
        return [(size,) * 3 if isinstance(size, int) else tuple(size) for size in sizes]

    assert list(config.prepare.spacing_mm) == [1.5, 1.5, 3.0]
    assert each_axis(network.strides) == strides
    assert each_axis(network.kernel_size) == kernels
    assert each_axis(network.upsample_kernel_size) == strides[1:]


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["classes", "regions"])
@pytest.mark.parametrize("loss", ["dice_ce", "dice_focal", "tversky"])
def test_every_loss_teaches_every_objective(objective, loss, compose_model, phantom_patch):
    config, module = compose_model("unet_tiny", f"model/objective={objective}", f"model/loss={loss}")
    lost = losses(config, module, phantom_patch, bf16=False)
    assert mean(lost[-3:]) < lost[0]


@pytest.mark.parametrize("name", ["dynunet_tiny", "segresnet_ds_tiny", "mednext_tiny"])
def test_deep_supervision_is_on_in_training_and_off_in_prediction(name, compose_model, phantom_patch):
    _, module = compose_model(name)
    assert len(answers(module.network(phantom_patch["ct"]))) > 1
    with torch.inference_mode():
        assert len(answers(module.eval().network(phantom_patch["ct"]))) == 1
