"""Where the sites, bonds and leads of a sample are drawn: numbers only, no picture yet."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from qtcore.model.removed import counts_as_removed
from qtcore.solve.waves import shortest

Places = NDArray[np.float64]

_ALONG_Z = np.array([0.43, 0.29])
"""Where a step along z leads on paper: to the upper right, so that few sites fall on one another."""

MINUS = "−"
"""The sign in texts of pictures, as Matplotlib has it on axes."""

SAME_PLACE = 1e-6
"""Distance, in lattice constants, below which two sites lie at one place."""


class Stub(NamedTuple):
    """The beginning of a lead, as it is drawn.

    Attributes
    ----------
    name : str
        What stands beside it.
    places : (n, 2) float array
        Its first sites.
    segments : (m, 2, 2) float array
        Its bonds, those to the sample among them.
    outward : (2,) float array
        Unit vector away from the sample.
    """

    name: str
    places: Places
    segments: Places
    outward: Places


@dataclass(frozen=True, eq=False)
class Layout:
    """A sample on paper; lengths are lattice constants.

    Attributes
    ----------
    places : (site, 2) float array
        Sites, slice by slice; those of Kwant systems in the order of the system.
    bonds : (bond, 2) int array
        Sites that H connects, each pair once, the lower number first.
    steps : (bond, 2) float array
        The way from the first site to the second one. Around a tube it leads out of the picture.
    strength : (bond,) float array
        Largest element of H between the two sites, in size, in the unit of energy.
    there : (site,) bool array
        False for sites that are removed.
    taken : (site,) bool array
        Removed sites that disorder took away, unlike walls and structure.
    onsite : (site,) float array
        Disorder and gates, in the unit of energy; 0 on removed sites.
    stubs : tuple of Stub
        The leads.
    words : str
        What is drawn, in one line.
    square : bool
        Whether sites are drawn as unit squares where colours matter.
    flat : bool
        Whether the sample lies in a plane, so that the axes of the picture are x and y.
    across : str
        Label of the axis across.
    marks : tuple of (str, x, y)
        Texts at places, such as those of flux tubes.
    unit : str
        Unit of energy.
    """

    places: Places
    bonds: NDArray[np.intp]
    steps: Places
    strength: NDArray[np.float64]
    there: NDArray[np.bool_]
    taken: NDArray[np.bool_]
    onsite: NDArray[np.float64]
    stubs: tuple[Stub, ...]
    words: str
    square: bool = False
    flat: bool = True
    across: str = "y (lattice constants)"
    marks: tuple[tuple[str, float, float], ...] = ()
    unit: str = "t"

    @property
    def drawn(self) -> NDArray[np.intp]:
        """Numbers of the bonds between two sites that are there."""
        return np.flatnonzero(self.there[self.bonds].all(axis=1))

    def segments(self, bonds: NDArray[np.intp]) -> tuple[Places, NDArray[np.intp]]:
        """Return lines for some bonds, (line, 2, 2), and the number of the bond of each.

        A bond that goes around a tube has two lines, which end half a bond outside the picture.
        """
        start, end = self.places[self.bonds[bonds]].swapaxes(0, 1)
        step = self.steps[bonds]
        around = np.abs(end - start - step).max(axis=1, initial=0.0) > SAME_PLACE
        stop = np.where(around[:, None], start + step / 2, start + step)
        lines = np.stack([start, stop], axis=1)
        back = np.stack([end - step / 2, end], axis=1)[around]
        return np.concatenate([lines, back]), np.concatenate([bonds, bonds[around]])

    @property
    def neighbour(self) -> float:
        """Typical distance of bonded sites on paper."""
        far = np.hypot(*self.steps.T)
        far = far[far > SAME_PLACE]
        return float(np.median(far)) if len(far) else 1.0


def on_paper(places: Places) -> Places:
    """Return places, (n, 3) in lattice constants, in the plane of the picture, (n, 2)."""
    return np.asarray(places[:, :2] + places[:, 2:] * _ALONG_Z)


class Matrix(NamedTuple):
    """What is read off the Hamiltonian of a sample.

    Attributes
    ----------
    bonds : (bond, 2) int array
        As in `Layout`.
    strength : (bond,) float array
        As in `Layout`.
    """

    bonds: NDArray[np.intp]
    strength: NDArray[np.float64]


def bonds_in(H: Any, site_of: NDArray[np.intp]) -> Matrix:
    """Return which sites a sparse Hamiltonian connects.

    Parameters
    ----------
    H : sparse (D, D) array
        Of the sample.
    site_of : (D,) int array
        Site of each row.
    """
    found = H.tocoo()
    row, column = site_of[found.row], site_of[found.col]
    ahead = (row < column) & (found.data != 0)
    sites = int(site_of[-1]) + 1
    keys, which = np.unique(row[ahead] * sites + column[ahead], return_inverse=True)
    strength = np.zeros(len(keys))
    np.maximum.at(strength, which, np.abs(found.data[ahead]))
    return Matrix(np.stack(np.divmod(keys, sites), axis=1), strength)


def steps_of(
    places: Places, bonds: NDArray[np.intp], wraps: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return the way along each bond on paper, around a tube by the shorter side, (bond, 2)."""
    way = places[bonds[:, 1]] - places[bonds[:, 0]]
    return on_paper(shortest(way, wraps))


