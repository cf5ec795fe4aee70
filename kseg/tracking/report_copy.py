"""The report that leaves the hospital: the same page, of patients under their pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from kseg.images import write_atomically
from kseg.report.findings import Findings
from kseg.tracking.redaction import NAMED_BY_ID, Redaction
from kseg.tracking.wandb_run import WandbRun

PICTURE = re.compile(r"(data:[\w/+.-]+;base64,[A-Za-z0-9+/=]*)")
"""Pictures hold no words, and their letters are no ids."""

PLAIN = re.compile(r"[\w.-]*[^\W\d][\w.-]*")
"""An id that is no number, and that HTML does not spell otherwise."""


def write_both(path: Path, *, write: Callable[..., None], copy: Path, told: WandbRun, **content: Any) -> None:
    """Write the report, and its copy that may leave the machine.

    Args:
        path: Of the report.
        write: Writes it, such as `kseg.report.page.write_report`.
        copy: Path of the copy; no error in writing it stops the run.
        told: The run in W&B.
        **content: What `write` takes.
    """
    write(path, **content)
    told.guard.call(lambda: _write_copy(path, copy, write, told.redaction, content))


def _write_copy(
    path: Path, copy: Path, write: Callable[..., None], redaction: Redaction, content: dict[str, Any]
) -> None:
    """Replace ids in the page's words; where one could be any number, or is spelled otherwise there, write it anew."""
    if not all(PLAIN.fullmatch(name) for name in redaction.ids):
        _write_anew(copy, write, redaction, content)
        path = copy
    write_atomically(copy, shareable(path.read_text(), redaction).encode())


def _write_anew(copy: Path, write: Callable[..., None], redaction: Redaction, content: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        predictions = Path(folder)
        found: Findings = content["found"]
        for file in found.predictions.glob("*.nii.gz"):
            name = redaction.patient(file.name.removesuffix(".nii.gz"))
            (predictions / f"{name}.nii.gz").symlink_to(file.absolute())
        tables = {field.name: _renamed(getattr(found, field.name), redaction) for field in fields(found)}
        told = {name: _renamed(value, redaction) for name, value in content.items()}
        write(copy, **{**told, "found": Findings(**{**tables, "predictions": predictions})})


def shareable(html: str, redaction: Redaction) -> str:
    """Hide in a page's words, and leave its pictures, what must not leave the machine."""
    parts = PICTURE.split(html)
    return "".join(part if number % 2 else redaction.text(part) for number, part in enumerate(parts))


def _renamed(value: Any, redaction: Redaction) -> Any:
    """Tables with pseudonyms, the paths to their CTs as they are; words redacted."""
    if isinstance(value, pd.DataFrame):
        known = [column for column in NAMED_BY_ID if column in value]
        return value.assign(**{column: value[column].map(lambda one: redaction.patient(str(one))) for column in known})
    if isinstance(value, dict):
        return {key: redaction.text(one) if isinstance(one, str) else one for key, one in value.items()}
    return value
