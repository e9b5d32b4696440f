"""Names that users give to axes, constants, dimensions and variables, and those that are taken.

A point, a preset and a dataset each hold something of their own beside what the user names. A name
that means both would silently return the wrong one of them (docs/decisions/0014).
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from qtcore.errors import InputError, brief
from qtcore.store.layout import CHANNELS, MARKER, PROOF, RUN_GROUP

OF_POINTS = (
    *("number", "index", "axes", "values", "label", "span"),
    *("lengths", "realizations", "seed"),
)
"""What a point has of its own."""

OF_PRESETS = (
    *("axes", "constants", "lengths", "realizations", "note"),
    *("settable", "changed", "refuse_unless_settable", "limits_of", "as_json"),
)
"""What a preset has of its own."""

OF_DATASETS = (
    *("realization", "length", "channel", "block", "finished"),
    *(CHANNELS, MARKER, PROOF, RUN_GROUP),
)
"""What a dataset, or the store behind it, has of its own."""

TAKEN = tuple(sorted({*OF_POINTS, *OF_PRESETS, *OF_DATASETS}))
"""What can be neither an axis nor a constant: points, presets and datasets show both."""


def refuse_taken(names: Iterable[str], what: str, taken: Iterable[str] = TAKEN) -> None:
    """Raise InputError if a name cannot stand for something of the user's.

    Parameters
    ----------
    names : iterable of str
        Names that a user gave.
    what : str
        What they are to name: "an axis", "a constant", "a dimension" or "a variable".
    taken : iterable of str
        What already has a meaning where these names are used.

    Raises
    ------
    InputError
        With the rule and the list of the names that are taken.
    """
    known = sorted(taken)
    for name in names:
        if not _is_plain(name) or name.startswith("_") or name in known:
            raise InputError(
                f"{name!r} cannot be {what}: allowed is a Python identifier that does not begin "
                f"with an underscore and is none of the names that qtcore uses itself: "
                f"{', '.join(known)}"
            )


def _is_plain(name: str) -> bool:
    """Whether a name is an identifier as Python reads it: another spelling could not be reached."""
    return name.isidentifier() and unicodedata.normalize("NFKC", name) == name


def refuse_impossible(names: Iterable[str], what: str, taken: Iterable[str] = ()) -> None:
    """Raise InputError if no version of qtcore has made a store with such a name.

    Some names are taken since a later version than the store's; those are not refused here.

    Parameters
    ----------
    names : iterable of str
        Names that a store gives.
    what : str
        What they name, as in `refuse_taken`.
    taken : iterable of str
        Names that the store has for something of its own.

    Raises
    ------
    InputError
        With the name.
    """
    for name in names:
        if not _is_plain(name):
            raise InputError(f"{brief(name)} cannot be {what}: it is no name in Python")
        if name in taken:
            raise InputError(
                f"{name} cannot be {what}: every store has something else of that name"
            )


def refuse_double(names: Iterable[str]) -> None:
    """Raise ValueError if anything that a sweep names has the name of something else in it."""
    if double := sorted(name for name, count in Counter(names).items() if count > 1):
        raise ValueError(
            f"{', '.join(double)}: used twice; axes, parameters of cases, constants, "
            "dimensions and variables need names of their own"
        )


def refuse_twins(names: Iterable[str]) -> None:
    """Raise InputError if two arrays of one store have names that some disks cannot tell apart."""
    seen = {name.casefold(): name for name in OF_DATASETS}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise InputError(
                f"{other} and {name} differ in upper and lower case only: a store on a disk that "
                "does not tell them apart, such as most of macOS, would lose one of them; give "
                "one of them another name"
            )
