import pandas as pd

from kseg.tracking.retold import _told_apart


def test_runs_that_are_named_by_their_places_are_numbered_and_others_keep_their_names():
    names = ["run_dir=/data/LiWei/one", "run_dir=/data/LiWei/one2", "model=unet, seed=1"]
    settings = [*names[:2], "model=unet"]
    runs = pd.DataFrame({"run": names, "setting": settings, "val": [0.9, 0.8, 0.7]})
    tests = pd.DataFrame({"contrast": [f"{names[1]} - {names[0]}", "model=unet - model=vnet"], "p": [0.1, 0.2]})
    told = _told_apart({"runs": runs, "tests": tests})
    assert told["runs"]["run"].tolist() == ["run 1", "run 2", "model=unet, seed=1"]
    assert told["runs"]["setting"].tolist() == ["run 1", "run 2", "model=unet"]
    assert told["tests"]["contrast"].tolist() == ["run 2 - run 1", "model=unet - model=vnet"]
    assert told["tests"]["p"].tolist() == [0.1, 0.2]
