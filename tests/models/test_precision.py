from types import SimpleNamespace

import pytest
import torch
from lightning import Fabric

from kseg.models import precision
from kseg.models.precision import bf16_is_fast, is_precision, precision_for_prediction, settled_precision


def machine(monkeypatch, *, cpu=(), gpu=None):
    """Processors' abilities as PyTorch documents them; a GPU that is not there, or computes bf16 or emulates it."""
    abilities = dict.fromkeys(cpu, True) | {"avx2": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: abilities, raising=False)
    cuda = SimpleNamespace(
        is_available=lambda: gpu is not None,
        is_bf16_supported=lambda including_emulation: including_emulation or gpu == "computes",
    )
    monkeypatch.setattr(precision.torch, "cuda", cuda)


@pytest.mark.parametrize("ability", ["amx_bf16", "bf16"])
def test_processors_that_compute_bf16_are_known_by_their_abilities(monkeypatch, ability):
    machine(monkeypatch, cpu=[ability])
    assert bf16_is_fast()


@pytest.mark.parametrize("ability", ["avx512_f", "avx512_bf16"])
def test_a_processor_without_them_is_slow_at_it(monkeypatch, ability):
    machine(monkeypatch, cpu=[ability])
    assert not bf16_is_fast()


@pytest.mark.parametrize(("gpu", "fast"), [("computes", True), ("emulates", False)])
def test_a_gpu_decides_where_there_is_one(monkeypatch, gpu, fast):
    machine(monkeypatch, gpu=gpu)
    assert bf16_is_fast() == fast


def test_a_gpu_that_is_not_used_does_not_count(monkeypatch):
    machine(monkeypatch, gpu="computes")
    assert not bf16_is_fast("cpu")


def test_what_is_left_to_the_machine_becomes_one_of_lightnings_words(monkeypatch):
    machine(monkeypatch, cpu=["amx_bf16"])
    assert settled_precision("bf16-where-fast", "auto") == "bf16-mixed"
    machine(monkeypatch)
    assert settled_precision("bf16-where-fast", "auto") == "32-true"


@pytest.mark.parametrize(("gpu", "settled"), [(None, "32-true"), ("computes", "bf16-mixed"), ("emulates", "32-true")])
def test_bf16_on_a_gpu_alone_leaves_fast_processors_out(monkeypatch, gpu, settled):
    machine(monkeypatch, cpu=["amx_bf16"], gpu=gpu)
    assert settled_precision("bf16-on-gpu", "auto") == settled


@pytest.mark.parametrize("given", ["bf16-mixed", "32-true", 16])
def test_what_is_given_stays(monkeypatch, given):
    machine(monkeypatch)
    assert settled_precision(given, "auto") == given


def test_a_network_trained_in_bf16_predicts_without_it_where_that_is_slow(monkeypatch):
    given = ("bf16-mixed", "16-mixed", "64-true")
    machine(monkeypatch)
    assert [precision_for_prediction(one) for one in given] == ["32-true", "32-true", "64-true"]
    machine(monkeypatch, gpu="computes")
    assert [precision_for_prediction(one) for one in given] == list(given)


@pytest.mark.parametrize("given", ["32-true", "bf16-mixed", "bf16-true", 64, "32"])
def test_lightnings_precisions_are_known_as_fabric_knows_them(given):
    assert is_precision(given)
    Fabric(accelerator="cpu", devices=1, precision=given)


@pytest.mark.parametrize("given", ["zork", 17, True, None, ["32-true"]])
def test_other_words_are_no_precisions(given):
    assert not is_precision(given)
