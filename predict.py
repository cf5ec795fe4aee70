"""Outline new CTs with a trained run: label maps on each CT's own grid, and volumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments

if TYPE_CHECKING:
    from kseg.runs.config import Config
    from kseg.runs.folder import RunFolder


@hydra.main(version_base="1.3", config_path="conf", config_name="predict")
def main(composed: DictConfig) -> None:
    """Load the run's network, outline every CT, measure the label maps."""
    from kseg.clinical.cohort import read_cohort, taught_cortex
    from kseg.models.allocator import keep_large_blocks
    from kseg.models.threads import wait_briefly
    from kseg.runs.config import read_config, resolved
    from kseg.runs.folder import RunFolder
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        run, output = RunFolder(Path(asked["run"])), Path(asked["output"])
        wait_briefly()
        keep_large_blocks()
        config, divided = read_config(run.config), taught_cortex(read_cohort(run.cohort))
        label_maps = outline(run, config, list_cts(Path(asked["input"])), output, divided)
        measure(label_maps, output / "measurements.csv", divided)


def list_cts(place: Path) -> list[Path]:
    """The CT itself, or every CT of a folder."""
    from kseg.errors import InputError
    from kseg.images import SUFFIXES

    listed = place.iterdir() if place.is_dir() else [place]
    found = sorted(file for file in listed if file == place or file.name.lower().endswith(SUFFIXES))
    if not found:
        raise InputError(f"{place}: holds no file that ends in {', '.join(SUFFIXES)}")
    return found


def outline(run: RunFolder, config: Config, cts: list[Path], output: Path, divided: bool) -> list[Path]:
    """Predict each CT."""
    from hydra.utils import instantiate
    from rich.progress import track

    from kseg.prediction.network import trained_network
    from kseg.prediction.one_ct import predict_file
    from kseg.prediction.outliner import Outliner

    module = instantiate(config["model"], _convert_="all")
    asked, precision = config["prediction"], config["trainer"]["precision"]
    network = trained_network(module, run.chosen_checkpoint, precision=precision, mirror_axes=asked["mirror_axes"])
    preparation = instantiate(config["prepare"], _convert_="all")
    outliner = Outliner([network], preparation, divided=divided, search=asked.get("search", True))
    label_maps = name_label_maps(cts, output)
    for ct, label_map in track(list(zip(cts, label_maps, strict=True)), "Outlining CTs"):
        predict_file(ct, label_map, outliner)
    return label_maps


def name_label_maps(cts: list[Path], output: Path) -> list[Path]:
    """A label map is named as its CT is; none may take the place of a CT or of another."""
    from kseg.errors import InputError
    from kseg.images import suffix_of

    names = [f"{ct.name[: -len(suffix_of(ct))]}.nii.gz" for ct in cts]
    doubled = sorted({name for name in names if names.count(name) > 1})
    problems = [f"{name} would stand for two CTs; give them different names" for name in doubled]
    if output.resolve() in {ct.parent.resolve() for ct in cts}:
        problems.append(f"{output}: holds the CTs themselves; give another folder as output")
    if problems:
        raise InputError(problems)
    return [output / name for name in names]


def measure(label_maps: list[Path], path: Path, divided: bool) -> None:
    """Write the volumes of every label map; cortex and medulla only if the network was taught to divide."""
    import pandas as pd

    from kseg.images import read_volume
    from kseg.labels import STRUCTURES
    from kseg.metrics.score import is_divided, structure_ml
    from kseg.report.tables import write_table

    rows = []
    for file in label_maps:
        label_map = read_volume(file)
        spacing_mm = label_map.grid.spacing_mm
        told = is_divided(label_map.voxels, divided)
        volumes = {f"{name}_ml": structure_ml(label_map.voxels, name, spacing_mm, divided=told) for name in STRUCTURES}
        rows.append({"case_id": file.name.removesuffix(".nii.gz"), **volumes})
    write_table(path, pd.DataFrame(rows))
    print(f"Volumes are in {path}")


if __name__ == "__main__":
    refuse_unreadable_arguments()
    main()
