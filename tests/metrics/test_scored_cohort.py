"""Scores of cohorts."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.labels import Label
from kseg.metrics.cohort import METRICS_COLUMNS, VOLUMES_COLUMNS, score_cohort
from kseg.metrics.overlap import dice
from kseg.metrics.volume import volume_error_ml

METRICS = {"dice": partial(dice), "volume_error_ml": partial(volume_error_ml)}
GRID = Grid((12, 12, 6), np.diag([-1.0, -1.0, 10.0, 1.0]))


def kidney():
    """A block of 4 x 4 x 2 voxels of cortex around 2 x 2 x 2 of medulla."""
    drawn = np.zeros(GRID.shape, dtype=np.uint8)
    drawn[3:7, 3:7, 2:4] = Label.CORTEX
    drawn[4:6, 4:6, 2:4] = Label.MEDULLA
    return drawn


@pytest.fixture
def cohort(tmp_path):
    """Three cases: one predicted perfectly, one missed, one without an outline of the cortex."""
    rows = []
    for case_id, group in (("A", "mild"), ("B", "severe"), ("C", "mild")):
        paths = {kind: tmp_path / kind / f"{case_id}.nii.gz" for kind in ("parenchyma", "cortex")}
        write_nifti(paths["parenchyma"], (kidney() > 0).astype(np.uint8), GRID)
        write_nifti(paths["cortex"], (kidney() == Label.CORTEX).astype(np.uint8), GRID)
        predicted = np.zeros_like(kidney()) if case_id == "B" else kidney()
        write_nifti(tmp_path / "predictions" / f"{case_id}.nii.gz", predicted, GRID)
        cortex = "" if case_id == "C" else str(paths["cortex"])
        rows.append({"case_id": case_id, "group": group, "parenchyma": str(paths["parenchyma"]), "cortex": cortex})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cohort_is_scored_in_its_order_however_many_processes_work(cohort, tmp_path, workers):
    scores = score_cohort(cohort, tmp_path / "predictions", metrics=METRICS, workers=workers)
    assert tuple(scores.metrics.columns) == METRICS_COLUMNS
    assert tuple(scores.volumes.columns) == VOLUMES_COLUMNS
    assert list(dict.fromkeys(scores.metrics["case_id"])) == ["A", "B", "C"]
    assert set(scores.metrics["side"]) == {"both"}
    found = scores.metrics[scores.metrics["metric"] == "dice"].set_index(["case_id", "structure"])["value"]
    assert found["A", "cortex"] == 1
    assert found["B", "cortex"] == 0
    assert np.isnan(found["C", "cortex"])
    assert found["C", "parenchyma"] == 1
    assert scores.volumes["predicted_ml"].tolist() == pytest.approx([0.32, 0.24, 0.08, 0, 0, 0, 0.32, 0.24, 0.08])


def test_all_that_is_wrong_with_a_cohort_is_told_at_once(cohort, tmp_path):
    shifted = Grid(GRID.shape, GRID.affine + np.array([[0, 0, 0, 5.0], [0] * 4, [0] * 4, [0] * 4]))
    write_nifti(tmp_path / "predictions" / "A.nii.gz", kidney(), shifted)
    (tmp_path / "predictions" / "B.nii.gz").unlink()
    write_nifti(tmp_path / "predictions" / "C.nii.gz", kidney() * np.uint8(3), GRID)
    with pytest.raises(InputError) as error:
        score_cohort(cohort, tmp_path / "predictions", metrics=METRICS, workers=1)
    first, second, third = error.value.problems
    assert first.startswith("A: ")
    assert "parenchyma" in first
    assert "another grid" in first
    assert "no such file" in second
    assert "holds 6" in third
    assert third.startswith("C: ")


def test_a_test_case_without_an_outline_is_refused(cohort, tmp_path):
    cohort.loc[1, "parenchyma"] = ""
    with pytest.raises(InputError, match=r"^B: has no outline of the parenchyma"):
        score_cohort(cohort, tmp_path / "predictions", metrics=METRICS)


def test_the_clinics_outlines_score_1_against_themselves(clinic, tmp_path):
    case = {kind: str(clinic / kind / "P106.nii.gz") for kind in ("parenchyma", "cortex")}  # axes in the order IPL
    (tmp_path / "P106.nii.gz").symlink_to(case["parenchyma"])
    rows = pd.DataFrame([{"case_id": "P106", "group": "moderate", **case, "cortex": ""}])
    scores = score_cohort(rows, tmp_path, metrics=METRICS, workers=1)
    assert scores.metrics["value"].iloc[0] == 1


@pytest.mark.parametrize("divided", [True, False])
def test_an_empty_prediction_counts_as_divided_if_the_network_was_taught_to_divide(cohort, tmp_path, divided):
    scores = score_cohort(cohort, tmp_path / "predictions", metrics=METRICS, divided=divided, workers=1)
    missed = scores.metrics.set_index(["case_id", "structure", "metric"])["value"]["B"]
    assert missed["parenchyma", "dice"] == 0
    assert (missed["cortex", "dice"] == 0) == divided
    assert np.isnan(missed["cortex", "dice"]) == (not divided)


def test_an_empty_outline_without_a_cortex_is_not_taken_for_divided(cohort, tmp_path):
    write_nifti(tmp_path / "parenchyma" / "C.nii.gz", np.zeros(GRID.shape, np.uint8), GRID)
    scores = score_cohort(cohort[cohort["case_id"] == "C"], tmp_path / "predictions", metrics=METRICS, workers=1)
    volumes = scores.volumes.set_index("structure")["reference_ml"]
    assert volumes["parenchyma"] == 0
    assert np.isnan(volumes["cortex"])


WIDE = Grid((80, 10, 6), np.diag([1.0, 1.0, 10.0, 1.0]))
"""80 mm from left to right: to the right is left, as the first axis runs to the patient's right."""


