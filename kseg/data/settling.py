"""What a config leaves to the training cases, settled once before training."""

from __future__ import annotations

import logging

import pandas as pd

from kseg.clinical.cohort import cases_of
from kseg.data.defaults import is_left_open, propose
from kseg.runs.config import Config

log = logging.getLogger("kseg")


def settled(config: Config, cohort: pd.DataFrame) -> Config:
    """Put values where settings are left open.

    Args:
        config: As composed, or as settled before.
        cohort: Its training cases propose spacing, window and patch size where those are left to them.

    Returns:
        The config with values; the same for the same cohort.
    """
    if not is_left_open(config):
        return config
    given_mm = None if is_left_open(config["prepare"]["spacing_mm"]) else config["prepare"]["spacing_mm"]
    trained_on = [case for case in cases_of(cohort) if case.split == "train"]
    body_hu = config["prepare"]["body_hu"]
    proposal = propose(trained_on, body_hu=body_hu, spacing_mm=given_mm, **config["fingerprint"])
    log.info("The training cases suggest %s", proposal)
    filled_in: Config = proposal.fill_in(config)
    return filled_in
