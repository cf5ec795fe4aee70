from functools import partial
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch.callbacks import Timer

from kseg.errors import InputError
from kseg.models.schedule import BudgetSchedule, budget_spent, cosine, counted_share, polynomial


def trainer(**settings):
    given = {"callbacks": [], "max_steps": -1, "max_epochs": -1, "global_step": 0, "accumulate_grad_batches": 1}
    return SimpleNamespace(**{**given, "num_training_batches": 50, **settings})


def test_polynomial_is_nnunets():
    assert polynomial(0.25, power=0.9, warmup=0) == pytest.approx((1 - 250 / 1000) ** 0.9)  # Isensee et al. 2021


def test_cosine_is_pytorchs():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
    for step in range(40):
        assert cosine(step / 40, warmup=0) == pytest.approx(schedule.get_last_lr()[0], abs=1e-6)
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("warmup", [1, 500, -0.1])
@pytest.mark.parametrize("shape", [partial(polynomial, power=0.9), cosine])
def test_a_warmup_that_is_no_share_is_refused(shape, warmup):
    with pytest.raises(InputError, match=r"model\.schedule\.warmup is .*0\.02"):
        shape(0.5, warmup=warmup)


def test_warmup_rises_to_the_full_rate():
    assert polynomial(0.05, power=0.9, warmup=0.1) == pytest.approx(0.5)
    assert polynomial(0.1, power=0.9, warmup=0.1) == pytest.approx(1.0)


@given(st.floats(0, 1), st.floats(0, 0.9))
def test_every_shape_stays_between_nothing_and_the_full_rate(spent, warmup):
    assert 0 <= polynomial(spent, power=0.9, warmup=warmup) <= 1
    assert 0 <= cosine(spent, warmup=warmup) <= 1


def test_the_budget_is_counted_in_steps():
    assert budget_spent(trainer(max_steps=200, global_step=50)) == 0.25


def test_the_budget_is_counted_in_epochs():
    assert budget_spent(trainer(max_epochs=4, global_step=50)) == 0.25
    assert budget_spent(trainer(max_epochs=4, global_step=50, accumulate_grad_batches=2)) == 0.5


def test_an_epoch_ends_with_a_step_also_where_accumulation_does_not_fit_into_it():
    assert (
        counted_share(trainer(max_epochs=10, num_training_batches=5, accumulate_grad_batches=2, global_step=15)) == 0.5
    )


def test_the_budget_is_counted_in_time(monkeypatch):
    clock = iter([100.0, 115.0, 115.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    timer = Timer({"minutes": 1})
    timer.on_train_start(None, None)
    monkeypatch.setattr("time.monotonic", lambda: 115.0)
    assert budget_spent(trainer(callbacks=[timer])) == pytest.approx(0.25)


def test_the_budget_that_ends_first_decides():
    assert budget_spent(trainer(max_steps=200, max_epochs=2, global_step=50)) == 0.5


def test_a_training_without_a_budget_is_refused():
    with pytest.raises(InputError, match=r"no budget; set trainer\.max_time"):
        budget_spent(trainer())


def test_the_schedule_sets_the_rate_and_keeps_only_plain_values_in_a_checkpoint():
    spent = 0.0
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = BudgetSchedule(optimizer, lambda x: 1 - x, lambda: spent)
    assert schedule.get_last_lr() == [0.4]
    spent = 0.75
    optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.1])
    state = schedule.state_dict()
    assert not any(callable(value) for value in state.values())
    schedule.load_state_dict(state)
    assert schedule.get_last_lr() == pytest.approx([0.1])
