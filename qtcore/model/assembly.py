"""The matrices of a slice, put together from a lattice, terms and a field."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.field import peierls_factors
from qtcore.model.lattice.contract import Bonds, Lattice
from qtcore.model.nambu import OrbitalSpace, with_holes
from qtcore.model.terms.contract import Term
from qtcore.model.terms.pairing import End, Pairing

Matrix = NDArray[np.complex128]

_HERMITIAN = 1e-12


def refuse_unless_they_combine(lattice: Lattice, terms: Sequence[Term]) -> None:
    """Refuse terms that contradict each other or that the lattice has no room for.

    Raises
    ------
    InputError
        With the names of the terms.
    """
    for term in terms:
        if not isinstance(term, Term):
            raise InputError(
                f"terms must be a sequence of terms such as Rashba(0.2) or Zeeman(bz=0.1), "
                f"got {term!r} among them"
            )
    if terms and lattice.orbitals > 1:
        raise InputError(
            f"{lattice!r} has {lattice.orbitals} orbitals per site of its own: write the terms "
            f"into its h and v instead of {terms[0]!r}"
        )
    for one, other in combinations(terms, 2):
        if type(one) is type(other):
            raise InputError(f"a term may be given once, got {one!r} and {other!r}")
        if one.sets_hopping and other.sets_hopping:
            raise InputError(
                f"both {one!r} and {other!r} set the hopping between neighbours; choose one"
            )
        for first, second in ((one, other), (other, one)):
            if first.plain_hopping and second.sets_hopping:
                raise InputError(
                    f"{first!r} goes with plain hopping between neighbours, which {second!r} "
                    "replaces; choose one"
                )
            if first.spin and second.bands > 1 and not second.spin:
                raise InputError(
                    f"{first!r} acts on spin, but the electrons of {second!r} have none; choose one"
                )
            if isinstance(first, Pairing) and first.no_spin and (second.spin or second.bands > 1):
                raise InputError(
                    f"{first!r} pairs electrons without spin and bands, and those of {second!r} have "
                    "some; use SWavePairing(delta) for a wire with spin"
                )


def refuse_unless_spin_fits(lattice: Lattice, terms: Sequence[Term], disorder: object) -> None:
    """Refuse a disorder that acts on spin where the electrons have none of their own.

    Raises
    ------
    InputError
        With the names of both.
    """
    if lattice.orbitals > 1:
        raise InputError(
            f"{disorder!r} acts on spin, but what the {lattice.orbitals} orbitals of {lattice!r} "
            "are is not known; use a lattice with one orbital per site"
        )
    for term in terms:
        is_spinless = isinstance(term, Pairing) and term.no_spin
        if (term.bands > 1 and not term.spin) or is_spinless:
            raise InputError(
                f"{disorder!r} acts on spin, but the electrons of {term!r} have none; choose one"
            )


def space_of(lattice: Lattice, terms: Sequence[Term], spin: bool = False) -> OrbitalSpace:
    """Return the orbitals on a site; with `spin` there are always two spins."""
    spins = 2 if spin or any(term.spin for term in terms) else 1
    if lattice.has_holes:
        return OrbitalSpace(1, lattice.orbitals // 2, True)
    bands = max([lattice.orbitals, *(term.bands for term in terms)])
    return OrbitalSpace(spins, bands, any(isinstance(term, Pairing) for term in terms))


def assemble(
    lattice: Lattice,
    terms: Sequence[Term],
    B: NDArray[np.float64],
    spin: bool = False,
    origin: NDArray[np.float64] | None = None,
    *,
    lead: End | None = None,
) -> tuple[Matrix, Matrix]:
    """Return h and v of a clean wire, (M, M) each, in units of t.

    Parameters
    ----------
    lattice : Lattice
        Sites and bonds.
    terms : sequence of Term
        Terms that go together (`refuse_unless_they_combine`).
    B : (3,) float array
        Flux in h/e through an area of one squared lattice constant normal to x, y and z.
    spin : bool
        Whether to count spins even if no term acts on them.
    origin : (3,) float array, optional
        Where the lattice's origin lies, in lattice constants: it matters to the gauge.
    lead : {"left", "right"}, optional
        Which lead the wire is, if it is one: some terms do not pair there.

    Raises
    ------
    InputError
        If a term does not fit the lattice, or a slice is not Hermitian.
    """
    space = space_of(lattice, terms, spin)
    own_holes = lattice.has_holes
    spins, bands = (1, lattice.orbitals) if own_holes else space[:2]
    k, sites = spins * bands, lattice.sites
    h = np.zeros((sites, sites, k, k), dtype=np.complex128)
    v = np.zeros_like(h)
    site = np.arange(sites)
    own = lattice.own_onsite()
    if own is not None:
        h[site, site] += _in_full_space(own, 1, lattice.orbitals, (spins, bands))
    parts: list[Bonds] = []
    if not any(term.sets_hopping for term in terms):
        bonds = lattice.bonds()
        full = _in_full_space(bonds.hopping, 1, lattice.orbitals, (spins, bands))
        parts.append(bonds.with_hopping(full))
    for term in terms:
        onsite, own_bonds = term.contribution(lattice)
        own_spins = 2 if term.spin else 1
        _refuse_unless_matrices(term, onsite, own_bonds, sites)
        if onsite is not None:
            h[site, site] += _in_full_space(onsite, own_spins, term.bands, (spins, bands))
        if own_bonds is not None:
            full = _in_full_space(own_bonds.hopping, own_spins, term.bands, (spins, bands))
            parts.append(own_bonds.with_hopping(full))
    for part in parts:
        _add(part, peierls_factors(lattice, part, B, origin), h, v)
    if space.paired and not own_holes:
        delta_h, delta_v = _pairing(lattice, terms, (spins, bands), lead)
        h, v, k = with_holes(h, delta_h), with_holes(v, delta_v), space.size
    M = sites * k
    flat_h, flat_v = (part.transpose(0, 2, 1, 3).reshape(M, M) for part in (h, v))
    _refuse_unless_hermitian(flat_h, float(max(np.abs(flat_h).max(), np.abs(flat_v).max())))
    return flat_h, flat_v


def _pairing(
    lattice: Lattice, terms: Sequence[Term], space: tuple[int, int], lead: End | None
) -> tuple[Matrix, Matrix]:
    """Return D inside a slice and to the next one, (site, site, k, k), units of t."""
    sites, k = lattice.sites, space[0] * space[1]
    h = np.zeros((sites, sites, k, k), dtype=np.complex128)
    v, site = np.zeros_like(h), np.arange(sites)
    for term in terms:
        if not isinstance(term, Pairing) or (lead is not None and not term.reaches(lead)):
            continue
        own_spins = 2 if term.spin else 1
        found = term.pairs(lattice)
        _refuse_unless_matrices(term, found.onsite, found.bonds, sites)
        if found.onsite is not None:
            h[site, site] += _in_full_space(found.onsite, own_spins, term.bands, space)
        if found.bonds is not None:
            bonds = found.bonds
            D = _in_full_space(bonds.hopping, own_spins, term.bands, space)
            inside, ahead = bonds.ahead == 0, bonds.ahead == 1
            first, second = bonds.first[inside], bonds.second[inside]
            np.add.at(h, (first, second), D[inside])
            np.add.at(h, (second, first), -D[inside].transpose(0, 2, 1))
            np.add.at(v, (bonds.first[ahead], bonds.second[ahead]), D[ahead])
    return h, v


def _add(bonds: Bonds, phases: NDArray[np.complex128], h: Matrix, v: Matrix) -> None:
    """Add bonds, and inside a slice their conjugates, to h and v, (site, site, k, k) each."""
    matrices = bonds.hopping * phases[:, None, None]
    inside, ahead = bonds.ahead == 0, bonds.ahead == 1
    first, second = bonds.first[inside], bonds.second[inside]
    np.add.at(h, (first, second), matrices[inside])
    np.add.at(h, (second, first), matrices[inside].conj().transpose(0, 2, 1))
    np.add.at(v, (bonds.first[ahead], bonds.second[ahead]), matrices[ahead])


def _in_full_space(
    matrices: Matrix, own_spins: int, own_bands: int, space: tuple[int, int]
) -> Matrix:
    """Return (n, k, k) matrices of some spins and bands in the space of all, spin outermost."""
    spins, bands = space
    left, right = np.eye(spins // own_spins)[None], np.eye(bands // own_bands)[None]
    return np.kron(np.kron(left, matrices), right).astype(np.complex128)


def _refuse_unless_matrices(
    term: Term, onsite: Matrix | None, bonds: Bonds | None, sites: int
) -> None:
    k = (2 if term.spin else 1) * term.bands
    parts = [("sites", onsite, sites)]
    if bonds is not None:
        parts.append(("bonds", bonds.hopping, len(bonds)))
    for name, matrices, count in parts:
        if matrices is None:
            continue
        if matrices.shape != (count, k, k):
            raise InputError(
                f"{term!r} must give matrices of the shape {(count, k, k)} on {name} (spins times "
                f"bands of the term), got {matrices.shape}"
            )
        if not np.isfinite(matrices).all():
            raise InputError(f"{term!r} must give finite matrices on {name} (units of t)")


def _refuse_unless_hermitian(h: Matrix, scale: float) -> None:
    defect = float(np.abs(h - h.conj().T).max())
    if defect > _HERMITIAN * scale:
        raise InputError(f"h of a slice must be Hermitian, a term is off by {defect:g} t")
