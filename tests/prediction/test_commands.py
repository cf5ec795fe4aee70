import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from kseg.images import write_nifti
from kseg.prediction.carried import carried_of
from kseg.prediction.model_file import read_model_file, write_model_file
from kseg.runs.folder import RunFolder

ROOT = Path(__file__).parents[2]
OUTSIDE = """
from pathlib import Path
Path(__file__).with_suffix(".imported").touch()

def anything(*arguments, **settings):
    return None
"""


def kseg(*words, cwd):
    """A command in a process of its own, from another folder than kseg's; it finds a module `outside` there."""
    environment = {"PYTHONPATH": f"{ROOT}:{cwd}", "PATH": "/usr/bin:/bin", "HOME": str(cwd)}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def elsewhere(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def test_commands_are_told_and_others_refused(tmp_path):
    told = kseg("-m", "kseg.prediction", cwd=tmp_path).stdout
    assert all(name in told for name in ("export", "onnx", "show"))
    refused = kseg("-m", "kseg.prediction", "import", cwd=tmp_path)
    assert refused.returncode == 1
    assert "no command 'import'" in refused.stderr


@pytest.mark.slow
def test_export_tells_the_digest_and_show_what_is_in_it(make_run, tmp_path, elsewhere):
    make_run(tmp_path / "run")
    done = kseg("-m", "kseg.prediction", "export", f"run={tmp_path}/run", "output=small.kseg", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256((elsewhere / "small.kseg").read_bytes()).hexdigest()
    assert digest in done.stdout
    shown = kseg("-m", "kseg.prediction", "show", "run=small.kseg", cwd=elsewhere)
    assert shown.returncode == 0, shown.stderr
    assert digest in shown.stdout
    assert "monai.networks.nets.UNet, taught medulla and cortex" in shown.stdout
    refused = kseg("-m", "kseg.prediction", "export", f"run={tmp_path}/run", "output=.", cwd=elsewhere)
    assert (refused.returncode, "is a folder" in refused.stderr) == (1, True)


@pytest.mark.slow
def test_an_exported_model_predicts_the_same_voxels_where_nothing_of_its_training_is(
    make_run, boxes, tmp_path, elsewhere
):
    made = boxes(3)
    write_nifti(elsewhere / "cts" / "ct.nii.gz", made.ct_hu, made.grid)
    runs = [make_run(tmp_path / "runs" / name).path for name in ("one", "two")]
    write_model_file(tmp_path / "both.kseg", [carried_of(RunFolder(run)) for run in runs])
    before = kseg(ROOT / "predict.py", f"run={runs[0]}", "input=cts", "output=of_run", cwd=elsewhere)
    assert before.returncode == 0, before.stderr
    shutil.rmtree(tmp_path / "runs")
    shutil.move(tmp_path / "both.kseg", elsewhere / "carried.kseg")
    after = kseg(ROOT / "predict.py", "run=carried.kseg", "input=cts", "output=of_file", cwd=elsewhere)
    assert after.returncode == 0, after.stderr
    of_run, of_file = (np.asarray(nib.load(elsewhere / kind / "ct.nii.gz").dataobj) for kind in ("of_run", "of_file"))
    assert len(np.unique(of_run)) > 1
    assert np.array_equal(of_run, of_file)  # two networks alike answer as one does


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [lambda file: file[: len(file) // 2], lambda file: b"", lambda file: b"PK" + file[2:-30]]
)
def test_a_broken_file_ends_in_one_line(make_run, tmp_path, elsewhere, damage):
    write_model_file(elsewhere / "broken.kseg", [carried_of(make_run(tmp_path / "run"))])
    (elsewhere / "broken.kseg").write_bytes(damage((elsewhere / "broken.kseg").read_bytes()))
    refused = kseg(ROOT / "predict.py", "run=broken.kseg", "input=.", "output=out", cwd=elsewhere)
    assert refused.returncode == 1
    assert refused.stderr.startswith("kseg: broken.kseg: is no model that kseg exported")
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("model", ("predict.py", "run=RUN", "input=.", "output=out")),
        ("prepare", ("-m", "kseg.prediction", "onnx", "run=RUN", "output=out.onnx")),
        ("metrics", ("evaluate.py", "run=RUN", "rescore=true")),
        ("stats", ("evaluate.py", "run=RUN")),
        ("report", ("evaluate.py", "run=RUN")),
        ("callbacks", ("train.py", "repeat=RUN", "run_dir=again")),
        ("split", ("train.py", "run_dir=RUN")),  # it began elsewhere
    ],
)
def test_a_run_from_elsewhere_runs_nothing_by_any_command_unless_it_is_trusted(
    make_run, small_config, tmp_path, elsewhere, part, words
):
    (elsewhere / "outside.py").write_text(OUTSIDE)
    make_run(tmp_path / "run", **{part: {**small_config[part], "mine": {"_target_": "outside.anything"}}})
    where = [ROOT / word if word.endswith(".py") else word.replace("RUN", f"{tmp_path}/run") for word in words]
    refused = kseg(*where, cwd=elsewhere)
    assert refused.returncode == 1
    assert f"{part}.mine calls outside.anything, which kseg's own configuration does not call there" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (elsewhere / "outside.imported").exists()
    assert not (elsewhere / "again" / "config.yaml").exists()


@pytest.mark.slow
def test_a_run_that_is_trusted_runs_what_it_names(make_run, small_config, tmp_path, elsewhere):
    (elsewhere / "outside.py").write_text(OUTSIDE)
    make_run(tmp_path / "run", model={**small_config["model"], "mine": {"_target_": "outside.anything"}})
    kseg(ROOT / "predict.py", f"run={tmp_path}/run", "input=.", "output=out", "trust=true", cwd=elsewhere)
    assert (elsewhere / "outside.imported").exists()


@pytest.mark.slow
def test_folds_go_into_one_file(make_run, tmp_path, elsewhere):
    for number in range(2):
        make_run(tmp_path / "folds" / f"fold-{number}", seed=number)
    done = kseg("-m", "kseg.prediction", "export", f"run={tmp_path}/folds/*", "output=all.kseg", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert [one.provenance["seed"] for one in read_model_file(elsewhere / "all.kseg")] == [0, 1]
