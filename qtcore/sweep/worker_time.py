"""How long the worker that a task runs on will still be there.

Workers in jobs of a batch system have an end. Its job says when, in the environment; a worker that
was started with a lifetime leaves when that is over.
"""

import math
import os
import time
from typing import NamedTuple

JOB_ENDS = "QTCORE_JOB_ENDS"
"""Variable with the end of the job, in seconds since 1970. The job scripts of qtcore set it, which
submits another job when one has ended."""

SLURM_ENDS = "SLURM_JOB_END_TIME"
"""The same, set by SLURM."""

PBS_LIMIT = "PBS_WALLTIME"
"""Variable with the time limit of the job in seconds, set by PBS."""


class End(NamedTuple):
    """When a worker will be gone.

    Attributes
    ----------
    worker : str
        The address that Dask knows it by.
    seconds : float
        How long it will still be there.
    whole : float
        How long it is there in all.
    is_replaced : bool
        Whether another one is started then.
    """

    worker: str
    seconds: float
    whole: float
    is_replaced: bool


def end_of_worker() -> End | None:
    """Return the end of the worker that this task runs on; None if it has none that is known."""
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # called by hand
        return None
    ends = [float(os.environ[name]) for name in (JOB_ENDS, SLURM_ENDS) if _number(name)]
    if _number(PBS_LIMIT):
        ends.append(_began() + float(os.environ[PBS_LIMIT]))
    if worker.lifetime and worker.nanny:  # which gave it a process of its own
        ends.append(_began() + worker.lifetime)
    if not ends:
        return None
    end = min(ends)
    return End(worker.address, end - time.time(), end - _began(), _number(JOB_ENDS))


def _number(name: str) -> bool:
    """Whether a variable of the environment holds a number that can be a time."""
    try:
        return 0 < float(os.environ.get(name, "")) < math.inf
    except ValueError:
        return False


def _began() -> float:
    """Return when this process began, in seconds since 1970."""
    import psutil

    return float(psutil.Process().create_time())