@pytest.fixture
def two_kidneys(tmp_path):
    """A left kidney of 6 x 6 x 4 voxels, a right one of 8 x 6 x 4 that the prediction misses; voxels of 10 mm^3."""
    drawn = np.zeros(WIDE.shape, np.uint8)
    drawn[5:11, 2:8, 1:5] = Label.CORTEX
    drawn[7:9, 4:6, 1:5] = Label.MEDULLA
    found = drawn.copy()
    drawn[65:73, 2:8, 1:5] = Label.CORTEX
    found[10] = 0  # a layer of 6 x 4 voxels is missed
    write_nifti(tmp_path / "parenchyma.nii.gz", np.minimum(drawn, 1), WIDE)
    write_nifti(tmp_path / "cortex.nii.gz", (drawn == Label.CORTEX).astype(np.uint8), WIDE)
    write_nifti(tmp_path / "A.nii.gz", found, WIDE)
    outlines = {kind: str(tmp_path / f"{kind}.nii.gz") for kind in ("parenchyma", "cortex")}
    return pd.DataFrame([{"case_id": "A", "group": "mild", **outlines}])


def test_each_kidney_has_rows_of_its_own_where_asked(two_kidneys, tmp_path):
    scores = score_cohort(two_kidneys, tmp_path, metrics=METRICS, sides=True, workers=1)
    assert list(dict.fromkeys(scores.metrics["side"])) == ["both", "right", "left"]
    found = scores.metrics.set_index(["side", "structure", "metric"])["value"]
    # by hand: left 144 voxels outlined, 120 of them found; right 192 outlined, none found
    assert found["left", "parenchyma", "dice"] == pytest.approx(2 * 120 / (144 + 120))
    assert found["right", "parenchyma", "dice"] == found["right", "cortex", "dice"] == 0
    assert found["both", "parenchyma", "dice"] == pytest.approx(2 * 120 / (336 + 120))
    assert found["left", "medulla", "dice"] == 1
    assert np.isnan(found["right", "medulla", "dice"])
    volumes = scores.volumes.set_index(["side", "structure"])
    assert volumes.loc["right", "parenchyma"][["reference_ml", "predicted_ml"]].tolist() == [1.92, 0]
    assert volumes.loc["left", "parenchyma"][["reference_ml", "predicted_ml"]].tolist() == pytest.approx([1.44, 1.2])


def test_without_being_asked_no_kidney_has_rows_of_its_own(two_kidneys, tmp_path):
    scores = score_cohort(two_kidneys, tmp_path, metrics=METRICS, workers=1)
    assert set(scores.volumes["side"]) == {"both"}
