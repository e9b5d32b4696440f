"""Signals that ask the driver to end: as Ctrl-C does, in order and with a message."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = {
    signal.SIGTERM: "terminated (SIGTERM), as batch systems do it when the time is up",
    signal.SIGHUP: "its terminal was closed (SIGHUP)",
}
"""Signal → what is said of it."""


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
