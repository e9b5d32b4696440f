"""The rows of one seed in a store, and which of them are finished."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.store.header import Header
from qtcore.store.marks import Marks
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stored_draws import stored_draws


@dataclass(frozen=True)
class Source:
    """The rows of one seed in a store that is merged.

    Attributes
    ----------
    header : Header
        The store.
    sweep : Sweep
        With the seed and the realizations of these rows.
    first : int
        Row of realization 0.
    there : (*grid, realization) bool array
        Which realizations are finished.
    """

    header: Header
    sweep: Sweep
    first: int
    there: NDArray[np.bool_]


def sources_in(header: Header) -> list[Source]:
    """Return the rows of each seed of a store."""
    found = []
    for sweep, first in stored_draws(header):
        held = Marks(header, sweep.grid).held
        steps = np.arange(header.block)
        flat = (steps < held[..., None]).reshape((*sweep.grid, -1))
        there = flat[..., first : first + sweep.largest_count]
        found.append(Source(header, sweep, first, there))
    return found
