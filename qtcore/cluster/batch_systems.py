"""What tells batch systems apart: how jobs are described to them, and how theirs are listed."""

import getpass
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qtcore.cluster.batch_kinds import Batch, Htcondor, Lsf, Oar, Pbs, Sge, Slurm
from qtcore.errors import InputError

_CTRL_C = signal.getsignal(signal.SIGINT)
from dask_jobqueue import (  # noqa: E402 - between the lines that save Ctrl-C from it
    HTCondorCluster,
    LSFCluster,
    OARCluster,
    PBSCluster,
    SGECluster,
    SLURMCluster,
)

# Its module `runner` has Ctrl-C end the process at once, without an orderly end of the sweep.
signal.signal(signal.SIGINT, _CTRL_C)

JOB_NAME = "qtcore"

Said = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class System:
    """A batch system.

    Attributes
    ----------
    cluster : type
        Of dask-jobqueue.
    keywords : callable
        From a profile to what this cluster takes besides what all take.
    list_jobs : tuple of str
        The command that lists the jobs of this user.
    listed : callable
        From what it says to the numbers of jobs that wait or run.
    try_out : tuple of str
        The command that looks at a job's script without running it; empty where there is none.
    choices : str
        A command that shows what a profile can ask for.
    """

    cluster: Any
    keywords: Callable[[Any], dict[str, Any]]
    list_jobs: tuple[str, ...]
    listed: Callable[[str], set[str]]
    choices: str
    try_out: tuple[str, ...] = ()


def said(*command: str) -> Said:
    """Run a command and return what it said."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def listed_jobs(system: System) -> set[str] | None:
    """Return the numbers of this user's jobs that wait or run; None if that cannot be told now."""
    command = [getpass.getuser() if part == USER else part for part in system.list_jobs]
    answer = said(*command)
    if answer.returncode and NO_JOBS not in answer.stderr:
        return None  # a server that is busy or restarts
    return system.listed(answer.stdout)


USER = "USER"
"""Stands for the name of this user in a command."""

NO_JOBS = "No unfinished job found"
"""With these words LSF says that there are none, with an exit status of its own."""


def clock(profile: Batch) -> str | None:
    """Return the time limit as hours, minutes and seconds, days counted as hours."""
    if profile.limit is None:
        return None
    minutes, seconds = divmod(profile.limit, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _first_numbers(text: str) -> set[str]:
    """Return the numbers that lines begin with."""
    return set(re.findall(r"^\s*(\d+)", text, re.MULTILINE))


def _slurm(profile: Slurm) -> dict[str, Any]:
    return {
        "queue": profile.partition,
        "account": profile.account,
        "walltime": profile.walltime,
        "job_extra_directives": [*profile.directives],
    }


def _pbs(profile: Pbs) -> dict[str, Any]:
    return {
        "queue": profile.queue,
        "account": profile.account,
        "walltime": clock(profile),
        "resource_spec": profile.resources,
        "job_extra_directives": [*profile.directives],
    }


def _pbs_listed(text: str) -> set[str]:
    # Torque lists completed jobs for some minutes. The state is the last column but one.
    running = [line for line in text.splitlines() if line.split()[-2:-1] not in (["C"], ["F"])]
    return _first_numbers("\n".join(running))


def _lsf(profile: Lsf) -> dict[str, Any]:
    limit = profile.limit or 0
    minutes = -(-limit // 60)  # it counts in minutes
    return {
        "queue": profile.queue,
        "project": profile.account,
        "walltime": f"{minutes // 60:02d}:{minutes % 60:02d}",
        "lsf_units": profile.memory_unit,
        "job_extra_directives": [*profile.directives],
    }


def _sge(profile: Sge) -> dict[str, Any]:
    if profile.workers_per_job > 1 and not profile.parallel_environment:
        raise InputError(
            "parallel_environment is missing: jobs of several workers (workers_per_job: "
            f"{profile.workers_per_job}) need one of those that `qconf -spl` lists"
        )
    several = [f"-pe {profile.parallel_environment} {profile.workers_per_job}"]
    return {
        "queue": profile.queue,
        "project": profile.account,
        "walltime": clock(profile),
        "resource_spec": profile.resources,
        # By default Grid Engine ignores a script's first line and may take the C shell.
        "job_extra_directives": [
            "-S /bin/bash",
            *(several if profile.workers_per_job > 1 else []),
            *profile.directives,
        ],
    }


def _sge_listed(text: str) -> set[str]:
    # A job in an error state waits for a person.
    rows = [line for line in text.splitlines() if "E" not in "".join(line.split()[4:5])]
    return _first_numbers("\n".join(rows))


def _htcondor(profile: Htcondor) -> dict[str, Any]:
    lines = {}
    for line in profile.directives:
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise InputError(
                "directives takes lines of a submit description such as Rank = kflops, got "
                f"{line!r}"
            )
        lines[name.strip()] = value.strip()
    if profile.account:
        lines = {"accounting_group": profile.account, **lines}
    return {"disk": profile.disk, "job_extra_directives": lines}


def _htcondor_listed(text: str) -> set[str]:
    return {f"{row[0]}.{row[1]}" for line in text.splitlines() if len(row := line.split()) == 2}


def _oar(profile: Oar) -> dict[str, Any]:
    return {
        "queue": profile.queue,
        "project": profile.account,
        "walltime": clock(profile),
        "resource_spec": profile.resources,
        "memory_per_core_property_name": profile.memory_property or "not_applicable",
        "job_extra_directives": [
            f"-O {profile.logs}/{JOB_NAME}-%jobid%.out",
            f"-E {profile.logs}/{JOB_NAME}-%jobid%.err",
            *profile.directives,
        ],
    }


SYSTEMS = {
    "slurm": System(
        SLURMCluster,
        _slurm,
        ("squeue", "--noheader", "--me", "--format=%A"),
        _first_numbers,
        "sinfo",
        ("sbatch", "--test-only"),
    ),
    "pbs": System(PBSCluster, _pbs, ("qstat", "-u", USER), _pbs_listed, "qstat -Q"),
    "lsf": System(LSFCluster, _lsf, ("bjobs", "-u", USER, "-w"), _first_numbers, "bqueues"),
    "sge": System(
        SGECluster, _sge, ("qstat", "-u", USER), _sge_listed, "qstat -g c", ("qsub", "-w", "v")
    ),
    "htcondor": System(
        HTCondorCluster,
        _htcondor,
        # Not those that were removed or have completed.
        (
            *("condor_q", "-constraint", "JobStatus =!= 3 && JobStatus =!= 4"),
            *("-autoformat", "ClusterId", "ProcId"),
        ),
        _htcondor_listed,
        "condor_status",
        ("condor_submit", "-dry-run", "/dev/null"),
    ),
    "oar": System(OARCluster, _oar, ("oarstat", "-u", USER), _first_numbers, "oarnodes"),
}
"""By the kind of a profile."""
