"""Workers on this machine are started without the script that asks for them.

A process that multiprocessing spawns imports its parent's main module first, so that a script
without an `if __name__ == "__main__":` would start its run again in every worker, and one that comes
from a pipe could not be imported at all. Workers import qtcore and are told names and numbers; they
need nothing of that script, nor the time to import it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import spawn
from typing import Any

NAME_OF_WORKERS = "Dask Worker process (from Nanny)"
"""How Dask calls the processes of its workers."""

NAMES_OF_MAIN = ("init_main_from_name", "init_main_from_path")
"""By which multiprocessing tells a new process which main module it shall import."""


class _Instructions:
    """What multiprocessing tells each new process, less the main module for workers of ours."""

    def __init__(self, before: Callable[[str], dict[str, Any]]) -> None:
        self.before = before
        self.clusters = 0

    def __call__(self, name: str) -> dict[str, Any]:
        told = self.before(name)
        if self.clusters and name == NAME_OF_WORKERS:
            for key in NAMES_OF_MAIN:
                told.pop(key, None)
        return told


_instructions = _Instructions(spawn.get_preparation_data)
_lock = threading.Lock()


@contextmanager
def without_main() -> Iterator[None]:
    """Keep the workers that Dask starts meanwhile from importing the main module.

    It has to hold as long as a cluster lives, since a killed worker is started anew. Processes of
    other names are started as ever, and the main module itself is not touched, because other threads
    and the user's own functions may read its `__file__`.
    """
    with _lock:
        # It stays in place afterwards, where it changes nothing: somebody may have built on it.
        spawn.get_preparation_data = _instructions
        _instructions.clusters += 1
    try:
        yield
    finally:
        with _lock:
            _instructions.clusters -= 1
