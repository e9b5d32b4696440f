"""Tunnel contacts: bonds through which little comes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import finite_number
from qtcore.model.functions import called
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure.contract import Numbers, PlacedBonds, Structure, own_pairs
from qtcore.shown import Described

SIDES = ("left", "right")

_THROUGH_SITES = 1e-9


@dataclass(frozen=True, repr=False)
class TunnelContact(Described, Structure):
    """All bonds across one plane are multiplied by t: those to a lead, or those at some x.

    Between two clean leads one such plane has T = 4 t² sin² k / (1 + t⁴ - 2 t² cos 2k) in each
    mode (t hopping 1, E = 2 cos k of that mode). Two of them make a cavity whose levels are
    Breit-Wigner resonances.

    Parameters
    ----------
    t : float or function
        Factor of the bonds, in units of the hopping without it; a function t(y), in a bar t(y, z),
        of the place of a bond's site on the left, or of the sample's site at a lead.
    at : {"left", "right"} or float
        The bonds between a lead and the sample, at the end of whatever length is asked for; or the
        bonds that cross x = `at`, in lattice constants, such as 3.5 for those from slice 3 to slice 4
        of a strip.
    """

    t: float | Callable[..., Any]
    at: str | float

    is_real = True

    def __post_init__(self) -> None:
        if not callable(self.t):
            object.__setattr__(self, "t", finite_number("t of TunnelContact", self.t, "hopping"))
        if isinstance(self.at, str):
            if self.at not in SIDES:
                raise InputError(
                    f'at of TunnelContact must be "left", "right" or a number x, got {self.at!r}'
                )
        else:
            x = finite_number("at of TunnelContact", self.at, "lattice constants")
            object.__setattr__(self, "at", x)

    @property
    def changes_bonds(self) -> bool:  # type: ignore[override] # depends on the place here
        """Whether bonds of the sample get factors."""
        return not isinstance(self.at, str)

    @property
    def stretch(self) -> float:  # type: ignore[override] # depends on t here
        """Ln (1 / |t|), at least 0; nothing at a lead, where no column has been carried yet."""
        if isinstance(self.at, str):
            return 0.0
        return math.inf if callable(self.t) or not self.t else max(0.0, -math.log(abs(self.t)))

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the plane goes through sites, or lies beside the sample."""
        if isinstance(self.at, str):
            self.contact(lattice, self.at)
            return
        places = lattice.positions()[:, 0]
        inside = (self.at - places) / lattice.period
        if (np.abs(inside - np.round(inside)) * lattice.period < _THROUGH_SITES).any():
            raise InputError(
                f"the plane x = {self.at:g} of a TunnelContact goes through sites; take a place "
                f"between them, such as {self.at + 0.5 * _gap(places, lattice.period):g}"
            )
        last = np.inf if length is None else (length - 1) * lattice.period + places.max()
        if not places.min() < self.at < last:
            where = "" if length is None else f" of length {length}"
            end = "" if length is None else f" and x = {last:g}"
            raise InputError(
                f"the plane x = {self.at:g} of a TunnelContact lies beside the sample{where}, whose "
                f"sites begin at x = {places.min():g}{end}; the bonds to the leads are "
                'TunnelContact(t, "left") and TunnelContact(t, "right")'
            )
        self._refuse_cut_contacts(lattice, length)

    def _refuse_cut_contacts(self, lattice: Lattice, length: int | None) -> None:
        """Refuse a plane that bonds to a lead cross: those are not asked for."""
        low, high = free_of_contacts(lattice, length)
        assert not isinstance(self.at, str)
        if not low < self.at < high:
            raise InputError(
                f"some bonds to a lead cross the plane x = {self.at:g} of a TunnelContact; take a "
                f"place between x = {low:g} and x = {high:g}"
            )

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return what multiplies <first|H|second> of each bond, (slice, bond)."""
        found = np.ones(bonds.shape)
        if isinstance(self.at, str):
            return found
        beyond_start, beyond_end = (place[:, :, 0] > self.at for place in (bonds.start, bonds.end))
        across = beyond_start != beyond_end
        left = np.where(beyond_start[:, :, None], bonds.end, bonds.start)
        found[across] = self._at_places(left[across], bonds.lattice)
        return found

    def contact(self, lattice: Lattice, side: str) -> NDArray[np.float64] | None:
        """Return factors of the bonds between a lead and the sample, (site,), or None."""
        return self._at_places(lattice.positions(), lattice) if self.at == side else None

    def _at_places(self, places: NDArray[np.float64], lattice: Lattice) -> NDArray[np.float64]:
        """Return t at places (place, 3)."""
        if not callable(self.t):
            return np.full(len(places), self.t)
        names = list("yz"[: lattice.dimension - 1])
        across = [places[:, axis].copy() for axis in range(1, lattice.dimension)]
        return np.asarray(called(self.t, across, names, "t of TunnelContact", "hopping"))


def _gap(places: NDArray[np.float64], period: float) -> float:
    """Return the smallest distance between planes of sites."""
    apart = np.unique(np.round(places % period, 9))
    return float(np.diff([*apart, apart[0] + period]).min())


def free_of_contacts(lattice: Lattice, length: int | None) -> tuple[float, float]:
    """Return between which x no bond to a lead lies, in lattice constants; inf without a length."""
    pairs, places = own_pairs(lattice), lattice.positions()[:, 0]
    ahead = pairs.ahead == 1
    low = float(places[pairs.second[ahead]].max(initial=places.min()))
    if length is None:
        return low, np.inf
    high = float(places[pairs.first[ahead]].min(initial=places.max()))
    return low, (length - 1) * lattice.period + high
