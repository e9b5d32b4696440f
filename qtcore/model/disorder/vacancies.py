"""Missing atoms."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_number, fraction, whole_number
from qtcore.model.disorder.contract import Address, OnsiteDisorder, site_uniforms
from qtcore.model.lattice.contract import Lattice
from qtcore.model.removed import REMOVED
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class Vacancies(Described, OnsiteDisorder):
    """Sites that electrons cannot enter, at random or at given places.

    A vacancy is a site of very large on-site energy U, not a site without bonds: so the matrices
    h and v stay the same for all slices and samples, and every solver can take it. The wave
    function there is of order 1/U. With the usual U = 2^20 t amplitudes are those of the removed
    atom to 1e-6 (a chain with a vacancy has T = (v/U)² = 4e-12 at most). The recursive
    solver loses nothing to it; the transfer solver renews its columns before and after such a
    slice, or such a section of a ribbon's slice, and its certificate says what is left (1e-9 to
    1e-7 usually).

    Parameters
    ----------
    concentration : float, optional
        Probability that a site is vacant, from 0 to 1.
    sites : sequence of (slice, site), optional
        The vacant sites, instead of a concentration; the same in every realization.
    energy : float
        On-site energy U of a vacancy, in units of t.
    """

    concentration: float | None = None
    sites: Any = None
    energy: float = REMOVED

    discrete = True

    def __post_init__(self) -> None:
        if (self.concentration is None) == (self.sites is None):
            raise InputError(
                "Vacancies takes either a concentration, as in Vacancies(0.01), or the sites "
                f"[(slice, site), ...], got concentration={self.concentration!r} and "
                f"sites={brief(self.sites)}"
            )
        object.__setattr__(self, "energy", finite_number("energy", self.energy, "units of t"))
        if self.concentration is not None:
            object.__setattr__(self, "concentration", fraction("concentration", self.concentration))
            return
        try:
            pairs = [(slice_number, site) for slice_number, site in self.sites]
        except (TypeError, ValueError):
            raise InputError(
                f"sites must be a sequence of pairs (slice, site), got {brief(self.sites)}"
            ) from None
        places = tuple(
            (whole_number("slice of a vacancy", n, 0), whole_number("site of a vacancy", i, 0))
            for n, i in pairs
        )
        object.__setattr__(self, "sites", places)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        c = self.concentration
        return c is not None and 0 < c < 1 and self.energy != 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.energy != 0 and (
            bool(self.sites) if self.concentration is None else self.concentration > 0
        )

    @property
    def knows_only_its_site(self) -> bool:
        """Whether it fits sites that lie in no slices."""
        return self.concentration is not None

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice; the energy is no part of it."""
        c = self.concentration
        return {"disorder": "vacancies", "concentration": None if c is None else c.hex()}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R) or (slice, site, 1), in units of t."""
        if self.concentration is not None:
            chosen = site_uniforms(lattice, address) < self.concentration - 0.5
            return np.where(chosen, self.energy, 0.0)
        values = np.zeros((address.slices, lattice.sites, 1))
        for n, site in self.sites:
            if 0 <= n - address.first_slice < address.slices:
                values[n - address.first_slice, site] = self.energy
        return values

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if a vacancy lies outside the sample."""
        for n, site in self.sites or ():
            if site >= lattice.sites:
                raise InputError(
                    f"vacancy (slice {n}, site {site}) lies outside the sample: a slice has the "
                    f"sites 0 to {lattice.sites - 1}"
                )
            if length is not None and n >= length:
                raise InputError(
                    f"vacancy (slice {n}, site {site}) lies outside the sample: a wire of length "
                    f"{length} has the slices 0 to {length - 1}"
                )
