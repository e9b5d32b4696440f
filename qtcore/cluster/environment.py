"""What holds for every worker, wherever it runs: threads, memory, a compile cache of its machine."""

from qtcore.errors import QtcoreError

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Dask parallelises over tasks; a threaded BLAS in each worker would oversubscribe the cores."""

KEPT_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**27), "MALLOC_MMAP_THRESHOLD_": str(2**25)}
"""Bytes from which glibc gives freed memory back (larger arrays have pages of their own). By itself a
nanny of Dask starts its worker with 64 KiB, and then every call of a solver pays for fresh pages
again: blocks of one realization of a strip of width 50 took half as long again."""

SETTINGS = {
    # A task whose workers die this often is given up, so that it takes no more of them along.
    "distributed.scheduler.allowed-failures": 3,
    "distributed.comm.timeouts.connect": "30s",
    # Results are a few numbers; nothing is worth stealing, moving or spilling. A worker that is
    # paused near its memory limit would hold its tasks for good if what fills it is a leak: it
    # shall reach the limit, be ended by its nanny and start afresh.
    "distributed.scheduler.work-stealing": False,
    # The driver bounds how many tasks are under way. Handed out one by one as slots open, short
    # ones would cost twice as much and workers wait between them. Not infinite, or Dask would
    # give runs of tasks to one worker rather than each to the one that has least.
    "distributed.scheduler.worker-saturation": 64,
    **dict.fromkeys(
        (f"distributed.worker.memory.{stage}" for stage in ("target", "spill", "pause")), False
    ),
    # It looks at the frames of all threads a hundred times a second. In Python before 3.11.9 and
    # 3.12.1 this can lock the interpreter for good (python/cpython issue 106883): a task hung.
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ": {**ONE_THREAD, **KEPT_MEMORY},
    "distributed.admin.log-format": "%(name)s: %(message)s",
}
"""Of Dask, for driver, scheduler and workers."""

SHELL_LINES = (
    *(f"export {name}={value}" for name, value in {**ONE_THREAD, **KEPT_MEMORY}.items()),
    # As in SETTINGS, which do not reach workers that a job script starts.
    *(
        f"export DASK_DISTRIBUTED__WORKER__MEMORY__{stage}=False"
        for stage in ("TARGET", "SPILL", "PAUSE")
    ),
    "export DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False",
    # A home that nodes with different processors share would have them rewrite one index.
    'export NUMBA_CACHE_DIR="${TMPDIR:-/tmp}/qtcore-numba-$(id -u)"',
    'mkdir -p -m 700 "$NUMBA_CACHE_DIR" 2>/dev/null || true',
    # Numba unpickles what it finds there: never from a folder that is a link (which -O follows),
    # belongs to somebody else or is open to others. qtcore.compiled looks once more.
    '{ [ ! -L "$NUMBA_CACHE_DIR" ] && [ -d "$NUMBA_CACHE_DIR" ] && [ -O "$NUMBA_CACHE_DIR" ]'
    ' && chmod 700 "$NUMBA_CACHE_DIR"; } || export NUMBA_CACHE_DIR="$(mktemp -d)"',
)
"""Set the environment of workers on another machine, in a POSIX shell: compiled kernels are kept on
each node's own disk, so that they fit its processor and no network file system is raced on."""


class ClusterError(QtcoreError):
    """The cluster did not come up."""
