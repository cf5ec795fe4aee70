import json
import os
import re
import socket
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from kseg.clinical.cohort import cohort_digest, read_cohort
from kseg.report.tables import read_table
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder
from kseg.runs.status import read_status
from kseg.tracking.pseudonyms import KEY_FILE, pseudonym
from kseg.tracking.redaction import Redaction
from kseg.tracking.retold import tell_evaluation

ROOT = Path(__file__).parents[2]
USER, HOST = "drmueller", "radiology-ws7"
PACKED = (".png", ".pt")
GROUPS = ("control", "mild", "moderate", "severe")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logged(command, tmp_path_factory):
    root = tmp_path_factory.mktemp("logged")
    bounds = ("trainer.max_time=null", "trainer.max_steps=30", "trainer.val_check_interval=10")
    (root / "sitecustomize.py").write_text(f"import socket\nsocket.gethostname = lambda: {HOST!r}\n")
    environment = {**os.environ, "LOGNAME": USER, "HOME": str(root / "home" / USER), "PYTHONPATH": f"{root}:{ROOT}"}
    typed = command(root, *bounds, f"run_dir={root}/run", "name=boxes", "trainer.log_every_n_steps=5")
    done = subprocess.run(typed, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return RunFolder(root / "run"), root, done.stdout


@pytest.fixture(scope="module")
def records(logged, wandb_records):
    run, root, _ = logged
    (read,) = wandb_records(root, read_status(run.status).tracking_id)
    return read


@pytest.fixture(scope="module")
def key(logged):
    run, _, _ = logged
    return bytes.fromhex((Path(read_config(run.config)["data"]["root"]) / KEY_FILE).read_text())


def summary(records):
    values = {}
    for record in records:
        values |= record.get("summary", {}).get("update", {})
    return values


def lines(records):
    return [record["history"]["item"] for record in records if record["type"] == "history"]


def media(root, tracking_id):
    (folder,) = root.glob(f"wandb/offline-run-*-{tracking_id}/files")
    return folder


def pixels(file):
    with Image.open(file) as picture:
        return np.array(picture)


def test_it_has_its_group_its_kind_its_tags_and_its_config(logged, records):
    run, _, _ = logged
    (started,) = [record["run"] for record in records if record["type"] == "run"]
    config = started["config"]["update"]
    assert (started["project"], started["run_group"], started["job_type"]) == ("kseg", "boxes", "train")
    assert set(started["tags"]) == {"unet_tiny", "folder"}
    assert "prepare.spacing_mm=[2,2,2]" in started["display_name"]  # the first that was typed and is no place
    assert config["trainer"]["max_steps"] == 30
    assert config["cohort_digest"] == cohort_digest(read_cohort(run.cohort))
    assert config["git_commit"] == read_status(run.status).git_commit


def test_curves_hold_loss_and_its_parts_rate_pace_memory_and_the_axes(records):
    told = [line for line in lines(records) if "train/loss" in line]
    assert [line["trainer/global_step"] for line in told] == [4, 9, 14, 19, 24, 29]
    for line in told:
        assert line["train/loss"] == pytest.approx(line["train/loss/overlap"] + line["train/loss/voxelwise"], rel=1e-5)
        assert line["train/learning_rate"] > 0
        assert line["data/patches_per_s"] > 0
        assert 0 <= line["data/wait_share"] <= 1
        assert 0.1 < line["memory/process_gb"] < 100
        assert {"epoch", "hours"} <= set(line)
    validated = [line for line in lines(records) if "val/dice/cortex" in line]
    assert len(validated) == 3
    for structure in ("parenchyma", "cortex"):
        scores = [validated[-1][f"val/dice/{structure}/{group}"] for group in GROUPS]
        assert validated[-1][f"val/dice/{structure}/worst_group"] == min(scores)
        assert validated[-1][f"val/dice/{structure}"] == pytest.approx(sum(scores) / 4)


def test_every_validation_shows_the_same_patient_of_each_group_in_two_planes(logged, records, key):
    run, root, _ = logged
    cohort = read_cohort(run.cohort)
    folder = media(root, read_status(run.status).tracking_id)
    for group in GROUPS:
        name = f"pictures/val/{group}"
        shown = [line for line in lines(records) if f"{name}.captions" in line]
        assert len(shown) == 3
        first = cohort[(cohort["split"] == "val") & (cohort["group"] == group)].iloc[0]
        for line in shown:
            axial, coronal = line[f"{name}.captions"]
            assert axial.startswith(f"{group}, {pseudonym(first['case_id'], key)}, axial: Dice parenchyma 0.")
            assert ", coronal: " in coronal
            for masks in line[f"{name}.all_masks"]:
                assert set(masks) == {"reference", "prediction"}
                assert set(np.unique(pixels(folder / masks["reference"]["path"]))) == {0, 1, 2}
        assert pixels(folder / shown[0][f"{name}.filenames"][0]).shape == (384, 384)


def test_masks_have_class_names(records):
    labels = {}
    for record in records:
        labels |= record.get("config", {}).get("update", {}).get("_wandb", {}).get("mask/class_labels", {})
    assert labels["pictures/val/severe_wandb_delimeter_prediction"]["value"] == {
        "0": "background",
        "1": "medulla",
        "2": "cortex",
        "3": "parenchyma, undivided",
    }


def test_at_the_end_best_and_worst_of_each_group_are_shown(logged, records, key):
    run, _, _ = logged
    metrics = read_table(run.metrics)
    whole = metrics[(metrics["side"] == "both") & (metrics["metric"] == "dice") & (metrics["structure"] == "cortex")]
    for group in GROUPS:
        ranked = whole[whole["group"] == group].sort_values("value")
        captions = summary(records)[f"pictures/test/{group}.captions"]
        assert len(captions) == 6  # two patients in three planes
        assert captions[0].startswith(f"best, {pseudonym(ranked['case_id'].iloc[-1], key)}, axial")
        assert captions[3].startswith(f"worst, {pseudonym(ranked['case_id'].iloc[0], key)}, axial")
        assert f"cortex {ranked['value'].iloc[0]:.3f}" in captions[3]


def test_the_summary_sorts_a_sweep_by_validation_with_the_test_beside_it(logged, records):
    run, _, _ = logged
    told, chosen = summary(records), read_status(run.status).chosen
    assert {name: told[name] for name in chosen} == chosen
    groups, tests = read_table(run.groups), read_table(run.tests)
    dice = groups[(groups["metric"] == "dice") & (groups["structure"] == "cortex")].set_index("group")["mean"]
    assert told["test/dice/cortex"] == dice["all"]
    assert told["test/dice/cortex/worst_group"] == dice[list(GROUPS)].min()
    assert told["test/dice/cortex/worst_group_name"] == dice[list(GROUPS)].idxmin()
    assert told["test/dice/cortex/severe"] == dice["severe"]
    welch = tests.query("test == 'welch_anova' and metric == 'dice' and structure == 'cortex'").iloc[0]
    assert told["test/dice/cortex/p_holm"] == welch["p_holm"]
    assert told["test/dice/cortex/verdict"] == welch["verdict"]
    assert (told["ended"], told["reason"]) == ("finished", "")


@pytest.mark.parametrize("name", ["metrics", "groups", "tests", "volumes"])
def test_tables_are_those_of_the_run_with_pseudonyms(logged, records, key, name):
    run, root, _ = logged
    told = json.loads(
        (media(root, read_status(run.status).tracking_id) / summary(records)[f"tables/{name}.path"]).read_text()
    )
    expected = read_table(run.path / f"{name}.csv")
    if "case_id" in expected:
        expected["case_id"] = [pseudonym(case, key) for case in expected["case_id"]]
    found = pd.DataFrame(told["data"], columns=told["columns"])
    for column in expected:
        if pd.api.types.is_numeric_dtype(expected[column]):
            found[column] = found[column].astype(float)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_exact=True)


