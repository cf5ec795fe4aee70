import pytest
import torch

from kseg.errors import InputError
from kseg.models.deep_supervision import answers
from kseg.models.fitting import fit_to_patches


@pytest.mark.parametrize("name", ["unet_tiny", "unetr_tiny", "dynunet_tiny", "segresnet_ds_tiny", "mednext_tiny"])
def test_what_is_still_trained_gets_a_gradient(name, compose_model, phantom_patch):
    """By a real backward pass: in several processes, each parameter that is trained is waited for."""
    _, module = compose_model(name)
    fit_to_patches(module, phantom_patch["ct"].shape[2:])
    sum(answer.square().mean() for answer in answers(module.network(phantom_patch["ct"]))).backward()
    for parameter in module.network.parameters():
        assert (parameter.grad is not None) == parameter.requires_grad


def test_of_unetr_a_part_is_never_used(compose_model):
    _, module = compose_model("unetr_tiny")
    before = module.parameters_m
    fit_to_patches(module, (64, 32, 32))
    assert 0 < before - module.parameters_m < 0.01
    assert not module.network.vit.blocks[0].norm_cross_attn.weight.requires_grad


@pytest.mark.parametrize("name", ["unet_tiny", "segresnet_ds_tiny"])
def test_a_patch_that_cannot_be_halved_is_refused_in_a_line(name, compose_model, caplog):
    _, module = compose_model(name)
    with pytest.raises(InputError, match=r"takes no patch of 60 x 62 x 30 .* set patches\.patch_size"):
        fit_to_patches(module, (60, 62, 30))
    assert not caplog.records


def test_a_network_that_answers_in_another_size_is_refused(compose_model):
    _, module = compose_model("unet_tiny", "model.network.channels=[4,8]", "model.network.strides=[2]")
    with pytest.raises(InputError, match=r"a patch of 17 x 16 x 16 with 18 x 16 x 16; set patches\.patch_size"):
        fit_to_patches(module, (17, 16, 16))


def test_a_network_with_other_channels_is_refused(compose_model):
    _, module = compose_model("unet_tiny", "model.network.out_channels=5")
    with pytest.raises(InputError, match=r"5 channels instead of 3; give its YAML out_channels"):
        fit_to_patches(module, (32, 32, 32))


def test_nothing_of_the_network_is_changed_by_it(compose_model):
    _, module = compose_model("attention_unet_tiny")  # its batch norm counts what it has seen
    before = {name: value.clone() for name, value in module.state_dict().items()}
    fit_to_patches(module, (32, 32, 32))
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
