"""Whom does a pseudonym stand for: python -m kseg.tracking RUN PSEUDONYM, on the hospital's own machine."""

from __future__ import annotations

import sys
from pathlib import Path

from kseg.clinical.cohort import read_cohort
from kseg.errors import InputError
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder
from kseg.runs.telling import told_plainly
from kseg.tracking.pseudonyms import KEY_FILE, look_up, read_key


def main(arguments: list[str]) -> None:
    """Print the ids of the run's cohort that have the pseudonym.

    Args:
        arguments: A run's folder, and a pseudonym; or --help.

    Raises:
        InputError: There is no key, or it cannot be read, or nobody in the cohort has the pseudonym.
    """
    if set(arguments) & {"--help", "-h"}:
        print(__doc__)
        return
    if len(arguments) != 2:
        raise InputError("give a run's folder and a pseudonym: python -m kseg.tracking RUN 0123456789ab")
    run, wanted = RunFolder(Path(arguments[0])), arguments[1]
    config, cohort = read_config(run.config), read_cohort(run.cohort)
    folder, otherwise = Path(config["data"]["root"]).expanduser(), Path(config["paths"]["tracking"])
    key = read_key(folder, otherwise)
    if key is None:
        raise InputError(f"there is no {KEY_FILE} in {folder}, nor in {otherwise}: is the data's folder mounted?")
    found = look_up(wanted, [*cohort["patient_id"], *cohort["case_id"]], key)
    if not found:
        raise InputError(f"{wanted} is nobody in {run.cohort}")
    print(*found, sep="\n")


if __name__ == "__main__":
    with told_plainly():
        main(sys.argv[1:])
