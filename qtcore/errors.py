"""The errors that qtcore raises on purpose."""

import errno
from typing import Self


class QtcoreError(Exception):
    """Base of every error that qtcore raises on purpose: one message, meant to be read."""


class InputError(QtcoreError, ValueError):
    """Bad input, found before anything was computed.

    The message says what came, what is allowed and, where that helps, what to do.
    """


class UnreachableStoreError(QtcoreError, ConnectionError):
    """A store's service that does not answer, or not as it should, after all attempts.

    Parameters
    ----------
    message : str
        Which store, what the service said, and what it asks for.
    """

    def __init__(self, message: str) -> None:
        # The number by which a sweep knows an error that every other task would meet too.
        super().__init__(errno.EHOSTUNREACH, message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.message,)


class DamagedStoreError(QtcoreError):
    """Stored bytes that disagree with their checksum, met while they were read."""
