"""Smooth disorder: a Gaussian potential with Gaussian correlations.

White noise on a grid finer than the correlation length, smeared out by exp(-r²/xi²), whose
convolution with itself is the wanted exp(-r²/2 xi²). The noise has an address, and the sums run
over it in a fixed order, so a value is the same in every chunk. With a grid of xi/2 the grid
leaves 2 exp(-2 pi²) = 5e-9 of an error in the correlations (Poisson's formula), the range of
4.5 xi less.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.errors import InputError
from qtcore.model.address import uniforms
from qtcore.model.checks import not_negative, positive_number
from qtcore.model.disorder.contract import Address, OnsiteDisorder, normal
from qtcore.model.elementary import bell
from qtcore.model.lattice.contract import Lattice

_REACH = 4.5
_FINEST = 0.25


@dataclass(frozen=True)
class Correlated(OnsiteDisorder):
    """Gaussian potential with <V(r) V(r')> = V0² exp(-|r - r'|² / (2 xi²)).

    Around a periodic cross-section the correlation is the sum over the images of r', relative to
    that at r = r', so that the variance is V0² there too.

    Parameters
    ----------
    strength : float
        Standard deviation V0, >= 0, in units of t.
    correlation_length : float
        xi, in lattice constants, >= 0.25 and no longer than the wire is wide.
    """

    strength: float
    correlation_length: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "strength", not_negative("strength", self.strength, "units of t"))
        name = "correlation_length"
        xi = positive_number(name, self.correlation_length, "lattice constants")
        if xi < _FINEST:
            raise InputError(
                f"correlation_length must be >= {_FINEST} lattice constants, got {xi}: below that "
                "neighbours are independent, use Gaussian(sigma)"
            )
        object.__setattr__(self, name, xi)

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
            "disorder": "correlated",
            "strength": self.strength.hex(),
            "correlation_length": self.correlation_length.hex(),
        }

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        return self.strength * smooth_noise(lattice, self.correlation_length, address)

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the correlation length exceeds the wire."""
        refuse_if_longer("correlation_length", self.correlation_length, lattice, length)


def refuse_if_longer(name: str, xi: float, lattice: Lattice, length: int | None) -> None:
    """Refuse a length xi (lattice constants) beyond the width or the length of a wire."""
    places = lattice.positions()
    around = _circumferences(lattice)
    extents = {}
    for axis in (1, 2):
        across = float(np.ptp(places[:, axis]))
        if across > 0:
            extents[f"wide along {'xyz'[axis]}"] = around.get(axis, across + 1.0)
    if length is not None:
        extents["long"] = length * lattice.period
    for word, extent in extents.items():
        if xi > extent:
            raise InputError(
                f"{name} = {xi:g} exceeds the wire, which is {extent:g} lattice constants {word}; "
                "choose a shorter one or a larger wire"
            )


def _circumferences(lattice: Lattice) -> dict[int, float]:
    """Return after how many lattice constants the cross-section repeats itself, by axis."""
    return {int(np.abs(wrap).argmax()): float(np.abs(wrap).max()) for wrap in lattice.wraps()}


class _Smearing(NamedTuple):
    """Weights of the grid points around each site.

    Attributes
    ----------
    slices, rows : int
        So many slices make a period of the grid, in which it has so many rows.
    first_row, along : int, (slices, site, row) float array
        The weights along the wire of the rows from `first_row` on, relative to the grid's period.
    points, across : (site, point) int and float arrays
        The grid points in a row that matter to a site, and their weights.
    columns : int
        Grid points in a row.
    """

    slices: int
    rows: int
    first_row: int
    along: NDArray[np.float64]
    points: NDArray[np.int64]
    across: NDArray[np.float64]
    columns: int


