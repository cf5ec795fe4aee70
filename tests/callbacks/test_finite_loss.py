import math
from types import SimpleNamespace

import pytest
import torch

from kseg.callbacks.finite_loss import FiniteLoss, LossLostError


def train(callback, losses, logged_every=5):
    """Steps as Lightning takes them, four an epoch; looked at every fifth."""
    for step, loss in enumerate(losses):
        trainer = SimpleNamespace(log_every_n_steps=logged_every, global_step=step + 1, world_size=1)
        callback.on_train_batch_end(trainer, None, {"loss": torch.tensor(loss)}, None, step % 4)


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_a_training_whose_loss_is_lost_ends_when_it_is_looked_at_and_says_what_to_do(lost):
    said = r"no number for 12 steps, up to step 15; start a new run with a lower model\.optimizer\.lr"
    with pytest.raises(LossLostError, match=said):  # after 10 steps it had been 7
        train(FiniteLoss(patience=8), [0.5] * 3 + [lost] * 40)


def test_a_training_that_logs_nothing_is_looked_at_all_the_same():
    with pytest.raises(LossLostError, match="no number for 50 steps"):
        train(FiniteLoss(patience=8), [math.nan] * 200, logged_every=0)


def test_single_steps_without_a_loss_are_left_out_by_mixed_precision_and_end_nothing():
    callback = FiniteLoss(patience=3)
    train(callback, [math.nan, math.nan, 0.5] * 20)
    assert callback.batches == 60


def test_a_process_that_has_lost_less_ends_with_the_others():
    others = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision or not all)
    trainer = SimpleNamespace(log_every_n_steps=1, global_step=9, world_size=2, strategy=others)
    with pytest.raises(LossLostError, match="no number for 1 steps"):
        FiniteLoss(patience=3).on_train_batch_end(trainer, None, {"loss": torch.tensor(math.nan)}, None, 0)
