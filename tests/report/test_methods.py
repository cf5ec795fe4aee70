"""The methods, and the checklist."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf, open_dict

from kseg.report.claim import TOPICS, claim_table
from kseg.report.methods import methods

MADE = {"run": "x (y)", "seed": "7", "versions": "torch 2"}


@pytest.fixture(scope="module")
def config(pytestconfig):
    """The config of a training of the phantom, as a run leaves it."""
    with initialize_config_dir(str(pytestconfig.rootpath / "conf"), version_base="1.3"):
        composed = compose("train", ["paths.root=/secret/clinic", "logger=none"])
    with open_dict(composed):
        composed.overrides, composed.run_dir = [], "/secret/clinic/run"
        composed.paths.run = "/secret/clinic/run"
    return OmegaConf.to_container(composed, resolve=True)


def test_the_methods_say_what_the_config_says(config, evaluation):
    found = methods(config, evaluation, MADE)
    assert found["Groups"].endswith("control from 90, mild from 60, moderate from 30, severe from 0")
    assert found["Split"] == "stratified split (seed 1, fractions [train 0.5, val 0.125, test 0.375])"
    assert found["Network"].startswith("UNet (")
    assert "channels [16, 32, 64, 128]" in found["Network"]
    assert "patches of 96 \N{MULTIPLICATION SIGN} 96 \N{MULTIPLICATION SIGN} 32 voxels" in found["Training"]
    assert "best val/dice/mean counts" in found["Training"]
    assert "AdamW (lr 0.003" in found["Loss and optimiser"]
    assert "mirrored along axis [0]" in found["Inference"]
    assert found["Inference"].endswith("in boxes around what was found on a coarser grid")
    assert "margin of equivalence 0.02 in Dice (kseg's default)" in found["Tests"]
    assert "intervals of 95 %, of ω² of 90 %, of equivalence of 90 %" in found["Tests"]
    assert "resamples (BCa), asked for a wider level the fewer the patients" in found["Tests"]
    assert "level 0.05" in found["Tests"]
    assert found["Made with"] == "seed 7; versions torch 2"


def test_the_phantom_is_called_synthetic_and_no_patient(config, evaluation):
    found = methods(config, evaluation, MADE)
    answers = {int(line.cells[0]): line.cells[2] for line in claim_table(config, evaluation, MADE).lines}
    assert TOPICS[6] == "Sources of the data"
    for told in (found["Data"], answers[7]):
        assert "phantom" in told
        assert "synthetic" in told
        assert "no patients" in told
        assert "(seed 2025)" in told
    assert "6 synthetic test patients" in answers[21]


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("folder", "one file a case (data=folder)"),
        ("label_maps", "one label map a case (data=label_maps)"),
        ("kits", "Kidney Tumor Segmentation Challenge (KiTS)"),
        ("amos", "(AMOS22)"),
        ("totalsegmentator", "TotalSegmentator's"),
        ("nnunet", "nnU-Net's raw layout"),
    ],
)
def test_the_kind_of_data_is_told_and_is_not_called_synthetic(pytestconfig, evaluation, choice, told):
    with initialize_config_dir(str(pytestconfig.rootpath / "conf"), version_base="1.3"):
        composed = compose("train", [f"data={choice}", "data.root=/secret/clinic", "paths.root=/x", "logger=none"])
    config = {"data": OmegaConf.to_container(composed.data, resolve=True)}
    answers = {int(line.cells[0]): line.cells[2] for line in claim_table(config, evaluation, MADE).lines}
    assert told in answers[7]
    assert methods(config, evaluation, MADE)["Data"] == answers[7]
    assert not [answer for answer in answers.values() if "synthetic" in answer or "secret" in answer]


def test_no_path_of_a_machine_is_told(config, evaluation):
    config = {**config, "split": {"_target_": "kseg.clinical.known_split.reused_split", "cohort": "/secret/cohort.csv"}}
    told = [*methods(config, evaluation, MADE).values()]
    told += [cell for line in claim_table(config, evaluation, MADE).lines for cell in line.cells]
    assert not [text for text in told if "secret" in text]


def test_the_preparation_is_told_in_words_and_units(config, evaluation):
    prepare = config["prepare"]
    told = methods(config, evaluation, MADE)["Preparation"]
    assert (prepare["body_hu"], prepare["crop"]) == (-500, "body")
    assert told.endswith(
        "cut off at \N{MINUS SIGN}200 and 400, CTs by linear interpolation, "
        "cropped to the body, above \N{MINUS SIGN}500 HU"
    )
    cropped = methods({**config, "prepare": {**prepare, "crop": "kidneys"}}, evaluation, MADE)["Preparation"]
    assert cropped.endswith("\N{MINUS SIGN}500 HU, training cases to the kidneys and 50 mm around them")
    assert "gradients clipped at a norm of 5" in methods(config, evaluation, MADE)["Training"]


def test_no_key_of_a_table_stands_for_a_test_or_a_score(config, evaluation, volume_tests):
    of_volumes = [volume_tests, volume_tests.query("test == 'icc'").assign(test="ccc")]
    of_volumes.append(volume_tests.query("test == 'spearman'").assign(test="pearson"))
    metrics = pd.concat([evaluation.metrics.assign(metric=one) for one in ("dice", "nsd_2mm", "volume_error_percent")])
    found = replace(evaluation, metrics=metrics, tests_table=pd.concat([evaluation.tests_table, *of_volumes]))
    told = methods(config, found, MADE)
    assert told["Scores"].startswith("Dice, surface Dice at 2 mm, volume error (%), of each case")
    names = told["Tests"].partition("; level")[0]
    assert names.endswith(
        "Bland-Altman, Intraclass correlation ICC(A,1), Spearman, Lin's concordance correlation, Pearson"
    )


def test_the_methods_say_how_long_was_trained_where_it_was_kept(config, evaluation):
    assert config["trainer"]["max_steps"] == -1  # the budget is a time: without status.json nobody knows the steps
    told = methods(config, evaluation, {**MADE, "trained": "1435 steps in 7.2 minutes"})
    assert told["Training"].startswith("trained for 1435 steps in 7.2 minutes, validation included, at most 00:")
    assert told["Made with"] == "seed 7; versions torch 2"
    assert methods(config, evaluation, MADE)["Training"].startswith("at most 00:")


@pytest.mark.parametrize("ids", [[101, 102], ["Smith John", "P126"]])
def test_patients_who_are_listed_in_the_config_are_counted_and_not_named(config, evaluation, ids):
    listed = {
        "_target_": "kseg.clinical.split.listed_split",
        "_partial_": True,
        "train": None,
        "val": [103],
        "test": ids,
    }
    config = {**config, "split": listed}
    told = methods(config, evaluation, MADE)
    assert told["Split"] == "listed split (val 1 patient, test 2 patients)"
    words = [*told.values(), *[cell for line in claim_table(config, evaluation, MADE).lines for cell in line.cells]]
    assert not [text for text in words for one in (*ids, 103) if re.search(rf"\b{one}\b", text)]


def test_a_margin_that_somebody_set_is_not_called_a_default(pytestconfig, evaluation):
    with initialize_config_dir(str(pytestconfig.rootpath / "conf" / "evaluation"), version_base="1.3"):
        composed = compose("evaluate", ["stats.margin.dice=0.03"])
    told = methods(
        {"stats": {"margin": {"dice": composed.stats.margin.dice}, "default_margin": {"dice": 0.02}}}, evaluation, MADE
    )
    assert told["Tests"].endswith("margin of equivalence 0.03 in Dice")


def test_sexes_and_groups_are_counted_by_split_and_patient(evaluation):
    cases = pd.DataFrame(
        {
            "case_id": ["a1", "a2", "b", "c"],
            "patient_id": ["a", "a", "b", "c"],
            "sex": ["F", "F", "M", ""],
            "age": [50.0, 51.0, 70.0, float("nan")],
            "egfr": [95.0, 95.0, 20.0, float("nan")],
            "group": ["control", "control", "severe", ""],
            "split": ["test", "test", "test", "train"],
        }
    )
    said = methods({}, replace(evaluation, cases=cases), MADE)["Patients"]
    assert said == (
        "train: 1 CT of 1 patient, 1 without a group. test: 3 CTs of 2 patients, 1 female, 1 male, median age 60 years "
        "(50 to 70), median eGFR 58 mL/min/1.73 m² (20 to 95), 1 control, 1 severe"
    )


def test_all_items_of_the_checklist_are_there_and_what_nobody_knows_is_not_provided(config, evaluation):
    # Tejani et al. 2024 (CLAIM, 2024 update) has 44 items; item 44 is funding, item 33 external data
    answers = {int(line.cells[0]): line.cells[2] for line in claim_table(config, evaluation, MADE).lines}
    assert sorted(answers) == list(range(1, 45))
    assert (TOPICS[43], answers[44]) == ("Funding", "not provided")
    assert (TOPICS[32], answers[33]) == ("Tested on external data", "not provided")
    assert answers[24] == f"random, with seed {config['seed']}"
    bare = {int(line.cells[0]): line.cells[2] for line in claim_table({}, evaluation, MADE).lines}
    assert {bare[item] for item in (7, 9, 19, 20, 22, 24, 25, 26, 27, 32)} == {"not provided"}
