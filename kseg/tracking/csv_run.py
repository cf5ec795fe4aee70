"""A run's curves as a CSV file in its own folder."""

from __future__ import annotations

from lightning.pytorch.loggers import CSVLogger, Logger

from kseg.tracking.facts import RunFacts


def csv_logger(facts: RunFacts) -> Logger:
    """Write curves to `curves/metrics.csv` in the run's folder."""
    return CSVLogger(facts.folder, name="curves", version="")
