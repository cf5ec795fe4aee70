import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from kseg.errors import InputError
from kseg.prediction.onnx_file import NEEDED, write_onnx
from kseg.prediction.opened import trained_models

CONF = Path(__file__).parents[2] / "conf"
TINY = sorted(file.stem for file in (CONF / "model").glob("*_tiny.yaml"))
HOW = {"opset": 20, "tolerance": 1e-3, "seed": 1}
INSTALLED = all(find_spec(package) for package in NEEDED)
needs_onnx = pytest.mark.skipif(not INSTALLED, reason="needs kseg's extra `onnx`")


def logits(file, patches):
    """By ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(None, {"ct": patches})[0]


@pytest.mark.parametrize("package", NEEDED)
def test_a_missing_package_is_named_with_what_to_install(make_run, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    (model,) = trained_models(str(make_run(tmp_path / "run").path))
    with pytest.raises(InputError, match=rf"{package}.*; install kseg with its extra: pip install 'kseg\[onnx\]'"):
        write_onnx(tmp_path / "small.onnx", model, **HOW)


@needs_onnx
@pytest.mark.slow
def test_onnx_runtime_answers_as_torch_does_to_any_number_of_patches(make_run, tmp_path):
    import onnx

    (model,) = trained_models(str(make_run(tmp_path / "run").path))
    written = write_onnx(tmp_path / "small.onnx", model, **HOW)
    assert written.difference < 1e-3
    proto = onnx.load(tmp_path / "small.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert [(one.domain, one.version) for one in proto.opset_import] == [("", 20)]
    for number in (1, 3):
        patches = np.random.default_rng(number).uniform(-1, 1, (number, 1, 16, 16, 16)).astype(np.float32)
        with torch.inference_mode():
            wanted = model.module.objective.class_logits(model.module.network(torch.from_numpy(patches)))
        assert np.abs(logits(tmp_path / "small.onnx", patches) - wanted.numpy()).max() < 1e-3


@needs_onnx
@pytest.mark.slow
def test_the_file_says_how_a_ct_is_prepared_and_not_where_it_was_made(make_run, tmp_path):
    import onnx

    (model,) = trained_models(str(make_run(tmp_path / "run").path))
    write_onnx(tmp_path / "small.onnx", model, **HOW)
    told = {one.key: one.value for one in onnx.load(tmp_path / "small.onnx").metadata_props}
    assert json.loads(told["kseg.spacing_mm"]) == [2, 2, 2]
    assert json.loads(told["kseg.window_hu"]) == [-200, 400]
    assert json.loads(told["kseg.patch_size"]) == [16, 16, 16]
    assert json.loads(told["kseg.classes"]) == ["background", "medulla", "cortex"]
    content = (tmp_path / "small.onnx").read_bytes()
    for place in (sys.prefix, str(CONF.parent), str(tmp_path), str(Path.home())):
        assert place.encode() not in content


@needs_onnx
@pytest.mark.slow
def test_a_network_that_answers_otherwise_is_not_written(make_run, tmp_path):
    (model,) = trained_models(str(make_run(tmp_path / "run").path))
    with pytest.raises(InputError, match="answers otherwise as ONNX"):
        write_onnx(tmp_path / "small.onnx", model, **{**HOW, "tolerance": 0.0})
    assert not (tmp_path / "small.onnx").exists()


@needs_onnx
@pytest.mark.soak
@pytest.mark.parametrize("objective", ["classes", "regions"])
@pytest.mark.parametrize("name", TINY)
def test_every_tiny_network_can_be_written(make_run, tmp_path, name, objective):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"model={name}", f"model/objective={objective}", "patches.patch_size=[64,64,32]"])
    settings = OmegaConf.to_container(config.model, resolve=True)
    (model,) = trained_models(str(make_run(tmp_path / "run", weights_of=settings, model=settings).path))
    written = write_onnx(tmp_path / "tiny.onnx", model, **HOW)
    patches = np.random.default_rng(5).uniform(-1, 1, (1, 1, *written.patch_size)).astype(np.float32)
    with torch.inference_mode():
        wanted = model.module(torch.from_numpy(patches))
    assert np.abs(logits(tmp_path / "tiny.onnx", patches) - wanted.numpy()).max() < 1e-3