def split(
    values: NDArray[np.float64], gone: NDArray[np.bool_] | None, unit: float
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which sites are there, and their energies with 0 on the others.

    Parameters
    ----------
    values : (site,) float array
        Energies of disorder and gates.
    gone : (site,) bool array or None
        Sites that structure removes.
    unit : float
        Energy that hoppings are of the size of.
    """
    there = ~counts_as_removed(values, unit)
    if gone is not None:
        there &= ~gone
    return there, np.where(there, values, 0.0)


def continued_stub(name: str, touched: Places, sample: Places, step: float) -> Stub:
    """Return a lead that is known by the sites that it touches alone: copies of these, outwards.

    Parameters
    ----------
    name : str
        Of the lead.
    touched : (n, 2) float array
        The sites on paper.
    sample : (site, 2) float array
        All sites of the sample on paper.
    step : float
        Distance of the copies.
    """
    outward = _outward(touched, sample)
    copies = [touched + k * step * outward for k in range(1, 4)]
    lines = [np.stack(pair, axis=1) for pair in zip([touched, *copies], copies, strict=False)]
    return Stub(name, np.concatenate(copies), np.concatenate(lines), outward)


def _outward(touched: Places, sample: Places) -> Places:
    """Return the direction, along an axis where it is close to one, in which few sites lie."""
    low, high = sample.min(axis=0), sample.max(axis=0)
    middle = touched.mean(axis=0)
    room = np.array([middle - low, high - middle])
    # A lead on an edge goes on perpendicular to it: the edge whose distance is least.
    side, axis = np.unravel_index(int(room.argmin()), room.shape)
    outward = np.zeros(2)
    outward[axis] = 1.0 if side else -1.0
    return outward


def stub_between(
    name: str,
    places: Places,
    links: NDArray[np.float64],
    contact: Places,
    outward: Places,
) -> Stub:
    """Return a lead by its sites and the vectors of its bonds.

    Parameters
    ----------
    name : str
        Of the lead.
    places : (n, 3) float array
        Its first sites, in lattice constants.
    links : (bond, 3) float array
        Vectors of bonds in the lead, each in one direction.
    contact : (m, 3) float array
        Sites of the sample that are there, close to the lead.
    outward : (2,) float array
        As in `Stub`.
    """
    everything = np.concatenate([places, contact])
    tree = KDTree(everything)
    lines = []
    for link in np.unique(np.round(links, 9), axis=0):
        for sign in (1, -1):
            found = tree.query(places + sign * link)
            distance, nearest = (np.asarray(part) for part in found)
            meets = distance < SAME_PLACE
            if sign < 0:  # those within the lead have been met the other way
                meets &= nearest >= len(places)
            ends = everything[nearest[meets]]
            lines.append(np.stack([on_paper(places[meets]), on_paper(ends)], axis=1))
    segments = np.concatenate(lines) if lines else np.empty((0, 2, 2))
    return Stub(name, on_paper(places), segments, outward)
