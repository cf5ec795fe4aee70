from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from hypothesis import given
from hypothesis import strategies as st
from monai.losses import DiceCELoss, DiceLoss

from kseg.decision import decide
from kseg.errors import InputError
from kseg.models.losses import OverlapAndVoxels
from kseg.models.objectives import Classes, NestedRegions

CONF = Path(__file__).parents[2] / "conf"
numbers = st.floats(-30, 30, width=32)


WITHOUT_CORTEX = torch.full((1, 1, 4, 4, 4), 3)
WITHOUT_CORTEX[..., 0] = 0


def loss_of(name):
    """As it is configured."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return instantiate(compose(f"model/loss/{name}").model.loss, _convert_="all")


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_nested_regions_never_say_cortex_outside_of_parenchyma(outputs):
    output = torch.tensor(outputs).T.reshape(1, 2, -1, 1, 1)
    probabilities = NestedRegions(2).class_logits(output).softmax(1)
    in_parenchyma = torch.sigmoid(output[:, 0])
    assert torch.allclose(probabilities[:, 1:].sum(1), in_parenchyma, atol=1e-5)
    assert (probabilities[:, 2] <= in_parenchyma + 1e-6).all()
    outside = in_parenchyma[0] < 0.5 - 1e-4
    assert not decide(probabilities[0])[outside].any()


def test_nested_regions_are_two_sigmoids():
    output = random(2, 2, 3, 4, 5)
    inside, cortex = output.sigmoid().unbind(1)
    expected = torch.stack([1 - inside, inside * (1 - cortex), inside * cortex], 1)
    assert torch.allclose(NestedRegions(2).class_logits(output).exp(), expected, atol=1e-6)


def test_classes_are_the_output_itself():
    output = random(2, 3, 3, 4, 5)
    assert torch.equal(Classes(3).class_logits(output), output)


@pytest.mark.parametrize(("objective", "channels"), [(Classes, 2), (NestedRegions, 3)])
def test_other_channels_are_refused(objective, channels):
    with pytest.raises(InputError, match=r"model\.objective\.channels"):
        objective(channels)


def test_of_classes_the_loss_is_monais_dice_and_cross_entropy():
    logits, labels = random(2, 3, 5, 5, 5), torch.randint(0, 3, (2, 1, 5, 5, 5))
    ours = loss(logits, labels, Classes(3))
    assert torch.allclose(ours, DiceCELoss(softmax=True, include_background=False, to_onehot_y=True)(logits, labels))


def test_of_regions_the_overlap_is_that_of_parenchyma_and_cortex():
    logits, labels = random(2, 3, 5, 5, 5), torch.randint(0, 3, (2, 1, 5, 5, 5))
    said = logits.softmax(1)
    said = torch.stack([said[:, 1] + said[:, 2], said[:, 2]], 1)
    drawn = torch.cat([labels > 0, labels == 2], 1).float()
    expected = DiceLoss()(said, drawn) + torch.nn.functional.cross_entropy(logits, labels[:, 0])
    assert torch.allclose(loss(logits, labels, NestedRegions(2)), expected)


@pytest.mark.parametrize("name", ["dice_ce", "dice_focal", "tversky"])
def test_of_regions_a_case_without_a_cortex_teaches_the_parenchyma_alone(name):
    output = random(1, 2, 4, 4, 4).requires_grad_()
    loss_of(name)(NestedRegions(2).class_logits(output), WITHOUT_CORTEX, NestedRegions.overlapping).backward()
    inside = (WITHOUT_CORTEX == 3)[:, 0]
    assert output.grad[:, 1][inside].abs().max() < 1e-7
    assert output.grad[:, 0].abs().max() > 1e-4


@pytest.mark.parametrize("name", ["dice_ce", "dice_focal", "tversky"])
@pytest.mark.parametrize("objective", [Classes(3), NestedRegions(2)])
def test_a_case_without_a_cortex_loses_nothing_by_how_it_is_divided(objective, name):
    """Medulla and cortex that change places must cost the same: else a group without outlines would seem the worst."""
    logits = objective.class_logits(random(1, objective.channels, 4, 4, 4))
    inside = WITHOUT_CORTEX == 3
    turned = torch.where(inside, logits[:, [0, 2, 1]], logits)
    lost = [float(loss_of(name)(one, WITHOUT_CORTEX, objective.overlapping)) for one in (logits, turned)]
    assert lost[0] == pytest.approx(lost[1], rel=1e-5)


@pytest.mark.parametrize("objective", [Classes(3), NestedRegions(2)])
def test_a_case_without_a_cortex_that_is_outlined_well_loses_nothing(objective):
    inside = (WITHOUT_CORTEX == 3)[:, 0]
    sure = torch.stack([torch.where(inside, -20.0, 20.0), *[torch.where(inside, 20.0, -20.0)] * 2], 1)
    assert float(loss(sure, WITHOUT_CORTEX, objective)) < 1e-3


@pytest.mark.parametrize("unfit", [{"softmax": True}, {"sigmoid": True}, {"include_background": False}])
def test_an_overlap_with_an_activation_of_its_own_is_refused(unfit):
    with pytest.raises(InputError, match=r"model\.loss\.overlap"):
        OverlapAndVoxels(DiceLoss(**unfit), None, overlap_weight=1.0, voxelwise_weight=1.0)


def test_a_voxel_belongs_to_the_parenchyma_if_half_of_it_does():
    shares = torch.tensor([[0.4, 0.3, 0.3], [0.6, 0.1, 0.3], [0.4, 0.2, 0.4], [0.5, 0.5, 0.0]]).T
    assert decide(shares).tolist() == [1, 0, 2, 1]


def loss(logits, labels, objective):
    both = OverlapAndVoxels(DiceLoss(), torch.nn.CrossEntropyLoss(), overlap_weight=1.0, voxelwise_weight=1.0)
    return both(logits, labels, objective.overlapping)


@pytest.mark.parametrize("objective", [Classes(3), NestedRegions(2)], ids=["classes", "regions"])
def test_undivided_voxels_teach_how_likely_parenchyma_is_and_leave_the_division_as_it_is(objective):
    def division(logits):
        return logits[:, 2] - logits[:, 1]

    output = torch.randn(1, objective.channels, 4, 4, 4, generator=torch.Generator().manual_seed(0)) * 3
    output.requires_grad_()
    logits = objective.class_logits(output)
    taught = objective.either(logits[:, 1], logits[:, 2])
    assert torch.allclose(taught, logits[:, 1:].logsumexp(1), atol=1e-5)
    (taught - logits[:, 0]).sum().backward()
    assert (objective.class_logits(output + 0.01 * output.grad).softmax(1)[:, 0] < logits.softmax(1)[:, 0]).all()
    moved = division(objective.class_logits(output + output.grad)) - division(logits)
    assert moved.abs().max() < 1e-5
