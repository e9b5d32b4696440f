"""Random magnetic flux through the plaquettes of a strip."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.address import uniforms
from qtcore.model.checks import flux_width
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs
from qtcore.model.elementary import phase_factor
from qtcore.model.lattice import Honeycomb, Square
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class RandomFlux(BondDisorder):
    """A flux uniform in [-s/2, s/2) h/e through each plaquette, independent of all others.

    The gauge puts it into bonds along the wire: that of line y has the phase
    -2 pi sum_{y' < y} phi_y', which the plaquettes below it in its own slice alone decide. (With
    armchair edges it is the dimers that carry the phases, and every second line lies below.) The
    fluxes add to those of a homogeneous field. Time reversal is broken: unitary class; chiral unitary at E = 0
    without other disorder (Altland, Simons, Nucl. Phys. B 562, 445 (1999)).

    For square and honeycomb strips with hard walls. In a tube or a bar fluxes
    that are independent are no magnetic field (its divergence is zero); `RandomPhase` goes
    everywhere.

    Parameters
    ----------
    strength : float
        Full width s of the box, from 0 to 1e6, in units of h/e; 1 is as random as can be.
    """

    own_bonds_only = True
    unitary = True

    strength: float = 1.0

    def __post_init__(self) -> None:
        s = flux_width("strength of RandomFlux", self.strength)
        object.__setattr__(self, "strength", s)

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
        return {"disorder": "random flux", "strength": self.strength.hex()}

    def check(self, lattice: Lattice, length: int | None = None) -> None:  # noqa: ARG002 # fits every length
        """Raise InputError unless the lattice is a strip with hard walls."""
        if not isinstance(lattice, Square | Honeycomb) or lattice.wraps():
            raise InputError(
                "RandomFlux goes with strips with hard walls, Square(M) or Honeycomb(M), got "
                f"{lattice!r}; use RandomPhase(strength) there"
            )

    def turns(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the phases of the bonds along the wire in each line, (slice, line, R), in h/e."""
        armchair = _is_armchair(lattice)
        step = 2 if armchair else 1
        lines, R = lattice.sites // sites_per_line(lattice), len(address.realizations)
        plaquettes = max(0, lines - step)
        turns = np.zeros((address.slices, lines, R))
        first, count = address.first_slice * plaquettes, address.slices * plaquettes
        if count:
            numbers = uniforms(address.key, address.realizations, first, count)
            fluxes = self.strength * numbers.reshape(address.slices, plaquettes, R)
            for start in range(step):
                turns[:, start + step :: step] = -np.cumsum(fluxes[:, start::step], axis=1)
        return turns

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:
        """Return the phase factors, (slice, bond, 1, 1, R)."""
        line = bonds.first // sites_per_line(lattice)
        along = bonds.ahead == 1
        if _is_armchair(lattice):
            along = (bonds.ahead == 0) & (line == bonds.second // sites_per_line(lattice))
        phases = np.where(along[:, None], self.turns(lattice, address)[:, line], 0.0)
        return np.asarray(phase_factor(phases)[:, :, None, None])


def sites_per_line(lattice: Lattice) -> int:
    """Return how many sites of a slice lie in one line."""
    return 2 if isinstance(lattice, Honeycomb) else 1


def _is_armchair(lattice: Lattice) -> bool:
    return isinstance(lattice, Honeycomb) and lattice.edge == "armchair"
