"""Ranks of a command that MPI has started: one runs Dask's scheduler, one drives, the others work.

`mpirun` starts the same command many times. The ranks part before any of them has read its options or
printed a line, so that one of them alone speaks.
"""

import os
import sys
from collections.abc import Sequence

from qtcore.cluster.environment import KEPT_MEMORY, ONE_THREAD, SETTINGS
from qtcore.cluster.kinds import Mpi
from qtcore.cluster.launched import rank
from qtcore.cluster.profile import load_profile
from qtcore.errors import InputError

DRIVER = 1
"""The rank that drives; 0 runs the scheduler. dask-mpi says so."""

FEWEST = 3
"""Ranks: scheduler, driver and one worker."""

_joined = ""
_size = 0


def part(arguments: Sequence[str]) -> None:
    """Let ranks that do not drive do their part and exit; return in the one that drives.

    Without MPI, or with a cluster of another kind, it returns at once.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line.
    """
    name = _cluster_in(arguments)
    if name is None or rank() is None:
        return
    try:
        profile = load_profile(name)
    except InputError:  # the driver says it
        if rank() != DRIVER:
            sys.exit(0)
        return
    if isinstance(profile, Mpi):
        _join(profile)


def address() -> str:
    """Return the address of the scheduler that another rank runs.

    Raises
    ------
    InputError
        If this process is no rank, or there are too few.
    """
    if _joined:
        return _joined
    if _size:
        raise InputError(
            f"the mpi cluster needs at least {FEWEST} ranks (a scheduler, a driver and a worker), "
            f"got {_size}: mpirun -n 8 qtcore run … --cluster mpi"
        )
    raise InputError(
        "the mpi cluster is for a command that MPI has started: mpirun -n 8 qtcore run … --cluster "
        "mpi; a script begins with dask_mpi.initialize() and gives cluster=Client()"
    )


def _cluster_in(arguments: Sequence[str]) -> str | None:
    """Return what stands behind the last --cluster."""
    found = None
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option == "--cluster":
            found = value
        elif option.startswith("--cluster="):
            found = option.partition("=")[2]
    return found


def _join(profile: Mpi) -> None:
    global _joined, _size
    os.environ.update({**KEPT_MEMORY, **ONE_THREAD, "DASK_LOGGING__DISTRIBUTED": "critical"})
    try:
        from mpi4py.MPI import COMM_WORLD
    except (ImportError, RuntimeError):  # the driver names the package that is missing
        if rank() != DRIVER:
            sys.exit(0)
        return
    _size = COMM_WORLD.Get_size()
    if _size < FEWEST:
        if rank() != _size - 1:
            sys.exit(0)
        return
    import dask
    from dask_mpi import initialize

    if rank() not in (0, DRIVER):
        import qtcore.sweep.task  # noqa: F401 - what every task needs
    dask.config.set(SETTINGS)
    initialize(
        interface=profile.interface,
        local_directory=profile.local_directory,
        nthreads=1,
        dashboard=False,
        dashboard_address=":0",
    )  # only the driver returns
    _joined = dask.config.get("scheduler_address")
