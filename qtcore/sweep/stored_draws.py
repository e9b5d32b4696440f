"""The sweeps behind a store: one, or one for each seed where runs were put together."""

from typing import NamedTuple

import numpy as np

from qtcore.errors import InputError
from qtcore.store.header import Header
from qtcore.sweep.extension import scalar_if_uniform, stored_sweep
from qtcore.sweep.spec import Sweep


class StoredDraw(NamedTuple):
    """What one seed has given.

    Attributes
    ----------
    sweep : Sweep
        With the seed and the realizations of this draw.
    first : int
        Row of its realization 0 in the store.
    """

    sweep: Sweep
    first: int


def stored_draws(header: Header) -> list[StoredDraw]:
    """Return the sweep of each seed of a store.

    Raises
    ------
    InputError
        As `stored_sweep`, for stores with several seeds too.
    """
    if not header.draws:
        return [StoredDraw(stored_sweep(header), 0)]
    try:
        return [
            StoredDraw(
                Sweep.from_fields(
                    {**header.spec, "seed": draw.seed, "realizations": draw.realizations}
                ),
                draw.first,
            )
            for draw in header.draws
        ]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(
            f"the sweep that {header.place} holds cannot be read: {error}; `qtcore verify-store "
            f"{header.place}` finds out more"
        ) from None


def whole_sweep(header: Header) -> Sweep:
    """Return the sweep of a store with the realizations of all seeds, to be described and not solved.

    Its seed is that of the first draw.

    Raises
    ------
    InputError
        As `stored_draws`.
    """
    found = stored_draws(header)
    if len(found) == 1:
        return found[0].sweep
    total = np.sum([draw.sweep.counts for draw in found], axis=0)
    return found[0].sweep.changed(realizations=scalar_if_uniform(total))
