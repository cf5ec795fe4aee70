"""Does `python -m kseg.cases` tell what a cohort is like, and what is wrong with it?"""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from kseg.cases.__main__ import refuse_unwritable
from kseg.clinical.folds import fold_split
from kseg.errors import InputError

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "lightning", "monai", "torchio", "wandb", "pandas", "scipy", "nibabel", "matplotlib"}
COARSE = ("data.patients_per_group=2", "+data.in_plane_mm=[4.0,4.2]")


def typed(*arguments, python=()):
    command = [sys.executable, *python, "-m", "kseg.cases", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A phantom of four patients that was checked once."""
    root = tmp_path_factory.mktemp("phantom")
    return root, typed("check", *COARSE, f"paths.root={root}")


@pytest.fixture(scope="module")
def phantom(checked):
    (folder,) = (checked[0] / "cases").iterdir()
    return folder


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_lists_every_command_in_a_few_lines(arguments):
    answer = typed(*arguments)
    assert answer.returncode == 0
    assert "  check " in answer.stdout
    assert len(answer.stdout.splitlines()) <= 6


def test_an_unknown_command_is_told_in_one_line():
    answer = typed("chekc", "data=phantom")
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == ["kseg: no command 'chekc'; it is check or export, before all else"]


def test_the_config_is_shown_without_importing_anything_heavy():
    answer = typed("check", "--cfg", "job", python=["-X", "importtime"])
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in answer.stderr.splitlines()}
    assert answer.returncode == 0
    assert "hydra" in imported
    assert not imported & HEAVY


@pytest.mark.slow
def test_a_sound_cohort_is_summed_up_with_a_page_and_a_table(checked):
    root, answer = checked
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[-1] == "8 CTs of 8 patients: no problems, 1 remark."
    assert any("leaves nobody for val" in line for line in lines)  # of two a group, the study's shares give val none
    assert {"Patients", "Volumes, ml", "Brightness, HU", "Scans"} <= set(lines)
    assert f"  {root}/check/check.html" in lines
    assert max(map(len, lines[: lines.index(f"  {root}/check/check.html")])) <= 80
    page = (root / "check" / "check.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 8
    table = pd.read_csv(root / "check" / "cases.csv")
    assert table["group"].tolist() == ["control", "mild", "moderate", "severe"] * 2
    assert (table["cortex_ml"] + table["medulla_ml"] - table["parenchyma_ml"]).abs().max() <= 0.11  # each to 0.1 ml


@pytest.mark.slow
def test_every_problem_is_told_with_exit_code_one_and_the_page_shows_the_rest(phantom, tmp_path):
    first, second, third, *_ = sorted(path.name for path in (phantom / "images").iterdir())
    clinic = tmp_path / "clinic"
    for folder in ("images", "parenchyma", "cortex"):
        (clinic / folder).mkdir(parents=True)
        for path in (phantom / folder).iterdir():
            (clinic / folder / path.name).write_bytes(path.read_bytes())
    (clinic / "clinical.csv").write_bytes((phantom / "clinical.csv").read_bytes())
    (clinic / "images" / first).write_bytes(b"no CT")
    (clinic / "cortex" / second).write_bytes((clinic / "images" / second).read_bytes())
    (clinic / "parenchyma" / third).unlink()
    answer = typed("check", "data=folder", f"data.root={clinic}", f"output={tmp_path / 'out'}")
    assert answer.returncode == 1
    told = answer.stderr.splitlines()
    for name in (first, second, third):
        assert [line.startswith(f"kseg: {name.removesuffix('.nii.gz')}: ") for line in told].count(True) == 1
    page = (tmp_path / "out" / "check.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 5
    assert page.count("no picture") == 3


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path):
    answer = typed("check", "data=folder", f"data.root={tmp_path / 'nowhere'}", f"output={tmp_path / 'out'}")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line.startswith(f"kseg: {tmp_path / 'nowhere'}: no such folder")
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_told_before_anything_is_read(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/out: .*file is no folder that can be written in"):
        refuse_unwritable(tmp_path / "file" / "out")
    refuse_unwritable(tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()


def test_a_path_that_must_be_quoted_is_told():
    answer = typed("check", "data=folder", "data.root=/a clinic (1)")
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert "quoted" in line


def test_a_cohort_is_checked_as_a_training_would_read_it():
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        training, check = (compose(name, ["paths.root=x"]) for name in ("train", "cases"))
    for key in ("seed", "cohort", "checks"):
        assert check[key] == training[key]
    assert check.split.fractions == training.split.fractions
    assert check.data._target_ == training.data._target_


@pytest.mark.slow
def test_an_export_with_folds_writes_the_folds_of_a_training(phantom, tmp_path):
    """The cohort of a training by hand: the same split, asked of `fold_split` itself."""
    given = ("data=folder", f"data.root={phantom}", "split=folds", "split.folds=2", "split.val=0")
    answer = typed("export", *given, f"output={tmp_path}", "nnunet.name=kidneys")
    assert answer.returncode == 0, answer.stderr
    folds = json.loads((tmp_path / "Dataset501_kidneys" / "splits_final.json").read_text())
    table = pd.read_csv(phantom / "clinical.csv")
    groups = ["control", "mild", "moderate", "severe"] * 2
    cohort = pd.DataFrame({"case_id": table["patient_id"], "patient_id": table["patient_id"], "group": groups})
    for fold, exported in enumerate(folds):
        split = fold_split(cohort, folds=2, fold=fold, repeat=0, val=0, seed=1).set_index("case_id")["split"]
        assert {case: "train" for case in exported["train"]} == split[split == "train"].to_dict()
        assert {case: "test" for case in exported["val"]} == split[split == "test"].to_dict()
