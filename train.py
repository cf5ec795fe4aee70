"""Train a network on a cohort, outline its test patients, and evaluate them by eGFR group."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments
from kseg.runs.mistyped import refuse_mistyped_arguments

if TYPE_CHECKING:
    import pandas as pd
    from lightning.pytorch.loggers import Logger

    from kseg.models.dry_run import Plan
    from kseg.models.segmentation import SegmentationModule
    from kseg.runs.config import Config
    from kseg.runs.folder import RunFolder
    from kseg.runs.record import RunRecord

log = logging.getLogger("kseg")


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
def main(composed: DictConfig) -> float | None:
    """Train, predict, evaluate; or, as a job of a sweep, have it done by a process of its own."""
    from kseg.runs.folder import RunFolder

    run = RunFolder(Path(HydraConfig.get().runtime.output_dir))
    if HydraConfig.get().mode == RunMode.MULTIRUN and not composed.dry_run:
        from kseg.runs.job import run_job

        return run_job(run, composed, Path(__file__))
    train_one(run, composed)
    return None


def train_one(run: RunFolder, composed: DictConfig) -> None:
    """One run; everything heavy is imported once Hydra has composed the config."""
    from kseg.models.allocator import keep_large_blocks
    from kseg.models.threads import wait_briefly
    from kseg.runs.alone import trained_alone
    from kseg.runs.opening import open_run, sized_config
    from kseg.runs.rank import is_first_process
    from kseg.runs.record import RunRecord
    from kseg.runs.telling import told_plainly

    wait_briefly()
    keep_large_blocks()
    if not is_first_process():
        train_along(run)
        return
    with told_plainly():
        if composed.dry_run:
            tell_size(sized_config(run, composed))
            return
        with trained_alone(run):
            opened = open_run(run, composed)
            if opened.is_finished:
                log.info("%s is finished; its report is %s", run.path, run.report)
                return
            record = RunRecord(run.status)
            with record.recording():
                train_and_evaluate(run, opened.config, record)


def tell_size(config: Config) -> None:
    """Say whether the training would fit and how long it would take, and try a few steps."""
    from hydra.utils import instantiate
    from rich import print as show

    from kseg.models.dry_run import dry_run, memory_watched
    from kseg.runs.kinds import refuse_wrong_kinds
    from kseg.runs.telling import silence_lightning

    silence_lightning()
    refuse_wrong_kinds(config, config["overrides"])
    plan = planned(config)
    with memory_watched(plan):
        show(dry_run(instantiate(config["model"], _convert_="all"), plan))


def planned(config: Config) -> Plan:
    """What the memory and the time of a step depend on, besides the network."""
    from kseg.models.dry_run import Plan, processes_of
    from kseg.models.precision import settled_precision

    patches, trainer = config["patches"], config["trainer"]
    counts = (patches["batch_size"], patches["patches_per_epoch"])
    precision = str(settled_precision(trainer["precision"], trainer["accelerator"]))
    processes = processes_of(trainer["accelerator"], trainer["devices"], trainer["num_nodes"])
    return Plan(patches["patch_size"], *counts, precision, trainer["accelerator"], processes, config["memory_gb"])


def train_and_evaluate(run: RunFolder, config: Config, record: RunRecord) -> None:
    """The whole way, from a cohort to a report."""
    from kseg.clinical.cohort import write_cohort
    from kseg.data.settling import settled
    from kseg.evaluation.one_run import describe_and_report, score
    from kseg.models.precision import with_settled_precision
    from kseg.models.several_processes import refuse_what_processes_cannot, without_clipped_shares
    from kseg.runs.config import write_config
    from kseg.runs.kinds import refuse_wrong_kinds
    from kseg.tracking.tracked import tracked

    with tracked(run, config, record) as told:
        with record.stage("cohort"):
            refuse_wrong_kinds(config, config["overrides"])
            refuse_what_processes_cannot(config["trainer"], config["callbacks"])
            cohort = open_cohort(run, config)
            trainer = without_clipped_shares(with_settled_precision(config["trainer"]))
            config = settled({**config, "trainer": trainer}, cohort)
            write_config(run.config, config)
            if not run.cohort.is_file():
                write_cohort(run.cohort, cohort)  # last: other processes begin when it is there
        with record.stage("fit"):
            steps, measured = fit(run, config, cohort, logger=told.start(config, cohort))
            record.trained(steps, measured)
            told.choose(measured)
        with record.stage("predict"):
            predict_test_cases(run, config, cohort)
        with record.stage("evaluate"):
            score(run, config)
            told.results(describe_and_report(run, told.reporting(config)))


def train_along(run: RunFolder) -> None:
    """Take part in a training as another process than the first, which has written the config and the cohort."""
    from kseg.clinical.cohort import read_cohort
    from kseg.runs.config import read_config
    from kseg.runs.ending import Terminated, requests_heard
    from kseg.runs.rank import once_there, tell_warnings_alone

    tell_warnings_alone()
    with suppress(Terminated), requests_heard():
        cohort = read_cohort(once_there(run.cohort))
        fit(run, read_config(run.config), cohort, logger=False)


def open_cohort(run: RunFolder, config: Config) -> pd.DataFrame:
    """Read the patients, stage them, check their CTs, split them; an interrupted run keeps the cohort it began with."""
    from hydra.utils import instantiate

    from kseg.cases.gather import gather_cohort
    from kseg.clinical.cohort import cohort_in_a_line, read_cohort

    if run.cohort.is_file():
        return read_cohort(run.cohort)
    stage, check, split = (instantiate(config[step], _convert_="all") for step in ("cohort", "checks", "split"))
    read = instantiate(config["data"], _partial_=True, _convert_="all")  # called below, so that its errors stay its own
    gathered = gather_cohort(read(), stage=stage, check=check, split=split)
    for remark in gathered.remarks:
        log.warning(remark)
    cohort = gathered.usable()
    log.info(cohort_in_a_line(cohort))
    return cohort


def fit(run: RunFolder, config: Config, cohort: pd.DataFrame, *, logger: Logger | bool) -> tuple[int, dict[str, float]]:
    """Train the network, from the run's last checkpoint if there is one; the process group ends with it.

    Returns:
        For how many steps it is trained, and what the validation measured that chose the checkpoint.
    """
    from hydra.utils import instantiate
    from lightning import seed_everything
    from torch import distributed

    from kseg.callbacks.chosen_validation import chosen_by
    from kseg.clinical.cohort import cases_of
    from kseg.data.waiting import workers_watched
    from kseg.models.dry_run import memory_watched
    from kseg.models.fitting import fit_to_patches
    from kseg.models.weights import steps_in
    from kseg.runs.telling import silence_lightning

    silence_lightning()
    seed_everything(config["seed"], workers=True, verbose=False)
    preparation = instantiate(config["prepare"], _convert_="all")
    augment = instantiate(config["augment"], _convert_="all")
    data = instantiate(config["patches"], _convert_="all")(cases_of(cohort), preparation, augment=augment)
    module: SegmentationModule = instantiate(config["model"], _convert_="all")
    fit_to_patches(module, config["patches"]["patch_size"])
    trainer = instantiate(
        config["trainer"],
        callbacks=[instantiate(callback, _convert_="all") for callback in config["callbacks"].values() if callback],
        logger=logger,
        _convert_="all",
    )
    log.info("%s: %.1f M parameters, on %s", config["name"], module.parameters_m, trainer.accelerator.name())
    log.debug("Trains with %s", json.dumps(config))  # every process says so in its own log
    if not any(case.split == "val" for case in cases_of(cohort)):
        log.info("Nobody is in val: the last weights will outline the test patients, whatever came before")
    resumed = run.last_checkpoint if run.last_checkpoint.is_file() else None
    if resumed:
        log.info("Goes on after step %d", steps_in(resumed))
    with workers_watched(), memory_watched(planned(config)):
        trainer.fit(module, datamodule=data, ckpt_path=resumed, weights_only=True)
    log.info("Trained for %d steps", trainer.global_step)
    if distributed.is_initialized():
        distributed.destroy_process_group()
    return trainer.global_step, chosen_by(trainer)


def predict_test_cases(run: RunFolder, config: Config, cohort: pd.DataFrame) -> None:
    """Outline the test patients on each CT's own grid, with the weights that did best on `val`."""
    from hydra.utils import instantiate
    from rich.progress import track

    from kseg.clinical.cohort import cases_of, taught_cortex
    from kseg.models.dry_run import memory_watched
    from kseg.prediction.network import trained_network
    from kseg.prediction.one_ct import predict_file
    from kseg.prediction.outliner import Outliner

    preparation = instantiate(config["prepare"], _convert_="all")
    module = instantiate(config["model"], _convert_="all")
    asked, precision = config["prediction"], config["trainer"]["precision"]
    network = trained_network(module, run.chosen_checkpoint, precision=precision, mirror_axes=asked["mirror_axes"])
    outliner = Outliner([network], preparation, divided=taught_cortex(cohort), search=asked.get("search", True))
    with memory_watched(planned(config)):
        for case in track([case for case in cases_of(cohort) if case.split == "test"], "Outlining test patients"):
            predict_file(case.image, run.prediction(case.case_id), outliner)
            log.debug("Outlined %s", case.case_id)


if __name__ == "__main__":
    refuse_unreadable_arguments()
    refuse_mistyped_arguments("train")
    main()
