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