def test_weights_and_report_come_from_the_cohort(logged, records):
    run, root, _ = logged
    kept = {record["artifact"]["type"]: record["artifact"] for record in records if record["type"] == "artifact"}
    assert set(kept) == {"cohort", "model", "report", "tables"}
    assert kept["cohort"]["use_after_commit"]
    metadata = json.loads(kept["cohort"]["metadata"])
    assert metadata["digest"] == cohort_digest(read_cohort(run.cohort))
    assert {"group": "severe", "split": "test", "cases": 2} in metadata["counts"]
    files = {
        entry["path"]: root / entry["local_path"] for one in kept.values() for entry in one["manifest"]["contents"]
    }
    assert {"counts.csv", "weights.pt", "config.yaml", "report.html"} < set(files)
    weights = torch.load(files["weights.pt"], weights_only=True)["state_dict"]
    chosen = torch.load(run.best_checkpoint, weights_only=True)["state_dict"]
    assert all(torch.equal(weights[name], chosen[name]) for name in chosen)
    assert len(weights) == len(chosen)


def secrets(run, root):
    cohort = read_cohort(run.cohort)
    paths = {str(root), str(ROOT), str(Path(cohort["image"].iloc[0]).parent.parent)}
    return {*cohort["case_id"], *cohort["patient_id"], *paths, USER, HOST, socket.gethostname()}


