"""A SLURM of one node on this machine, from Debian's packages, brought up for a test and taken down after it."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol")

CONFIG = """
ClusterName=kseg
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={port_of_node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
JobRequeue=1
KillWait=30
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="session")
def slurm(tmp_path_factory):
    """The environment in which `sbatch` and its like reach the cluster."""
    _get_packages()
    folder = tmp_path_factory.mktemp("slurm")
    host = socket.gethostname().partition(".")[0]
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    ports = {"port": _free_port(), "port_of_node": _free_port()}
    config = folder / "slurm.conf"
    config.write_text(CONFIG.format(host=host, folder=folder, processors=os.cpu_count(), **ports))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    environment = {**os.environ, "SLURM_CONF": str(config)}
    munge = [f"--{name}={folder}/munge.{name}" for name in ("socket", "pid-file", "log-file", "seed-file")]
    daemons = [
        _start(folder, environment, "munged", "--force", "--foreground", f"--key-file={folder}/munge.key", *munge),
        _start(folder, environment, "slurmctld", "-D", "-f", str(config)),
        _start(folder, environment, "slurmd", "-D", "-f", str(config), "-N", host),
    ]
    try:
        _wait_for_node(folder, environment)
        yield environment
    finally:
        subprocess.run(["scancel", "--user=root"], env=environment, check=False, capture_output=True)
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(30)


def _get_packages():
    if all(map(shutil.which, NEEDED)):
        return
    if os.getuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip("no SLURM here, and Debian's packages slurm-wlm and munge cannot be installed")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
    subprocess.run(["apt-get", "update"], check=False, **quiet)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "slurm-wlm", "munge"]
    done = subprocess.run(install, check=False, **quiet)
    if not all(map(shutil.which, NEEDED)):
        pytest.skip(f"Debian's packages slurm-wlm and munge could not be installed: {done.stderr.strip()[-200:]}")


def _start(folder, environment, program, *arguments):
    output = (folder / f"{program}.out").open("w")
    with output:
        return subprocess.Popen([shutil.which(program), *arguments], env=environment, stdout=output, stderr=output)


def _wait_for_node(folder, environment):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        state = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"], env=environment, check=False, capture_output=True, text=True
        )
        if state.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    logs = "\n".join(path.read_text()[-2000:] for path in Path(folder).glob("*.log"))
    raise RuntimeError(f"SLURM did not come up: {state.stdout}{state.stderr}\n{logs}")


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
