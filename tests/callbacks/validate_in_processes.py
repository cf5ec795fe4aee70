"""A validation in one or several processes, started by a test: the Dice of every case, a file a process."""

import json
import sys
from pathlib import Path

from hydra.utils import instantiate
from lightning import Trainer

from kseg.callbacks.group_dice import GroupDice
from kseg.clinical.cohort import cases_of, read_cohort
from kseg.runs.config import read_config
from kseg.runs.folder import RunFolder


def main(run, output, processes):
    config = read_config(run.config)
    preparation, augment = (instantiate(config[name], _convert_="all") for name in ("prepare", "augment"))
    data = instantiate(config["patches"], _convert_="all")(
        cases_of(read_cohort(run.cohort)), preparation, augment=augment
    )
    gathered = GroupDice()
    trainer = Trainer(
        **{"accelerator": "cpu", "devices": processes, "strategy": "ddp" if processes > 1 else "auto"},
        **{"logger": False, "enable_progress_bar": False, "enable_model_summary": False},
        use_distributed_sampler=False,
        callbacks=[gathered],
    )
    module = instantiate(config["model"], _convert_="all")
    trainer.validate(module, data, ckpt_path=run.best_checkpoint, verbose=False, weights_only=True)
    means = {name: float(value) for name, value in trainer.callback_metrics.items()}
    told = {"cases": gathered.cases, "means": means}
    (output / f"{processes}_rank{trainer.global_rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(RunFolder(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]))
