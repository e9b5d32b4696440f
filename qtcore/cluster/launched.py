"""Whether MPI has started this process, as its environment says."""

import os

RANK = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK")
"""Variables in which Open MPI, MPICH and SLURM's srun tell a process its rank."""


def rank() -> int | None:
    """Return the rank of this process; None if MPI has not started it."""
    return next((int(os.environ[name]) for name in RANK if name in os.environ), None)
