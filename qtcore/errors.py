"""The errors that qtcore raises on purpose."""


class QtcoreError(Exception):
    """Base of every error that qtcore raises on purpose: one message, meant to be read."""


class InputError(QtcoreError, ValueError):
    """Bad input, found before anything was computed.

    The message says what came, what is allowed and, where that helps, what to do.
    """
