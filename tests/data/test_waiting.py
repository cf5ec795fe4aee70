import time

import pytest
import torch
from torch.utils.data import Dataset

from kseg.data.waiting import TimedLoader


class SlowNumbers(Dataset):
    """Ten numbers, each of which takes 20 ms."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        time.sleep(0.02)
        return torch.tensor(index)


def test_what_the_training_does_with_a_batch_is_no_wait():
    loader = TimedLoader(SlowNumbers(), batch_size=5)
    for _ in loader:
        time.sleep(0.5)
    assert 0.2 <= loader.waited_s < 0.5


def test_epochs_add_up_and_hold_all_batches():
    loader = TimedLoader(SlowNumbers(), batch_size=4, num_workers=1, persistent_workers=True)
    epochs = [torch.cat(list(loader)).tolist() for _ in range(2)]
    assert epochs == [list(range(10))] * 2
    assert loader.waited_s >= 0.3  # 20 numbers at 20 ms, less what is made before it is asked for


@pytest.mark.parametrize(("idle", "counted"), [(True, True), (False, False)])
def test_a_wait_during_which_the_gpu_has_work_is_none(monkeypatch, idle, counted):
    monkeypatch.setattr("kseg.data.waiting._network_is_idle", lambda: idle)
    loader = TimedLoader(SlowNumbers(), batch_size=5)
    list(loader)
    assert (loader.waited_s > 0) == counted
