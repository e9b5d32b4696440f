"""A clock that stands still while the thread that reads it waits for a free core."""

import time
from pathlib import Path

WAITED = Path("/proc/thread-self/schedstat")
"""Where Linux keeps what a thread has run and waited for a core, in nanoseconds."""


def undisturbed_seconds() -> float:
    """Return seconds from an arbitrary start, without those for which this thread waited for a core.

    A difference of two readings is what a call takes on an idle machine, whether it computes, sleeps
    or waits for a file. Where the system does not tell how long a thread waited, it is wall time.
    """
    now = time.perf_counter()
    try:
        return now - int(WAITED.read_text().split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return now
