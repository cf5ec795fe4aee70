"""The whole way by the command line, on a cohort of boxes: seconds of training, real files, real processes."""

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from kseg.images import read_grid
from kseg.runs.status import read_status

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


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


def test_the_steps_that_were_trained_are_kept_and_reported(finished):
    root, output = finished
    assert "Trained for 40 steps" in output
    assert read_status(root / "run" / "status.json").steps == 40
    assert "trained for 40 steps in " in (root / "run" / "report.html").read_text()


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
    assert told.count("8 patches: 2 control, 2 mild, 2 moderate, 2 severe; ") == 10  # 40 steps of two patches
    assert "patches: " not in output
    assert "The network waited for data" in output


def test_the_run_in_wandb_is_finished_and_holds_curves_by_group(finished, wandb_records):
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


def test_each_kidney_is_scored_where_asked(run_script, finished, tmp_path):
    root, _ = finished
    shutil.copytree(root / "run", tmp_path / "run")
    done = run_script("evaluate.py", f"run={tmp_path}/run", "sides=true")
    assert done.returncode == 0, done.stderr
    scores, before = (pd.read_csv(folder / "run" / "metrics.csv") for folder in (tmp_path, root))
    assert set(scores["side"]) == {"both", "right", "left"}
    both = scores[scores["side"] == "both"].reset_index(drop=True)
    pd.testing.assert_frame_equal(both, before)
    tests = pd.read_csv(tmp_path / "run" / "tests.csv")
    assert set(tests.loc[tests["test"] == "mixed_model", "structure"]) == {"parenchyma", "cortex", "medulla"}
    others = tests[tests["test"] != "mixed_model"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, pd.read_csv(root / "run" / "tests.csv"))


def test_a_table_from_elsewhere_is_tested_without_images(run_script, finished, tmp_path):
    root, _ = finished
    table = pd.read_csv(root / "run" / "metrics.csv")[["case_id", "group", "structure", "metric", "value"]]
    table.to_csv(tmp_path / "theirs.csv", index=False)
    done = run_script("evaluate.py", f"table={tmp_path}/theirs.csv", f"output={tmp_path}/out")
    assert done.returncode == 0, done.stderr
    theirs, ours = (pd.read_csv(folder / "tests.csv") for folder in (tmp_path / "out", root / "run"))
    ours = ours[~ours["metric"].isin(["volume_ml", "cortical_fraction"])]  # which need the label maps' volumes
    with_egfr = theirs["test"] == "spearman"
    assert set(theirs[with_egfr]["note"]) == {"not computed: the table has no eGFR"}
    pd.testing.assert_frame_equal(theirs[~with_egfr], ours[~with_egfr])


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
    counted = (np.asarray(before.dataobj) > 0).sum() * 8 / 1000
    assert measured["parenchyma_ml"] == pytest.approx(counted, abs=0.005)  # two decimals


def test_a_finished_run_refuses_other_values(run_script, finished):
    root, _ = finished
    done = run_script("train.py", f"run_dir={root}/run", "seed=2")
    assert done.returncode == 1
    assert "goes on from its own config; leave out seed=2" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_training_that_breaks_is_failed_everywhere(run, command, tmp_path, wandb_records):
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


@pytest.mark.parametrize("further", ["dry_run=true", "data=phantom"])
def test_values_of_the_wrong_kind_are_told_by_the_keys_that_were_typed(run_script, tmp_path, further):
    typed = ("seed=abc", 'patches.patch_size="[96,96,32]"', further, f"paths.root={tmp_path}", "logger=none")
    done = run_script("train.py", *typed)
    assert done.returncode == 1
    size = 'patches.patch_size="[96,96,32]": a list of whole numbers, as [A,B], is needed'
    assert set(done.stderr.splitlines()) == {"kseg: seed=abc: a whole number is needed", f"kseg: {size}"}


def test_two_processes_train_together_and_one_of_them_reports(run, command, tmp_path, wandb_records):
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
