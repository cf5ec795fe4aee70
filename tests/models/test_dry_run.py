import io
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console

from kseg.errors import InputError
from kseg.models import dry_run as room
from kseg.models.dry_run import Plan, dry_run, memory_watched, processes_of

ROOT = Path(__file__).parents[2]


def plan(**changed):
    given = {"patch_size": (32, 32, 16), "batch_size": 2, "patches_per_epoch": 200, "precision": "32-true"}
    return Plan(**{**given, "accelerator": "cpu", **changed})


def told(module, plan):
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(dry_run(module, plan))
    return console.export_text()


def test_it_tells_what_a_step_takes_and_how_long_an_epoch_lasts(compose_model):
    _, module = compose_model("unet_tiny", size=(32, 32, 16))
    lines = told(module, plan(memory_gb=8)).splitlines()
    assert lines[0].startswith("0.6 M parameters, ")
    assert "a patch of 32 x 32 x 16, in 32-true" in lines[0]
    assert any("patches.batch_size" in line and "fits in 8.0 GB" in line for line in lines)
    assert float(lines[-1].split("takes ")[1].split(" s")[0]) >= 0


@pytest.mark.parametrize(("processes", "epoch"), [(1, "200 patches 150 s"), (4, "200 patches 38 s")])
def test_an_epochs_patches_are_shared_among_the_processes(compose_model, monkeypatch, processes, epoch):
    """Two patches in 1.5 s: 200 take 100 steps of one process, 25 of four."""
    monkeypatch.setattr(room, "_step_s", lambda *_: 1.5)
    _, module = compose_model("unet_tiny", size=(32, 32, 16))
    assert epoch in told(module, plan(memory_gb=8, processes=processes))


def test_what_fits_into_the_named_memory_but_not_into_this_machines_is_not_tried(compose_model, monkeypatch):
    monkeypatch.setattr(room, "free_gb", lambda _: 0.001)
    _, module = compose_model("unet_tiny", size=(32, 32, 16))
    assert "A step was not tried" in told(module, plan(memory_gb=8))


@pytest.mark.parametrize(
    ("devices", "nodes", "count"), [(2, 1, 2), ([0, 3], 2, 4), ("3", 1, 3), ("auto", 1, 1), (-1, 2, 2)]
)
def test_processes_are_counted_as_lightning_starts_them(devices, nodes, count):
    assert processes_of("cpu", devices, nodes) == count


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_plan_for_gpus_is_told_on_a_machine_without(compose_model):
    _, module = compose_model("unet_tiny", size=(32, 32, 16))
    text = told(module, plan(accelerator="gpu"))
    assert "it is for a GPU, and this machine has none" in text
    assert "give memory_gb" in text
    assert "yes" not in text
    assert "fits in 8.0 GB" in told(module, plan(accelerator="gpu", memory_gb=8))


def test_what_does_not_fit_is_said_and_not_tried(compose_model):
    _, module = compose_model("unet_tiny", size=(96, 96, 96))
    text = told(module, plan(patch_size=(96, 96, 96), batch_size=64, memory_gb=2))
    assert "A step was not tried" in text
    rows = [line.split("│") for line in text.splitlines() if "│" in line]
    answers = {int(row[1]): row[3].strip() for row in rows}
    assert answers[1] == "yes"
    assert answers[64] == "no"


def test_a_patch_without_a_size_is_refused():
    with pytest.raises(InputError, match=r"patches\.patch_size"):
        plan(patch_size="fingerprint.patch_size")


def test_memory_that_runs_out_names_what_to_lower():
    with (
        pytest.raises(InputError, match=r"batches of 2 patches of 32 x 32 x 16: set patches\.batch_size lower"),
        memory_watched(plan()),
    ):
        torch.empty(10**16)  # PyTorch's own message


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), MemoryError()])
def test_a_gpus_memory_likewise(error):
    with pytest.raises(InputError, match=r"patches\.patch_size smaller"), memory_watched(plan()):
        raise error


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="something else"), memory_watched(plan()):
        raise RuntimeError("something else")


@pytest.mark.slow
def test_a_network_from_outside_is_one_yaml(tmp_path):
    """The one of docs/models.md."""
    page = (ROOT / "docs" / "models.md").read_text()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text(page.split("```yaml\n")[1].split("```")[0])
    small = ["patches.patch_size=[32,32,32]", "dry_run=true", f"paths.root={tmp_path}"]
    command = [sys.executable, "train.py", "--config-dir", str(tmp_path), "model=mine", *small]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "M parameters" in ran.stdout
    assert "A step takes" in ran.stdout