def smooth_noise(lattice: Lattice, xi: float, address: Address) -> NDArray[np.float64]:
    """Return a smooth Gaussian potential of unit variance, (slice, site, R)."""
    smearing = _smearing(lattice, xi)
    R = len(address.realizations)
    values = np.zeros((address.slices, lattice.sites, R))
    if not values.size:
        return values
    last = address.first_slice + address.slices - 1
    start = address.first_slice // smearing.slices * smearing.rows
    stop = last // smearing.slices * smearing.rows + smearing.along.shape[2]
    columns = smearing.columns
    # Row `first_row`, the lowest that any wire needs, has the number 0.
    noise = uniforms(address.key, address.realizations, start * columns, (stop - start) * columns)
    smeared = np.zeros((stop - start, lattice.sites, R))
    _across(
        normal(noise).reshape(stop - start, columns, R), smearing.points, smearing.across, smeared
    )
    _along(smeared, smearing.along, address.first_slice, smearing.slices, smearing.rows, values)
    return values


@lru_cache(maxsize=32)
def _smearing(lattice: Lattice, xi: float) -> _Smearing:
    """Return the weights for a lattice and a correlation length."""
    places = lattice.positions()
    slices = max(1, int(xi / 2 / lattice.period))
    rows = 1 if slices > 1 else math.ceil(2 * lattice.period / xi)
    step = slices * lattice.period / rows
    x = np.arange(slices)[:, None] * lattice.period + places[:, 0]
    first_row = math.floor((x.min() - _REACH * xi) / step)
    row = np.arange(first_row, math.ceil((x.max() + _REACH * xi) / step) + 1)
    along = _weights(x[:, :, None] - row * step, xi)
    around = _circumferences(lattice)
    y = _transverse(places[:, 1], xi, around.get(1))
    z = _transverse(places[:, 2], xi, around.get(2))
    weights = (y[:, :, None] * z[:, None, :]).reshape(len(places), -1)
    # The same number of points for every site; those beyond the reach have weight zero.
    count = int((weights > 0).sum(axis=1).max())
    points = np.argsort(weights == 0, axis=1, kind="stable")[:, :count]
    across = np.take_along_axis(weights, points, axis=1)
    return _Smearing(slices, rows, first_row, along, points, across, weights.shape[1])


def _transverse(place: NDArray[np.float64], xi: float, around: float | None) -> NDArray[np.float64]:
    """Return the weights of the grid points across along one direction, (site, point)."""
    if around is not None:
        points = math.ceil(2 * around / xi)
        images = np.arange(
            -math.ceil(_REACH * xi / around) - 1, math.ceil(_REACH * xi / around) + 2
        )
        grid = np.arange(points) * (around / points)
        distance = place[:, None, None] - grid[:, None] + images * around
        weights = bell(distance / xi).sum(axis=2)
        return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))
    if np.ptp(place) == 0:
        return np.ones((len(place), 1))
    reach = math.ceil(2 * _REACH)
    grid = place.min() + np.arange(-reach, math.ceil(2 * np.ptp(place) / xi) + reach + 1) * (xi / 2)
    return _weights(place[:, None] - grid, xi)


def _weights(distance: NDArray[np.float64], xi: float) -> NDArray[np.float64]:
    """Return exp(-r²/xi²) within reach, squares summing to 1 over the last axis."""
    weights = np.where(np.abs(distance) <= _REACH * xi, bell(distance / xi), 0.0)
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=-1, keepdims=True)))


@njit(nogil=True, cache=True)
def _across(noise, points, weights, out):  # type: ignore[no-untyped-def]
    """Add up the noise of each row, (row, point, R), around each site: (row, site, R)."""
    for row in range(out.shape[0]):
        for site in range(out.shape[1]):
            for k in range(points.shape[1]):
                point, weight = points[site, k], weights[site, k]
                for r in range(out.shape[2]):
                    out[row, site, r] += weight * noise[row, point, r]


@njit(nogil=True, cache=True)
def _along(smeared, weights, first_slice, slices, rows, out):  # type: ignore[no-untyped-def]
    """Add up the rows, (row, site, R), around each slice: (slice, site, R)."""
    start = first_slice // slices * rows
    for n in range(out.shape[0]):
        part = (first_slice + n) % slices
        row = (first_slice + n) // slices * rows - start
        for site in range(out.shape[1]):
            for k in range(weights.shape[2]):
                weight = weights[part, site, k]
                for r in range(out.shape[2]):
                    out[n, site, r] += weight * smeared[row + k, site, r]
