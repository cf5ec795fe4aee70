"""The whole way by the command line, on a cohort of boxes: seconds of training, real files, real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import psutil
import pytest
import yaml

from kseg.images import read_grid, write_nifti
from kseg.runs.status import observed_state, read_status

ROOT = Path(__file__).parent.parent
CREATININE = {"control": 60.0, "mild": 100.0, "moderate": 150.0, "severe": 400.0}
"""Of men of 50: CKD-EPI 2009 gives 109, 76, 47 and 14 mL/min/1.73 m^2."""
SPLIT = ("split=counts", "split.counts.val=1", "split.counts.test=2")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clinic_of_boxes(boxes, tmp_path_factory):
    """16 patients, 4 a group."""
    folder = tmp_path_factory.mktemp("clinic")
    rows = []
    for number in range(16):
        name, group = f"P{number:03}", list(CREATININE)[number % 4]
        made = boxes(number)
        write_nifti(folder / "images" / f"{name}.nii.gz", made.ct_hu, made.grid)
        write_nifti(folder / "parenchyma" / f"{name}.nii.gz", made.parenchyma.astype(np.uint8), made.grid)
        write_nifti(folder / "cortex" / f"{name}.nii.gz", made.cortex.astype(np.uint8), made.grid)
        rows.append({"patient_id": name, "sex": "M", "age": 50, "creatinine_umol_l": CREATININE[group]})
    pd.DataFrame(rows).to_csv(folder / "clinical.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def command(clinic_of_boxes, small_training):
    """The command that trains on the clinic of boxes."""
    return lambda root, *overrides: small_training(
        root, "data=folder", f"data.root={clinic_of_boxes}", *SPLIT, *overrides
    )


@pytest.fixture(scope="module")
def run_script(run):
    return lambda script, *overrides: run([sys.executable, str(ROOT / script), *overrides])


def wandb_records(root, tracking_id):
    """Every attempt's records by W&B's own reader, in order."""
    read = []
    for file in sorted(Path(root).glob(f"wandb/offline-run-*/run-{tracking_id}.wandb")):
        viewer = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(file)]
        lines = subprocess.run(viewer, capture_output=True, text=True, check=False).stdout.splitlines()
        read.append([json.loads(line) for line in lines])
    return read


@pytest.fixture(scope="module")
def finished(run, command, tmp_path_factory):
    root = tmp_path_factory.mktemp("finished")
    overrides = ("trainer.max_time=null", "trainer.max_steps=40", f"run_dir={root}/run", "name=boxes")
    done = run(command(root, *overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    return root, done.stdout


def test_a_run_leaves_all_that_other_programs_read(finished):
    root, _ = finished
    files = {str(path.relative_to(root / "run")) for path in (root / "run").rglob("*") if path.is_file()}
    wanted = {"config.yaml", "cohort.csv", "metrics.csv", "volumes.csv", "groups.csv", "tests.csv", "report.html"}
    assert wanted | {"status.json", "checkpoints/best.ckpt", "checkpoints/last.ckpt"} <= files
    assert not [name for name in files if "partial" in name]
    columns = {name: list(pd.read_csv(root / "run" / name).columns) for name in ("metrics.csv", "volumes.csv")}
    assert columns["metrics.csv"] == ["case_id", "group", "side", "structure", "metric", "value"]
    assert columns["volumes.csv"] == ["case_id", "group", "side", "structure", "reference_ml", "predicted_ml"]


def test_every_test_patient_is_outlined_on_the_ct_s_own_grid(finished):
    root, _ = finished
    cohort = pd.read_csv(root / "run" / "cohort.csv")
    test = cohort[cohort["split"] == "test"]
    assert len(test) == 8
    assert len(list((root / "run" / "predictions").iterdir())) == 8
    for case in test.itertuples():
        prediction = root / "run" / "predictions" / f"{case.case_id}.nii.gz"
        assert read_grid(prediction).same_as(read_grid(Path(case.image)), tolerance_mm=0)


def test_scores_equal_a_hand_count_of_voxels(finished):
    root, _ = finished
    metrics = pd.read_csv(root / "run" / "metrics.csv")
    row = metrics[(metrics["metric"] == "dice") & (metrics["structure"] == "cortex")].iloc[0]
    cohort = pd.read_csv(root / "run" / "cohort.csv").set_index("case_id").loc[row["case_id"]]
    outline = np.asarray(nib.load(cohort["cortex"]).dataobj) > 0
    predicted = np.asarray(nib.load(root / "run" / "predictions" / f"{row['case_id']}.nii.gz").dataobj) == 2
    assert row["value"] == pytest.approx(2 * (outline & predicted).sum() / (outline.sum() + predicted.sum()))


def test_the_network_learns_boxes(finished):
    root, output = finished
    groups = pd.read_csv(root / "run" / "groups.csv")
    overall = groups[(groups["group"] == "all") & (groups["metric"] == "dice")].set_index("structure")["mean"]
    assert overall["parenchyma"] > 0.8
    assert "control" in output
    assert "report.html" in output


def test_the_log_tells_what_every_epoch_was_drawn_from_and_the_terminal_what_was_waited(finished):
    root, output = finished
    told = (root / "run" / "train.log").read_text()
    assert told.count("8 patches: 2 control, 2 mild, 2 moderate, 2 severe; 3 cortex") == 10  # 40 steps of two patches
    assert "patches: " not in output
    assert "The network waited for data" in output


def test_the_run_in_wandb_is_finished_and_holds_curves_by_group(finished):
    root, _ = finished
    status = read_status(root / "run" / "status.json")
    assert status.state == "finished"
    (records,) = wandb_records(root, status.tracking_id)
    (started,) = [record["run"]["config"]["update"] for record in records if record["type"] == "run"]
    assert started["cohort"]["cut_points"]["severe"] == 0
    assert len(started["cohort_digest"]) == 64
    text = json.dumps(records)
    for key in ("val/dice/cortex/severe", "val/dice/cortex/worst_group", "test/dice/parenchyma", "train/loss"):
        assert key in text
    assert "P00" not in text
    assert str(root) not in text
    assert records[-1]["type"] == "exit"
    assert records[-1]["exit"].get("exit_code", 0) == 0


def test_evaluating_again_gives_the_same_tables(run_script, finished):
    root, _ = finished
    tables = ("metrics.csv", "volumes.csv", "groups.csv", "tests.csv")
    before = {name: (root / "run" / name).read_bytes() for name in tables}
    for name in tables:
        (root / "run" / name).unlink()
    done = run_script("evaluate.py", f"run={root}/run", "rescore=true")
    assert done.returncode == 0, done.stderr
    assert {name: (root / "run" / name).read_bytes() for name in tables} == before


def test_a_table_from_elsewhere_is_tested_without_images(run_script, finished, tmp_path):
    root, _ = finished
    table = pd.read_csv(root / "run" / "metrics.csv")[["case_id", "group", "structure", "metric", "value"]]
    table.to_csv(tmp_path / "theirs.csv", index=False)
    done = run_script("evaluate.py", f"table={tmp_path}/theirs.csv", f"output={tmp_path}/out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "tests.csv").read_bytes() == (root / "run" / "tests.csv").read_bytes()


def test_a_new_ct_is_outlined_as_the_run_outlined_it(run_script, finished, tmp_path):
    root, _ = finished
    cohort = pd.read_csv(root / "run" / "cohort.csv")
    case = cohort[cohort["split"] == "test"].iloc[0]
    done = run_script("predict.py", f"run={root}/run", f"input={case['image']}", f"output={tmp_path}")
    assert done.returncode == 0, done.stderr
    again = nib.load(tmp_path / f"{case['case_id']}.nii.gz")
    before = nib.load(root / "run" / "predictions" / f"{case['case_id']}.nii.gz")
    assert np.array_equal(again.dataobj, before.dataobj)
    measured = pd.read_csv(tmp_path / "measurements.csv").iloc[0]
    assert measured["parenchyma_ml"] == pytest.approx((np.asarray(before.dataobj) > 0).sum() * 8 / 1000)


def test_a_finished_run_refuses_other_values(run_script, finished):
    root, _ = finished
    done = run_script("train.py", f"run_dir={root}/run", "seed=2")
    assert done.returncode == 1
    assert "goes on from its own config; leave out seed=2" in done.stderr
    assert "Traceback" not in done.stderr


def start(command, run):
    """Start a training, and wait until it has something to go on from."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=ROOT
    )
    deadline = time.monotonic() + 300
    while not (run / "checkpoints" / "last.ckpt").is_file():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return process


