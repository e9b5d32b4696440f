"""Several kinds of structure together, as a wire applies them to its bonds, sites and contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import as_tuple
from qtcore.model.disorder.contract import Address, BondDisorder, Pairs
from qtcore.model.lattice.contract import Lattice
from qtcore.model.slices import TINY
from qtcore.model.structure.contract import Numbers, PlacedBonds, Structure, own_pairs, placed
from qtcore.model.structure.flux import FluxTube

MISSING = 2.0**60
"""On-site energy, in units of the hopping, of a site that is missing. It has no bonds within the
sample, so that this counts at the bonds to a lead alone: what is left of it is 1e-18."""

LARGEST_FACTOR = 1e15
"""Of a bond, in size: rounding errors of the levels that greater ones make are as large as the hopping."""

_AT_ONCE = 2**20
"""Factors of bonds that are looked through at once, about."""

Parts = Sequence[Structure]


def checked_structure(given: Any, lattice: Lattice) -> Parts:
    """Return what is given as `structure` of a wire as a tuple.

    Raises
    ------
    InputError
        If it is no sequence of structure, or does not fit the lattice.
    """
    parts: Parts = (given,) if isinstance(given, Structure) else as_tuple("structure", given)
    for part in parts:
        if not isinstance(part, Structure):
            raise InputError(
                "structure must be a sequence of ChangedBonds(...), ChangedBond(...), Strain(...), "
                "TunnelContact(...), FluxTube(...), LocalField(...) or MissingSites(...), got "
                f"{brief(part)} among them"
            )
        part.check(lattice)
    if parts:
        bond_factors(parts, lattice, own_pairs(lattice), 0, 1)
    for part in parts:
        if isinstance(part, FluxTube):
            near = part.near(lattice)
            part.refuse_on_a_bond(near, _between_sites(parts, near))
    return parts


@dataclass(frozen=True)
class StructuredBonds(BondDisorder):
    """What structure does to bonds, said in the words of bond disorder; it is none, and has no key.

    Attributes
    ----------
    parts : tuple of Structure
        The structure of the wire.
    """

    parts: Parts

    @property
    def random(self) -> bool:
        """Realizations never differ by it."""
        return False

    @property
    def keeps_time_reversal(self) -> bool:  # type: ignore[override] # depends on the parts here
        """Whether all factors are real."""
        return all(part.is_real for part in self.parts)

    def ensemble(self) -> dict[str, object]:
        """Return nothing: it defines no ensemble."""
        return {}

    def factors(self, lattice: Lattice, bonds: Pairs, address: Address) -> NDArray[np.complex128]:
        """Return the factors, (slice, bond, 1, 1, R), equal for all realizations."""
        found = bond_factors(self.parts, lattice, bonds, address.first_slice, address.slices)
        shape = (*found.shape, 1, 1, len(address.realizations))
        return np.broadcast_to(found[:, :, None, None, None], shape)


def bond_factors(
    parts: Parts, lattice: Lattice, pairs: Pairs, first_slice: int, slices: int
) -> NDArray[np.complex128]:
    """Return the product of all factors of bonds, (slice, bond); 0 at missing sites.

    Raises
    ------
    InputError
        If a given function fails, or returns what is no factor.
    """
    flat = np.stack([np.asarray(part, dtype=np.intp) for part in pairs]).tobytes()
    return _bond_factors(tuple(parts), lattice, flat, first_slice, slices)


# Groups of realizations go through the same slices one after the other.
@lru_cache(maxsize=8)
def _bond_factors(
    parts: Parts, lattice: Lattice, flat: bytes, first_slice: int, slices: int
) -> NDArray[np.complex128]:
    pairs = Pairs(*np.frombuffer(flat, dtype=np.intp).reshape(3, -1))
    bonds = placed(lattice, pairs, first_slice, slices)
    product = multiplied([part.factors(bonds) for part in parts if part.changes_bonds], bonds.shape)
    product[~_between_sites(parts, bonds)] = 0
    product.setflags(write=False)
    return product


def multiplied(factors: Sequence[Numbers], shape: tuple[int, ...]) -> Numbers:
    """Return the product of factors of bonds, complex and writable.

    Raises
    ------
    InputError
        If a product is larger than 1e15 in size, or smaller than 1e-100 though no factor is 0.
    """
    product = np.ones(shape, dtype=np.complex128)
    is_zero = np.zeros(shape, dtype=np.bool_)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for one in factors:
            product *= one
            is_zero |= one == 0
    # The size of a complex number may overflow where the larger one of its parts does not.
    sizes = np.maximum(np.abs(product.real), np.abs(product.imag))
    large = ~(sizes <= LARGEST_FACTOR)
    if large.any():
        raise InputError(
            f"structure multiplies a bond by {sizes[large][0]:.3g}, and at most {LARGEST_FACTOR:g} is "
            "allowed: beside stronger bonds the energy and all others have no digit"
        )
    small = (sizes < TINY) & ~is_zero
    if small.any():
        raise InputError(
            f"structure multiplies a bond by {sizes[small][0]:.3g}, and at least {TINY:g} is "
            "allowed, or 0, which removes the bond: powers of smaller numbers vanish"
        )
    return product


def _between_sites(parts: Parts, bonds: PlacedBonds) -> NDArray[np.bool_]:
    """Return of which bonds, (slice, bond), both sites are there."""
    gone = missing_sites(parts, bonds.lattice, bonds.first_slice, bonds.slices + 1)
    if gone is None:
        return np.ones(bonds.shape, dtype=np.bool_)
    n, pairs = np.arange(bonds.slices)[:, None], bonds.pairs
    return np.asarray(~(gone[n, pairs.first] | gone[n + pairs.ahead, pairs.second]))


def missing_sites(
    parts: Parts, lattice: Lattice, first_slice: int, slices: int
) -> NDArray[np.bool_] | None:
    """Return which sites are missing, (slice, site), or None if no structure removes any."""
    found = [part.gone(lattice, first_slice, slices) for part in parts if part.removes_sites]
    gone = [one for one in found if one is not None]
    return np.logical_or.reduce(gone) if gone else None


def contact_factors(parts: Parts, lattice: Lattice, side: str) -> NDArray[np.float64] | None:
    """Return the factors of the bonds between a lead and the sample, (site,), or None."""
    given = [part.contact(lattice, side) for part in parts]
    found = [one for one in given if one is not None]
    return multiplied(found, found[0].shape).real if found else None


def with_contacts(
    parts: Parts,
    lattice: Lattice,
    orbitals: int,
    ends: tuple[NDArray[np.complex128], NDArray[np.complex128]],
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]] | None:
    """Return the couplings to both leads with the factors of structure, or None if it has none.

    Parameters
    ----------
    parts, lattice : tuple of Structure, Lattice
        Structure and cross-section of the sample.
    orbitals : int
        Orbitals on each site.
    ends : ((M_lead, M), (M, M_lead)) complex arrays
        Couplings without structure, in units of t.
    """
    left, right = (contact_factors(parts, lattice, side) for side in ("left", "right"))
    if left is None and right is None:
        return None
    into, out = ends
    if left is not None:
        into = into * np.repeat(left, orbitals)
    if right is not None:
        out = out * np.repeat(right, orbitals)[:, None]
    return into, out


def check_along(parts: Parts, lattice: Lattice, pairs: Pairs, length: int) -> None:
    """Look through the structure of a whole wire before anything is computed.

    Raises
    ------
    InputError
        If some of it lies beyond the wire, or a function of position fails or returns what is no
        factor.
    """
    for part in parts:
        part.check(lattice, length)
    zero_bonds(parts, lattice, pairs, length)


def zero_bonds(parts: Parts, lattice: Lattice, pairs: Pairs, length: int) -> tuple[bool, bool]:
    """Return whether any bond of a wire is removed, and whether any one to the next slice is."""
    flat = np.stack([np.asarray(part, dtype=np.intp) for part in pairs]).tobytes()
    return _zero_bonds(tuple(parts), lattice, flat, length)


@lru_cache(maxsize=16)
def _zero_bonds(parts: Parts, lattice: Lattice, flat: bytes, length: int) -> tuple[bool, bool]:
    pairs = Pairs(*np.frombuffer(flat, dtype=np.intp).reshape(3, -1))
    step = max(1, _AT_ONCE // max(1, len(pairs.first)))
    inside = ahead = False
    for first in range(0, length, step):
        slices = min(step, length - first)
        zero = bond_factors(parts, lattice, pairs, first, slices) == 0
        inside = inside or bool(zero[:, pairs.ahead == 0].any())
        # The bonds behind the last slice are those to the lead, which are not asked for.
        counted = zero[: length - 1 - first, pairs.ahead == 1]
        ahead = ahead or bool(counted.any())
    return inside or ahead, ahead


def removes_sites(parts: Parts) -> bool:
    """Whether sites may be missing."""
    return any(part.removes_sites for part in parts)


def changes_sample(parts: Parts) -> bool:
    """Whether bonds or sites of the sample may change, not the contacts to the leads alone."""
    return any(part.changes_bonds or part.removes_sites for part in parts)