def told_files(root):
    """All that W&B was told and would send; its own diagnostics in `logs` stay on the machine."""
    for pattern in ("offline-run-*/*.wandb", "offline-run-*/files/**/*", "artifacts/**/*"):
        yield from (file for file in root.glob(f"wandb/{pattern}") if file.is_file())


def leaks(root, words):
    """Where which of these words stands, in a file's name or in what it holds, unpacked where it is packed.

    A short name, as of this host, may come up in packed pixels by chance: it is looked for as a word, in words.
    """
    found = set()
    for file in told_files(root):
        content = [str(file.relative_to(root)).encode(), file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                content += [archive.read(name) for name in archive.namelist()]
                content += [name.encode() for name in archive.namelist()]
        for word in words:
            is_short = len(word) < 4
            pattern = rb"\b%s\b" % re.escape(word.encode()) if is_short else re.escape(word.encode())
            if not (is_short and file.suffix in PACKED) and any(re.search(pattern, part) for part in content):
                found.add((file.suffix, word))
    return found


def test_nothing_that_was_told_names_a_patient_a_path_a_user_or_a_host(logged):
    run, root, _ = logged
    assert len({file.suffix for file in told_files(root)} & {".wandb", ".png", ".json", ".html", ".pt", ".yaml"}) == 6
    assert leaks(root, secrets(run, root)) == set()


def test_the_search_finds_what_is_told_without_redaction(logged, monkeypatch, tmp_path):
    run, root, _ = logged
    config = read_config(run.config)
    (tmp_path / "wandb").mkdir()
    group = f"boxes of {USER} on {HOST}"
    config = {**config, "logger": {**config["logger"], "folder": str(tmp_path), "group": group}}
    monkeypatch.setenv("LOGNAME", USER)
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    tell_evaluation(run, config, {})
    assert leaks(tmp_path, secrets(run, root)) == set()
    for name in ("text", "patient", "config", "table"):
        monkeypatch.setattr(Redaction, name, lambda self, told: told)
    tell_evaluation(run, config, {})
    found = leaks(tmp_path, secrets(run, root))
    assert {(".wandb", str(root)), (".wandb", USER), (".wandb", HOST)} <= found
    cohort = read_cohort(run.cohort)
    tested = set(cohort[cohort["split"] == "test"]["case_id"])
    assert {word for suffix, word in found if suffix == ".json"} >= tested
    assert {word for suffix, word in found if suffix == ".wandb"} >= tested


def test_the_report_is_the_same_but_for_the_names(logged, key):
    run, root, _ = logged
    (copy,) = root.glob("wandb/artifacts/kseg/*/report.html")
    told, own = copy.read_text(), run.report.read_text()
    shown = [case for case in read_cohort(run.cohort)["case_id"] if case in own]
    assert shown
    for case in shown:
        own = own.replace(case, pseudonym(case, key))
    assert told == own


def test_it_is_said_how_long_logging_took(logged):
    _, _, told = logged
    assert "Logging took" in told
