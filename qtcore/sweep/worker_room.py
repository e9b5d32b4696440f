"""How much memory a task may take on the worker that it runs on."""

from collections.abc import Iterator
from contextlib import contextmanager

from qtcore.room import Limit, limited, tasks_on_machine


@contextmanager
def room_of_worker() -> Iterator[None]:
    """Let checks of memory know the limit of Dask's worker around this task, if there is one."""
    with limited(_limit()):
        yield


def _limit() -> Limit:
    import dask
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # called by hand
        return Limit()
    ended_at = dask.config.get("distributed.worker.memory.terminate")
    limit = worker.memory_manager.memory_limit
    # Its nanny ends a worker; without one the limit is a number that nobody heeds.
    of_process = int(ended_at * limit) if worker.nanny and ended_at and limit else None
    return Limit(of_process, worker.state.nthreads, tasks_on_machine())
