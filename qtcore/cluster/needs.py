"""What a profile needs that may not be here: packages of Python, commands of the machine."""

import shutil
from importlib.util import find_spec

from qtcore.cluster.kinds import Mpi, Profile
from qtcore.cluster.launched import rank

BATCH = {
    "slurm": ("sbatch", "squeue", "scancel"),
    "pbs": ("qsub", "qstat", "qdel"),
    "lsf": ("bsub", "bjobs", "bkill"),
    "sge": ("qsub", "qstat", "qdel"),
    "htcondor": ("condor_submit", "condor_q", "condor_rm"),
    "oar": ("oarsub", "oarstat", "oardel"),
}
"""Kinds of batch systems: the commands by which jobs are submitted, listed and cancelled."""

PACKAGES = {
    "ssh": ("asyncssh", "ssh"),
    **dict.fromkeys(BATCH, ("dask_jobqueue", "jobqueue")),
    "mpi": ("dask_mpi", "mpi"),
    "kubernetes": ("dask_kubernetes", "kubernetes"),
    "gateway": ("dask_gateway", "gateway"),
}
"""Kind: the module that starts it, and the extra of qtcore that installs that."""

OWN = {"pbs": "pbsnodes", "sge": "qconf"}
"""Commands that tell apart systems which call theirs by the same names."""

COMMANDS = {**BATCH, "mpi": ("mpirun",)}


def missing(profile: Profile) -> list[str]:
    """Return what this machine lacks for a profile, in words; empty if it can be tried."""
    lacks = []
    module, extra = PACKAGES.get(profile.kind, ("", ""))
    if module and find_spec(module) is None:
        package = module.replace("_", "-")
        lacks.append(f"the package {package}: pip install 'qtcore[{extra}]'")
    commands = (
        () if isinstance(profile, Mpi) and rank() is not None else COMMANDS.get(profile.kind, ())
    )
    absent = [name for name in commands if shutil.which(name) is None]
    if absent:
        lacks.append(f"the commands {', '.join(absent)}, which this machine does not have")
    elif other := _other_system(profile.kind):
        lacks.append(
            f"another batch system: {', '.join(commands)} of this machine are those of {other}"
        )
    return lacks


def _other_system(kind: str) -> str:
    """Return the system whose commands those of a kind are; "" if they are its own, or nobody can tell."""
    if kind not in OWN or shutil.which(OWN[kind]) is not None:
        return ""
    there = {other for other, name in OWN.items() if shutil.which(name) is not None}
    return ", ".join("Grid Engine" if other == "sge" else "PBS" for other in there)
