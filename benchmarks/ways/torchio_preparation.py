"""How are CTs prepared with TorchIO?"""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import SimpleITK
import torch
import torchio as tio
from side_by_side.task import Task
from side_by_side.way import LINEAR, NEAREST

from ways.torchio_labels import by_structure

NAMES = ("ct", "label_map")


def ready_to_prepare(task: Task) -> Callable[[], None]:
    """Take away what was prepared earlier.

    Args:
        task: What is asked for.

    Returns:
        What prepares all cases, in as many processes as the task says.
    """
    shutil.rmtree(_home(task, NEAREST), ignore_errors=True)
    return lambda: _prepare_all(task)


def prepare_case(task: Task, case_id: str, labels: str) -> None:
    """Orient, resample and window one case, and store it uncompressed as floats, so that nothing is left to be done.

    Args:
        task: What is asked for.
        case_id: Whose.
        labels: How they are resampled, `linear` or `nearest`.
    """
    prepared = tio.Compose(preparation(task, labels))(subject_of(case_id, raw_files(task, case_id)))
    for name, path in zip(NAMES, prepared_files(task, case_id, labels), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        prepared[name].save(path)


def preparation(task: Task, labels: str) -> tuple[tio.Transform, ...]:
    """What must be done to a CT before patches are cut from it, by linear interpolation.

    Args:
        task: What is asked for.
        labels: How they are resampled, `linear` or `nearest`.
    """
    resample = tio.Resample(task.spacing_mm, label_interpolation=labels)
    # RescaleIntensity would sort all voxels for percentiles that nobody asks for, and ZNormalization is as slow
    window = tio.Lambda(partial(_windowed, window_hu=task.window_hu), types_to_apply=[tio.INTENSITY])
    return tio.ToCanonical(), by_structure(resample) if labels == LINEAR else resample, window


def subject_of(case_id: str, files: Sequence[Path]) -> tio.Subject:
    """A case as TorchIO wants it.

    Args:
        case_id: Whose.
        files: The CT and the label map.
    """
    ct, label_map = files
    return tio.Subject(ct=tio.ScalarImage(ct), label_map=tio.LabelMap(label_map), case_id=case_id)


def raw_files(task: Task, case_id: str) -> tuple[Path, Path]:
    """The CT and the label map as they came.

    Args:
        task: What is asked for.
        case_id: Whose.
    """
    return task.images / f"{case_id}.nii.gz", task.labels / f"{case_id}.nii.gz"


def prepared_files(task: Task, case_id: str, labels: str) -> tuple[Path, ...]:
    """The CT and the label map, prepared.

    Args:
        task: What is asked for.
        case_id: Whose.
        labels: How they were resampled.
    """
    return tuple(_home(task, labels) / name / f"{case_id}.nii" for name in NAMES)


def _home(task: Task, labels: str) -> Path:
    return task.folder / f"torchio-{labels}"


def _prepare_all(task: Task) -> None:
    with multiprocessing.get_context("fork").Pool(task.workers, _take_one_core) as pool:
        pool.map(partial(prepare_case, task, labels=NEAREST), task.case_ids, chunksize=1)
        pool.close()
        pool.join()


def _take_one_core() -> None:
    """A process a core: threads of its own would only wait for one another."""
    torch.set_num_threads(1)
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def _windowed(ct_hu: torch.Tensor, window_hu: tuple[float, float]) -> torch.Tensor:
    low, high = window_hu
    return ct_hu.float().clamp(low, high).sub_((low + high) / 2).div_((high - low) / 2)
