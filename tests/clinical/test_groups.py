"""Does every eGFR fall into one group, and into the right one?"""

import numpy as np
import pytest

from kseg.clinical.groups import check_cut_points, egfr_group, kdigo_stage
from kseg.errors import InputError

STAGES = {"control": 90, "mild": 60, "moderate": 30, "severe": 0}


@pytest.mark.parametrize(
    ("egfr", "group"),
    [
        # KDIGO 2024, table of GFR categories: G1 >= 90, G2 60-89, G3 30-59, G4 and G5 below 30
        (140, "control"),
        (90, "control"),
        (89.999, "mild"),
        (60, "mild"),
        (59.6, "moderate"),  # a laboratory prints 60
        (30, "moderate"),
        (29.999, "severe"),
        (0.1, "severe"),
    ],
)
def test_a_bound_belongs_to_the_group_that_starts_at_it_and_nothing_is_rounded(egfr, group):
    assert egfr_group([egfr], STAGES).tolist() == [group]


def test_a_missing_egfr_has_no_group():
    assert egfr_group([np.nan, 70], STAGES).tolist() == ["", "mild"]


def test_groups_are_the_ones_that_the_cut_points_name():
    assert egfr_group([[75, 74]], {"well": 75, "ill": 0}).tolist() == [["well", "ill"]]


@pytest.mark.parametrize(
    ("cut_points", "said"),
    [
        ({}, "the last group must start at 0"),
        ({"well": 60, "ill": 15}, r"cut points \{well: 60, ill: 15\}: the last group must start at 0"),
        ({"mild": 60, "control": 90, "ill": 0}, "each group must start below the one before it"),
        ({"mild": 60, "same": 60, "ill": 0}, "each group must start below the one before it"),
    ],
)
def test_cut_points_that_leave_a_gap_or_overlap_are_refused(cut_points, said):
    with pytest.raises(InputError, match=said):
        check_cut_points(cut_points)


@pytest.mark.parametrize(
    ("egfr", "stage"),
    [
        # KDIGO 2024, table of GFR categories: G1 >= 90, G2 60-89, G3a 45-59, G3b 30-44, G4 15-29, G5 < 15
        (90, "G1"),
        (89.999, "G2"),
        (60, "G2"),
        (59.6, "G3a"),  # a laboratory prints 60
        (45, "G3a"),
        (44.999, "G3b"),
        (30, "G3b"),
        (29.999, "G4"),
        (15, "G4"),
        (14.999, "G5"),
        (0, "G5"),
        (np.nan, ""),
    ],
)
def test_a_kdigo_stage_starts_at_its_bound(egfr, stage):
    assert kdigo_stage([egfr]).tolist() == [stage]


def test_the_default_groups_are_kdigo_stages_taken_together():
    together = {"control": {"G1"}, "mild": {"G2"}, "moderate": {"G3a", "G3b"}, "severe": {"G4", "G5"}}
    egfr = np.linspace(0, 150, 3001)
    pairs = set(zip(egfr_group(egfr, STAGES), kdigo_stage(egfr), strict=True))
    assert pairs == {(group, stage) for group, stages in together.items() for stage in stages}
