from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.runs.trust import OF_EVALUATION, OF_PREDICTION, OF_TRAINING, foreign, known_targets, refuse_foreign

CONF = Path(__file__).parents[2] / "conf"
MODELS = sorted(file.stem for file in (CONF / "model").glob("[a-z]*.yaml"))
OTHERS = (
    *("model/objective=regions model/loss=tversky model/schedule=cosine", "model/loss=dice_focal model/optimizer=sgd"),
    *("model/group_weights=dro metrics=full", "augment=nnunet callbacks=ema logger=csv", "trainer=fsdp split=folds"),
    "patches=queue",
)
CODE = (
    *("os.system", "subprocess.Popen", "builtins.eval", "builtins.exec", "torch.hub.load", "torch.load"),
    *("hydra.utils.instantiate", "hydra.utils.call", "hydra.utils.get_method", "hydra.utils.get_object"),
    *("functools.partial", "kseg.images.write_nifti", "kseg.runs.config.write_config", "pathlib.Path.unlink"),
    *("kseg.report.page.write_report", "kseg.cases.phantom.read_phantom", "lightning.Trainer"),  # of other parts
    *("monai.networks.nets.UNet.forward", "monai.networks.nets", " monai.networks.nets.UNet", ""),
)


def composed(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*overrides, "paths.root=here", "paths.run=there"])
    known = [part for part in OF_TRAINING if part != "logger"]
    return {part: OmegaConf.to_container(config[part], resolve=True) for part in known}


@pytest.mark.parametrize("choice", [f"model={name}" for name in MODELS] + list(OTHERS))
def test_what_kseg_composes_itself_is_let_pass(choice):
    assert foreign(composed(*choice.split()), OF_TRAINING) == []


@pytest.mark.parametrize("target", CODE)
@pytest.mark.parametrize(
    "place",
    [
        lambda call: call,
        lambda call: {"_target_": "monai.networks.nets.UNet", "act": call},
        lambda call: {"_target_": "monai.networks.nets.UNet", "_args_": [3, [{"deep": call}]]},
        lambda call: {"network": [[call]]},
    ],
    ids=["itself", "argument", "_args_", "list"],
)
@pytest.mark.parametrize("how", [{}, {"_partial_": True}, {"_args_": ["touch here"]}, {"_recursive_": False}])
def test_what_could_run_code_is_refused_wherever_it_stands(target, place, how):
    with pytest.raises(InputError, match="kseg's own configuration does not call there"):
        refuse_foreign({"model": place({"_target_": target, **how})}, ["model"], origin=Path("run"), trust=False)


@pytest.mark.parametrize(
    "model",
    [
        {"_target_": "${oc.decode:os.system}"},
        {"_target_": "${..name}", "name": "os.system"},
        {"network": {"_target_": "monai.networks.nets.UNet", "channels": "${oc.env:HOME}"}},
        {"network": ["${model}"]},
    ],
)
def test_an_interpolation_is_refused_before_hydra_resolves_it(model):
    assert any("interpolation" in fault for fault in foreign({"model": model}, ["model"]))


def test_values_that_are_not_plain_are_refused():
    # YAML's own tags, as OmegaConf's loader and PyYAML's safe one read them: a path, bytes, a date, a set
    assert foreign({"model": {"a": Path("x"), "b": b"x", "c": yaml.safe_load("2026-01-01"), "d": {1}}}, ["model"]) == [
        f"model.{key} is of type {kind}: not a plain value"
        for key, kind in (("a", "PosixPath"), ("b", "bytes"), ("c", "date"), ("d", "set"))
    ]
    assert foreign({"model": {b"x": 4}}, ["model"]) == ["model: the key b'x' is no word or number"]
    assert foreign({"model": {"_target_": ["os.system"]}}, ["model"])


def test_a_function_that_is_to_be_called_later_is_not_called_at_once():
    # conf/report/default.yaml has write_report with _partial_: true
    report = {"_target_": "kseg.report.page.write_report", "window_hu": [-150, 300]}
    assert foreign({"report": {**report, "_partial_": True}}, OF_EVALUATION) == []
    assert len(foreign({"report": report}, OF_EVALUATION)) == 1
    assert len(foreign({"report": {**report, "_partial_": 1}}, OF_EVALUATION)) == 1


def test_every_fault_is_told_with_its_place_and_how_to_trust():
    config = {"model": {"network": {"_target_": "os.system"}}, "prepare": {"_target_": "os.remove"}}
    with pytest.raises(InputError) as told:
        refuse_foreign(config, OF_PREDICTION, origin=Path("theirs"), trust=False)
    *faults, remedy = told.value.problems
    assert [fault.split(",")[0] for fault in faults] == [
        "theirs: model.network calls os.system",
        "theirs: prepare calls os.remove",
    ]
    assert "trust=true" in remedy
    refuse_foreign(config, OF_PREDICTION, origin=Path("theirs"), trust=True)


def test_kseg_knows_its_own_targets_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known_targets.cache_clear()
    assert ("monai.networks.nets.DynUNet", False) in known_targets("model")
    assert ("torch.optim.SGD", True) in known_targets("model")


@pytest.mark.parametrize("trust", ["no", "off", "false", "yes", 1, None])
def test_a_word_that_is_not_true_or_false_is_no_trust(trust):
    with pytest.raises(InputError, match="true or false is needed"):
        refuse_foreign({"model": {"_target_": "os.mkdir"}}, OF_PREDICTION, origin=Path("theirs"), trust=trust)


def test_names_from_elsewhere_do_not_steer_the_terminal_in_which_they_are_told():
    target = "os.\x1b[2Jsystem\u202e\u2066"  # clears the screen; turns what follows around
    with pytest.raises(InputError) as told:
        refuse_foreign({"model": {"_target_": target}}, OF_PREDICTION, origin=Path("theirs"), trust=False)
    assert "model calls os.\ufffd[2Jsystem\ufffd\ufffd, which" in told.value.problems[0]
