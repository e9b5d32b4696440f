"""What a profile needs that may not be here: packages of Python, commands of the machine."""

import shutil
from importlib.util import find_spec

from qtcore.cluster.kinds import Profile

PACKAGES = {
    "ssh": ("asyncssh", "ssh"),
    "slurm": ("dask_jobqueue", "slurm"),
    "kubernetes": ("dask_kubernetes", "kubernetes"),
}
"""Kind: the module that starts it, and the extra of qtcore that installs that."""

COMMANDS = {"slurm": ("sbatch", "squeue", "scancel")}


def missing(profile: Profile) -> list[str]:
    """Return what this machine lacks for a profile, in words; empty if it can be tried."""
    lacks = []
    module, extra = PACKAGES.get(profile.kind, ("", ""))
    if module and find_spec(module) is None:
        package = module.replace("_", "-")
        lacks.append(f"the package {package}: pip install 'qtcore[{extra}]'")
    absent = [name for name in COMMANDS.get(profile.kind, ()) if shutil.which(name) is None]
    if absent:
        lacks.append(f"the commands {', '.join(absent)}, which this machine does not have")
    return lacks
