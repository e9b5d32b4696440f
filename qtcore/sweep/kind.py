"""Kinds of points: what a realization costs follows from the kind."""

from typing import NamedTuple


class Kind(NamedTuple):
    """What the cost of a slice depends on.

    Attributes
    ----------
    solver : str
        strip, transfer, recursive, front; terminals, eliminated of bars with many leads; closed, marker of
        samples without leads; or own for a user's function.
    size : int
        Orbitals of a slice, and of a bar those that its other leads touch besides; of an own function
        the number of the point that was timed for it.
    is_complex : bool
        Whether the arithmetic is complex.
    """

    solver: str
    size: int
    is_complex: bool
