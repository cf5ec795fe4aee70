"""Does an export that was cut short go on, without taking what is half-written or out of date for whole?"""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from kseg.cases.nnunet import export
from kseg.cases.nnunet.export import export_nnunet
from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.images import Grid, write_nifti

CASES = ("P1", "P2", "P3", "P4", "P5")
GRID = Grid((3, 3, 3), np.eye(4))


def add_case(folder, case, brightest):
    """Parenchyma everywhere, cortex in the first slice."""
    ct = np.full(GRID.shape, brightest, np.int16)
    parenchyma, cortex = np.ones(GRID.shape, np.uint8), np.zeros(GRID.shape, np.uint8)
    cortex[..., 0] = 1
    for kind, voxels in (("image", ct), ("parenchyma", parenchyma), ("cortex", cortex)):
        write_nifti(folder / kind / f"{case}.nii.gz", voxels, GRID)


@pytest.fixture
def cohort(tmp_path):
    for number, case in enumerate(CASES):
        add_case(tmp_path, case, number)
    paths = {kind: [f"{tmp_path}/{kind}/{case}.nii.gz" for case in CASES] for kind in ("image", "parenchyma", "cortex")}
    table = pd.DataFrame(
        {"case_id": CASES, "patient_id": CASES, "group": "mild", "sex": "F", "split": "train", **paths}
    )
    return table.reindex(columns=list(COHORT_COLUMNS))


@pytest.fixture
def written(monkeypatch):
    """The cases that are written, in order; and a set of those at which the process ends instead."""
    cases, stop, write = [], set(), export.write_case

    def watched(case, image, label, **labels):
        if case.case_id in stop:
            raise KeyboardInterrupt
        if not label.exists():
            cases.append(case.case_id)
        return write(case, image, label, **labels)

    monkeypatch.setattr(export, "write_case", watched)
    return cases, stop


def exported(cohort, tmp_path):
    export_nnunet(cohort, None, tmp_path / "raw", dataset_id=7, name="KIDNEY", workers=1)
    return tmp_path / "raw" / "Dataset007_KIDNEY"


def cut_short(cohort, tmp_path, written, at):
    """Export until a case at which the process ends; give the cases that are written then."""
    cases, stop = written
    stop.add(at)
    with pytest.raises(KeyboardInterrupt):
        exported(cohort, tmp_path)
    stop.clear()
    done = set(cases)
    cases.clear()
    return done


def test_it_shows_no_dataset_and_goes_on_with_the_missing_cases(cohort, tmp_path, written):
    done = cut_short(cohort, tmp_path, written, at="P3")
    assert {"P1", "P2"} <= done
    (begun,) = (tmp_path / "raw").iterdir()
    assert begun.name.startswith(".")
    dataset = exported(cohort, tmp_path)
    assert written[0] == [case for case in CASES if case not in done]
    assert list((tmp_path / "raw").iterdir()) == [dataset]


def test_what_is_half_written_is_cleared(cohort, tmp_path, written):
    cut_short(cohort, tmp_path, written, at="P3")
    (begun,) = (tmp_path / "raw").iterdir()
    (begun / "imagesTr" / ".P3_0000.nii.gz.17.partial").write_bytes(b"half")
    (begun / "labelsTr" / "P2.nii.gz").unlink()
    dataset = exported(cohort, tmp_path)
    assert sorted(path.name for path in (dataset / "imagesTr").iterdir()) == [f"{case}_0000.nii.gz" for case in CASES]
    assert "P2" in written[0]


def test_what_has_changed_since_is_written_anew(cohort, tmp_path, written):
    done = cut_short(cohort, tmp_path, written, at="P4")
    assert {"P1", "P2", "P3"} <= done
    add_case(tmp_path, "P2", brightest=99)
    bare = cohort.assign(cortex=cohort["cortex"].where(cohort["case_id"] != "P1", ""))
    dataset = exported(bare, tmp_path)
    assert {"P1", "P2"} <= set(written[0])
    assert "P3" not in written[0]
    assert np.unique(np.asarray(nib.load(dataset / "labelsTr" / "P1.nii.gz").dataobj)).tolist() == [3]
    assert np.asarray(nib.load(dataset / "imagesTr" / "P2_0000.nii.gz").dataobj).max() == 99


def test_a_case_that_moved_to_test_does_not_stay_in_training(cohort, tmp_path, written):
    cut_short(cohort, tmp_path, written, at="P4")
    moved = cohort.assign(split=cohort["split"].where(cohort["case_id"] != "P1", "test"))
    dataset = exported(moved, tmp_path)
    assert not (dataset / "labelsTr" / "P1.nii.gz").exists()
    assert (dataset / "labelsTs" / "P1.nii.gz").exists()
