"""Ribbons and tubes of the honeycomb lattice."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import truth, whole_number
from qtcore.model.lattice.contract import Bonds, Lattice, plain_bonds

_BOND = 1 / math.sqrt(3)
_EDGES = {"zigzag": "zigzag lines", "armchair": "dimer lines"}


@dataclass(frozen=True)
class Honeycomb(Lattice):
    """Ribbon of a honeycomb lattice, lattice constant 1, bonds 1/sqrt(3) long.

    Site numbers are 2 * line + sublattice, with sublattice A = 0, B = 1. A zigzag ribbon of width
    M repeats itself after 1 and has M zigzag lines; an armchair ribbon repeats itself after
    sqrt(3) and has M dimer lines. The hopping from slice to slice is singular in both.

    Parameters
    ----------
    width : int
        Lines across, >= 1 (zigzag) or >= 2 (armchair).
    edge : {"zigzag", "armchair"}
        The edge along the wire.
    periodic : bool
        Closed to a tube across; the width must be even and >= 4.

    Raises
    ------
    InputError
        If the width or the edge is none of the above.
    """

    plaquette = math.sqrt(3) / 2

    width: int
    edge: str = "zigzag"
    periodic: bool = False

    def __post_init__(self) -> None:
        if self.edge not in tuple(_EDGES):
            raise InputError(f'edge must be "zigzag" or "armchair", got {self.edge!r}')
        least = 1 if self.edge == "zigzag" else 2
        name = f"width ({_EDGES[self.edge]} across)"
        object.__setattr__(self, "width", whole_number(name, self.width, least))
        if truth("periodic", self.periodic) and (self.width % 2 or self.width < 4):
            raise InputError(
                f"a honeycomb tube needs an even width >= 4 ({_EDGES[self.edge]} around), "
                f"got {self.width}; use periodic=False for a ribbon"
            )

    @property
    def period(self) -> float:  # type: ignore[override] # depends on the edge here
        """Distance from a slice to the next."""
        return 1.0 if self.edge == "zigzag" else math.sqrt(3)

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return 2 * self.width

    @property
    def circumference(self) -> float:
        """The extent after which a tube closes."""
        return self.width * (math.sqrt(3) / 2 if self.edge == "zigzag" else 0.5)

    def positions(self) -> NDArray[np.float64]:
        """Return the places of the sites of slice 0, (site, 3)."""
        line = np.arange(self.width)
        places = np.zeros((self.width, 2, 3))
        if self.edge == "zigzag":
            # A and, half a period on, B make a zigzag line; B bonds to the A above it.
            places[:, 0, 0], places[:, 1, 0] = (line % 2) / 2, (1 - line % 2) / 2
            places[:, 0, 1] = line * (math.sqrt(3) / 2)
            places[:, 1, 1] = places[:, 0, 1] + _BOND / 2
        else:
            # Dimers A-B lie along x, those of odd lines half a period on.
            places[:, 0, 0] = (line % 2) * (math.sqrt(3) / 2)
            places[:, 1, 0] = places[:, 0, 0] + _BOND
            places[:, :, 1] = line[:, None] / 2
        return places.reshape(-1, 3)

    def bonds(self) -> Bonds:
        """Return the bonds, each from A to B or, to the next slice, from either."""
        places = self.positions()
        if self.edge == "zigzag":
            steps = [(0.5, _BOND / 2), (-0.5, _BOND / 2), (0.0, -_BOND)]
        else:
            steps = [(_BOND, 0.0), (-_BOND / 2, 0.5), (-_BOND / 2, -0.5)]
        found: list[tuple[int, int, int, float, float]] = []
        for a in range(0, self.sites, 2):
            for dx, dy in steps:
                target = self._site_at(places[a, 0] + dx, places[a, 1] + dy, places)
                if target is None:
                    continue
                b, ahead = target
                if ahead >= 0:
                    found.append((a, b, ahead, dx, dy))
                else:
                    found.append((b, a, -ahead, -dx, -dy))
        table = np.array(found)
        first, second, ahead_of = table[:, :3].T.astype(np.intp)
        step = np.column_stack([table[:, 3:], np.zeros(len(table))])
        return plain_bonds(first, second, ahead_of, step)

    def _site_at(self, x: float, y: float, places: NDArray[np.float64]) -> tuple[int, int] | None:
        """Return the B site and the slice number at a place, or None outside the ribbon."""
        ahead = (x - places[1::2, 0]) / self.period
        up = y - places[1::2, 1]
        if self.periodic:
            up -= self.circumference * np.round(up / self.circumference)
        here = np.flatnonzero((np.abs(up) < 1e-6) & (np.abs(ahead - np.round(ahead)) < 1e-6))
        return (int(2 * here[0] + 1), round(float(ahead[here[0]]))) if len(here) else None

    def wraps(self) -> list[NDArray[np.float64]]:
        """Return the vectors by which the wire repeats itself across."""
        return [np.array([0.0, self.circumference, 0.0])] if self.periodic else []

    def sublattice(self) -> NDArray[np.float64]:
        """Return +1 on sublattice A and -1 on B, (site,)."""
        return np.tile([1.0, -1.0], self.width)

    def ensemble(self) -> dict[str, object]:
        """Return what distinguishes this cross-section's disorder from that of others."""
        return {
            "lattice": "honeycomb",
            "edge": self.edge,
            "periodic": bool(self.periodic),
            "width": self.width,
        }
