"""Is a dataset of nnU-Net's raw layout read, and are its labels understood?

The fake folders follow https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md.
"""

import json
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from kseg.cases.nnunet.importer import read_nnunet
from kseg.errors import InputError
from kseg.outlines import Outline

CONF = Path(__file__).parents[3] / "conf"
KIDNEYS = {"background": 0, "kidney": 1}
PARTS = {"background": 0, "medulla": 1, "cortex": 2}


def add(root, *cases, part="Tr", channels=1, ending=".nii.gz"):
    for folder in (f"images{part}", f"labels{part}"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for case in cases:
        for channel in range(channels):
            (root / f"images{part}" / f"{case}_{channel:04d}{ending}").touch()
        (root / f"labels{part}" / f"{case}{ending}").touch()


def describe(root, labels, **others):
    description = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 2, "file_ending": ".nii.gz"}
    (root / "dataset.json").write_text(json.dumps(description | others))


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "Dataset501_KIDNEY"
    add(root, "P1", "P2")
    describe(root, KIDNEYS)
    return root


def outlines(imported):
    """The values of the first case's parenchyma and cortex, and of what is undivided."""
    row = imported.rows.iloc[0]
    cortex = Outline.parse(row["cortex"]) if row["cortex"] else Outline(())
    return Outline.parse(row["parenchyma"]).values, cortex.values, cortex.undecided


def refusals_of(root, **settings):
    with pytest.raises(InputError) as caught:
        read_nnunet(root, **settings)
    return [problem.replace(f"{root}/", "") for problem in caught.value.problems]


def test_a_dataset_is_read_without_a_table(root):
    imported = read_nnunet(root)
    assert imported.rows["case_id"].tolist() == imported.rows["patient_id"].tolist() == ["P1", "P2"]
    assert imported.rows["image"][1] == f"{root}/imagesTr/P1_0000.nii.gz"
    assert imported.rows["parenchyma"][1] == f"{root}/labelsTr/P1.nii.gz[1]"
    assert imported.rows["cortex"].tolist() == imported.rows["split"].tolist() == ["", ""]
    assert imported.problems == ()
    assert imported.remarks == (
        "by the names of the labels background (0), kidney (1): parenchyma is 1, no cortex",
        "no table: 2 cases are called by the files, each a patient without clinical values",
    )


def test_labelled_test_cases_have_the_split_test_and_others_are_left_out(root):
    add(root, "P3", "P4", part="Ts")
    (root / "labelsTs" / "P4.nii.gz").unlink()
    imported = read_nnunet(root)
    assert imported.rows[["case_id", "split"]].to_numpy().tolist() == [["P1", "train"], ["P2", "train"], ["P3", "test"]]
    assert imported.rows["image"][3] == f"{root}/imagesTs/P3_0000.nii.gz"
    assert imported.problems == ()
    assert imported.remarks[-1] == "1 case of imagesTs has no labels, left out: P4"


def test_a_table_gives_clinical_values_and_goes_before_the_folders_split(root):
    add(root, "P3", "P4", "P5", part="Ts")
    (root / "labelsTs" / "P5.nii.gz").unlink()
    rows = "P3,F,50,80,\nP1,M,60,120,train\nP2,M,61,90,\nP4,F,40,70,val\nP5,F,41,70,\n"
    (root / "clinical.csv").write_text(f"patient_id,sex,age,creatinine_umol_l,split\n{rows}")
    imported = read_nnunet(root, table="auto")
    assert imported.rows["case_id"].tolist() == ["P3", "P1", "P2", "P4"]
    assert imported.rows["split"].tolist() == ["test", "train", "train", "val"]
    assert imported.rows["creatinine_umol_l"].tolist() == [80, 120, 90, 70]
    assert imported.problems == ()


def test_files_and_rows_that_lack_each_other_are_problems(root):
    add(root, "P3", "P4")
    add(root, "P2", "P5", part="Ts")
    (root / "imagesTr" / "P3_0000.nii.gz").unlink()
    (root / "imagesTs" / "P5_0000.nii.gz").unlink()
    assert list(read_nnunet(root).problems) == [
        "P3: no images{Tr,Ts}/P3_0000.nii.gz, nor as .nii, .nrrd, .mha or .mhd; "
        "add what is missing or take the other files out",
        "P5: no images{Tr,Ts}/P5_0000.nii.gz, nor as .nii, .nrrd, .mha or .mhd; "
        "add what is missing or take the other files out",
        "P2: lies in the training and in the test folders; keep one",
    ]
    (root / "clinical.csv").write_text("patient_id,sex,age,creatinine_umol_l\nP1,F,50,80\nP2,F,50,80\nP9,F,50,80\n")
    assert [problem.partition(",")[0] for problem in read_nnunet(root, table="clinical.csv").problems][:3] == [
        "P9: no images{Tr",
        "P3: lies in labels{Tr",
        "P4: lies in images{Tr",
    ]


def test_of_several_channels_the_first_is_read(root):
    add(root, "P1", "P2", channels=2)
    describe(root, KIDNEYS, channel_names={"0": "CT", "1": "PET"})
    imported = read_nnunet(root)
    assert imported.rows["image"][1].endswith("P1_0000.nii.gz")
    assert "of 2 channels the first is read" in imported.remarks


def test_scans_may_be_nrrd(root):
    for folder in ("imagesTr", "labelsTr"):
        for file in (root / folder).iterdir():
            file.unlink()
    add(root, "P1", ending=".nrrd")
    describe(root, KIDNEYS, file_ending=".nrrd")
    assert read_nnunet(root).rows["image"].tolist() == [f"{root}/imagesTr/P1_0000.nrrd"]


# labels


