"""What decides the phantom's files: a seed, and which random numbers each patient gets from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kseg.cases.phantom.draw import draw_body, draw_kidneys
from kseg.cases.phantom.patients import Patient, draw_patient
from kseg.cases.phantom.scanner import Scan, draw_protocol, scan
from kseg.cases.phantom.typical import STAGES

VERSION = 2
"""Of the anatomy: raised whenever the same seed gives other files."""


class Stream(IntEnum):
    """Independent random numbers of one patient, so that a change to one part leaves the others as they were."""

    PERSON = 0
    ANATOMY = 1
    PROTOCOL = 2
    SCAN = 3


@dataclass(frozen=True)
class Recipe:
    """All that decides what the phantom's files hold.

    Args:
        seed: Of every draw.
        patients_per_group: How many.
        in_plane_mm: Between voxels of a slice, from and to.
        version: Of the anatomy.
    """

    seed: int
    patients_per_group: int
    in_plane_mm: tuple[float, float]
    version: int = VERSION

    def patients(self) -> list[Patient]:
        """Draw everybody.

        Returns:
            The patients, in the table's order.
        """
        number = self.patients_per_group * len(STAGES)
        return [draw_patient(self.rng(index, Stream.PERSON), index) for index in range(number)]

    def rng(self, index: int, stream: Stream) -> np.random.Generator:
        """Give one patient's random numbers, the same whoever asks and in whatever order.

        Args:
            index: The patient's, from 0.
            stream: For what.

        Returns:
            A fresh generator.
        """
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(index, stream)))


def scan_patient(recipe: Recipe, patient: Patient) -> Scan:
    """Draw one patient's anatomy and scan it.

    Args:
        recipe: What decides how it turns out.
        patient: Who it is.

    Returns:
        The CT with its outlines.
    """
    anatomy = recipe.rng(patient.index, Stream.ANATOMY)
    body = draw_body(anatomy, patient.sex, patient.age)
    kidneys = draw_kidneys(anatomy, patient.group, patient.age, body)
    protocol = draw_protocol(recipe.rng(patient.index, Stream.PROTOCOL), recipe.in_plane_mm)
    return scan(recipe.rng(patient.index, Stream.SCAN), body, kidneys, protocol)
