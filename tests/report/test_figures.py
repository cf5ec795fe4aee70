"""Figures."""

import base64
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kseg.report.boxplot import draw_box_plots
from kseg.report.figures import data_uri
from kseg.report.volumes import draw_volumes, volume_rows

GROUPS = ("control", "mild", "moderate", "severe")


def scores(groups, patients=6, structures=("parenchyma", "cortex", "medulla")):
    rng = np.random.default_rng(0)
    rows = [(group, name, rng.uniform(0.7, 1)) for group in groups for name in structures for _ in range(patients)]
    return pd.DataFrame(rows, columns=["group", "structure", "value"])


def drawn_labels(panel):
    """Where the labels under a panel lie, once drawn."""
    FigureCanvasAgg(panel.figure).draw()
    return [label.get_window_extent() for label in panel.get_xticklabels()]


def test_the_same_figure_is_the_same_text_and_an_svg():
    first, again = (data_uri(draw_box_plots(scores(GROUPS), GROUPS, "Dice")) for _ in range(2))
    assert first == again
    assert b"<svg" in base64.b64decode(first.removeprefix("data:image/svg+xml;base64,"))


def test_labels_do_not_overlap():
    figure = draw_box_plots(scores(GROUPS), GROUPS, "Dice")
    for panel in figure.axes:
        boxes = drawn_labels(panel)
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_long_labels_are_turned():
    groups = [f"eGFR stage {stage}" for stage in ("G1", "G2", "G3a", "G3b", "G4", "G5")]
    (panel,) = draw_box_plots(scores(groups, structures=["cortex"]), groups, "Dice").axes
    assert {label.get_rotation() for label in panel.get_xticklabels()} == {35}


@pytest.mark.parametrize("patients", [0, 1, 2])
def test_groups_too_small_for_a_box_show_their_points(patients):
    few = pd.concat([scores(["control"]), scores(["severe"], patients)])
    (panel, *_) = draw_box_plots(few, ("control", "severe"), "Dice").axes
    assert [len(points.get_offsets()) for points in panel.collections] == [6, patients]
    assert panel.get_xticklabels()[1].get_text() == f"severe\nn = {patients}"


def test_a_group_named_like_a_formula_is_written_as_it_is():
    assert data_uri(draw_box_plots(scores(["$x_{"]), ["$x_{"], "Dice"))


def test_every_patient_is_a_point_beside_the_line_of_equal_volumes():
    volumes = pd.DataFrame(
        {
            "group": ["control", "severe", "", "severe"],
            "structure": "cortex",
            "reference_ml": [100.0, 60.0, 80.0, np.nan],
            "predicted_ml": [110.0, 50.0, 80.0, 70.0],
        }
    )
    (panel,) = draw_volumes(volumes, ("control", "severe")).axes
    assert panel.get_xlim() == panel.get_ylim()
    assert panel.get_legend_handles_labels()[1] == ["equal volumes", "control", "severe", "no group"]
    (row,) = volume_rows(volumes)
    assert row.n == 3
    assert (row.reference_ml, row.error_ml) == pytest.approx((80, 0))
    assert row.error_percent == pytest.approx((10 - 100 / 6 + 0) / 3)


def test_percentages_of_nothing_do_not_enter_the_mean():
    volumes = pd.DataFrame({"structure": "cortex", "reference_ml": [0.0, 50.0], "predicted_ml": [5.0, 60.0]})
    (row,) = volume_rows(volumes)
    assert (row.n, row.error_ml, row.error_percent) == pytest.approx((2, 7.5, 20))
