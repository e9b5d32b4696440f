"""The message where a name is unknown."""

from collections.abc import Collection

from qtcore.errors import InputError
from qtcore.results.validate import near


def unknown(kind: str, name: object, known: Collection[str]) -> InputError:
    """Return the error about a name that nothing has, with the names that there are.

    Parameters
    ----------
    kind : str
        What the name should be of, such as "axis" or "variable".
    name : object
        What came.
    known : collection of str
        All names that would do.
    """
    meant = near(str(name), known)
    return InputError(f"there is no {kind} {name!r}{meant}; there is {', '.join(known) or 'none'}")
