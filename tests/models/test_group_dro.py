import math

import pytest
import torch

from kseg.errors import InputError
from kseg.models.group_dro import GroupDRO

GROUPS = ("control", "mild", "severe")


def test_weights_follow_the_papers_update():
    """Sagawa et al. 2020, algorithm 1: q_g <- q_g exp(eta * loss_g), then brought back to a sum of one."""
    dro = GroupDRO(GROUPS, 0.5)
    dro.update(torch.tensor([1.0, 3.0, 2.0]), dro.indices(["control", "severe", "severe"]))
    raised = [math.exp(0.5 * loss) for loss in (1.0, 0.0, 2.5)]
    assert dro.weights.tolist() == pytest.approx([one / sum(raised) for one in raised])


def test_at_equal_weights_the_loss_is_the_mean():
    dro = GroupDRO(GROUPS, 0.01)
    assert float(dro(torch.tensor([1.0, 2.0]), dro.indices(["mild", "severe"]))) == pytest.approx(1.5)


def test_the_worst_group_comes_to_weigh_most():
    dro = GroupDRO(GROUPS, 0.1)
    for _ in range(50):
        dro.update(torch.tensor([0.2, 0.3, 0.9]), dro.indices(GROUPS))
    assert dro.weights.argmax() == 2
    assert float(dro(torch.tensor([0.0, 0.0, 1.0]), dro.indices(GROUPS))) > 0.9
    assert float(dro.weights.sum()) == pytest.approx(1)


def test_a_patient_of_no_group_weighs_as_at_equal_weights():
    dro = GroupDRO(GROUPS, 0.1)
    dro.update(torch.tensor([9.0]), dro.indices([""]))
    assert dro.weights.tolist() == pytest.approx([1 / 3] * 3)
    assert float(dro(torch.tensor([2.0]), dro.indices([""]))) == pytest.approx(2)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_moves_nothing(broken):
    dro = GroupDRO(GROUPS, 0.1)
    dro.update(torch.tensor([broken]), dro.indices(["mild"]))
    assert dro.weights.tolist() == pytest.approx([1 / 3] * 3)


def test_weights_are_kept_with_the_network():
    assert "weights" in GroupDRO(GROUPS, 0.1).state_dict()


def test_without_groups_there_is_nothing_to_weigh():
    with pytest.raises(InputError, match=r"cohort\.cut_points"):
        GroupDRO([], 0.1)
