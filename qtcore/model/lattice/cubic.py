"""The bar: a simple cubic lattice with a rectangular cross-section."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import truth, whole_number
from qtcore.model.lattice.contract import Bonds, Lattice, plain_bonds


@dataclass(frozen=True)
class Cubic(Lattice):
    """Bar of a simple cubic lattice; site number y * height + z.

    Parameters
    ----------
    width, height : int
        Sites along y and along z, each >= 1.
    periodic : (bool, bool)
        Whether the bar is closed along y and along z (needs >= 3 sites there) instead of having
        hard walls. One bool stands for both.

    Raises
    ------
    InputError
        If a number of sites is too small or no whole number.
    """

    dimension = 3

    width: int
    height: int
    periodic: tuple[bool, bool] | bool = (False, False)

    def __post_init__(self) -> None:
        given: Any = self.periodic
        if isinstance(given, bool | np.bool_):
            given = (bool(given), bool(given))
        if not isinstance(given, tuple | list) or len(given) != 2:
            raise InputError(
                f"periodic must be True, False or one of them for y and one for z, got {given!r}"
            )
        closed = truth("periodic (along y)", given[0]), truth("periodic (along z)", given[1])
        object.__setattr__(self, "width", whole_number("width (sites along y)", self.width, 1))
        object.__setattr__(self, "height", whole_number("height (sites along z)", self.height, 1))
        object.__setattr__(self, "periodic", closed)
        for name, sites, around in zip(("y", "z"), (self.width, self.height), closed, strict=True):
            if around and sites < 3:
                raise InputError(
                    f"a bar that is periodic along {name} needs >= 3 sites there, got {sites}; "
                    "use hard walls (periodic=False) for thinner ones"
                )

    @property
    def closed(self) -> tuple[bool, bool]:
        """Whether the bar is periodic along y and along z."""
        assert isinstance(self.periodic, tuple)
        return self.periodic

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return self.width * self.height

    def positions(self) -> NDArray[np.float64]:
        """Return the places of the sites of slice 0, (site, 3)."""
        y, z = np.divmod(np.arange(self.sites), self.height)
        return np.stack([np.zeros(self.sites), y, z], axis=1).astype(np.float64)

    def bonds(self) -> Bonds:
        """Return the bonds along y, along z, then along x."""
        site = np.arange(self.sites)
        y, z = np.divmod(site, self.height)
        first, second, step, count = [], [], [], []
        for axis, place, extent, around in (
            (1, y, self.width, self.closed[0]),
            (2, z, self.height, self.closed[1]),
        ):
            here = site if around else site[place < extent - 1]
            ahead = [(y[here] + 1) % self.width, z[here]]
            if axis == 2:
                ahead = [y[here], (z[here] + 1) % self.height]
            first.append(here)
            second.append(ahead[0] * self.height + ahead[1])
            step.append(np.eye(3)[axis])
            count.append(len(here))
        return plain_bonds(
            np.concatenate([*first, site]),
            np.concatenate([*second, site]),
            np.repeat([0, 0, 1], [*count, self.sites]),
            np.repeat([*step, np.eye(3)[0]], [*count, self.sites], axis=0),
        )

    def wraps(self) -> list[NDArray[np.float64]]:
        """Return the vectors by which the wire repeats itself across."""
        vectors = np.diag([0.0, self.width, self.height])
        return [vectors[axis] for axis in (1, 2) if self.closed[axis - 1]]

    def ensemble(self) -> dict[str, object]:
        """Return what distinguishes this cross-section's disorder from that of others."""
        return {
            "lattice": "cubic",
            "periodic": list(self.closed),
            "width": self.width,
            "height": self.height,
        }
