"""Does nnU-Net get the very same patients: their voxels, their labels, their splits?

What is expected of a dataset follows https://github.com/MIC-DKFZ/nnUNet, documentation/dataset_format.md,
ignore_label.md and manual_data_splits.md; files are read back with nibabel.
"""

import json

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from kseg.cases.nnunet.export import export_nnunet
from kseg.cases.nnunet.importer import read_nnunet
from kseg.clinical.cohort import COHORT_COLUMNS, cases_of
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import Outline, read_outlines

AFFINES = (
    np.array([[-0.8, 0, 0, 50], [0, -0.8, 0, 60], [0, 0, 5, -70], [0, 0, 0, 1.0]]),
    np.array([[0, 0, -0.8, 90], [0, -0.8, 0, 60], [-4, 0, 0, 30], [0, 0, 0, 1.0]]),  # z first, as in KiTS
)
SPLITS = {"P1": "train", "P2": "train", "P3": "val", "P4": "test", "P5": "test"}
FOLDS = [
    (["P1", "P2"], ["P3"], ["P4", "P5"]),
    (["P3", "P4", "P5"], [], ["P1", "P2"]),
]
NAMING = {"dataset_id": 501, "name": "KIDNEY"}


def parenchyma_and_cortex(shape):
    parenchyma, cortex = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    parenchyma[2:8, 2:8, 2:8] = 1
    cortex[2:8, 2:8, 2:4] = 1
    return parenchyma, cortex


def add_case(folder, case, *, affine=AFFINES[0]):
    """A box of kidney whose lower third is cortex."""
    grid = Grid((10, 12, 14), affine)
    masks = dict(zip(("parenchyma", "cortex"), parenchyma_and_cortex(grid.shape), strict=True))
    ct = np.where(masks["parenchyma"], 150, -1000).astype(np.int16)
    ct.flat[: len(case)] = list(case.encode())  # so that no two cases are the same
    write_nifti(folder / f"{case}_ct.nii.gz", ct, grid)
    for name, mask in masks.items():
        write_nifti(folder / f"{case}_{name}.nii.gz", mask, grid)
    files = {"parenchyma": f"{folder}/{case}_parenchyma.nii.gz", "cortex": f"{folder}/{case}_cortex.nii.gz"}
    return {"case_id": case, "image": f"{folder}/{case}_ct.nii.gz", **files}


@pytest.fixture
def cohort(tmp_path):
    rows = [add_case(tmp_path / "clinic", case, affine=AFFINES[case == "P2"]) for case in SPLITS]
    return completed(rows)


def completed(rows, splits=SPLITS):
    table = pd.DataFrame(rows)
    table = table.assign(patient_id=table["case_id"], split=table["case_id"].map(splits), group="mild", sex="F")
    return table.reindex(columns=list(COHORT_COLUMNS))


def exported(cohort, tmp_path, folds=None, **settings):
    remarks = export_nnunet(cohort, folds, tmp_path / "raw", **(NAMING | settings))
    return tmp_path / "raw" / "Dataset501_KIDNEY", remarks


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def label_values(dataset, case):
    return np.unique(np.asarray(nib.load(dataset / "labelsTr" / f"{case}.nii.gz").dataobj)).tolist()


def refusals_of(cohort, tmp_path, folds=None, **settings):
    with pytest.raises(InputError) as told:
        exported(cohort, tmp_path, folds, **settings)
    return list(told.value.problems)


def test_a_dataset_has_the_files_that_nnunet_wants_and_no_others(cohort, tmp_path):
    dataset, _ = exported(cohort, tmp_path)
    assert names(tmp_path / "raw") == [
        "Dataset501_KIDNEY/dataset.json",
        *(f"Dataset501_KIDNEY/imagesTr/{case}_0000.nii.gz" for case in ("P1", "P2", "P3")),
        *(f"Dataset501_KIDNEY/imagesTs/{case}_0000.nii.gz" for case in ("P4", "P5")),
        *(f"Dataset501_KIDNEY/labelsTr/{case}.nii.gz" for case in ("P1", "P2", "P3")),
        *(f"Dataset501_KIDNEY/labelsTs/{case}.nii.gz" for case in ("P4", "P5")),
        "Dataset501_KIDNEY/splits_final.json",
    ]
    assert json.loads((dataset / "dataset.json").read_text()) == {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "medulla": 1, "cortex": 2},
        "numTraining": 3,
        "file_ending": ".nii.gz",
    }


