"""Where an open sample comes from, for those who draw it."""

from typing import NamedTuple

from qtcore.errors import listed
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

    @property
    def in_words(self) -> str:
        """Which samples they are."""
        count = len(self.realizations)
        name = "realization" if count == 1 else "realizations"
        return f"{name} {listed(self.realizations)} of seed {self.seed}"
