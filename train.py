"""Train a network on a cohort, outline its test patients, and evaluate them by eGFR group."""

from __future__ import annotations

import logging
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from kseg.runs.arguments import refuse_unreadable_arguments

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
def main(composed: DictConfig) -> None:
    """Train, predict, evaluate; everything heavy is imported once Hydra has composed the config."""
    from kseg.models.allocator import keep_large_blocks
    from kseg.models.threads import wait_briefly
    from kseg.runs.config import resolved
    from kseg.runs.folder import RunFolder
    from kseg.runs.opening import is_finished, open_run
    from kseg.runs.rank import is_first_process
    from kseg.runs.record import RunRecord
    from kseg.runs.telling import told_plainly

    wait_briefly()
    keep_large_blocks()
    run = RunFolder(Path(HydraConfig.get().runtime.output_dir))
    if not is_first_process():
        train_along(run)
        return
    with told_plainly():
        if composed.dry_run:
            tell_size(resolved(composed))
            return
        config = open_run(run, composed)
        if is_finished(run):
            log.info("%s is finished; its report is %s", run.path, run.report)
            return
        record = RunRecord(run.status)
        with record.recording():
            train_and_evaluate(run, config, record)


def tell_size(config: Config) -> None:
    """Say whether the training would fit and how long it would take, and try a few steps."""
    from hydra.utils import instantiate
    from rich import print as show

    from kseg.models.dry_run import dry_run, memory_watched

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
    from evaluate import describe_and_report, score
    from kseg.tracking.wandb_run import end_run, summarize

    with record.stage("cohort"):
        cohort = open_cohort(run, config)
        config = settle(run, config, cohort)
    try:
        with record.stage("fit"):
            fit(run, config, cohort, logger=start_logger(run, config, cohort, record))
        with record.stage("predict"):
            predict_test_cases(run, config, cohort)
        with record.stage("evaluate"):
            score(run, config)
            summarize(describe_and_report(run, config))
    except BaseException as error:
        end_run(error)
        raise
    end_run(None)


def train_along(run: RunFolder) -> None:
    """Take part in a training as another process than the first, which has written the config and the cohort."""
    from kseg.clinical.cohort import read_cohort
    from kseg.runs.config import read_config

    fit(run, read_config(run.config), read_cohort(run.cohort), logger=False)


def open_cohort(run: RunFolder, config: Config) -> pd.DataFrame:
    """Read the patients, stage them, check their CTs, split them; an interrupted run keeps the cohort it began with."""
    from hydra.utils import instantiate

    from kseg.cases.gather import gather_cohort
    from kseg.clinical.cohort import cohort_in_a_line, read_cohort, write_cohort

    if run.cohort.is_file():
        return read_cohort(run.cohort)
    stage, check, split = (instantiate(config[step], _convert_="all") for step in ("cohort", "checks", "split"))
    read = instantiate(config["data"], _partial_=True, _convert_="all")  # called below, so that its errors stay its own
    gathered = gather_cohort(read(), stage=stage, check=check, split=split)
    for remark in gathered.remarks:
        log.warning(remark)
    cohort = gathered.usable()
    write_cohort(run.cohort, cohort)
    log.info(cohort_in_a_line(cohort))
    return cohort


def settle(run: RunFolder, config: Config, cohort: pd.DataFrame) -> Config:
    """Put values where settings are left to the machine or to the training cases, once: the run keeps them."""
    from kseg.models.precision import settled_precision
    from kseg.runs.config import write_config

    trainer = config["trainer"]
    precision = settled_precision(trainer["precision"], trainer["accelerator"])
    settled = settle_by_cases({**config, "trainer": {**trainer, "precision": precision}}, cohort)
    if settled != config:
        write_config(run.config, settled)
    return settled


def settle_by_cases(config: Config, cohort: pd.DataFrame) -> Config:
    """Put numbers where settings are left to the training cases."""
    from kseg.clinical.cohort import cases_of
    from kseg.data.defaults import is_left_open, propose

    if not is_left_open(config):
        return config
    given_mm = None if is_left_open(config["prepare"]["spacing_mm"]) else config["prepare"]["spacing_mm"]
    trained_on = [case for case in cases_of(cohort) if case.split == "train"]
    body_hu = config["prepare"]["body_hu"]
    proposal = propose(trained_on, body_hu=body_hu, spacing_mm=given_mm, **config["fingerprint"])
    log.info("The training cases suggest %s", proposal)
    filled_in: Config = proposal.fill_in(config)
    return filled_in


def fit(run: RunFolder, config: Config, cohort: pd.DataFrame, *, logger: Logger | bool) -> None:
    """Train the network, from the run's last checkpoint if there is one; the process group ends with it."""
    from hydra.utils import instantiate
    from lightning import seed_everything
    from torch import distributed

    from kseg.clinical.cohort import cases_of
    from kseg.data.waiting import workers_watched
    from kseg.models.dry_run import memory_watched
    from kseg.models.fitting import fit_to_patches
    from kseg.models.weights import steps_in

    for expected in ("Total length of `list` across ranks is zero", "Checkpoint directory .* exists and is not empty"):
        warnings.filterwarnings("ignore", message=expected)  # nobody in val; a run that goes on
    warnings.filterwarnings("ignore", message=".*treespec", category=FutureWarning)  # Lightning's, about torch's pytree
    for chatty in ("lightning", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
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


def start_logger(run: RunFolder, config: Config, cohort: pd.DataFrame, record: RunRecord) -> Logger | bool:
    """The chosen logger, or False for none."""
    from hydra.utils import instantiate

    from kseg.clinical.cohort import cohort_digest
    from kseg.tracking.facts import RunFacts

    if not config["logger"]:
        return False
    status = record.status
    provenance: dict[str, Any] = {"versions": status.versions, "git_commit": status.git_commit}
    provenance["cohort_digest"] = cohort_digest(cohort)
    facts = RunFacts(run.path, status.tracking_id, len(status.earlier) + 1, config, provenance)
    logger: Logger = instantiate(config["logger"], _convert_="all")(facts)
    return logger


def predict_test_cases(run: RunFolder, config: Config, cohort: pd.DataFrame) -> None:
    """Outline the test patients on each CT's own grid, with the weights that did best on `val`."""
    from hydra.utils import instantiate
    from rich.progress import track

    from kseg.clinical.cohort import cases_of, taught_cortex
    from kseg.data.prediction import predict_file
    from kseg.models.dry_run import memory_watched
    from kseg.models.predictor import trained_predictor

    preparation = instantiate(config["prepare"], _convert_="all")
    module = instantiate(config["model"], _convert_="all")
    precision = config["trainer"]["precision"]
    predictor = trained_predictor(module, run.chosen_checkpoint, precision=precision, **config["prediction"])
    outline = partial(predict_file, preparation=preparation, predictor=predictor, divided=taught_cortex(cohort))
    with memory_watched(planned(config)):
        for case in track([case for case in cases_of(cohort) if case.split == "test"], "Outlining test patients"):
            outline(case.image, run.prediction(case.case_id))


if __name__ == "__main__":
    refuse_unreadable_arguments()
    main()
