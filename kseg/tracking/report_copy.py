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
from kseg.tracking.guard import REPORT_COPY
from kseg.tracking.redaction import NAMED_BY_ID, Redaction
from kseg.tracking.wandb_run import WandbRun

PICTURE = re.compile(r"(data:[\w/+.-]+;base64,[A-Za-z0-9+/=]*)")
"""Pictures hold no words, and their letters are no paths."""

MARKUP = re.compile(r"(<style.*?</style>|<script.*?</script>|<[^>]*>)", re.DOTALL)
"""What is no word of the page: a user who is called `table` is not sought there."""


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
    told.guard.call(lambda: _write_copy(copy, write, told.redaction, content), of=REPORT_COPY)


def _write_copy(copy: Path, write: Callable[..., None], redaction: Redaction, content: dict[str, Any]) -> None:
    """Write the page anew, from tables with pseudonyms: in a page an id may look like any other word."""
    with TemporaryDirectory() as folder:
        page, predictions = Path(folder) / "report.html", Path(folder) / "predictions"
        predictions.mkdir()
        found: Findings = content["found"]
        for file in found.predictions.glob("*.nii.gz"):
            name = redaction.patient(file.name.removesuffix(".nii.gz"))
            (predictions / f"{name}.nii.gz").symlink_to(file.absolute())
        tables = {field.name: _renamed(getattr(found, field.name), redaction) for field in fields(found)}
        told = {name: _renamed(value, redaction) for name, value in content.items()}
        write(page, **{**told, "found": Findings(**{**tables, "predictions": predictions})})
        write_atomically(copy, shareable(page.read_text(), redaction).encode())


def shareable(html: str, redaction: Redaction) -> str:
    """Hide paths in a page, and in its words the user's and the host's name; its pictures stay."""
    parts = PICTURE.split(html)
    return "".join(part if number % 2 else _unnamed(part, redaction) for number, part in enumerate(parts))


def _unnamed(html: str, redaction: Redaction) -> str:
    parts = MARKUP.split(html)
    hidden = (redaction.unplaced(part) if number % 2 else redaction.unnamed(part) for number, part in enumerate(parts))
    return "".join(hidden)


def _renamed(value: Any, redaction: Redaction) -> Any:
    """Tables with pseudonyms, the paths to their CTs as they are; the config and words redacted."""
    if isinstance(value, pd.DataFrame):
        hide = {**dict.fromkeys(NAMED_BY_ID, redaction.patient), "note": redaction.text}
        return value.assign(
            **{column: value[column].map(_of_words(hide[column])) for column in hide if column in value}
        )
    return redaction.config(value) if isinstance(value, dict) else value


def _of_words(hide: Callable[[str], str]) -> Callable[[Any], Any]:
    return lambda cell: hide(str(cell)) if cell == cell else cell
