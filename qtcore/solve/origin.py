"""Where an open sample comes from, for those who draw it."""

from typing import NamedTuple

from qtcore.model.wire import Wire


class Origin(NamedTuple):
    """Where samples come from.

    Attributes
    ----------
    wire : Wire
        The wire.
    realizations : tuple of int
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    """

    wire: Wire
    realizations: tuple[int, ...]
    seed: int
