"""A trained run and a folder of CTs, in real processes: broken CTs, kills, Ctrl-C, several runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
TWENTY_STEPS = ("trainer.max_time=null", "trainer.max_steps=20")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(run, command, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    done = run(command(root, *TWENTY_STEPS, f"run_dir={root}/run", "logger=none"))
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "run"


@pytest.fixture
def cts(clinic_of_boxes, tmp_path):
    """Six sound CTs, and three that are broken in different ways."""
    folder = tmp_path / "cts"
    folder.mkdir()
    for image in sorted((clinic_of_boxes / "images").iterdir())[:6]:
        shutil.copy(image, folder)
    (folder / "empty.nii.gz").write_bytes(b"")
    (folder / "short.nii.gz").write_bytes((folder / "P001.nii.gz").read_bytes()[:3000])
    nib.save(nib.Nifti1Image(np.zeros((20, 20, 20), np.int16), np.eye(4)), folder / "zeros.nii.gz")
    return folder


@pytest.fixture
def start(trained, cts):
    """Begin to predict, in a process of its own."""

    def start(output):
        arguments = [f"run={trained}", f"input={cts}", f"output={output}"]
        return subprocess.Popen(
            [sys.executable, str(ROOT / "predict.py"), *arguments],
            **{"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True},
        )

    return start


def wait_for_rows(output, count, process):
    while process.poll() is None:
        if (output / "measurements.csv").exists() and len(pd.read_csv(output / "measurements.csv")) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(process.communicate())


def contents(output):
    return {file.name: file.read_bytes() for file in output.iterdir() if file.name != "prediction.json"}


def test_six_results_three_lines_exit_code_one_and_the_same_again(start, tmp_path):
    output = tmp_path / "out"
    told, errors = (process := start(output)).communicate()
    assert process.returncode == 1, told + errors
    assert "Traceback" not in told + errors
    for name in ("empty", "short", "zeros"):
        assert told.count(f"{name}: failed, ") == 1
        assert name in errors
    table = pd.read_csv(output / "measurements.csv")
    assert table["case_id"].tolist() == [f"P00{number}" for number in range(6)]
    for row in table.itertuples():
        counted = (np.asarray(nib.load(output / f"{row.case_id}.nii.gz").dataobj) > 0).sum() * 8 / 1000
        assert row.parenchyma_ml == pytest.approx(counted, abs=0.005)
    first = contents(output)
    again, _ = (process := start(output)).communicate()
    assert process.returncode == 1
    assert "6 of 9 CTs were done before" in again
    assert contents(output) == first
    assert str(tmp_path) not in (output / "prediction.json").read_text()


@pytest.mark.soak
def test_killed_and_started_again_it_goes_on_to_the_same_end(start, tmp_path):
    start(tmp_path / "whole").communicate()
    process = start(tmp_path / "killed")
    wait_for_rows(tmp_path / "killed", 2, process)
    process.kill()
    process.communicate()
    begun = len(pd.read_csv(tmp_path / "killed" / "measurements.csv"))
    told, _ = start(tmp_path / "killed").communicate()
    assert f"{begun} of 9 CTs were done before" in told
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


@pytest.mark.soak
def test_ctrl_c_ends_in_one_line_and_leaves_whole_files(start, tmp_path):
    process = start(tmp_path / "out")
    wait_for_rows(tmp_path / "out", 1, process)
    os.kill(process.pid, signal.SIGINT)
    told, errors = process.communicate()
    assert process.returncode == 128 + signal.SIGINT, told + errors
    assert "asked to end (Ctrl-C); the same command goes on" in errors
    assert "Traceback" not in errors
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.soak
def test_a_run_averaged_with_itself_says_what_it_says_alone(run_script, trained, cts, tmp_path):
    shutil.copytree(trained, tmp_path / "copy")
    one = ("predict.py", f"input={cts}/P000.nii.gz")
    alone = run_script(*one, f"run={trained}", f"output={tmp_path}/alone")
    both = run_script(*one, f"run=[{trained},{tmp_path}/copy]", f"output={tmp_path}/both")
    assert alone.returncode == both.returncode == 0, alone.stderr + both.stderr
    maps = [np.asarray(nib.load(tmp_path / folder / "P000.nii.gz").dataobj) for folder in ("alone", "both")]
    assert maps[0].any()
    assert np.array_equal(*maps)
    assert json.loads((tmp_path / "both" / "prediction.json").read_text())["runs"] == ["run", "copy"]


@pytest.mark.soak
def test_other_settings_and_formats_are_refused_in_a_line(run_script, trained, cts, tmp_path):
    one = ("predict.py", f"run={trained}", f"input={cts}/P000.nii.gz", f"output={tmp_path}/out")
    assert run_script(*one).returncode == 0
    done = run_script(*one, "mirror_axes=[]")
    assert done.returncode == 1
    assert "was made with other mirror axes and search; give another folder as output" in done.stderr
    done = run_script(*one, "format=rtstruct")
    assert "format is 'rtstruct'; nifti or dicom_seg is needed" in done.stderr
