"""Finished runs, made in code."""

import contextlib
import importlib
import io
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from kseg.clinical.cohort import COHORT_COLUMNS
from kseg.runs.choosing import runs_in
from kseg.runs.config import resolved, write_config
from kseg.runs.status import Status, write_status

ROOT = Path(__file__).parents[2]
EVALUATION = ROOT / "conf" / "evaluation"
GROUPS = ("control", "mild", "moderate", "severe")
STRUCTURES = ("parenchyma", "cortex", "medulla")


@pytest.fixture(scope="session")
def choices():
    """What every run of these tests shares: groups, tests, report."""
    with initialize_config_dir(str(EVALUATION), version_base="1.3"):
        asked = resolved(compose("evaluate", ["stats.resamples=200"]))
    return {**asked, "cohort": asked["stages"], "name": "made", "objective": "val/dice/mean"}


@pytest.fixture(scope="session")
def finished_run(choices):
    """Write a run whose network reaches `dice` in these patients: patient n is of group n modulo 4."""

    def finished_run(folder, dice, *, patients, overrides, seed=1, split=None, chosen=0.8, state="finished"):
        config = {**choices, "seed": seed, "overrides": list(overrides), "split": split or {"seed": 1}}
        write_config(folder / "config.yaml", config)
        now = time.time()
        known = {"val/dice/mean": chosen}
        write_status(folder / "status.json", Status(state, os.getpid(), socket.gethostname(), now, now, chosen=known))
        cohort_of(patients).to_csv(folder / "cohort.csv", index=False)
        scores(patients, dice).to_csv(folder / "metrics.csv", index=False)
        volumes(patients).to_csv(folder / "volumes.csv", index=False)
        (folder / "predictions").mkdir()
        for number in patients:
            (folder / "predictions" / f"C{number:02}.nii.gz").write_bytes(b"")
        return folder

    return finished_run


@pytest.fixture(scope="session")
def evaluate():
    """The script, as a module."""
    sys.path.insert(0, str(ROOT))
    script = importlib.import_module("evaluate")
    sys.path.remove(str(ROOT))
    return script


@pytest.fixture(scope="session")
def compare(evaluate):
    """Do what `evaluate.py` does with several runs, in this process; answers with what it told."""

    def compare(*runs, output=None):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            evaluate.compare_runs(runs_in([str(run) for run in runs]), output and str(output))
        return told.getvalue()

    return compare


def cohort_of(patients):
    rows = [
        {"case_id": f"C{n:02}", "patient_id": f"P{n:02}", "egfr": 100.0 - 25 * (n % 4), "group": GROUPS[n % 4]}
        | {"split": "test", "image": "ct.nii.gz", "parenchyma": "p.nii.gz"}
        for n in patients
    ]
    rows.append({"case_id": "C99", "patient_id": "P99", "group": "mild", "split": "train"})
    return pd.DataFrame(rows, columns=list(COHORT_COLUMNS))


def scores(patients, dice):
    """`dice` is a number, or one a patient; a missed kidney has a Dice of 0 and no distance."""
    rows = []
    for n, value in zip(patients, np.broadcast_to(dice, len(patients)), strict=True):
        for depth, structure in enumerate(STRUCTURES):
            own = max(value - 0.1 * depth, 0.0)
            by_metric = {"dice": own, "hd95_mm": 100 * (1 - own) if own else "", "volume_error_ml": (-1) ** n * 5.0}
            key = (f"C{n:02}", GROUPS[n % 4], "both", structure)
            rows += [(*key, metric, number) for metric, number in by_metric.items()]
    return pd.DataFrame(rows, columns=["case_id", "group", "side", "structure", "metric", "value"])


def volumes(patients):
    rows = [
        (f"C{n:02}", GROUPS[n % 4], "both", structure, 100.0 + n, 103.0) for n in patients for structure in STRUCTURES
    ]
    return pd.DataFrame(rows, columns=["case_id", "group", "side", "structure", "reference_ml", "predicted_ml"])
