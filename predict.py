"""Outline new CTs with a trained run, or several: label maps on each CT's own grid, volumes, pictures to check by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments
from kseg.runs.mistyped import refuse_mistyped_arguments

if TYPE_CHECKING:
    from kseg.runs.config import Config


@hydra.main(version_base="1.3", config_path="conf", config_name="predict")
def main(composed: DictConfig) -> None:
    """Open what was trained, find the CTs, outline and measure them; a CT that fails does not stop the others."""
    from kseg.models.allocator import keep_large_blocks
    from kseg.models.threads import wait_briefly
    from kseg.runs.config import resolved
    from kseg.runs.ending import requests_heard
    from kseg.runs.telling import silence_lightning, told_plainly

    with told_plainly(goes_on="the same command goes on"), requests_heard():
        asked = resolved(composed)
        wait_briefly()
        keep_large_blocks()
        silence_lightning()
        failures = predict(asked)
    raise SystemExit(1 if failures else 0)


def predict(asked: Config) -> dict[str, str]:
    """Outline every CT of `input` into the folder `output`.

    Returns:
        Why each CT failed that did.
    """
    from rich.console import Console

    from kseg.errors import InputError
    from kseg.prediction.many import outline_all, refuse_places, tell_failures
    from kseg.prediction.one_scan import DICOM_SEG, NIFTI, Wanted
    from kseg.prediction.opened import trained_models
    from kseg.prediction.trained import asked_as, origin_of, outliner_of, settings_of
    from kseg.scans import list_scans

    if asked["format"] not in (NIFTI, DICOM_SEG):
        raise InputError(f"format is {asked['format']!r}; {NIFTI} or {DICOM_SEG} is needed")
    models = trained_models(asked["run"], trust=asked["trust"])
    models = asked_as(models, mirror_axes=asked["mirror_axes"], search=asked["search"])
    place, output = Path(asked["input"]), Path(asked["output"])
    scans, remarks = list_scans(place)
    refuse_places(scans, place, output)
    if asked["format"] == DICOM_SEG and (others := sum(not scan.is_dicom for scan in scans)):
        remarks.append(f"{others} of {len(scans)} CTs are no DICOM series, so that they get a label map as NIfTI alone")
    print(*remarks, sep="\n", end="\n" if remarks else "")
    how = {"settings": settings_of(models), "told": origin_of(models)}
    wanted = Wanted(asked["format"] == DICOM_SEG, asked["window_hu"])
    failures = outline_all(scans, outliner_of(models), output, wanted=wanted, **how)
    print(f"Label maps, pictures and measurements.csv are in {output}")
    if failures:
        tell_failures(failures, len(scans), Console(stderr=True))
    return failures


if __name__ == "__main__":
    refuse_unreadable_arguments()
    refuse_mistyped_arguments("predict")
    main()
