"""Signals of a terminal are for the driver, and reach no process that it starts."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def ctrl_c_reaches_no_child() -> Iterator[None]:
    """Block SIGINT and SIGHUP in the threads and processes that are started meanwhile.

    A terminal sends Ctrl-C, or that it was closed, to every process in the foreground. Workers would
    die of it with a traceback each, while it is the driver that ends them in order. They inherit the
    blocked signals from the thread that starts them; one that arrives meanwhile is delivered
    afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        # Starting this helper process unblocks SIGINT in the thread that first needs it.
        _start_tracker()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Start the process that removes what this one leaves behind when it is ended at once.

    It does so with a warning for each kind of thing, which would follow the sentence that a stopped
    command ends with. It takes over how warnings are shown from this process.
    """
    before = sys.warnoptions[:]
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions[:] = before
