"""Are several networks averaged before a voxel is decided, and refused where that makes no sense?"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.inferers import SlidingWindowInferer

from kseg.errors import InputError
from kseg.images import Grid, Volume
from kseg.models.objectives import Classes
from kseg.models.segmentation import SegmentationModule
from kseg.prediction.opened import TrainedModel
from kseg.prediction.trained import asked_as, origin_of, outliner_of, settings_of

GRID = Grid((40, 40, 40), np.diag([2.0, 2.0, 2.0, 1.0]))


class Shares(torch.nn.Module):
    """Answers with the same shares of the classes wherever the CT is brighter than 100 HU, and with air elsewhere."""

    def __init__(self, *shares):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor(shares).log().reshape(1, 3, 1, 1, 1))

    def forward(self, ct):
        nothing = torch.tensor([9.0, -9, -9]).reshape(1, 3, 1, 1, 1)
        return torch.where(ct > 0, self.logits, nothing)


@pytest.fixture
def model(preparation):
    def model(*shares, window=(32, 32, 32), **changes):
        inferer = SlidingWindowInferer(window, sw_batch_size=4, overlap=0.5, mode="gaussian", cval=-1.0)
        module = SegmentationModule(Shares(*shares), Classes(3), None, None, None, inferer).eval()
        trained = TrainedModel(Path("runs/one"), module, preparation, {"mirror_axes": []}, "32-true", True)
        return replace(trained, **changes)

    return model


@pytest.fixture
def ct():
    voxels = np.zeros(GRID.shape, np.int16)
    voxels[10:30, 10:30, 10:30] = 300
    return Volume(voxels, GRID)


def label_inside(models, ct):
    outlined = outliner_of(asked_as(models, mirror_axes=None, search=False)).outline(ct)
    return int(outlined.label_map[20, 20, 20])


def test_shares_are_averaged_and_not_votes(model, ct):
    """Of medulla .8, .1, .3, of cortex .1, .5, .5: two votes to one for cortex, and .4 against .367 for medulla."""
    models = [model(0.1, 0.8, 0.1), model(0.4, 0.1, 0.5), model(0.2, 0.3, 0.5)]
    assert [label_inside([one], ct) for one in models] == [1, 2, 2]
    assert label_inside(models, ct) == 1


def test_logits_are_not_what_is_averaged(model, ct):
    """Of .98 and .01 background the mean is .495, below a half; by logits, .98/.02 and .4/.6, it would be above."""
    models = [model(0.98, 0.01, 0.01), model(0.01, 0.495, 0.495)]
    assert label_inside(models[:1], ct) == 0
    assert label_inside(models, ct) in (1, 2)


def test_networks_of_another_preparation_are_refused_with_what_differs(model, preparation):
    other = model(0.2, 0.4, 0.4, origin=Path("runs/two"), preparation=replace(preparation, spacing_mm=(1.0, 1.0, 1.0)))
    told = r"runs/one and runs/two cannot be averaged: .* \(spacing_mm \(2.0, 2.0, 2.0\) and \(1.0, 1.0, 1.0\)\)"
    with pytest.raises(InputError, match=told):
        outliner_of(asked_as([model(0.2, 0.4, 0.4), other], mirror_axes=None, search=None))


def test_networks_of_which_one_was_not_taught_the_cortex_are_refused(model):
    other = model(0.2, 0.4, 0.4, origin=Path("runs/two"), divided=False)
    with pytest.raises(InputError, match="only runs/one was taught the cortex"):
        outliner_of(asked_as([model(0.2, 0.4, 0.4), other], mirror_axes=None, search=None))


def test_settings_tell_other_weights_and_ways_of_asking_apart_and_not_the_order(model):
    one, other = model(0.2, 0.4, 0.4), model(0.3, 0.3, 0.4)

    def told(*models, mirror_axes=None, search=None):
        return settings_of(asked_as(models, mirror_axes=mirror_axes, search=search))

    assert told(one, other) == told(other, one)
    assert told(one) == told(model(0.2, 0.4, 0.4, origin=Path("moved")))
    different = [told(other), told(one, other), told(one, mirror_axes=[0]), told(one, search=False)]
    assert all(settings != told(one) for settings in different)


def test_the_origin_is_told_by_name_without_a_path(model):
    assert origin_of([model(0.2, 0.4, 0.4, origin=Path("/home/someone/runs/fold1"))])["runs"] == ["fold1"]


@pytest.mark.parametrize("axes", [[0, 0], ["0"], [3], [[0]], [True], 0])
def test_mirrors_that_are_none_or_weigh_a_view_twice_are_refused(model, axes):
    with pytest.raises(InputError, match=r"mirror_axes is .*; a list of 0, 1, 2 is needed, each once"):
        asked_as([model(0.2, 0.4, 0.4)], mirror_axes=axes, search=None)
