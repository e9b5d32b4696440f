"""The script of a job, to read before anything is submitted."""

from importlib.util import find_spec
from pathlib import Path

from qtcore.cluster.batch_kinds import Batch
from qtcore.cluster.needs import PACKAGES
from qtcore.cluster.profile import load_profile
from qtcore.errors import InputError

SCHEDULER = "tcp://SCHEDULER:PORT"
"""What stands in a script for the address that only a run has."""


def job_script(cluster: str | Path) -> str:
    """Return what a run would submit to a batch system for each of its jobs.

    Nothing is submitted. The machine needs dask-jobqueue, and no batch system.

    Parameters
    ----------
    cluster : str or Path
        Profile by name or path.

    Returns
    -------
    str
        The script. `tcp://SCHEDULER:PORT` stands for the address of the run's scheduler.

    Raises
    ------
    InputError
        If there is no such profile, something in it is wrong, or it submits no jobs.
    ClusterError
        If no Dask scheduler starts here, whose settings the script takes over.
    """
    profile = load_profile(cluster)
    if not isinstance(profile, Batch):
        raise InputError(
            f"{cluster} is a profile of the kind {profile.kind}, which submits no job; the script of a job "
            "belongs to the profile of a batch system, such as slurm or pbs"
        )
    module, extra = PACKAGES[profile.kind]
    if find_spec(module) is None:
        raise InputError(
            f"the script needs the package dask-jobqueue: pip install 'qtcore[{extra}]'"
        )
    from qtcore.cluster.batch import made

    with made(profile) as started:
        script: str = started.job_script()
        return script.replace(started.scheduler_address, SCHEDULER)