@pytest.mark.parametrize("case", ["P1", "P2"])
def test_voxels_labels_and_geometry_are_those_of_the_source(cohort, tmp_path, case):
    dataset, _ = exported(cohort, tmp_path)
    source = nib.load(tmp_path / "clinic" / f"{case}_ct.nii.gz")
    ct, labels = (
        nib.load(dataset / "imagesTr" / f"{case}_0000.nii.gz"),
        nib.load(dataset / "labelsTr" / f"{case}.nii.gz"),
    )
    assert np.array_equal(np.asarray(ct.dataobj), np.asarray(source.dataobj))
    assert (ct.get_data_dtype(), labels.get_data_dtype()) == (np.int16, np.uint8)
    assert np.array_equal(ct.affine, source.affine)
    assert np.array_equal(labels.affine, source.affine)
    parenchyma, cortex = parenchyma_and_cortex(source.shape)
    assert np.array_equal(np.asarray(labels.dataobj), parenchyma + cortex)


def test_no_text_of_the_sources_header_goes_along(cohort, tmp_path):
    source = tmp_path / "clinic" / "P1_ct.nii.gz"
    image = nib.load(source)
    image.header["descrip"] = b"Jane Doe"
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header), source)
    dataset, _ = exported(cohort, tmp_path)
    assert nib.load(dataset / "imagesTr" / "P1_0000.nii.gz").header["descrip"].tobytes().strip(b"\x00") == b""


def test_a_cohorts_own_split_is_one_fold(cohort, tmp_path):
    dataset, remarks = exported(cohort, tmp_path)
    assert json.loads((dataset / "splits_final.json").read_text()) == [{"train": ["P1", "P2"], "val": ["P3"]}]
    assert remarks == (
        f"{dataset}: after nnUNetv2_plan_and_preprocess, copy its splits_final.json to "
        "nnUNet_preprocessed/Dataset501_KIDNEY, else nnU-Net draws splits of its own",
    )


def test_folds_train_on_the_same_patients_and_validate_on_each_folds_test(cohort, tmp_path):
    dataset, remarks = exported(cohort, tmp_path, FOLDS)
    assert json.loads((dataset / "splits_final.json").read_text()) == [
        {"train": ["P1", "P2"], "val": ["P4", "P5"]},
        {"train": ["P3", "P4", "P5"], "val": ["P1", "P2"]},
    ]
    assert json.loads((dataset / "dataset.json").read_text())["numTraining"] == 5
    assert not (dataset / "imagesTs").exists()
    assert remarks[0] == (
        "nnU-Net validates each fold on kseg's test cases of it: judge checkpoint_final, not checkpoint_best"
    )


# what is not divided into cortex and medulla


def test_undivided_parenchyma_is_ignored_where_other_cases_are_divided(cohort, tmp_path):
    some = cohort.assign(cortex=cohort["cortex"].where(cohort["case_id"] != "P2", ""))
    dataset, remarks = exported(some, tmp_path)
    labels = json.loads((dataset / "dataset.json").read_text())["labels"]
    assert labels == {"background": 0, "medulla": 1, "cortex": 2, "ignore": 3}
    assert (label_values(dataset, "P1"), label_values(dataset, "P2")) == ([0, 1, 2], [0, 3])
    assert remarks[0] == "1 case has parenchyma that is not divided, nnU-Net ignores it there (label 3): P2"


def test_parenchyma_is_the_only_label_where_no_case_is_divided(cohort, tmp_path):
    dataset, remarks = exported(cohort.assign(cortex=""), tmp_path)
    assert json.loads((dataset / "dataset.json").read_text())["labels"] == {"background": 0, "parenchyma": 1}
    assert label_values(dataset, "P1") == [0, 1]
    assert remarks[0] == "no case has a cortex outline: parenchyma is the only label"


