"""Is a copy of AMOS22 read: its CTs alone, and of its fifteen labels the two kidneys?

The fake folders follow https://zenodo.org/records/7262581.
"""

from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.amos import read_amos
from kseg.clinical.cohort import cases_of
from kseg.errors import InputError
from kseg.images import Grid, write_nifti
from kseg.outlines import read_outlines

CONF = Path(__file__).parents[2] / "conf"


def add(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def add_case(root, case, part="Tr"):
    add(root, f"images{part}/{case}.nii.gz", f"labels{part}/{case}.nii.gz")


def test_both_parts_are_read(tmp_path):
    add_case(tmp_path, "amos_0004")
    add_case(tmp_path, "amos_0001")
    add_case(tmp_path, "amos_0008", "Va")
    imported = read_amos(tmp_path)
    assert imported.rows["case_id"].tolist() == ["amos_0001", "amos_0004", "amos_0008"]
    assert imported.rows["image"][3] == f"{tmp_path}/imagesVa/amos_0008.nii.gz"
    assert imported.rows["parenchyma"][1] == f"{tmp_path}/labelsTr/amos_0001.nii.gz[2,3]"
    assert imported.rows["cortex"].tolist() == imported.rows["split"].tolist() == [""] * 3
    assert imported.problems == imported.remarks == ()


def test_right_and_left_kidney_are_the_parenchyma(tmp_path):
    add_case(tmp_path, "amos_0001")
    labels = np.arange(16, dtype=np.uint8).reshape(1, 1, 16)  # every label of the challenge once
    write_nifti(tmp_path / "labelsTr" / "amos_0001.nii.gz", labels, Grid(labels.shape, np.eye(4)))
    (case,) = cases_of(read_amos(tmp_path).rows)
    voxels = read_outlines(case.parenchyma, case.cortex).voxels
    assert np.flatnonzero(voxels).tolist() == [2, 3]


def test_mri_and_what_has_no_outlines_are_left_out_and_counted(tmp_path):
    add_case(tmp_path, "amos_0500")
    add_case(tmp_path, "amos_0507")
    add_case(tmp_path, "amos_0600", "Va")
    add(tmp_path, "imagesTr/amos_0002.nii.gz", "imagesTr/amos_0555.nii.gz")
    imported = read_amos(tmp_path)
    assert imported.rows["case_id"].tolist() == ["amos_0500"]
    assert imported.problems == ()
    assert imported.remarks == (
        "3 cases are MRI, left out: amos_0507, amos_0555, amos_0600",
        "1 CT has no outlines, left out: amos_0002",
    )


def test_outlines_without_a_ct_and_doubled_cases_are_problems(tmp_path):
    add_case(tmp_path, "amos_0001")
    add_case(tmp_path, "amos_0001", "Va")
    add(tmp_path, "labelsTr/amos_0002.nii.gz", "labelsTr/amos_0001.nii")
    assert read_amos(tmp_path).problems == (
        "amos_0001: amos_0001.nii and amos_0001.nii.gz both lie in labelsTr/; keep one",
        "amos_0001: lies in labelsTr/ and in labelsVa/; keep one",
        "1 case has outlines but no CT: amos_0002; add the CTs or take the outlines out",
    )


def test_a_folder_without_cts_tells_what_it_holds(tmp_path):
    add_case(tmp_path, "amos_0507")
    with pytest.raises(InputError) as told:
        read_amos(tmp_path)
    assert str(told.value) == (
        f"{tmp_path}: no CTs with outlines; imagesTr/amos_0001.nii.gz and labelsTr/amos_0001.nii.gz, or imagesVa and "
        f"labelsVa, are needed; {tmp_path.name} holds imagesTr/, labelsTr/"
    )


def test_the_config_keeps_cases_without_a_group(tmp_path):
    add_case(tmp_path, "amos_0001")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+cohort=ckd_epi_2009", "+data=amos", f"data.root='{tmp_path}'"])
    rows = instantiate(config["data"], _convert_="all").rows
    cohort, _ = instantiate(config["cohort"], _convert_="all")(rows)
    assert cohort["group"].tolist() == [""]
