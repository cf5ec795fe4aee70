import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.runs.naming import folder_name


def test_choices_come_before_single_values_and_the_order_of_typing_does_not_count():
    typed = ["seed=2", "model.network.channels=[8,16]", "model=unet_tiny", r"trainer.max_time=00\:00\:06\:00"]
    name = "model-unet_tiny,seed-2,model.network.channels-8+16,trainer.max_time-00.00.06.00"
    assert folder_name(typed) == folder_name(typed[::-1]) == name


def test_what_all_runs_of_a_sweep_share_or_where_things_lie_names_no_run():
    assert folder_name(["experiment=study", "name=x", "data.root=/a/b", "paths.root=/c", "sweep_dir=/d"]) == "defaults"


def test_a_place_that_is_swept_tells_runs_apart_by_a_digest():
    one, other = (folder_name(["seed=1", f"data.root={place}"], ["data.root"]) for place in ("/a", "/b"))
    # printf /a | sha256sum
    assert one == "seed-1,data.root-6a50dc85"
    assert other != one
    assert folder_name(["seed=1", "data.root=/a"], ["seed"]) == "seed-1"


@pytest.mark.parametrize("value", ["/data/one", "'two words'", "a=b", "肾", "x" * 300])
def test_what_no_folder_may_hold_is_replaced_and_a_digest_keeps_it_apart(value):
    name = folder_name([f"data.table={value}"])
    assert re.fullmatch(r"[A-Za-z0-9_.,+-]+", name)
    assert len(name) < 200
    assert name != folder_name([f"data.table={value}2"])


@given(st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=5))
def test_every_override_gives_a_name_that_a_file_system_takes(values):
    name = folder_name([f"key{number}={value}" for number, value in enumerate(values)])
    assert re.fullmatch(r"[A-Za-z0-9_.,+-]+", name)
    assert len(name.encode()) < 200