@pytest.mark.parametrize(("values", "labels"), [((3, 3), ["parenchyma"]), ((1, 3), ["medulla", "cortex", "ignore"])])
def test_label_maps_are_looked_into_for_what_is_divided(tmp_path, values, labels):
    """Values of the lower and the upper half of each case's kidney, as kseg writes label maps."""
    rows = []
    for case in ("P1", "P2"):
        row = add_case(tmp_path / "clinic", case)
        voxels = np.zeros((10, 12, 14), np.uint8)
        voxels[2:8, 2:8, 2:5], voxels[2:8, 2:8, 5:8] = values
        file = tmp_path / "clinic" / f"{case}_map.nii.gz"
        write_nifti(file, voxels, Grid(voxels.shape, AFFINES[0]))
        row |= {"parenchyma": str(Outline((file,), (1, 2, 3))), "cortex": str(Outline((file,), (2,), (3,)))}
        rows.append(row)
    dataset, _ = exported(completed(rows, dict.fromkeys(("P1", "P2"), "train")), tmp_path)
    assert [*json.loads((dataset / "dataset.json").read_text())["labels"]][1:] == labels
    assert label_values(dataset, "P1") == ([0, 1] if labels == ["parenchyma"] else [0, 1, 3])


def test_what_is_exported_is_read_back_as_it_was(cohort, tmp_path):
    some = cohort.assign(cortex=cohort["cortex"].where(cohort["case_id"] != "P2", ""))
    dataset, _ = exported(some, tmp_path)
    read = cases_of(read_nnunet(dataset, labels={"undivided": "ignore"}).rows)
    for before, after in zip(cases_of(some), read, strict=True):
        drawn, got = (read_outlines(case.parenchyma, case.cortex) for case in (before, after))
        assert np.array_equal(drawn.voxels, got.voxels)
        assert after.split == ("test" if before.split == "test" else "train")


def test_what_is_there_already_is_not_touched(cohort, tmp_path):
    exported(cohort, tmp_path)
    (problem,) = refusals_of(cohort, tmp_path, name="OTHER")
    assert problem == (f"{tmp_path}/raw: Dataset501_KIDNEY is there already; give another dataset_id, or take it away")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"dataset_id": 0}, "dataset_id 0; a number from 1 to 999 is needed"),
        ({"dataset_id": 1000}, "dataset_id 1000; a number from 1 to 999 is needed"),
        ({"name": "my kidneys"}, "name 'my kidneys'; letters, digits, - and _ are needed, as in KIDNEY"),
        ({"name": "../X"}, "name '../X'; letters, digits, - and _ are needed, as in KIDNEY"),
    ],
)
def test_a_name_that_cannot_be_is_told(cohort, tmp_path, settings, said):
    assert refusals_of(cohort, tmp_path, **settings) == [said]
    assert not (tmp_path / "raw").exists()


def test_all_files_that_cannot_be_read_are_told_and_no_dataset_appears(cohort, tmp_path):
    (tmp_path / "clinic" / "P1_ct.nii.gz").unlink()
    (tmp_path / "clinic" / "P4_cortex.nii.gz").write_bytes(b"no volume")
    problems = refusals_of(cohort, tmp_path)
    assert [problem.partition(":")[0] for problem in problems] == ["P1", "P4"]
    assert list((tmp_path / "raw").glob("Dataset*")) == []


def test_a_folder_of_another_kind_is_not_cleared(cohort, tmp_path):
    stranger = tmp_path / "raw" / ".Dataset501_KIDNEY.partial" / "thesis.docx"
    stranger.parent.mkdir(parents=True)
    stranger.touch()
    assert refusals_of(cohort, tmp_path) == [f"{stranger.parent}: holds files of another kind; take the folder away"]
    assert stranger.exists()


def test_a_place_that_cannot_be_written_is_told(cohort, tmp_path):
    (tmp_path / "raw").write_text("a file")
    (problem,) = refusals_of(cohort, tmp_path)
    assert problem.startswith(f"{tmp_path}/raw/Dataset501_KIDNEY: cannot be written (")


# nnU-Net's own judgement


@pytest.mark.peers
@pytest.mark.parametrize(("bare", "folds"), [([], FOLDS), (["P2"], None), (list(SPLITS), None)])
def test_nnunets_own_check_accepts_the_dataset(cohort, tmp_path, bare, folds):
    integrity = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity")
    some = cohort.assign(cortex=cohort["cortex"].where(~cohort["case_id"].isin(bare), ""))
    dataset, _ = exported(some, tmp_path, folds)
    integrity.verify_dataset_integrity(str(dataset), num_processes=1)
