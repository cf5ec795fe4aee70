import time

import pytest

from kseg.runs.ending import Terminated
from kseg.tracking.guard import Guard


def test_time_is_summed_inside_the_calls():
    guard = Guard()
    assert guard.call(lambda: time.sleep(0.05) or 3) == 3
    time.sleep(0.2)
    assert 0.05 <= guard.seconds < 0.2


def test_what_keeps_failing_is_left_alone():
    guard, tried = Guard(), []

    def fail():
        tried.append(1)
        raise OSError("gone")

    assert [guard.call(fail) for _ in range(10)] == [None] * 10
    assert len(tried) == 3


def test_a_request_to_end_comes_through():
    with pytest.raises(Terminated):
        Guard().call(_asked)


def _asked():
    raise Terminated(15)
