"""What a newcomer is told by --help."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "train.py": "python train.py -m",
    "evaluate.py": "python evaluate.py table=CSV output=FOLDER",
    "predict.py": "python predict.py run=RUN input=CT output=FOLDER",
    "-m kseg.cases check": "python -m kseg.cases check data=folder",
    "-m kseg.cases export": "python -m kseg.cases export data=folder",
    "-m kseg.prediction show": "python -m kseg.prediction show run=FILE",
    "-m kseg.prediction export": "python -m kseg.prediction export run=RUN output=FILE",
    "-m kseg.prediction onnx": "python -m kseg.prediction onnx run=RUN output=FILE",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_help_begins_with_how_the_command_is_called_and_lists_what_it_can_be_told(command):
    asked = [sys.executable, *command.split(), "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert COMMANDS[command] in told[:500]
    assert "Hydra" not in told
    value = "data:" if "cases" in command else "run_dir:" if command == "train.py" else "run:"
    assert f"\n{value}" in told


def listed(command):
    """The groups of choices in a command's help, as `group: choice, choice`."""
    asked = [sys.executable, *command.split(), "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = told.partition("These are chosen")[2].partition("All else is set")[0].splitlines()
    groups = [line.partition(": ") for line in lines[1:] if line]
    return {group.strip(): choices.split(", ") for group, _, choices in groups}


@pytest.mark.slow
def test_help_offers_a_training_s_choices_and_no_parts_of_them():
    groups = listed("train.py")
    assert {"segresnet_tiny", "unet"} <= set(groups["model"])
    assert {"sgd", "adamw"} <= set(groups["model/optimizer"])
    assert "study" in groups["experiment"]
    assert not [choice for choices in groups.values() for choice in choices if choice.startswith("_")]
    assert not [group for group in groups if group.startswith(("evaluation", "experiment/", "hydra"))]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["-m kseg.cases check", "-m kseg.cases export"])
def test_help_of_a_cohort_offers_what_makes_one(command):
    assert set(listed(command)) == {"paths", "cohort", "split", "checks", "report", "data"}


@pytest.mark.slow
def test_help_of_predict_tells_the_choices():
    told = subprocess.run(
        [sys.executable, "predict.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for choice in ("dicom_seg", "search=true", "mirror_axes=[0]"):
        assert choice in told.stdout


def test_help_of_a_pseudonym_tells_how_it_is_looked_up():
    asked = [sys.executable, "-m", "kseg.tracking", "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "python -m kseg.tracking RUN PSEUDONYM" in told.stdout
