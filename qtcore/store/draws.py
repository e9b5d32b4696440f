"""Which seed each row of a store has, where runs of several seeds were put together.

A *draw* is what one seed has given: its realizations, counted from 0, stand in rows of their own, from
the beginning of a block on. Rows that no point shall hold, between the end of a draw and the next block,
stay empty (docs/decisions/0047).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import brief

DRAWS = "draws"
"""Attribute of the root, and of no store with one seed: the draws, in the order of their rows."""

MOST_DRAWS = 10_000
"""Of a store; each is looked at by every reader."""


@dataclass(frozen=True)
class Draw:
    """The realizations of one seed.

    Attributes
    ----------
    seed : int
        Seed of the disorder.
    first : int
        Row of realization 0.
    realizations : int or tuple of int
        How many: of each point alike, or of each point in C order.
    """

    seed: int
    first: int
    realizations: int | tuple[int, ...]

    @property
    def rows(self) -> range:
        """Rows of the point that has most."""
        return range(self.first, self.first + int(np.max(self.realizations)))

    def counts(self, grid: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the realizations of each point, (*grid).

        Raises
        ------
        ValueError
            If the draw is of another number of points.
        """
        given = np.asarray(self.realizations, dtype=np.int64)
        if given.ndim and given.size != math.prod(grid):
            raise ValueError(f"a draw of {given.size} points, where there are {math.prod(grid)}")
        return np.broadcast_to(given.reshape(grid) if given.ndim else given, grid)

    def as_json(self) -> dict[str, Any]:
        """Return the draw as a JSON value."""
        count = [*self.realizations] if isinstance(self.realizations, tuple) else self.realizations
        return {"seed": self.seed, "first": self.first, "realizations": count}


def draws_in(stated: Any, rows: int, block: int) -> tuple[Draw, ...]:
    """Return the draws that a root states, checked.

    Parameters
    ----------
    stated : JSON value
        What it states; None where the store has one seed.
    rows, block : int
        Rows of the store, and of one of its blocks.

    Raises
    ------
    ValueError
        If these can be no draws.
    """
    if stated is None:
        return ()
    if not isinstance(stated, list) or not 0 < len(stated) <= MOST_DRAWS:
        raise ValueError(f"{DRAWS} is {brief(stated)}")
    found: list[Draw] = []
    end = 0
    for one in stated:
        if not isinstance(one, dict) or {*one} != {"seed", "first", "realizations"}:
            raise ValueError(f"one of the {DRAWS} is {brief(one)}")
        count = one["realizations"]
        counts = count if isinstance(count, list) else [count]
        numbers = [one["seed"], one["first"], *counts]
        if not counts or any(type(n) is not int or not 0 <= n < 2**63 for n in numbers):
            raise ValueError(f"one of the {DRAWS} is {brief(one)}")
        draw = Draw(one["seed"], one["first"], tuple(count) if isinstance(count, list) else count)
        if draw.first < end or draw.first % block or not draw.rows:
            raise ValueError(f"the rows of the {DRAWS} are {brief(stated)}")
        found.append(draw)
        end = draw.rows.stop
    if end != rows or len({draw.seed for draw in found}) < len(found):
        raise ValueError(f"the {DRAWS} are {brief(stated)}, and the store has {rows} rows")
    return tuple(found)
