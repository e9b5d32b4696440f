"""Hopping that differs from bond to bond: what bond disorder makes of the clean slices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.errors import InputError
from qtcore.model.address import part_key
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs
from qtcore.model.lattice.contract import Bonds, Lattice
from qtcore.model.slices import Slices
from qtcore.model.terms import Term


@dataclass(frozen=True, eq=False)
class Entries:
    """Matrices with entries at the same places in every slice and sample.

    Attributes
    ----------
    rows, columns : (entry,) int arrays
        Places, sorted by row, then column, each once.
    values : (slice, entry, R) complex array
        In units of t.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    values: NDArray[np.complex128]

    def in_units(self, unit: float) -> "Entries":
        """Return the same in units of `unit`."""
        return Entries(self.rows, self.columns, self.values / unit)

    def dense(self, M: int) -> NDArray[np.complex128]:
        """Return the matrices in full, (slice, R, M, M)."""
        slices, _, realizations = self.values.shape
        full = np.zeros((slices, realizations, M, M), dtype=np.complex128)
        full[:, :, self.rows, self.columns] = self.values.transpose(0, 2, 1)
        return full


@dataclass(frozen=True, eq=False)
class Hopping:
    """What takes the place of h and v of `Slices` in consecutive slices of the sample.

    (H psi)_n = h_n psi_n + eps_n psi_n + v_n psi_{n+1} + v_{n-1}^+ psi_{n-1}. A sample of length L
    couples to both leads by the contacts of `Slices`, so that the v_n of its last slice counts in
    longer samples only.

    Attributes
    ----------
    inside : Entries
        h_n, both triangles and the clean blocks of the sites, without the potential.
    ahead : Entries
        v_n = <n|H|n+1>.
    """

    inside: Entries
    ahead: Entries

    def in_units(self, unit: float) -> "Hopping":
        """Return the same in units of `unit`."""
        if unit == 1:
            return self
        return Hopping(self.inside.in_units(unit), self.ahead.in_units(unit))


