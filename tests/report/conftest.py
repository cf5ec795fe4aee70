"""A finished evaluation of a few patients, made in code."""

import numpy as np
import pandas as pd
import pytest

from kseg.images import Grid, write_nifti
from kseg.labels import Label
from kseg.metrics.missed import missed
from kseg.report.findings import Findings
from kseg.report.study import Study
from kseg.stats.volumes import cortical_fractions

GROUPS = ("control", "severe")
STRUCTURES = ("parenchyma", "cortex", "medulla")
AFFINE = np.array([[0, 0, 2.0, 0], [0, -1.5, 0, 0], [-4.0, 0, 0, 0], [0, 0, 0, 1]])  # axes in the order IPR
GRID = Grid((12, 40, 48), AFFINE)


@pytest.fixture(scope="session")
def study():
    return Study(
        name="Luo and Li 2025",
        citation="Luo and Li. Chongqing Medicine 2025;54(3):630-634.",
        patients=24,
        dice={"parenchyma": 0.9353, "cortex": 0.8148},
        f_statistics=[3.467, 4.972],
        df1=3,
        df2=20,
        claim="P > 0.05",
    )


@pytest.fixture(scope="session")
def evaluation(tmp_path_factory):
    """Six patients, three a group, one of them called `<script>`; her CT is missing."""
    folder = tmp_path_factory.mktemp("evaluation")
    names = ["A", "B", "<script>alert(1)</script>", "D", "E", "F"]
    patients = [(name, GROUPS[place // 3], place) for place, name in enumerate(names)]
    dice = pd.DataFrame(
        [
            (name, group, "both", structure, "dice", 0.95 - 0.1 * depth - 0.01 * place)
            for name, group, place in patients
            for depth, structure in enumerate(STRUCTURES)
        ],
        columns=["case_id", "group", "side", "structure", "metric", "value"],
    )
    volumes = pd.DataFrame(
        [
            (name, group, "both", structure, 100.0 + place, 103.0)
            for name, group, place in patients
            for structure in STRUCTURES
        ],
        columns=["case_id", "group", "side", "structure", "reference_ml", "predicted_ml"],
    )
    measured = volumes.assign(egfr=[90.0 - 10 * place for _, _, place in patients for _ in STRUCTURES])
    return Findings(
        metrics=dice,
        patients=dice,
        volumes=volumes,
        patient_volumes=measured,
        fractions=cortical_fractions(measured),
        missed=missed(volumes),
        groups_table=describe(dice),
        tests_table=tests_of_a_run(),
        cases=write_cases(folder, names),
        predictions=folder / "predictions",
        groups=GROUPS,
        confidence=0.95,
        alpha=0.05,
    )


def describe(dice):
    rows = []
    for structure in STRUCTURES:
        for group in (*GROUPS, "all"):
            own = dice[(dice["structure"] == structure) & (dice["group"].eq(group) | (group == "all"))]["value"]
            rows.append(
                {
                    **{"structure": structure, "metric": "dice", "group": group, "n": len(own), "n_missing": 0},
                    **{"mean": own.mean(), "sd": own.std(), "median": own.median(), "q1": own.min(), "q3": own.max()},
                    **{"worst": own.min(), "ci_low": own.min(), "ci_high": own.max()},
                }
            )
    return pd.DataFrame(rows)


def anova():
    common = {"metric": "dice", "test": "anova", "contrast": "groups", "n": 6, "df1": 1.0, "df2": 4.0, "effect": 0.4}
    found = [
        {"structure": "parenchyma", "statistic": 1.234, "p": 0.3291, "p_holm": 0.3291, "note": ""},
        {"structure": "cortex", "statistic": 27.5, "p": 0.0063, "p_holm": 0.0126, "note": ""},
        {"structure": "medulla", "statistic": np.nan, "p": np.nan, "p_holm": np.nan, "note": "not computed: why"},
    ]
    common |= {"ci_low": 0.1, "ci_high": 0.6, "margin": np.nan, "verdict": ""}
    return pd.DataFrame([common | row for row in found])


def tests_of_a_run():
    """The study's test, the one that the verdict rests on, and equivalence to the control."""
    study = anova()
    welch = study.assign(test="welch_anova", df2=3.7, verdict=["inconclusive", "different", "inconclusive"])
    tost = study.assign(
        test="tost", contrast="severe - control", effect=-0.03, ci_low=-0.05, ci_high=-0.01, margin=0.02,
        verdict="inconclusive", note="",
    )  # fmt: skip
    power = study.assign(
        test="power", statistic=np.nan, p=np.nan, p_holm=np.nan, effect_name="cohens_f", effect=[1.5, 1.6, 1.5],
        ci_low=np.nan, ci_high=np.nan, note="found in 80% of such studies, at p < 0.05; 1 patient missing",
    )  # fmt: skip
    of_welch = power.assign(contrast="groups (Welch)", effect=power["effect"] + 0.2)
    return pd.concat([study, welch, tost, power, of_welch], ignore_index=True)


def tests_of_volumes():
    """Agreement and correlation with eGFR, of numbers that nobody computed: what matters is where they stand."""
    empty = {"statistic": np.nan, "df1": np.nan, "df2": np.nan, "p": np.nan, "p_holm": np.nan, "margin": np.nan}
    empty |= {"metric": "volume_ml", "n": 6, "verdict": "", "note": "", "effect_name": "ml"}
    altman = {"bias": (0.5, -1.5, 2.5), "lower limit": (-3.2, -6.9, 0.5), "upper limit": (4.2, 0.5, 7.9)}
    rows = []
    for name in STRUCTURES:
        for contrast, (effect, low, high) in altman.items():
            rows.append(
                {"test": "bland_altman", "contrast": contrast, "effect": effect, "ci_low": low, "ci_high": high}
            )
        rows.append(
            {"test": "bland_altman", "contrast": "proportional bias", "effect": -2.0, "p": 0.0004, "p_holm": 0.0012}
        )
        rows.append({"test": "icc", "contrast": "predicted - outlined", "effect": 0.712, "ci_low": 0.1, "ci_high": 0.9})
        for source, rho in (("outlined", 0.83), ("predicted", 0.41)):
            rows.append({"test": "spearman", "contrast": source, "effect": rho, "p": 0.02, "p_holm": 0.06})
        for row in rows:
            row.setdefault("structure", name)
    return pd.DataFrame([{**empty, "ci_low": np.nan, "ci_high": np.nan, **row} for row in rows])


@pytest.fixture(scope="session")
def volume_tests():
    return tests_of_volumes()


def write_cases(folder, names):
    drawn = np.zeros(GRID.shape, dtype=np.uint8)
    drawn[3:9, 10:30, 8:20] = Label.CORTEX
    drawn[3:9, 15:25, 11:17] = Label.MEDULLA
    hu = np.random.default_rng(0).normal(40, 15, GRID.shape).astype(np.int16) + 100 * (drawn > 0).astype(np.int16)
    files = {
        "image": hu,
        "parenchyma": (drawn > 0).astype(np.uint8),
        "cortex": (drawn == Label.CORTEX).astype(np.uint8),
    }
    for kind, voxels in files.items():
        write_nifti(folder / f"{kind}.nii.gz", voxels, GRID)
    for name in names:
        if "<" not in name:
            write_nifti(folder / "predictions" / f"{name}.nii.gz", np.roll(drawn, 1, axis=1), GRID)
    paths = {kind: str(folder / f"{kind}.nii.gz") for kind in files}
    about = {"sex": "F", "age": 50.0, "egfr": 60.0, "split": "test"}
    rows = [
        {"case_id": name, "patient_id": name, "group": GROUPS[place // 3], **about, **paths}
        for place, name in enumerate(names)
    ]
    rows[2]["image"] = "/nowhere/<b>.nii.gz"
    return pd.DataFrame(rows)
