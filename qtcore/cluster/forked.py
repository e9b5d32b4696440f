"""Workers on this machine are copies of one process that has imported everything already.

A worker imports for two seconds of the processor, and a small sweep takes not much longer. So one
process imports what workers need, while the driver imports and plans, and each worker is forked from
it in a few milliseconds (the "forkserver" of multiprocessing). Workers are processes as before: with
a memory limit each, and started anew where one dies.

This process has no threads, and it reads the environment when it begins. A cluster whose environment
differs in what imports read gets workers that import by themselves.
"""

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from threading import Lock

from qtcore.cluster.children import ctrl_c_reaches_no_child
from qtcore.cluster.environment import KEPT_MEMORY, ONE_THREAD

IMPORTED = "qtcore.cluster.worker_imports"
"""What the process imports."""

READ_BY_IMPORTS = (
    *("DASK", "DISTRIBUTED", "GOTO", "LD_", "LLVM", "MALLOC", "MKL", "NPY", "NUMBA", "NUMEXPR"),
    *("OMP", "OPENBLAS", "PYTHON", "QTCORE", "XDG", "HOME", "TMP", "TEMP"),
)
"""Beginnings of the names of variables that Python and packages read as they are imported."""

_lock = Lock()
_environment: dict[str, str] | None = None
"""That of this process when the other one began; None before that."""


def begin() -> None:
    """Start the process that imports for workers, unless there is one; returns at once."""
    global _environment
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    with _lock:
        if _environment is not None:
            return
        before = dict(os.environ)
        with ctrl_c_reaches_no_child(), _variables({**ONE_THREAD, **KEPT_MEMORY}):
            state_imports()
            forkserver.ensure_running()
        _environment = before


def state_imports() -> None:
    """Say what such a process imports, which Dask says anew as it starts its first worker.

    It matters to a process that begins after the first one was killed.
    """
    multiprocessing.set_forkserver_preload([IMPORTED])


def method() -> str:
    """Return how workers shall start now: "forkserver", or "spawn" if the environment has changed.

    Other variables that were set or changed meanwhile are for the caller to hand to the workers.
    """
    begin()
    if _environment is None or any(name not in os.environ for name in _environment):
        return "spawn"
    return "forkserver" if _read(_environment) == _read(os.environ) else "spawn"


def changed_variables() -> dict[str, str]:
    """Return the variables of the environment that were set or changed since the process began."""
    known = {} if _environment is None else _environment
    return {n: v for n, v in os.environ.items() if known.get(n) != v}


def _read(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what imports of a worker read of an environment."""
    # Dask writes into that of the driver what it has workers begin with.
    whole = {**environment, **ONE_THREAD, **KEPT_MEMORY, "PYTHONHASHSEED": ""}
    return {n: v for n, v in whole.items() if n.startswith(READ_BY_IMPORTS)}


@contextmanager
def _variables(added: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment that processes inherit meanwhile."""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
