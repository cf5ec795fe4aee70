from pathlib import Path

import yaml
from hydra import compose, initialize_config_dir

from kseg.runs.record import RunRecord

ROOT = Path(__file__).parents[2]


def agents_command(values):
    # https://docs.wandb.ai/guides/sweeps/define-sweep-configuration, "Command macros"
    command = yaml.safe_load((ROOT / "experiments" / "wandb" / "sweep.yaml").read_text())["command"]
    given = [f"{name}={value}" for name, value in values.items()]
    return [word for one in command for word in (given if one == "${args_no_hyphens}" else [one])]


def test_what_an_agent_types_is_a_training():
    sweep = yaml.safe_load((ROOT / "experiments" / "wandb" / "sweep.yaml").read_text())
    assert (ROOT / sweep["program"]).is_file()
    tried = {name: values.get("values", [values.get("min")])[0] for name, values in sweep["parameters"].items()}
    typed = [word for word in agents_command(tried) if not word.startswith("${")]
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = compose("train", typed, return_hydra_config=True)
    assert config.logger.mode == "online"
    assert config.model.optimizer.lr == 0.0003
    assert config.hydra.runtime.choices.model == "unet_tiny"
    assert sweep["metric"]["name"].startswith("val/")


def test_a_run_that_an_agent_starts_has_the_agent_s_id(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_RUN_ID", "abc12345")
    assert RunRecord(tmp_path / "one.json").status.tracking_id != "abc12345"
    monkeypatch.setenv("WANDB_SWEEP_ID", "s1")
    assert RunRecord(tmp_path / "two.json").status.tracking_id == "abc12345"
