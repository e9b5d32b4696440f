"""Cauchy disorder, for which Lloyd's model is exact."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.model.checks import not_negative
from qtcore.model.disorder.contract import Address, OnsiteDisorder, centred, site_uniforms
from qtcore.model.elementary import tangent
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class Cauchy(OnsiteDisorder):
    """Independent Cauchy on-site energies, p(eps) = D / (pi (eps² + D²)): Lloyd's model.

    Neither mean nor variance exist; the largest value is about D times the number of sites.

    Parameters
    ----------
    half_width : float
        Half width D at half height, >= 0, in units of t.
    """

    half_width: float

    def __post_init__(self) -> None:
        D = not_negative("half_width", self.half_width, "units of t")
        object.__setattr__(self, "half_width", D)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.half_width > 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.half_width > 0

    @property
    def knows_only_its_site(self) -> bool:
        """Whether it fits sites that lie in no slices."""
        return True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "cauchy", "half_width": self.half_width.hex()}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        return self.half_width * np.asarray(
            tangent(np.pi * centred(site_uniforms(lattice, address)))
        )
