"""Which samples of a wire are solved, at which lengths, and how: asked once, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import not_negative, whole_number
from qtcore.solve.arguments import (
    Side,
    checked_incidence,
    checked_lengths,
    checked_realizations,
    checked_tolerance,
)
from qtcore.solve.choice import checked_method
from qtcore.units import LANES


@dataclass(frozen=True)
class Ensemble:
    """What is asked of a wire at an energy, the same for all members of a family.

    Parameters
    ----------
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    realizations : sequence of int
        Numbers of the samples, each >= 0.
    seed : int
        Seed of the ensemble, >= 0.
    method : {"auto", "transfer", "recursive"}
        Which solver; see `choose`.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site of the sample, units of t.
    incidence : {"left", "right"}
        Side that the waves come from.
    tolerance : float, optional
        Error of ln g that is asked for.

    Raises
    ------
    InputError
        If one of these is wrong. Whether it fits a wire is seen with the wire.
    """

    lengths: Sequence[int]
    realizations: Sequence[int]
    seed: int
    method: str = "auto"
    absorption: float = 0.0
    incidence: Side = "left"
    tolerance: float | None = None

    def __post_init__(self) -> None:
        for name, value in (
            ("lengths", checked_lengths(self.lengths)),
            ("realizations", checked_realizations(self.realizations)),
            ("seed", whole_number("seed", self.seed, 0)),
            ("method", checked_method(self.method)),
            ("absorption", not_negative("absorption", self.absorption, "units of t")),
            ("incidence", checked_incidence(self.incidence)),
            ("tolerance", checked_tolerance(self.tolerance)),
        ):
            object.__setattr__(self, name, value)

    @property
    def longest(self) -> int:
        """The last of the lengths, slices."""
        return self.lengths[-1]

    @cached_property
    def numbers(self) -> NDArray[np.uint64]:
        """Numbers of the samples, (realization,)."""
        return np.array(self.realizations, dtype=np.uint64)

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Groups that hold the samples, ascending: g has numbers LANES g .. LANES (g + 1) - 1."""
        return tuple(sorted({number // LANES for number in self.realizations}))

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Where the samples are among all those of the groups, (realization,)."""
        place = {group: LANES * k for k, group in enumerate(self.groups)}
        return np.array([place[n // LANES] + n % LANES for n in self.realizations])