@pytest.mark.parametrize(
    ("labels", "parenchyma", "cortex"),
    [
        ({"background": 0, "kidneys": 1}, (1,), ()),
        ({"background": 0, "kidney_left": 1, "kidney_right": 2, "spleen": 3}, (1, 2), ()),
        ({"background": 0, "Right Kidney": 3, "left-kidney": 2, "adrenal_gland_left": 4}, (2, 3), ()),
        ({"background": 0, "renal_parenchyma": 1, "renal_pelvis": 2}, (1,), ()),
        ({"background": 0, "medulla": 1, "cortex": 2}, (1, 2), (2,)),
        ({"background": 0, "Renal Cortex": 1, "Renal Medulla": 2, "kidney": 3}, (1, 2, 3), (1,)),
        ({"cortex_left": 1, "cortex_right": 2, "medulla (left)": 3, "medulla (right)": 4}, (1, 2, 3, 4), (1, 2)),
        ({"background": 0, "parenchyma": [1, 2], "cortex": 2}, (1, 2), (2,)),
        ({"background": 0, "kidney": [1, 2, 3], "masses": [2, 3], "tumor": 2}, (1, 2, 3), ()),
    ],
)  # fmt: skip
def test_labels_are_understood_by_their_names(root, labels, parenchyma, cortex):
    describe(root, labels)
    assert outlines(read_nnunet(root)) == (parenchyma, cortex, ())


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ({"parenchyma": ["medulla", "cortex"], "cortex": "cortex"}, ((1, 2), (2,), ())),
        ({"parenchyma": [1, 2], "cortex": 2}, ((1, 2), (2,), ())),
        ({"cortex": []}, ((1, 2), (), ())),
        ({"parenchyma": None, "cortex": None, "undivided": "ignore"}, ((1, 2, 3), (2,), (3,))),
        ({"parenchyma": "ignore", "cortex": []}, ((3,), (), ())),
    ],
)
def test_labels_may_be_stated_by_name_or_integer(root, wanted, values):
    describe(root, PARTS | {"ignore": 3})
    assert outlines(read_nnunet(root, labels=wanted)) == values


def test_what_nnunet_ignores_is_remarked(root):
    describe(root, PARTS | {"ignore": 3})
    assert read_nnunet(root).remarks[:2] == (
        "by the names of the labels background (0), medulla (1), cortex (2), ignore (3): parenchyma is 1 2, cortex 2",
        "voxels that nnU-Net ignores (3) are read as background; where they are parenchyma that is not divided into "
        "cortex and medulla, set data.labels.undivided=ignore",
    )


UNTOLD = "cannot be told from their names; set data.labels.parenchyma=NAME, or [NAME,NAME]"


@pytest.mark.parametrize(
    ("labels", "wanted", "said"),
    [
        (
            {"background": 0, "liver": 1},
            {},
            [f"dataset.json: which of the labels background (0), liver (1) are parenchyma {UNTOLD}"],
        ),
        (
            {"background": 0, "cortex": 1},
            {},
            [f"dataset.json: which of the labels background (0), cortex (1) are parenchyma {UNTOLD}"],
        ),
        (
            PARTS,
            {"parenchyma": ["medulla", "kidney"], "cortex": 7, "undivided": "background", "kidneys": 1},
            [
                "data.labels.kidneys: not known; parenchyma, cortex, undivided are needed",
                "data.labels.parenchyma: 'kidney' is no label; there are background (0), medulla (1), cortex (2)",
                "data.labels.cortex: 7 is no label; there are background (0), medulla (1), cortex (2)",
                "data.labels.undivided: 'background' is no label; there are background (0), medulla (1), cortex (2)",
            ],
        ),
        (
            PARTS,
            {"parenchyma": "medulla"},
            [
                "data.labels.parenchyma: 1 without the cortex's 2; the parenchyma is medulla and cortex, "
                "give the values of both"
            ],
        ),
    ],
)
def test_labels_that_cannot_be_told_apart_are_told(root, labels, wanted, said):
    describe(root, labels)
    assert refusals_of(root, labels=wanted) == said


# what is not there at all


def test_a_folder_above_the_dataset_tells_what_it_holds(root):
    (problem,) = refusals_of(root.parent)
    assert problem == f"dataset.json: no such file; {root.parent.name} holds Dataset501_KIDNEY/"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not readable as JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
        ("[]", "labels None; an integer or a list of them for each name is needed, as in {\"kidney\": 1}"),
        ('{"labels": {"0": "background", "1": "kidney"}}', "labels {'0': 'background', '1': 'kidney'}; an integer or a "
         'list of them for each name is needed, as in {"kidney": 1}'),
        ('{"labels": {"kidney": 1}, "file_ending": ".png"}', "file_ending '.png'; "
         ".nii.gz, .nii, .nrrd, .mha, .mhd can be read"),
    ],
)  # fmt: skip
def test_a_description_that_cannot_be_used_is_told(root, content, said):
    (root / "dataset.json").write_text(content)
    assert refusals_of(root) == [f"dataset.json: {said}"]


def test_missing_folders_are_told(root):
    (root / "labelsTr").rename(root / "labels")
    assert refusals_of(root) == ["labelsTr: no such folder; Dataset501_KIDNEY holds dataset.json, imagesTr/, labels/"]


def test_the_config_reads_a_dataset_and_keeps_cases_without_a_group(root):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        overrides = ["+cohort=ckd_epi_2009", "+data=nnunet", f"data.root={root}", "data.labels.cortex=[]"]
        config = compose(overrides=overrides)
    imported = instantiate(config["data"], _convert_="all")
    cohort, _ = instantiate(config["cohort"], _convert_="all")(imported.rows)
    assert cohort["group"].tolist() == ["", ""]
