import subprocess
import sys

import pytest

from kseg.models.threads import wait_briefly

SHOWN = "from kseg.models.threads import wait_briefly; print(wait_briefly()); import torch; torch.ones(9).sum()"


@pytest.fixture
def environment(monkeypatch):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def settings_of_openmp(environment):
    """What GNU's OpenMP itself says that it goes by."""
    environment.setenv("OMP_DISPLAY_ENV", "verbose")
    ran = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True)
    return ran.stdout.strip(), ran.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="PyTorch brings GNU's OpenMP on Linux alone")
def test_threads_give_up_soon_once_torch_is_imported(environment):
    early, settings = settings_of_openmp(environment)
    assert early == "True"
    assert "GOMP_SPINCOUNT = '30000'" in settings


@pytest.mark.slow
@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"])
def test_what_the_environment_says_wins(environment, name):
    environment.setenv(name, "active" if name == "OMP_WAIT_POLICY" else "7")
    _, settings = settings_of_openmp(environment)
    assert "GOMP_SPINCOUNT = '30000'" not in settings


def test_it_tells_when_it_is_too_late(environment):
    environment.setenv("GOMP_SPINCOUNT", "7")
    import torch  # noqa: F401 - so that it is there, whichever test runs first

    assert not wait_briefly()
