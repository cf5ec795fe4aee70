import os
import pickle
import sys
from contextlib import suppress

import numpy as np
import pytest
import torch

from kseg.errors import InputError
from kseg.models.segmentation import SegmentationModule
from kseg.prediction.carried import carried_of
from kseg.prediction.model_file import write_model_file
from kseg.prediction.opened import trained_models
from kseg.runs.config import write_config

NETWORK_OF_MINE = """
from pathlib import Path
from monai.networks.nets import UNet
Path(__file__).with_suffix(".imported").touch()

class Mine(UNet):
    def __init__(self, **settings):
        super().__init__(**settings)
        Path(__file__).with_suffix(".called").touch()
"""


class Touches:
    """What runs a command when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def mine(small_config, tmp_path, monkeypatch):
    """The part `model` of a config that calls a network from outside, in a module that leaves a file when it is run."""
    (tmp_path / "outside.py").write_text(NETWORK_OF_MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "outside", raising=False)
    network = {**small_config["model"]["network"], "_target_": "outside.Mine"}
    return {**small_config["model"], "network": network}


def opened(make_run, path, *, as_file, trust=False, **changes):
    run = make_run(path, **changes)
    if as_file:
        write_model_file(path.with_suffix(".kseg"), [carried_of(run)])
    return trained_models(str(path.with_suffix(".kseg") if as_file else path), trust=trust)


def test_a_file_gives_the_same_logits_as_the_run_that_it_was_made_of(make_run, tmp_path):
    (of_run,), (of_file,) = (opened(make_run, tmp_path / str(kind), as_file=kind) for kind in (False, True))
    ct = torch.from_numpy(np.random.default_rng(1).uniform(-1, 1, (1, 1, 20, 18, 17)).astype(np.float32))
    with torch.inference_mode():
        assert torch.equal(of_run.module(ct), of_file.module(ct))
    assert (of_run.preparation, of_run.prediction) == (of_file.preparation, of_file.prediction)
    assert of_run.divided
    assert of_file.divided


@pytest.mark.parametrize("as_file", [False, True])
def test_it_is_known_whether_the_cortex_was_taught(make_run, tmp_path, as_file):
    assert not opened(make_run, tmp_path / "run", as_file=as_file, cortex="")[0].divided


def test_runs_files_and_patterns_open_together_in_the_order_asked(make_run, tmp_path):
    for name in ("fold_1", "fold_2", "other"):
        make_run(tmp_path / name)
    write_model_file(tmp_path / "two.kseg", [carried_of(make_run(tmp_path / f"in_file_{number}")) for number in (1, 2)])
    asked = [str(tmp_path / "two.kseg"), str(tmp_path / "fold_*"), str(tmp_path / "other")]
    places = [model.origin.name for model in trained_models(asked)]
    assert places == ["two.kseg", "two.kseg", "fold_1", "fold_2", "other"]


def test_what_is_neither_run_nor_file_says_so(tmp_path):
    with pytest.raises(InputError, match="is no run"):
        trained_models(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("as_file", [False, True])
def test_code_from_outside_is_neither_called_nor_imported_unless_it_is_trusted(make_run, mine, tmp_path, as_file):
    with pytest.raises(InputError, match=r"model\.network calls outside.Mine"):
        opened(make_run, tmp_path / "run", as_file=as_file, model=mine)
    assert not list(tmp_path.glob("outside.[!p]*"))
    opened(make_run, tmp_path / "trusted", as_file=as_file, model=mine, trust=True)
    assert sorted(file.name for file in tmp_path.glob("outside.[!p]*")) == ["outside.called", "outside.imported"]


@pytest.mark.parametrize("as_file", [False, True])
@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("model", {"_target_": "os.system", "command": "touch MARKER"}),
        ("model", {"_target_": "torch.hub.load", "repo_or_dir": "MARKER", "model": "x", "source": "local"}),
        ("model", {"_target_": "builtins.eval", "_args_": ["open('MARKER', 'w')"]}),
        ("model", {"_target_": "pathlib.Path.touch", "_args_": [{"_target_": "pathlib.Path", "_args_": ["MARKER"]}]}),
        ("model", {"_target_": "hydra.utils.call", "config": {"_target_": "os.mkdir", "path": "MARKER"}}),
        ("model", {"_target_": "${oc.env:NAME}", "path": "MARKER"}),
        ("prepare", {"_target_": "os.mkdir", "path": "MARKER"}),
        (
            "prepare",
            {"_target_": "kseg.cases.phantom.read_phantom", "root": "MARKER", "patients_per_group": 1, "seed": 1},
        ),
        ("prepare", {"_target_": "kseg.images.write_atomically", "path": "MARKER", "content": b"".decode()}),
        ("prepare", {"_target_": "kseg.data.preparation.Preparation", "spacing_mm": [{"_target_": "os.mkdir"}]}),
    ],
)
def test_a_config_from_elsewhere_runs_nothing(make_run, tmp_path, monkeypatch, as_file, part, content):
    monkeypatch.setenv("NAME", "os.mkdir")
    marker = tmp_path / "marker"
    if as_file:  # an honest export refuses a place; a hostile one names it from where it is run
        monkeypatch.chdir(tmp_path)
        marker = "marker"
    written = eval(repr(content).replace("MARKER", str(marker)))
    with pytest.raises(InputError, match="nothing of it was run"):
        opened(make_run, tmp_path / "run", as_file=as_file, **{part: written})
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("raw", [True, False], ids=["pickle", "zip of torch"])
def test_a_checkpoint_that_would_run_a_command_runs_nothing(make_run, tmp_path, raw):
    run, evil = make_run(tmp_path / "run"), {"state_dict": Touches(tmp_path / "marker")}
    if raw:
        run.best_checkpoint.write_bytes(pickle.dumps(evil))
    else:
        torch.save(evil, run.best_checkpoint)
    with pytest.raises(InputError, match="nothing of it was run"):
        trained_models(str(run.path))
    assert not (tmp_path / "marker").exists()
    with suppress(RuntimeError):
        torch.load(run.best_checkpoint, weights_only=False)
    assert (tmp_path / "marker").exists()  # so it would have


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"], ids=["empty", "text", "zip cut off"])
def test_a_checkpoint_that_is_none_is_told_in_plain_words(make_run, tmp_path, content):
    run = make_run(tmp_path / "run")
    run.best_checkpoint.write_bytes(content)
    with pytest.raises(InputError, match=r"is damaged, or nothing that torch wrote|holds no weights that can be read"):
        trained_models(str(run.path))


@pytest.mark.parametrize("content", [{"state_dict": [1]}, [1], {"a": 1}, {"state_dict": {"a": "b"}}])
def test_a_checkpoint_without_weights_is_told_in_plain_words(make_run, tmp_path, content):
    run = make_run(tmp_path / "run")
    torch.save(content, run.best_checkpoint)
    with pytest.raises(InputError, match="holds no weights"):
        trained_models(str(run.path))


def test_weights_of_another_network_are_refused(make_run, small_config, tmp_path):
    network = {**small_config["model"]["network"], "channels": [4, 16]}
    with pytest.raises(InputError, match="holds the weights of another network"):
        opened(make_run, tmp_path / "run", as_file=True, model={**small_config["model"], "network": network})


def test_a_network_that_cannot_be_built_is_told_in_plain_words(make_run, small_config, tmp_path):
    network = {**small_config["model"]["network"], "strides": [2, 2, 2, 2]}
    with pytest.raises(InputError, match="its network cannot be built"):
        opened(make_run, tmp_path / "run", as_file=True, model={**small_config["model"], "network": network})


def test_what_is_built_is_a_network_that_segments(make_run, small_config, tmp_path):
    with pytest.raises(InputError, match="holds no network that segments"):
        opened(make_run, tmp_path / "run", as_file=True, model=small_config["model"]["network"])


def test_a_preparation_that_nothing_can_be_prepared_with_is_refused(make_run, small_config, tmp_path):
    prepare = {**small_config["prepare"], "spacing_mm": [0, 2, 2]}
    with pytest.raises(InputError, match=r"prepare.spacing_mm is \[0, 2, 2\]"):
        opened(make_run, tmp_path / "run", as_file=True, prepare=prepare)


@pytest.mark.parametrize(
    "prediction", [{}, *({"mirror_axes": axes} for axes in (0, [3], [-1], [["x"]], ["0"], [0, 0], [True], [0.0]))]
)
def test_mirrors_that_are_none_are_refused(make_run, tmp_path, prediction):
    with pytest.raises(InputError, match=r"prediction\.mirror_axes is .*; a list of 0, 1, 2 is needed"):
        opened(make_run, tmp_path / "run", as_file=True, prediction=prediction)


@pytest.mark.parametrize("as_file", [True, False])
@pytest.mark.parametrize("precision", ["zork", 17, "", True])
def test_a_precision_that_is_none_is_refused(make_run, small_config, tmp_path, precision, as_file):
    trainer = {**small_config["trainer"], "precision": precision}
    with pytest.raises(InputError, match=r"trainer\.precision is .*; one of 64-true, .* is needed"):
        opened(make_run, tmp_path / "run", as_file=as_file, trainer=trainer)


@pytest.mark.parametrize("lacking", ["model", "prepare", "prediction", "trainer"])
def test_a_config_that_lacks_a_part_says_which(make_run, small_config, tmp_path, lacking):
    run = make_run(tmp_path / "run")
    write_config(run.config, {key: value for key, value in small_config.items() if key != lacking})
    with pytest.raises(InputError, match=lacking):
        trained_models(str(run.path))


def test_a_cohort_that_names_files_elsewhere_is_read_for_its_words_alone(make_run, tmp_path):
    """Its parenchyma is /etc/passwd, its CT /x.nii, its cortex a pipe, at which reading would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    (model,) = opened(make_run, tmp_path / "run", as_file=False, cortex=str(tmp_path / "pipe"))
    assert model.divided
    assert isinstance(model.module, SegmentationModule)


def test_a_run_that_is_linked_to_opens_as_where_it_lies(make_run, tmp_path):
    make_run(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    assert trained_models(str(tmp_path / "link"))[0].divided