@dataclass(frozen=True, eq=False)
class _Source:
    """Where the entries of a matrix come from: clean blocks, times the factors of their bonds.

    Entry e is sum_c factor[bond, spin, c] clean[e, c], conjugated below the diagonal of h; without
    a bond (-1) it is clean[e, 0].

    Attributes
    ----------
    rows, columns, bond, spin : (entry,) int arrays
        Place, bond, and row of the factor.
    conjugate : (entry,) bool array
        Whether the entry is that of <second|H|first>.
    clean : (entry, s) complex array
        Clean entries that the row of the factor meets, in units of t.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    bond: NDArray[np.intp]
    spin: NDArray[np.intp]
    conjugate: NDArray[np.bool_]
    clean: NDArray[np.complex128]

    def entries(self, factors: NDArray[np.complex128]) -> Entries:
        """Return the entries, from the factors of all bonds, (slice, bond, s, s, R)."""
        values = np.empty((len(factors), len(self.rows), factors.shape[-1]), dtype=np.complex128)
        _fill(factors, self.bond, self.spin, self.conjugate, self.clean, values)
        return Entries(self.rows, self.columns, values)


class RandomBonds:
    """The bonds of a wire and the places in h and v that their matrices fill.

    A pair of sites that h or v connects is one bond. The lattice's own come first, each with the
    same numbers whatever the terms are; then further ones that terms bring.

    Parameters
    ----------
    lattice : Lattice
        Cross-section.
    slices : Slices
        The clean wire.
    spin : bool
        Whether any of the factors acts on the spin.
    on_site : (k, k) bool array, optional
        Elements of the blocks on the sites that have entries even where they are zero.

    Attributes
    ----------
    pairs : Pairs
        All bonds, in the order of their factors.
    clean : (bond, k, k) complex array
        Matrices <first|H|second> of the clean wire, in units of t.
    """

    def __init__(
        self,
        lattice: Lattice,
        slices: Slices,
        spin: bool,
        on_site: NDArray[np.bool_] | None = None,
    ) -> None:
        self._lattice, self._s = lattice, 2 if spin else 1
        self._on_site = on_site
        k = len(slices.h) // lattice.sites
        h, v = (_blocks(matrix, k) for matrix in (slices.h, slices.v))
        self._own, self._further = _pairs(lattice, h, v)
        every = Pairs(*(np.concatenate(two) for two in zip(self._own, self._further, strict=True)))
        matrices = np.where(
            every.ahead[:, None, None] == 0,
            h[every.first, every.second],
            v[every.first, every.second],
        )
        self.pairs, self.clean = every, matrices
        site = np.arange(lattice.sites)
        self._inside = self._source(every, matrices, 0, h[site, site])
        self._ahead = self._source(every, matrices, 1, None)

    def hopping(
        self,
        kinds: Sequence[tuple[BondDisorder, NDArray[np.uint64]]],
        realizations: NDArray[np.uint64],
        first_slice: int,
        slices: int,
    ) -> Hopping:
        """Return the hopping of some slices and samples.

        Parameters
        ----------
        kinds : sequence of (BondDisorder, (2,) uint64 array)
            What multiplies the clean matrices, the first one innermost, each with its key.
        realizations : (R,) uint64 array
            Numbers of the samples.
        first_slice, slices : int
            Slices from `first_slice` >= 0 on.
        """
        factors = self.factors(kinds, realizations, first_slice, slices)
        return Hopping(self._inside.entries(factors), self._ahead.entries(factors))

    def factors(
        self,
        kinds: Sequence[tuple[BondDisorder, NDArray[np.uint64]]],
        realizations: NDArray[np.uint64],
        first_slice: int,
        slices: int,
    ) -> NDArray[np.complex128]:
        """Return what multiplies the clean matrices from the left, (slice, bond, s, s, R).

        s is 2 if one of the kinds acts on the spin. Arguments are those of `hopping`.
        """
        R = len(realizations)
        product: NDArray[np.complex128] | None = None
        for kind, key in kinds:
            factors = self._of_kind(kind, Address(key, realizations, first_slice, slices))
            if product is None:
                product = factors
                continue
            s = max(product.shape[2], factors.shape[2])
            out = np.empty((slices, len(self.clean), s, s, R), dtype=np.complex128)
            _multiply(factors, product, out)
            product = out
        if product is None:
            product = np.ones((slices, len(self.clean), 1, 1, R), dtype=np.complex128)
        return product

    def _of_kind(self, kind: BondDisorder, address: Address) -> NDArray[np.complex128]:
        """Return one kind's factors of all bonds, (slice, bond, s, s, R)."""
        own = kind.factors(self._lattice, self._own, address)
        if len(self._further.first):
            address = address._replace(key=part_key(address.key, 1))
            further = kind.factors(self._lattice, self._further, address)
            own = np.concatenate([own, further], axis=1)
        return np.ascontiguousarray(own, dtype=np.complex128)

    def _source(
        self,
        pairs: Pairs,
        matrices: NDArray[np.complex128],
        ahead: int,
        onsite: NDArray[np.complex128] | None,
    ) -> _Source:
        """Return where the entries of h (ahead = 0, with its blocks on site) or v come from."""
        k, s = matrices.shape[1], self._s
        # (bond, column of the factor, other orbital, column): spin is outermost.
        split = matrices.reshape(-1, s, k // s, k)
        filled = np.repeat(np.any(split != 0, axis=1, keepdims=True), s, axis=1)
        filled[pairs.ahead != ahead] = False
        bond, spin, orbital, column = np.nonzero(filled)
        rows = pairs.first[bond] * k + spin * (k // s) + orbital
        columns = pairs.second[bond] * k + column
        clean = split[bond, :, orbital, column]
        lower = np.zeros(len(bond), dtype=np.bool_)
        if onsite is not None:
            filled_on_site = onsite != 0
            if self._on_site is not None:
                filled_on_site = filled_on_site | self._on_site
            site, a, c = np.nonzero(filled_on_site)
            fixed = np.zeros((len(site), s), dtype=np.complex128)
            fixed[:, 0] = onsite[site, a, c]
            none = np.full(len(site), -1)
            rows, columns = (
                np.concatenate(parts)
                for parts in ((rows, columns, site * k + a), (columns, rows, site * k + c))
            )
            bond, spin = np.concatenate([bond, bond, none]), np.concatenate([spin, spin, none])
            lower = np.concatenate([lower, ~lower, none > 0])
            clean = np.concatenate([clean, clean, fixed])
        order = np.lexsort((columns, rows))
        parts = (rows, columns, bond, spin, lower, clean)
        return _Source(*(np.ascontiguousarray(part[order]) for part in parts))


def refuse_further_bonds(lattice: Lattice, terms: Sequence[Term], disorder: BondDisorder) -> None:
    """Refuse a disorder of the lattice's own bonds where a term brings further ones.

    Raises
    ------
    InputError
        With the names of both.
    """
    for term in _hopping_further(lattice, terms):
        raise InputError(
            f"{disorder!r} is for hopping between neighbours, but {term!r} hops further; use "
            "RandomPhase(strength)"
        )


def refuse_ending_field(lattice: Lattice, terms: Sequence[Term]) -> None:
    """Refuse a field that ends at the leads where a term hops further than the lattice itself.

    Loops of such bonds lie half in a lead, and what flux they enclose would depend on where the
    vector potential has its zero.

    Raises
    ------
    InputError
        With the name of the term.
    """
    for term in _hopping_further(lattice, terms):
        raise InputError(
            f"field_in_leads=False has no meaning with {term!r}, whose bonds beyond neighbours "
            "enclose flux half in the leads: the result would depend on the gauge; let the field "
            "fill the leads (field_in_leads=True)"
        )


def _hopping_further(lattice: Lattice, terms: Sequence[Term]) -> Iterator[Term]:
    """Yield terms with bonds that the lattice itself does not have."""
    own = set(_ends(lattice.bonds()))
    for term in terms:
        bonds = term.contribution(lattice).bonds
        if bonds is not None and not own.issuperset(_ends(bonds)):
            yield term


def _ends(bonds: Bonds) -> list[tuple[int, int, int]]:
    """Return (first, second, ahead) of each bond, in a slice the lower site first."""
    return [
        (min(i, j), max(i, j), ahead) if ahead == 0 else (i, j, ahead)
        for i, j, ahead in zip(
            bonds.first.tolist(), bonds.second.tolist(), bonds.ahead.tolist(), strict=True
        )
    ]


def _blocks(matrix: NDArray[np.complex128], k: int) -> NDArray[np.complex128]:
    """Return the blocks between sites, (site, site, k, k)."""
    sites = len(matrix) // k
    return matrix.reshape(sites, k, sites, k).transpose(0, 2, 1, 3)


def _pairs(
    lattice: Lattice, h: NDArray[np.complex128], v: NDArray[np.complex128]
) -> tuple[Pairs, Pairs]:
    """Return the lattice's own bonds and the further ones that h and v have."""
    bonds = lattice.bonds()
    inside = bonds.ahead == 0
    low, high = np.minimum(bonds.first, bonds.second), np.maximum(bonds.first, bonds.second)
    own = np.zeros((2, *h.shape[:2]), dtype=np.bool_)
    own[0, low[inside], high[inside]] = True
    own[1, bonds.first[~inside], bonds.second[~inside]] = True
    linked = np.stack([np.triu(np.any(h, axis=(2, 3)), k=1), np.any(v, axis=(2, 3))])
    found = []
    for chosen in (own, linked & ~own):
        ahead, first, second = np.nonzero(chosen)
        found.append(Pairs(first, second, ahead))
    return found[0], found[1]


@njit(nogil=True, cache=True)
def _multiply(left, right, out):  # type: ignore[no-untyped-def]
    """Write the products of two sets of factors, (slice, bond, s, s, R), s = 1 or 2 each.

    Compiled, because NumPy chooses its code for a complex product by the processor and the shape,
    and the last bits differ.
    """
    slices, bonds, s, _, R = out.shape
    both = min(left.shape[2], right.shape[2])
    for n in range(slices):
        for b in range(bonds):
            for i in range(s):
                for j in range(s):
                    for r in range(R):
                        if both == 1:
                            out[n, b, i, j, r] = (
                                left[n, b, i % left.shape[2], j % left.shape[2], r]
                                * right[n, b, i % right.shape[2], j % right.shape[2], r]
                            )
                        else:
                            out[n, b, i, j, r] = (
                                left[n, b, i, 0, r] * right[n, b, 0, j, r]
                                + left[n, b, i, 1, r] * right[n, b, 1, j, r]
                            )


@njit(nogil=True, cache=True)
def _fill(factors, bond, spin, conjugate, clean, out):  # type: ignore[no-untyped-def]
    """Write the entries, (slice, entry, R), that a `_Source` describes."""
    for n in range(out.shape[0]):
        for e in range(out.shape[1]):
            b, i = bond[e], spin[e]
            for r in range(out.shape[2]):
                if b < 0:
                    out[n, e, r] = clean[e, 0]
                    continue
                total = factors[n, b, i, 0, r] * clean[e, 0]
                for c in range(1, factors.shape[2]):
                    total += factors[n, b, i, c, r] * clean[e, c]
                out[n, e, r] = total.conjugate() if conjugate[e] else total
