import threading

import numpy as np
import psutil
import pytest
import torch

from kseg.data.workers import pool_of, workers_for
from kseg.images import Grid, write_nifti


@pytest.fixture
def ct(tmp_path):
    write_nifti(tmp_path / "ct.nii.gz", np.zeros((100, 100, 10), np.int16), Grid((100, 100, 10), np.eye(4)))
    return tmp_path / "ct.nii.gz"


@pytest.mark.parametrize(("free_mb", "workers"), [(1, 1), (3.2, 1), (6.4, 2), (9.7, 3), (1000, 6)])
def test_no_more_than_half_of_the_free_memory_is_taken(ct, monkeypatch, free_mb, workers):
    # 100,000 voxels, 16 bytes each: 1.6 MB a worker, of six cores
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)))
    free = psutil.virtual_memory()._replace(available=int(free_mb * 1e6))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert workers_for([ct]) == workers


def test_a_finer_spacing_takes_more_memory(ct, monkeypatch):
    # half of the CT's 1 mm along each axis: 8 times its voxels, so that 12.8 MB a worker are wanted
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(6)))
    free = psutil.virtual_memory()._replace(available=26_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert [workers_for([ct], spacing) for spacing in (None, (2, 2, 2), (0.5, 0.5, 0.5))] == [6, 6, 1]


def test_a_ct_that_cannot_be_read_is_passed_over(tmp_path):
    (tmp_path / "bad.nii.gz").write_bytes(b"no CT")
    assert workers_for([tmp_path / "bad.nii.gz", tmp_path / "absent.nii.gz"]) >= 1
    assert workers_for([]) >= 1


def test_torch_computes_alone_in_each_thread_of_a_pool_and_as_before_after_it():
    def threads_elsewhere():
        found = []
        thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        return found[0]

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pool_of(2) as pool:
            assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {1}
        assert (torch.get_num_threads(), threads_elsewhere()) == (3, 3)
    finally:
        torch.set_num_threads(before)
