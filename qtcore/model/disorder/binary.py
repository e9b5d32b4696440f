"""The binary alloy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import finite_number, fraction
from qtcore.model.disorder.contract import Address, OnsiteDisorder, site_uniforms
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class Binary(OnsiteDisorder):
    """Each site is an impurity of the given energy with probability c, otherwise 0.

    Parameters
    ----------
    energy : float
        On-site energy of an impurity, in units of t.
    concentration : float
        Probability c that a site is one, from 0 to 1.
    """

    energy: float
    concentration: float = 0.5

    discrete = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "energy", finite_number("energy", self.energy, "units of t"))
        object.__setattr__(self, "concentration", fraction("concentration", self.concentration))

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.energy != 0 and 0 < self.concentration < 1

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.energy != 0 and self.concentration > 0

    @property
    def knows_only_its_site(self) -> bool:
        """Whether it fits sites that lie in no slices."""
        return True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice.

        The energy is no part of it: impurities keep their places when it changes.
        """
        return {"disorder": "binary", "concentration": self.concentration.hex()}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        chosen = site_uniforms(lattice, address) < self.concentration - 0.5
        return np.where(chosen, self.energy, 0.0)
