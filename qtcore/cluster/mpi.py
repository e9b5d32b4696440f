"""Workers that are ranks of the MPI command that this process belongs to."""

from collections.abc import Iterator
from contextlib import contextmanager

from qtcore.cluster.kinds import Mpi
from qtcore.cluster.ranks import address


@contextmanager
def start(profile: Mpi) -> Iterator[str]:
    """Yield the address of the scheduler; ranks end with the process that drives.

    Raises
    ------
    InputError
        If MPI has not started this process, or with too few ranks.
    """
    del profile  # the ranks have read it themselves
    yield address()
