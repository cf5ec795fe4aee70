"""Look at a cohort, or hand it on, without training: python -m kseg.cases COMMAND."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.runs.commands import run_command

if TYPE_CHECKING:
    import pandas as pd

    from kseg.cases.gather import Gathered
    from kseg.cases.overview.overview import Overview
    from kseg.clinical.folds import Fold
    from kseg.runs.config import Config


@hydra.main(version_base="1.3", config_path="../../conf", config_name="cases")
def check(composed: DictConfig) -> None:
    """Read a cohort without training: its problems, what it is like, and a page of pictures to look through."""
    from kseg.cases.overview.page import write_check_page
    from kseg.cases.overview.summary import rounded
    from kseg.cases.overview.terminal import print_overview
    from kseg.errors import InputError
    from kseg.report.tables import write_table
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        output = Path(str(asked["output"])).expanduser().absolute()
        refuse_unwritable(output)
        overview = look_at_cohort(asked)
        page, table = output / "check.html", output / "cases.csv"
        write_check_page(page, overview, window_hu=asked["report"]["window_hu"], made=footer())
        write_table(table, rounded(overview.cases))
        print_overview(overview, [page, table])
        if overview.problems:
            raise InputError(overview.problems)


def refuse_unwritable(output: Path) -> None:
    """Stop before hours of reading where the results could not be written after them."""
    from kseg.errors import InputError

    standing = next(place for place in (output, *output.parents) if place.exists())
    if not standing.is_dir() or not os.access(standing, os.W_OK):
        raise InputError(f"{output}: {standing} is no folder that can be written in; give another as output=FOLDER")


def look_at_cohort(asked: Config) -> Overview:
    """Gather the cohort; every sound case is measured and drawn while it is in memory."""
    from functools import partial

    from kseg.cases.overview.look import look_at
    from kseg.cases.overview.overview import look_over

    gathered = gather(asked, measure=partial(look_at, window_hu=asked["report"]["window_hu"]))
    return look_over(gathered, groups=list(asked["cohort"]["cut_points"]))


def gather(asked: Config, **looking: Any) -> Gathered:
    """Gather the cohort as a training would."""
    from functools import partial

    from hydra.utils import instantiate

    from kseg.cases.gather import gather_cohort
    from kseg.runs.kinds import refuse_wrong_kinds

    refuse_wrong_kinds(asked, HydraConfig.get().overrides.task)
    stage, checks, split = (instantiate(asked[step], _convert_="all") for step in ("cohort", "checks", "split"))
    read = instantiate(asked["data"], _partial_=True, _convert_="all")  # called below, so that its errors stay its own
    return gather_cohort(read(), stage=stage, check=partial(checks, **looking), split=split)


def footer() -> dict[str, str]:
    """What the page says of its own making."""
    from datetime import datetime
    from importlib.metadata import version

    typed = HydraConfig.get().overrides.task
    return {
        "command": " ".join(["python -m kseg.cases check", *typed]),
        "date": f"{datetime.now().astimezone():%Y-%m-%d %H:%M}",
        "kseg": version("kseg"),
    }


@hydra.main(version_base="1.3", config_path="../../conf", config_name="export")
def export(composed: DictConfig) -> None:
    """Write a cohort in nnU-Net's raw layout, with the same split or, with split=folds, the same folds."""
    from kseg.cases.nnunet.export import export_nnunet
    from kseg.runs.config import resolved
    from kseg.runs.telling import told_plainly

    with told_plainly():
        asked = resolved(composed)
        output = Path(str(asked["output"])).expanduser().absolute()
        refuse_unwritable(output)
        gathered = gather(asked)
        cohort = gathered.usable()
        remarks = export_nnunet(cohort, folds_of(cohort, asked["split"]), output, **asked["nnunet"])
        for remark in (*gathered.remarks, *remarks):
            print(remark)


def folds_of(cohort: pd.DataFrame, split: Config) -> Sequence[Fold] | None:
    """All folds of a split that has folds; None for a single split."""
    from kseg.clinical.folds import all_folds

    if "folds" not in split:
        return None
    return all_folds(cohort, **{key: split[key] for key in ("folds", "repeat", "val", "seed")})


COMMANDS: dict[str, Callable[[], None]] = {"check": check, "export": export}


HINT = "Without data=... it is the phantom. `python -m kseg.cases COMMAND --help` lists every choice."


if __name__ == "__main__":
    run_command(
        COMMANDS,
        {"check": "cases", "export": "export"},
        usage="python -m kseg.cases COMMAND data=CHOICE data.root=PATH [cohort=... split=...] [output=FOLDER]",
        hint=HINT,
    )
