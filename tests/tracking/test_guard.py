import time

import pytest

from kseg.runs.ending import Terminated
from kseg.tracking.guard import FILES, PICTURES, RESULTS, Guard


def test_time_is_summed_inside_the_calls():
    guard = Guard()
    assert guard.call(lambda: time.sleep(0.05) or 3) == 3
    time.sleep(0.2)
    assert 0.05 <= guard.seconds < 0.2


def test_time_of_a_call_within_a_call_counts_once():
    guard = Guard()
    began = time.perf_counter()
    guard.call(lambda: guard.call(lambda: time.sleep(0.1)), of=RESULTS)
    assert 0.1 <= guard.seconds <= time.perf_counter() - began


def fail():
    raise OSError("gone")


def test_what_keeps_failing_is_left_alone_and_that_is_said(caplog):
    guard, tried = Guard(), []
    assert [guard.call(lambda: tried.append(1) or fail()) for _ in range(10)] == [None] * 10
    assert len(tried) == 3
    first, last = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "does not take what is logged (OSError: gone)" in first
    assert "told nothing more" in last
    assert guard.call(lambda: 1, of=FILES) is None


def test_failures_with_successes_between_them_end_nothing():
    guard = Guard()
    for _ in range(10):
        guard.call(fail)
        assert guard.call(lambda: "a line") == "a line"


def test_pictures_that_cannot_be_drawn_end_no_curves(caplog):
    guard = Guard()
    for _ in range(10):
        guard.call(fail, of=PICTURES)
    assert guard.call(lambda: "a line") == "a line"
    (said,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "does not take pictures" in said


def test_a_request_to_end_comes_through():
    with pytest.raises(Terminated):
        Guard().call(_asked)


def _asked():
    raise Terminated(15)
