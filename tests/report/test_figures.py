"""Figures."""

import base64
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kseg.labels import Label
from kseg.report.bland_altman import draw_bland_altman
from kseg.report.boxplot import draw_box_plots
from kseg.report.figures import data_uri, picture_uri
from kseg.report.kidney_function import draw_against_egfr, volumes_with_fraction
from kseg.report.overlay import draw_overlay
from kseg.report.slices import Slice
from kseg.report.volumes import draw_volumes, volume_rows
from kseg.stats.volumes import cortical_fractions

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


def noisy_slice(plane, rows, columns, spacing_mm):
    """A CT at its noisiest, which no codec makes small, with rings for outlines."""
    rng = np.random.default_rng(0)
    labels = np.zeros((rows, columns), np.uint8)
    labels[20:-20, 20:-20] = Label.CORTEX
    labels[30:-30, 30:-30] = Label.MEDULLA
    return Slice(plane, rng.normal(50, 100, (rows, columns)), labels, np.roll(labels, 3, axis=1), spacing_mm)


def test_twelve_of_the_noisiest_cts_leave_the_page_below_ten_megabytes():
    axial = noisy_slice("axial", 220, 370, (0.7, 0.7))
    across = noisy_slice("coronal", 160, 370, (1.0, 0.7)), noisy_slice("sagittal", 160, 220, (1.0, 0.7))
    assert 12 * len(picture_uri(draw_overlay([axial, *across], (-150, 300)))) < 9e6


def test_a_millimetre_is_as_long_in_every_plane_and_direction():
    slices = [noisy_slice("axial", 100, 200, (1.0, 1.0)), noisy_slice("coronal", 100, 200, (3.0, 1.0))]
    figure = draw_overlay(slices, (-150, 300))
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        (left, bottom), (right, top) = axes.transData.transform([(0, 10), (10, 0)])
        assert right - left == pytest.approx(top - bottom, rel=0.01)
    boxes = [axes.get_window_extent() for axes in figure.axes[:2]]
    assert boxes[1].height / boxes[0].height == pytest.approx(3, rel=0.05)


def patients_volumes():
    rows = [("A", "cortex", 40.0, 30.0), ("A", "parenchyma", 100.0, 60.0), ("B", "cortex", 50.0, 60.0)]
    rows += [("B", "parenchyma", 0.0, 80.0), ("C", "parenchyma", 90.0, np.nan)]
    table = pd.DataFrame(rows, columns=["case_id", "structure", "reference_ml", "predicted_ml"])
    return table.assign(group="mild", side="both", egfr=table["case_id"].map({"A": 70.0, "B": 80.0, "C": np.nan}))


def test_the_cortical_fraction_is_in_percent_and_missing_where_there_is_no_parenchyma():
    fraction = volumes_with_fraction(patients_volumes(), cortical_fractions(patients_volumes())).query(
        "structure == 'cortical fraction'"
    )
    assert fraction["case_id"].tolist() == ["A", "B"]
    assert fraction["reference_ml"].tolist() == pytest.approx([40, np.nan], nan_ok=True)
    assert fraction["predicted_ml"].tolist() == pytest.approx([50, 75])


def test_patients_with_an_egfr_stand_in_both_rows_at_one_scale():
    figure = draw_against_egfr(
        volumes_with_fraction(patients_volumes(), cortical_fractions(patients_volumes())), ("mild",)
    )
    panels = figure.axes
    assert [panel.get_title() for panel in panels[:3]] == ["cortex", "parenchyma", "cortical fraction, %"]
    assert [panels[place].get_ylim() for place in range(3)] == [panels[place + 3].get_ylim() for place in range(3)]
    drawn = panels[4].collections[0].get_offsets()
    assert drawn.tolist() == [[70, 60], [80, 80]]


def test_lines_of_agreement_are_drawn_where_they_were_tested_and_nowhere_else(volume_tests):
    tests = volume_tests[volume_tests["structure"] == "cortex"]
    cortex, parenchyma = draw_bland_altman(patients_volumes(), tests, ("mild",)).axes
    heights = sorted(line.get_ydata()[0] for line in cortex.lines)
    assert heights == [-3.2, 0, 0.5, 4.2]
    assert [line.get_ydata()[0] for line in parenchyma.lines] == [0]
    points = parenchyma.collections[0].get_offsets()
    assert np.asarray(points).tolist() == [[80, -40], [40, 80]]  # the means and differences by hand
