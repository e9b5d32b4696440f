"""A clock that stands still while the thread that reads it waits for a free core.

Rehearsals read it, and tasks, whose readings add up to the `core_seconds` of a store. The clock of the
processor would count the other tasks of a worker with several threads, and leave out programs that a task starts and waits for.
"""

import time
from pathlib import Path

WAITED = Path("/proc/thread-self/schedstat")
"""Where Linux keeps what a thread has run and waited for a core, in nanoseconds."""


READINGS = 4
"""So often is the clock read again where a thread has waited meanwhile."""


def undisturbed_seconds() -> float:
    """Return seconds from an arbitrary start, without those for which this thread waited for a core.

    A difference of two readings is what a call takes on an idle machine, whether it computes, sleeps
    or waits for a file. Where the system does not tell how long a thread waited, it is wall time.
    """
    try:
        waited = _waited()
        # Read on both sides of the clock: a wait between two readings would make time go backwards.
        for _ in range(READINGS):
            now, before = time.perf_counter(), waited
            waited = _waited()
            if waited == before:
                break
    except (OSError, IndexError, ValueError):
        return time.perf_counter()
    return now - waited


def _waited() -> float:
    """Return the seconds for which this thread has waited for a core."""
    return int(WAITED.read_text().split()[1]) * 1e-9
