"""The command line: `qtcore list | run | extend | status | figure | check`."""

import gc
import sys
from contextlib import suppress

from qtcore._version import __version__
from qtcore.cli.signals import ctrl_c_while_importing, ctrl_c_while_leaving
from qtcore.cluster.launched import rank

IMPORTING = (100_000, 20, 50)
"""Thresholds of Python's search for garbage. Imports make some 400,000 objects that stay, and with the
usual thresholds a fifth of their time goes into looking at these again and again."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.
    """
    if (sys.argv[1:] if arguments is None else arguments) == ["--version"]:
        with suppress(OSError):  # else the other way to print it says what is wrong
            print(__version__, flush=True)  # noqa: T201 - at once: all else takes seconds to import
            sys.exit(0)
    if arguments is None:  # this is the command, and not a call from Python
        ctrl_c_while_importing()
        gc.set_threshold(*IMPORTING)
        if rank() is not None:
            from qtcore.cluster.ranks import part

            part(sys.argv[1:])
    from qtcore.cli.app import main as run

    try:
        run(arguments)
    finally:
        if arguments is None:
            ctrl_c_while_leaving()
