"""A SLURM of one node in a folder: munged, slurmctld and slurmd of Debian, run as root."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from servers import free_port, running, wait_until

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")

PACKAGES = "slurm-wlm munge"

CONFIGURATION = """
ClusterName=qtcore
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
PlugStackConfig={folder}/plugstack.conf
SlurmdParameters=config_overrides
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=2
OverTimeLimit=0
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Say why no SLURM can be started here, or nothing."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"needs {', '.join(absent)} (Debian: apt-get install {PACKAGES})"
    return "" if os.geteuid() == 0 else "slurmd starts jobs for other users only as root"


@contextmanager
def slurm(folder: Path) -> Iterator[Path]:
    """Run a SLURM in a folder; yield the path of its slurm.conf, and stop it by its processes."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "plugstack.conf").touch()
    configuration = folder / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            folder=folder,
            controller=free_port(),
            node=free_port(),
        )
    )
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    key = folder / "munge.key"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True)
    with ExitStack() as stack:
        for name, command in (
            ("munged", _munged(folder, key)),
            ("slurmctld", ["slurmctld", "-D", "-f", str(configuration)]),
            ("slurmd", ["slurmd", "-D", "-f", str(configuration)]),
        ):
            output = stack.enter_context((folder / f"{name}.out").open("w"))
            stack.enter_context(running(command, output.fileno(), environment))
            if name == "munged":
                wait_until((folder / "munge.socket").exists, "munged")
        wait_until(lambda: _is_idle(environment), f"slurmd; see {folder}")
        try:
            yield configuration
        finally:
            subprocess.run(["scancel", "--me"], env=environment, check=False)
            wait_until(lambda: _is_idle(environment), "the last job to end")


def _munged(folder: Path, key: Path) -> list[str]:
    return [
        *("munged", "--foreground", "--force", "--num-threads=2"),
        *(f"--key-file={key}", f"--socket={folder}/munge.socket"),
        *(f"--pid-file={folder}/munged.pid", f"--seed-file={folder}/munged.seed"),
        f"--log-file={folder}/munged.log",
    ]


def _is_idle(environment: dict[str, str]) -> bool:
    said = subprocess.run(
        ["sinfo", "--noheader", "--format=%T"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() == "idle"
