"""Outline new CTs with a trained run: label maps on each CT's own grid, and volumes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments

if TYPE_CHECKING:
    from kseg.prediction.opened import TrainedModel


@hydra.main(version_base="1.3", config_path="conf", config_name="predict")
def main(composed: DictConfig) -> None:
    """Load the run's network, outline every CT, measure the label maps."""
    from kseg.models.allocator import keep_large_blocks
    from kseg.models.threads import wait_briefly
    from kseg.prediction.opened import trained_models
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        output = Path(asked["output"])
        wait_briefly()
        keep_large_blocks()
        models = trained_models(asked["run"], trust=asked["trust"])
        label_maps = outline(models, list_cts(Path(asked["input"])), output)
        measure(label_maps, output / "measurements.csv", models[0].divided)


def list_cts(place: Path) -> list[Path]:
    """The CT itself, or every CT of a folder."""
    from kseg.errors import InputError
    from kseg.images import SUFFIXES

    listed = place.iterdir() if place.is_dir() else [place]
    found = sorted(file for file in listed if file == place or file.name.lower().endswith(SUFFIXES))
    if not found:
        raise InputError(f"{place}: holds no file that ends in {', '.join(SUFFIXES)}")
    return found


def outline(models: list[TrainedModel], cts: list[Path], output: Path) -> list[Path]:
    """Predict each CT."""
    from rich.progress import track

    from kseg.prediction.network import placed
    from kseg.prediction.one_ct import predict_file
    from kseg.prediction.outliner import Outliner

    first = models[0]
    networks = [
        placed(one.module, precision=one.precision, mirror_axes=one.prediction["mirror_axes"]) for one in models
    ]
    search = first.prediction.get("search", True)
    outliner = Outliner(networks, first.preparation, divided=first.divided, search=search)
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