def test_a_training_killed_outright_goes_on_from_its_last_checkpoint(run_script, command, tmp_path):
    run = tmp_path / "run"
    process = start(command(tmp_path, "trainer.max_time=null", "trainer.max_steps=200", f"run_dir={run}"), run)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    killed = read_status(run / "status.json")
    assert observed_state(killed) == "interrupted"

    done = run_script("train.py", f"run_dir={run}")
    assert done.returncode == 0, done.stdout + done.stderr
    status = read_status(run / "status.json")
    assert status.state == "finished"
    assert [attempt["ended"] for attempt in status.earlier] == ["interrupted"]
    assert status.tracking_id == killed.tracking_id
    first, second = wandb_records(tmp_path, status.tracking_id)
    assert "exit" not in {record["type"] for record in first}
    assert second[-1]["type"] == "exit"
    assert first_step(second) > 0  # it went on, it did not begin again


def test_a_training_whose_worker_is_killed_says_so_and_goes_on_when_started_again(run_script, command, tmp_path):
    run = tmp_path / "run"
    bounds = ("trainer.max_time=null", "trainer.max_steps=80", "trainer.val_check_interval=1000", "patches.workers=2")
    process = start(command(tmp_path, *bounds, "logger=none", f"run_dir={run}"), run)
    trainer = psutil.Process(process.pid)
    workers = [child for child in trainer.children() if child.cmdline() == trainer.cmdline()]
    assert len(workers) == 2
    workers[0].kill()
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "a process that cuts patches was killed" in told
    assert "Traceback" not in told
    assert read_status(run / "status.json").state == "failed"

    done = run_script("train.py", f"run_dir={run}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Trained for 80 steps" in done.stdout


def first_step(records):
    """The training step of the first line of history."""
    for record in records:
        if "trainer/global_step" in (line := record.get("history", {}).get("item", {})):
            return line["trainer/global_step"]
    raise AssertionError("no step was logged")


def test_a_training_that_breaks_is_failed_everywhere(run, command, tmp_path):
    overrides = ("trainer=quick", f"run_dir={tmp_path}/run", "model.network.out_channels=2")
    done = run(command(tmp_path, *overrides))
    assert done.returncode != 0
    status = read_status(tmp_path / "run" / "status.json")
    assert status.state == "failed"
    assert status.error
    (records,) = wandb_records(tmp_path, status.tracking_id)
    assert records[-1]["exit"]["exit_code"] == 1


def test_bad_input_ends_in_plain_lines_and_exit_code_one(run_script, tmp_path):
    done = run_script("train.py", "data=folder", f"data.root={tmp_path}/nowhere", f"run_dir={tmp_path}/run")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "nowhere" in done.stderr


def test_two_processes_train_together_and_one_of_them_reports(run, command, tmp_path):
    overrides = (
        "trainer=ddp_cpu",
        "trainer.val_check_interval=100",
        "trainer.max_time=null",
        "trainer.max_steps=8",
        f"run_dir={tmp_path}/run",
    )
    done = run(command(tmp_path, *overrides))
    assert done.returncode == 0, done.stdout + done.stderr
    status = read_status(tmp_path / "run" / "status.json")
    assert status.state == "finished"
    assert status.earlier == ()
    assert len(list((tmp_path / "run" / "predictions").iterdir())) == 8
    assert done.stdout.count("The report, with figures") == 1
    (records,) = wandb_records(tmp_path, status.tracking_id)
    assert records[-1]["exit"].get("exit_code", 0) == 0


def test_a_sweep_refuses_what_would_go_wrong_in_silence(run_script, tmp_path):
    sweep = ("-m", "seed=1,2", "trainer=ddp_cpu", f"paths.root={tmp_path}", f"run_dir={tmp_path}/run")
    done = run_script("train.py", *sweep, f"sweep_dir={tmp_path}/sweeps")
    assert done.returncode == 1
    assert "run_dir places a single run" in done.stderr
    assert "cannot be part of a sweep" in done.stderr
    assert not list(tmp_path.rglob("*.ckpt"))


def test_a_sweep_leaves_a_folder_a_job_and_one_group(run_script, clinic_of_boxes, tmp_path):
    sweep = ("-m", "seed=1,2", "trainer=quick", "trainer.max_steps=2", "patches.patch_size=[32,32,16]", "name=seeds")
    done = run_script(
        "train.py",
        *sweep,
        "data=folder",
        f"data.root={clinic_of_boxes}",
        f"paths.root={tmp_path}",
        f"sweep_dir={tmp_path}/sweeps/seeds",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    runs = sorted((tmp_path / "sweeps" / "seeds").glob("*/status.json"))
    assert len(runs) == 2
    assert not any("=" in str(run.relative_to(tmp_path)) for run in runs)
    assert {read_status(run).state for run in runs} == {"finished"}
    started = [
        next(r["run"] for r in wandb_records(tmp_path, read_status(run).tracking_id)[0] if "run" in r) for run in runs
    ]
    assert {run["run_group"] for run in started} == {"seeds"}
    assert len({run["display_name"] for run in started}) == 2


def test_settings_left_to_the_training_cases_are_settled_once_and_kept(run, run_script, command, tmp_path):
    left_open = ("prepare=fingerprint", "prepare.spacing_mm=fingerprint.spacing_mm")
    bounds = ("trainer=quick", "trainer.max_steps=4", "logger=none", f"run_dir={tmp_path}/run")
    done = run(command(tmp_path, *left_open, *bounds))
    assert done.returncode == 0, done.stdout + done.stderr
    settled = (tmp_path / "run" / "config.yaml").read_bytes()
    prepare = yaml.safe_load(settled)["prepare"]
    assert prepare["spacing_mm"] == [2.0, 2.0, 2.0]  # the boxes' own
    # medulla 110 +- 15 and cortex 200 +- 15 HU: 75 to 240, a quarter of it beyond, and down to fat
    assert prepare["window_hu"] == [-120, pytest.approx(281, abs=10)]

    (tmp_path / "run" / "status.json").unlink()  # as if it had been interrupted
    done = run_script("train.py", f"run_dir={tmp_path}/run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "run" / "config.yaml").read_bytes() == settled
    assert "suggest" not in done.stdout
