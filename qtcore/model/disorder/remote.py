"""Charged impurities in a layer at a distance: the smooth potential of a modulation-doped wire."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.address import part_key
from qtcore.model.checks import not_negative, positive_number
from qtcore.model.disorder.contract import Address, OnsiteDisorder
from qtcore.model.disorder.correlated import refuse_if_longer, smooth_noise
from qtcore.model.lattice.contract import Lattice

_NODES = np.arange(-4.2, 1.9, 1.0)


@dataclass(frozen=True)
class RemoteImpurities(OnsiteDisorder):
    """Potential of many screened charges at a distance d, |V_q|² proportional to exp(-2qd).

    Its correlations <V(r) V(0)> = V0² (1 + r²/4d²)^(-3/2) are a mixture of Gaussians of widths
    d sqrt(2/s) with weights s^(1/2) exp(-s): it is made of seven independent `Correlated` fields
    from 0.6 d to 11.5 d wide, which makes the correlations right to 0.0015 V0² at every r. Many
    charges make the values Gaussian.

    Parameters
    ----------
    strength : float
        Standard deviation V0, >= 0, in units of t.
    distance : float
        Distance d of the layer, in lattice constants, >= 1.
    """

    strength: float
    distance: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "strength", not_negative("strength", self.strength, "units of t"))
        d = positive_number("distance", self.distance, "lattice constants")
        if d < 1:
            raise InputError(f"distance must be >= 1 lattice constant, got {d}")
        object.__setattr__(self, "distance", d)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.strength > 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.strength > 0

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {
            "disorder": "remote impurities",
            "strength": self.strength.hex(),
            "distance": self.distance.hex(),
        }

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        shape = (address.slices, lattice.sites, len(address.realizations))
        values = np.zeros(shape)
        for part, (ratio, weight) in enumerate(_mixture()):
            own = address._replace(key=part_key(address.key, part))
            values += weight * smooth_noise(lattice, ratio * self.distance, own)
        return self.strength * values

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the distance exceeds the wire."""
        refuse_if_longer("distance", self.distance, lattice, length)


@lru_cache(maxsize=1)
def _mixture() -> list[tuple[float, float]]:
    """Return the widths over d and the amplitudes of the Gaussian fields."""
    # The trapezoidal rule in ln s, which converges exponentially.
    s = np.exp(_NODES)
    shares = s**1.5 * np.exp(-s)
    amplitudes = np.sqrt(shares / shares.sum())
    return list(zip(np.sqrt(2 / s).tolist(), amplitudes.tolist(), strict=True))
