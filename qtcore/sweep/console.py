"""Consoles whose output may end at any time: a closed pipe, a full disk, an encoding without ξ."""

import io
import os
import sys
from contextlib import suppress
from typing import Any

from rich.console import Console

WIDTH = 110
"""Columns where the output is no terminal, such as a log file."""


class SteadyStream(io.TextIOBase):
    """Standard output or standard error, of which a failing write ends nothing.

    Parameters
    ----------
    name : {"stdout", "stderr"}
        Looked up in `sys` at each write: tests and notebooks put other streams there.

    Attributes
    ----------
    lost : str
        Why something could not be written, such as a full disk. Empty if all was written, or if
        whoever read it has closed the pipe.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.lost = ""

    @property
    def _stream(self) -> Any:
        found = getattr(sys, self._name)
        # While a progress bar is shown Rich has put itself there.
        return getattr(found, "rich_proxied_file", found)

    @property
    def encoding(self) -> str:  # type: ignore[override] # a property where typeshed has a variable
        """Of the stream behind it."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def fileno(self) -> int:
        """Return the number of the stream behind it; raises OSError if it has none."""
        if self._stream is None:
            raise io.UnsupportedOperation("there is no such stream")
        return int(self._stream.fileno())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return bool(self._stream.isatty())
        except (AttributeError, OSError, ValueError):  # none, or closed
            return False

    def writable(self) -> bool:
        """Return True: what cannot be written is dropped."""
        return True

    def write(self, text: str) -> int:
        """Write what the stream's encoding has, the rest as escapes; nothing if it is closed."""
        try:
            plain = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
            self._stream.write(plain)
        except (AttributeError, OSError, ValueError, LookupError) as error:
            self.give_up(error)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, if that is possible."""
        try:
            self._stream.flush()
        except (AttributeError, OSError, ValueError) as error:
            self.give_up(error)

    def drop(self) -> None:
        """Drop what could not be written, on which Python would fail at exit."""
        self.lost = ""
        self._send_to_nowhere()

    def give_up(self, error: Exception) -> None:
        """Take note of what was lost; send what is left to nowhere after a pipe was closed."""
        if isinstance(error, BrokenPipeError):
            self._send_to_nowhere()
        elif isinstance(error, OSError) and error.errno is not None:
            self.lost = os.strerror(error.errno)

    def _send_to_nowhere(self) -> None:
        with suppress(AttributeError, OSError, ValueError):  # a stream without a number
            number = self._stream.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)


def console_on(name: str, kind: type[Console] = Console, *, quiet: bool = False) -> Console:
    """Return a console on standard output ("stdout") or standard error ("stderr").

    Parameters
    ----------
    name : {"stdout", "stderr"}
        Which of the two.
    kind : type
        Console, or one that prints otherwise.
    quiet : bool
        Whether it prints nothing at all.
    """
    stream = SteadyStream(name)
    width = None if stream.isatty() else WIDTH
    return kind(
        file=stream,  # type: ignore[arg-type] # Rich writes to it and asks what a stream answers
        width=width,
        quiet=quiet,
    )


def steady_streams() -> None:
    """Make standard streams that take whatever this process and its libraries print.

    Streams that the caller has closed are opened to nowhere. Else the next file that is opened
    takes their number, and what libraries print goes into it: a chunk of a store, say. Signs that
    an encoding lacks become escapes.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):  # it writes what is left, and a failure of that is told later
                stream.reconfigure(errors="backslashreplace")
