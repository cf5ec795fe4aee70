"""A cohort half of which has no outline of the cortex: its other half must not lose by it."""

from pathlib import Path
from statistics import mean

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from lightning import Trainer, seed_everything

from kseg.cases.phantom import read_phantom
from kseg.clinical.cohort import Case
from kseg.data.patches import WholeCaseDataset
from kseg.outlines import Outline

CONF = Path(__file__).parents[2] / "conf"
SETTINGS = ("model=unet_tiny", "prepare.spacing_mm=[3,3,3]", "patches.patch_size=[64,48,32]", "augment=none")
STEPS = 1200  # earlier, a cortex on half of the patches is half the lesson
SEEDS = (1, 2)
pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Of six patients a group, two are trained on with a cortex, two without, and two are looked at in the end."""
    made = read_phantom(tmp_path_factory.mktemp("made") / "phantom", patients_per_group=6, seed=9, in_plane_mm=(3, 3.2))
    cases = []
    for number, row in enumerate(made.rows.to_dict("records")):
        paths = {name: Path(row[name]) for name in ("image", "parenchyma", "cortex")}
        split, outlined = (("train", True), ("train", False), ("val", True))[number % 6 // 2]
        outlines = Outline((paths["parenchyma"],)), Outline((paths["cortex"],)) if outlined else None
        cases.append(Case(row["case_id"], row["case_id"], row["group"], split, paths["image"], *outlines))
    return cases


def cortex_dice(cases, folder, objective, seed):
    """Mean Dice of the cortex over the patients that are looked at."""
    seed_everything(seed, verbose=False)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        chosen = [*SETTINGS, f"model/objective={objective}", f"paths.prepared={folder}", f"seed={seed}"]
        config = compose("train", chosen)
    preparation = instantiate(config.prepare, _convert_="all")
    data = instantiate(config.patches, _convert_="all")(cases, preparation, augment=instantiate(config.augment))
    module = instantiate(config.model, _convert_="all")
    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
    }
    trainer = Trainer(accelerator="cpu", max_steps=STEPS, limit_val_batches=0, gradient_clip_val=5.0, **quiet)
    trainer.fit(module, datamodule=data)
    module.eval()
    with torch.inference_mode():
        wholes = WholeCaseDataset(data.prepared["val"], preparation)
        batches = ({**whole, "ct": whole["ct"][None], "label_map": whole["label_map"][None]} for whole in wholes)
        return mean(
            module.validation_step({**batch, "group": [batch["group"]]}, 0)["dice"]["cortex"] for batch in batches
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("objective", ["regions", "classes"])
def test_cases_without_a_cortex_cost_the_others_nothing(cases, tmp_path, objective):
    divided = [case for case in cases if case.cortex is not None]
    assert len(cases) - len(divided) == len(cases) / 3  # half of those that are trained on
    found = {
        name: [cortex_dice(chosen, tmp_path, objective, seed) for seed in SEEDS]
        for name, chosen in (("alone", divided), ("both", cases))
    }
    print(objective, found)
    assert mean(found["both"]) > mean(found["alone"]) - 0.01
