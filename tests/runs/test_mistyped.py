"""Is a key or a choice that there is not told with the nearest, and all else left alone?"""

import subprocess
import sys
from pathlib import Path

import pytest

from kseg.runs.mistyped import mistyped_arguments

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("modle=unet", "modle=unet: there is no key modle, nearest is model; --help lists every key"),
        ("model=unet_tinny", "model=unet_tinny: there is no such model, nearest is unet_tiny or unetr_tiny"),
        ("model=unet,unet_tinny", "model=unet_tinny: there is no such model, nearest is unet_tiny or unetr_tiny"),
        (
            "patches.patchsize=[8,8,8]",
            "patches.patchsize=[8,8,8]: there is no key patches.patchsize, nearest is patches.",
        ),
        ("patch_size=[8,8,8]", "patch_size=[8,8,8]: there is no key patch_size, nearest is patches.patch_size"),
        ("model/loss=dice", "model/loss=dice: there is no such model/loss, nearest is dice_ce"),
        ("logger=null", "logger=null: there is no such logger"),
        ("sed=2", "sed=2: there is no key sed, nearest is seed"),
    ],
)
def test_what_is_mistyped_is_told_with_the_nearest(typed, problem):
    (told,) = mistyped_arguments([typed], "train")
    assert told.startswith(problem)
    assert not any(word.startswith("_") for word in told.split())


@pytest.mark.parametrize(
    "typed",
    [
        "-m model=unet_tiny,segresnet_tiny seed=1,2 name=first",
        "hparams_search=optuna name=rates",
        "experiment=folds trainer.max_steps=3",
        "data=folder data.root=x logger.mode=online model.network.channels=[4,8]",
        "+callbacks.asked={_target_:asked.AtStep,step:7} callbacks.asked.step=8",
        "hydra/launcher=submitit_slurm hydra.launcher.partition=x",
        "~logger model.inferer.overlap=0.5 split=reuse split.cohort=x",
        "augment=none metrics.dice._target_=mine.dice",
        "--config-dir mine modle=x",
        "hydra.searchpath=[file:///mine] model=theirs",
    ],
)
def test_what_there_is_passes(typed):
    assert mistyped_arguments(typed.split(), "train") == []


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("train.py", "seed"),
        ("evaluate.py", "table"),
        ("predict.py", "input"),
        ("-m kseg.cases check", "output"),
        ("-m kseg.prediction show", "run"),
    ],
)
def test_every_command_tells_it_in_one_line(command, known):
    asked = [sys.executable, *command.split(), f"{known}x=1"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"kseg: {known}x=1: there is no key {known}x, nearest is {known}")
