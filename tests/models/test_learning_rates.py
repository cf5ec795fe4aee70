import pytest
import torch
from torch import nn

from kseg.errors import InputError
from kseg.models.learning_rates import optimizer_of
from kseg.models.schedule import BudgetSchedule


class Hybrid(nn.Module):
    def __init__(self):
        super().__init__()
        self.vit, self.vitamin, self.decoder = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=0.01)


def test_a_part_learns_at_its_share_and_follows_the_schedule():
    network = Hybrid()
    optimizer = optimizer_of(network, adamw, {"vit.": 0.1})
    rest, slow = optimizer.param_groups
    assert [id(one) for one in slow["params"]] == [id(one) for one in network.vit.parameters()]
    assert len(rest["params"]) == 4
    assert (rest["lr"], slow["lr"]) == pytest.approx((0.01, 0.001))
    BudgetSchedule(optimizer, lambda spent: 0.5, lambda: 0.0)
    assert (rest["lr"], slow["lr"]) == pytest.approx((0.005, 0.0005))


def test_without_parts_all_learn_alike():
    (group,) = optimizer_of(Hybrid(), adamw, {}).param_groups
    assert len(group["params"]) == 6


def test_a_part_that_the_network_lacks_is_told():
    with pytest.raises(InputError, match=r"model\.slower names swin; no parameter"):
        optimizer_of(Hybrid(), adamw, {"swin": 0.1})
