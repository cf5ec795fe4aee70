"""Carry a trained model away: python -m kseg.prediction COMMAND."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from kseg.runs.commands import run_command

if TYPE_CHECKING:
    from kseg.runs.config import Config


@hydra.main(version_base="1.3", config_path="../../conf", config_name="model_export")
def export(composed: DictConfig) -> None:
    """Put a trained run, or several, into one file that predicts without its folder: predict.py run=FILE."""
    from kseg.prediction.carried import carried_of
    from kseg.prediction.model_file import write_model_file
    from kseg.runs.choosing import runs_in
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        output = file_to_write(asked)
        networks = [carried_of(run) for run in runs_in(asked["run"])]
        digest = write_model_file(output, networks)
        count = "1 network" if len(networks) == 1 else f"{len(networks)} networks"
        print(f"{output}: {count}, {output.stat().st_size / 1e6:.1f} MB\nSHA-256 {digest}")


@hydra.main(version_base="1.3", config_path="../../conf", config_name="model_onnx")
def onnx(composed: DictConfig) -> None:
    """Write a run's network as ONNX, for programs without PyTorch, and check it against PyTorch."""
    from kseg.errors import InputError
    from kseg.prediction.onnx_file import write_onnx
    from kseg.prediction.opened import trained_models
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        output = file_to_write(asked)
        models = trained_models(asked["run"], trust=asked["trust"])
        if len(models) != 1:
            raise InputError(f"{len(models)} networks were given; ONNX holds one: give run=FOLDER of one run")
        written = write_onnx(output, models[0], **asked["onnx"])
        size = " x ".join(map(str, written.patch_size))
        print(f"{output}: patches of {size}, ONNX opset {asked['onnx']['opset']}")
        print(f"ONNX Runtime's logits differ from PyTorch's by {written.difference:.1e} at most")


@hydra.main(version_base="1.3", config_path="../../conf", config_name="model_show")
def show(composed: DictConfig) -> None:
    """Tell what an exported file holds: of whom, with what, how well it did; nothing of it is run."""
    from kseg.prediction.contents import contents_in_words
    from kseg.prediction.model_file import digest, read_model_file
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        file = Path(str(resolved(composed)["run"]))
        networks = read_model_file(file)
        print(f"{file}\nSHA-256 {digest(file)}")
        for network in networks:
            print(contents_in_words(network))


def file_to_write(asked: Config) -> Path:
    """The place that was asked for, before minutes are spent on what belongs there."""
    from kseg.errors import InputError

    output = Path(str(asked["output"])).expanduser().absolute()
    if output.is_dir():
        raise InputError(f"{output}: is a folder; give a file's name as output=FILE")
    return output


COMMANDS: dict[str, Callable[[], None]] = {"export": export, "onnx": onnx, "show": show}


HINT = "`python -m kseg.prediction COMMAND --help` lists every choice."


if __name__ == "__main__":
    run_command(
        COMMANDS,
        {"export": "model_export", "show": "model_show", "onnx": "model_onnx"},
        usage="python -m kseg.prediction COMMAND run=RUN [output=FILE]",
        hint=HINT,
    )
