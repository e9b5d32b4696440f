"""Random bonds for Lyapunov exponents: in the smallest numbers, and in the gauge that suits bars.

A bar has no leads, so each site may be seen in a basis of its own. With psi_n = G_n phi_n and
G_{n+1} = v_n^+ G_n / |v_n|, bonds along the wire become |v_n| > 0, and h_n becomes G_n^+ h_n G_n:
the same exponents with half of the products, or fewer. Bonds are those of `Wire.hopping_of`.

What the numbers are depends on the wire: real ones, complex ones, or, with one spin and time
reversal, quaternions (`paired`), which halve the columns. The matrix
((a + ib, c + id), (-c + id, a - ib)) is the quaternion (a, b, c, d).
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.errors import QtcoreError
from qtcore.lanes import LANES, aligned, fma, load, negative, splat, square_root, store
from qtcore.model.sampled import bonds_of
from qtcore.model.wire import Wire
from qtcore.solve.kernel import always_inner
from qtcore.solve.kernel_arguments import Medium, Pattern

REAL, COMPLEX, PAIRED = 1, 2, 4
"""Parts of a number."""

_CHUNK = 2**19
"""Numbers (parts of every bond, slice and lane) that are made at once, about (4 MiB)."""

_SHORTEST = 64
"""Slices that are made at once, at least."""


def parts_of(wire: Wire) -> int | None:
    """Return what numbers the bonds of a wire are made of, or None if they are larger matrices."""
    if wire.site_matrices is not None:
        return None
    slices, bonds = wire.slices(), bonds_of(wire)
    reversible = all(kind.keeps_time_reversal for kind, _ in wire.bond_kinds(0))
    k, sites = slices.orbitals, np.arange(slices.sites)
    if k == 1:
        is_real = reversible and not slices.h.imag.any() and not slices.v.imag.any()
        return REAL if is_real else COMPLEX
    onsite = slices.h.reshape(len(sites), k, len(sites), k)[sites, :, sites]
    if k == 2 and reversible and _are_quaternions(bonds.clean) and _are_quaternions(onsite):
        return PAIRED
    return None


def _are_quaternions(matrices: NDArray[np.complex128]) -> bool:
    (a, b), (c, d) = matrices.transpose(1, 2, 0)
    return np.array_equal(d, a.conj()) and np.array_equal(c, -b.conj())


_ROUNDING = 1e-14


class Places(NamedTuple):
    """Where bonds are, for compiled functions.

    Attributes
    ----------
    inside, first, second : (bond inside a slice,) int arrays
        Number among all bonds, and the sites that it connects.
    upper, lower : (bond inside a slice,) int arrays
        Entries <first|h|second> and <second|h|first>.
    ahead : (site,) int array
        Number among all bonds of the one along the wire.
    """

    inside: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    upper: NDArray[np.intp]
    lower: NDArray[np.intp]
    ahead: NDArray[np.intp]


class GaugedBonds:
    """The bonds of eight bars, slice after slice, as the kernels of `gauged_stencil` read them.

    Parameters
    ----------
    wire : Wire
        With bond disorder, and a coupling that takes each site straight ahead.
    parts : int
        Of `parts_of`.
    samples : (LANES,) uint64 array
        Numbers of the bars.
    seed : int
        Seed of the ensemble.
    unit : float
        What energies are counted in, see `Slices`.

    Attributes
    ----------
    slices : int
        How many at a time, at most.
    medium : Medium
        What the kernel takes; filled by `make`.
    """

    def __init__(
        self, wire: Wire, parts: int, samples: NDArray[np.uint64], seed: int, unit: float
    ) -> None:
        self._wire, self._samples, self._parts = wire, samples, parts
        self._kinds = wire.bond_kinds(seed)
        bonds, S = bonds_of(wire), wire.width
        self._clean = bonds.clean / unit
        inside = np.flatnonzero(bonds.pairs.ahead == 0)
        first, second = bonds.pairs.first[inside], bonds.pairs.second[inside]
        ahead = np.empty(S, dtype=np.intp)
        along = np.flatnonzero(bonds.pairs.ahead == 1)
        along = along[bonds.pairs.first[along] == bonds.pairs.second[along]]
        ahead[bonds.pairs.first[along]] = along
        size = np.linalg.norm(self._clean[ahead, 0], axis=1)
        kept = all(kind.unitary for kind, _ in self._kinds)
        # Real bonds along the bar keep their sign.
        self._is_unit = kept and parts > REAL and bool(np.all(np.abs(size - 1) < _ROUNDING))
        count = len(self._clean)
        self.slices = max(_SHORTEST, _CHUNK // (4 * LANES * parts * count))
        self._ring = aligned(self.slices * count * parts)
        self._gauge = aligned(S * parts)
        self._gauge.reshape(S, parts, LANES)[:, 0] = 1.0
        rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
        order = np.lexsort((columns, rows))
        upper, lower = np.argsort(order).reshape(2, -1)
        self._where = Places(inside, first, second, upper, lower, ahead)
        self.medium = self._room(rows[order], columns[order], S)
        if not self._is_unit:
            # Before slice 0 the wire is clean.
            self.medium.v_dagger.values[:S] = size[:, None]
        self._next = self._latest = 0

    def _room(self, rows: NDArray[np.intp], columns: NDArray[np.intp], S: int) -> Medium:
        """Return room for the slices that are made at once; entries of h are at these places."""
        starts = np.searchsorted(rows, np.arange(S + 1)).astype(np.int64)
        h = self._pattern(starts, columns, self.slices * len(rows), self._parts)
        one = np.arange(S + 1, dtype=np.int64), np.arange(S, dtype=np.int64)
        slices = 0 if self._is_unit else self.slices
        behind = self._pattern(*one, (slices + 1) * S if slices else 0, 1)
        return Medium(False, 0.0, 1, h, behind, self._pattern(*one, slices * S, 1))

    @staticmethod
    def _pattern(
        starts: NDArray[np.int64], columns: NDArray[np.intp], rows: int, parts: int
    ) -> Pattern:
        values = aligned(rows * parts).reshape(rows, parts * LANES)
        return Pattern(starts, columns.astype(np.int64), values)

    @property
    def onsite(self) -> NDArray[np.float64]:
        """Energy of every site of the clean wire, (site,), in units of t."""
        slices = self._wire.slices()
        return np.asarray(slices.h.diagonal()[:: slices.orbitals].real)

    def make(self, first: int, slices: int) -> NDArray[np.float64]:
        """Make the next slices, at most `self.slices`, of which the first one has number `first`.

        Returns
        -------
        (slices,) float array
            ln (1 / |v|) of the weakest bond along the wire in each slice, but at least 0: it can
            stretch solutions by that.

        Raises
        ------
        QtcoreError
            If such a bond is zero.
        """
        assert first == self._next, "the gauge is carried along the bars"
        self._next += slices
        bonds = bonds_of(self._wire)
        factors = bonds.factors(self._kinds, self._samples, first, slices)
        count, parts = len(self._clean), self._parts
        ring = self._ring[: slices * count * parts * LANES]
        _as_numbers(factors, self._clean, ring.reshape(slices, count, parts, LANES))
        behind, inverse = self.medium.v_dagger.values, self.medium.v_inverse.values
        S = len(self._where.ahead)
        if not self._is_unit:
            behind[:S] = behind[self._latest * S : (self._latest + 1) * S]
            self._latest = slices
        where = self._where
        turned = self.medium.h.values, behind
        if parts == REAL:
            _sort(ring, slices, count, where, *turned)
        elif parts == COMPLEX:
            _turn_complex(ring, slices, count, where, self._gauge, *turned)
        else:
            _turn_paired(ring, slices, count, where, self._gauge, *turned)
        if self._is_unit:
            return np.zeros(slices)
        sizes = behind[S : (slices + 1) * S]
        weakest = np.abs(sizes).reshape(slices, -1).min(axis=1)
        if not weakest.all():
            self._refuse(sizes.reshape(slices, S, LANES), first)
        inverse[: slices * S] = 1 / sizes
        return np.asarray(-np.log(np.minimum(weakest, 1.0)))

    def _refuse(self, sizes: NDArray[np.float64], first: int) -> None:
        """Raise QtcoreError for a bond of strength zero; `sizes` is (slice, site, lane)."""
        n, site, lane = np.argwhere(sizes == 0)[0]
        raise QtcoreError(
            f"the bond ahead of site {site} in slice {first + n} of realization "
            f"{self._samples[lane]} is zero, so that no transfer matrix exists; leave this "
            "realization out, or keep bonds from zero (RandomHopping(strength) below 2)"
        )


@njit(nogil=True, cache=True)
def _as_numbers(factors, clean, out):
    """Write factor times clean matrix of each bond as a number, (slice, bond, part, R)."""
    spins, parts = factors.shape[2], out.shape[2]
    for n in range(out.shape[0]):
        for b in range(out.shape[1]):
            for column in range((parts + 1) // 2):
                for r in range(out.shape[3]):
                    total = factors[n, b, 0, 0, r] * clean[b, 0, column]
                    if spins == 2:
                        total += factors[n, b, 0, 1, r] * clean[b, 1, column]
                    out[n, b, 2 * column, r] = total.real
                    if parts > 1:
                        out[n, b, 2 * column + 1, r] = total.imag


@njit(nogil=True, cache=True)
def _sort(ring, slices, count, where, h, v):
    """Write the entries of h and v where they are real; a bond may keep its sign."""
    entries, S = 2 * len(where.inside), len(where.ahead)
    for n in range(slices):
        for k in range(len(where.inside)):
            bond = load(ring, n * count + where.inside[k])
            store(h, n * entries + where.upper[k], bond)
            store(h, n * entries + where.lower[k], bond)
        for i in range(S):
            store(v, (n + 1) * S + i, load(ring, n * count + where.ahead[i]))


@always_inner
def _turn_back(re, im, c, s):
    """Return (re + i im) times conj(c + i s)."""
    return fma(re, c, im * s), fma(im, c, negative(re * s))


@njit(nogil=True, cache=True)
def _turn_complex(ring, slices, count, where, gauge, h, v):
    """Write the entries of h and v where bonds are complex, and carry the gauge on."""
    entries, S, one = 2 * len(where.inside), len(where.ahead), splat(1.0)
    for n in range(slices):
        for k in range(len(where.inside)):
            i, j, at = where.first[k], where.second[k], n * count + where.inside[k]
            re, im = load(ring, 2 * at), load(ring, 2 * at + 1)
            re, im = _turn_back(re, im, load(gauge, 2 * i), load(gauge, 2 * i + 1))
            minus = negative(load(gauge, 2 * j + 1))
            re, im = _turn_back(re, im, load(gauge, 2 * j), minus)
            at, opposite = n * entries + where.upper[k], n * entries + where.lower[k]
            store(h, 2 * at, re)
            store(h, 2 * at + 1, im)
            store(h, 2 * opposite, re)
            store(h, 2 * opposite + 1, negative(im))
        for i in range(S):
            at = n * count + where.ahead[i]
            re, im = load(ring, 2 * at), load(ring, 2 * at + 1)
            if len(v):
                store(v, (n + 1) * S + i, square_root(fma(re, re, im * im)))
            c, s = _turn_back(load(gauge, 2 * i), load(gauge, 2 * i + 1), re, im)
            # Normalised in every slice: rounding errors do not add up to a longer gauge.
            size = one / square_root(fma(c, c, s * s))
            store(gauge, 2 * i, c * size)
            store(gauge, 2 * i + 1, s * size)


@always_inner
def _load_four(x, at):
    return load(x, 4 * at), load(x, 4 * at + 1), load(x, 4 * at + 2), load(x, 4 * at + 3)


@always_inner
def _store_four(x, at, q):
    store(x, 4 * at, q[0])
    store(x, 4 * at + 1, q[1])
    store(x, 4 * at + 2, q[2])
    store(x, 4 * at + 3, q[3])


@always_inner
def _conjugate(q):
    return q[0], negative(q[1]), negative(q[2]), negative(q[3])


@always_inner
def _product(p, q):
    """Return the product of two quaternions."""
    a, b, c, d = p
    e, f, g, h = q
    minus_b, minus_c, minus_d = negative(b), negative(c), negative(d)
    return (
        fma(a, e, fma(minus_b, f, fma(minus_c, g, minus_d * h))),
        fma(a, f, fma(b, e, fma(minus_d, g, c * h))),
        fma(a, g, fma(minus_b, h, fma(c, e, d * f))),
        fma(a, h, fma(b, g, fma(d, e, minus_c * f))),
    )


@njit(nogil=True, cache=True)
def _turn_paired(ring, slices, count, where, gauge, h, v):
    """Write the entries of h and v where bonds are quaternions, and carry the gauge on."""
    entries, S, one = 2 * len(where.inside), len(where.ahead), splat(1.0)
    for n in range(slices):
        for k in range(len(where.inside)):
            bond = _load_four(ring, n * count + where.inside[k])
            bond = _product(bond, _load_four(gauge, where.second[k]))
            bond = _product(_conjugate(_load_four(gauge, where.first[k])), bond)
            _store_four(h, n * entries + where.upper[k], bond)
            _store_four(h, n * entries + where.lower[k], _conjugate(bond))
        for i in range(S):
            a, b, c, d = _load_four(ring, n * count + where.ahead[i])
            if len(v):
                square = fma(a, a, fma(b, b, fma(c, c, d * d)))
                store(v, (n + 1) * S + i, square_root(square))
            turned = _product(_conjugate((a, b, c, d)), _load_four(gauge, i))
            a, b, c, d = turned
            # Normalised in every slice: rounding errors do not add up to a longer gauge.
            size = one / square_root(fma(a, a, fma(b, b, fma(c, c, d * d))))
            _store_four(gauge, i, (a * size, b * size, c * size, d * size))
