"""Disorder whose strength depends on the place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import refuse_too_large
from qtcore.model.disorder.contract import Address, OnsiteDisorder
from qtcore.model.functions import Potential, on_sites
from qtcore.model.lattice.contract import Lattice
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class Profile(Described, OnsiteDisorder):
    """Disorder of the sites times a function of their places, such as a disordered region or a ramp.

    The random numbers are those of the disorder without the function, so that impurities stay the
    same where the function is one.

    Parameters
    ----------
    values : OnsiteDisorder
        Disorder of the sites such as `Box(2.0)`; its strength is in units of t.
    function : function
        f(x, y), in a bar f(x, y, z), of arrays of places in lattice constants, without a unit;
        elementwise. Slice 0 starts at x = 0.

    Raises
    ------
    InputError
        If the disorder is not one of sites, or the function is none.
    """

    values: OnsiteDisorder
    function: Potential

    def __post_init__(self) -> None:
        if not isinstance(self.values, OnsiteDisorder):
            raise InputError(
                "Profile takes disorder of the sites such as Box(2.0), and a matrix goes around it as "
                f"in WithMatrix(Profile(Box(2.0), f), 'sigma_z'); got {brief(self.values)}"
            )
        if not callable(self.function):
            raise InputError(
                "Profile takes a function f(x, y) of arrays of places, in a bar f(x, y, z), got "
                f"{brief(self.function)}"
            )
        object.__setattr__(self, "discrete", self.values.discrete)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.values.random

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.values.acts

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble of the disorder; the function is no part of it."""
        return self.values.ensemble()

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        strength = self._strengths(lattice, address.first_slice, address.slices)
        found: NDArray[np.float64] = (
            strength[:, :, None] * self.values.potential(lattice, address) + 0.0
        )
        refuse_too_large("a strength of Profile times a value", found, "units of t")
        return found

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the function or the disorder does not fit the lattice."""
        self._strengths(lattice, 0, 1)
        self.values.check(lattice, length)

    def _strengths(self, lattice: Lattice, first: int, slices: int) -> NDArray[np.float64]:
        return on_sites(self.function, lattice, first, slices, "factor of Profile", "no unit")
