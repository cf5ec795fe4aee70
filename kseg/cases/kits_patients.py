"""What does KiTS' own JSON file tell of its patients?"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kseg.clinical.saying import TEN, counted, few_of

FILES = ("kits.json", "kits21.json", "kits23.json")
SEXES = {"male": "M", "female": "F"}
BOUND = ">=90"
BOUND_EGFR = 90.0
"""How KiTS writes an eGFR that its laboratory did not report exactly: it decides the group all the same."""


@dataclass(frozen=True)
class Patient:
    """What is known of one patient.

    Args:
        sex: "F", "M", or "" where it is missing or neither.
        age: At the nephrectomy, in years; NaN where it is missing.
        egfr: The last before the nephrectomy, in mL/min/1.73 m^2; NaN where it is missing.
    """

    sex: str = ""
    age: float = math.nan
    egfr: float = math.nan


NOBODY = Patient()


@dataclass(frozen=True)
class Patients:
    """What the file tells.

    Args:
        of: The patient of a case; not every case needs to have one.
        problems: One line each: the file, or what stands in it, cannot be read.
        remarks: One line each: what was decided, and what is missing.
        unreadable: Cases whose problems are told.
    """

    of: Mapping[str, Patient] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unreadable: frozenset[str] = frozenset()


def read_patients(folders: Sequence[Path], cases: Collection[str]) -> Patients:
    """Read the one JSON file that lies in one of the folders.

    Args:
        folders: Where to look.
        cases: Whose patients are wanted; of others only the number is told.

    Returns:
        The patients; none where there is no file.
    """
    files = [folder / name for folder in folders for name in FILES if (folder / name).is_file()]
    if not files:
        return Patients(
            remarks=(f"no {' or '.join(FILES)}: patients without sex, age and eGFR, and so without groups",)
        )
    if len(files) > 1:
        return Patients(problems=(f"{' and '.join(map(str, files))} are both there; keep one",))
    try:
        entries = json.loads(files[0].read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return Patients(problems=(f"{files[0]}: not readable as JSON ({error}); download it again",))
    if not isinstance(entries, list) or not all(_is_patient(entry) for entry in entries):
        return Patients(
            problems=(f"{files[0]}: a list of patients, each with a case_id, is needed; download it again",)
        )
    return _patients(files[0].name, entries, cases)


def _is_patient(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("case_id"), str)


def _patients(file: str, entries: list[dict[str, Any]], cases: Collection[str]) -> Patients:
    wanted = [entry for entry in entries if entry["case_id"] in cases]
    read = {entry["case_id"]: _patient(entry) for entry in wanted}
    told = {case: [f"{case}: {problem} in {file}" for problem in problems] for case, (_, problems) in read.items()}
    for case, times in Counter(entry["case_id"] for entry in wanted).items():
        told[case] += [f"{case}: stands {times} times in {file}; keep one"] if times > 1 else []
    patients = {case: patient for case, (patient, _) in read.items()}
    elsewhere = [str(entry["case_id"]) for entry in entries if entry["case_id"] not in cases]
    return Patients(
        of=patients,
        problems=tuple(problem for problems in told.values() for problem in problems),
        remarks=(*_decided(file, wanted), *_missing(file, patients, cases), *_elsewhere(file, elsewhere)),
        unreadable=frozenset(case for case, problems in told.items() if problems),
    )


def _patient(entry: dict[str, Any]) -> tuple[Patient, list[str]]:
    age, egfr = entry.get("age_at_nephrectomy"), _egfr(entry)
    age_read, egfr_read = _number(age), BOUND_EGFR if egfr == BOUND else _number(egfr)
    problems = []
    if age_read is None:
        problems.append(f"age_at_nephrectomy {age!r}; a number or null is needed")
    if egfr_read is None:
        problems.append(f'last_preop_egfr.value {egfr!r}; a number, "{BOUND}" or null is needed')
    sex = SEXES.get(str(entry.get("gender")), "")
    return Patient(sex, *(math.nan if number is None else number for number in (age_read, egfr_read))), problems


def _egfr(entry: dict[str, Any]) -> Any:
    measured = entry.get("last_preop_egfr")
    value = measured.get("value") if isinstance(measured, dict) else measured
    return value.replace(" ", "").replace("\u2265", ">=") if isinstance(value, str) else value


def _number(value: Any) -> float | None:
    """The number; NaN where there is none, None where there is something else."""
    if value is None or value == "":
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if isinstance(value, bool) or math.isinf(number) else number


def _decided(file: str, entries: list[dict[str, Any]]) -> list[str]:
    remarks = []
    if bounded := [entry["case_id"] for entry in entries if _egfr(entry) == BOUND]:
        number = counted(len(bounded), "patient has", "patients have")
        remarks.append(f'{file}: {number} an eGFR of "{BOUND}", which counts as 90: {few_of(bounded, TEN)}')
    if others := [entry for entry in entries if entry.get("gender") not in (*SEXES, None)]:
        number = counted(len(others), "patient is", "patients are")
        names = few_of([f"{entry['case_id']} ({entry['gender']})" for entry in others], TEN)
        remarks.append(f"{file}: {number} neither male nor female, the sex counts as missing: {names}")
    return remarks


def _missing(file: str, patients: Mapping[str, Patient], cases: Collection[str]) -> list[str]:
    bare = [case for case in sorted(cases) if math.isnan(patients.get(case, NOBODY).egfr)]
    number = counted(len(bare), "case has", "cases have")
    return [f"{file}: {number} no last_preop_egfr and so no group: {few_of(bare, TEN)}"] if bare else []


def _elsewhere(file: str, cases: list[str]) -> list[str]:
    number = counted(len(cases), "patient has", "patients have")
    return [f"{file}: {number} no segmented case here: {few_of(cases, TEN)}"] if cases else []
