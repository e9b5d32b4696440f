"""Gaussian white noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import not_negative
from qtcore.model.disorder.contract import Address, OnsiteDisorder, normal, site_uniforms
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class Gaussian(OnsiteDisorder):
    """Independent normal on-site energies.

    Parameters
    ----------
    sigma : float
        Standard deviation, >= 0, in units of t.
    """

    sigma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", not_negative("sigma", self.sigma, "units of t"))

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.sigma > 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.sigma > 0

    @property
    def knows_only_its_site(self) -> bool:
        """Whether it fits sites that lie in no slices."""
        return True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "gaussian", "sigma": self.sigma.hex()}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        return self.sigma * normal(site_uniforms(lattice, address))
