"""Kinds of points: what a realization costs follows from the kind."""

from typing import NamedTuple


class Kind(NamedTuple):
    """What the cost of a slice depends on.

    Attributes
    ----------
    solver : str
        strip, transfer, recursive; or own for a user's function.
    size : int
        Orbitals of a slice; of an own function the number of the point that was timed for it.
    is_complex : bool
        Whether the arithmetic is complex.
    """

    solver: str
    size: int
    is_complex: bool
