"""Signals that ask a command to end: it does so in order, with one sentence and the right code."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOPPED = 3
"""Exit code of a command that was stopped: the same command goes on."""

ENDING = {
    signal.SIGTERM: "terminated (SIGTERM), as batch systems do it when the time is up",
    signal.SIGHUP: "its terminal was closed (SIGHUP)",
}
"""Signal → what is said of it."""

BEFORE = "Stopped before anything was done; the same command begins anew."
BETWEEN = "Stopped between tasks; the same command goes on."
AT_ONCE = "Stopped at once. What is finished is safe in the store; the same command goes on."

CURSOR = "\x1b[?25h"
"""Shows the cursor, which a progress bar hides."""


@contextmanager
def ends_like_ctrl_c() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into a KeyboardInterrupt with a reason, once.

    A second one ends the process at once. What is ignored, as under `nohup`, stays ignored.
    """
    before = {number: signal.getsignal(number) for number in ENDING}
    ours = [number for number, handler in before.items() if handler is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt(ENDING[signal.Signals(number)])


def ctrl_c_while_importing() -> None:
    """Let Ctrl-C end the process at once from now on: nothing has been done yet.

    Imports take a second or more, and whatever is imported would show its own traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_before)


def ctrl_c_while_working() -> None:
    """Let the first Ctrl-C raise KeyboardInterrupt from now on, and a second one end at once.

    The second one comes while the command ends in order. What is finished is in the store by then,
    and nothing that is killed leaves half of anything.
    """
    if signal.getsignal(signal.SIGINT) is _end_before:
        signal.signal(signal.SIGINT, _first_ctrl_c)


def ctrl_c_while_leaving() -> None:
    """Ignore Ctrl-C from now on: all has been said, and Python ends by itself within a second or two.

    A function of Python's would no longer be called at the very end, where the signal would kill.
    """
    if signal.getsignal(signal.SIGINT) in (_end_before, _first_ctrl_c, _end_at_once):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _first_ctrl_c(number: int, _: FrameType | None) -> None:
    signal.signal(number, _end_at_once)
    raise KeyboardInterrupt


def _end_before(*_: object) -> None:
    _end_with(BEFORE)


def _end_at_once(*_: object) -> None:
    _end_with(AT_ONCE)


def _already_ending(*_: object) -> None:
    """Do nothing."""


def _end_with(sentence: str) -> None:
    """Print a sentence and end the process, without the exits of anything that is under way."""
    # Another Ctrl-C in between would say it again. One that came a moment ago needs a function of
    # Python's: it prints an error if it finds that the signal is ignored by now.
    signal.signal(signal.SIGINT, _already_ending)
    with suppress(OSError):  # standard error may be closed
        shown = CURSOR if os.isatty(2) else ""
        os.write(2, f"{shown}\n{sentence}\n".encode())
    os._exit(STOPPED)
