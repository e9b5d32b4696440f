"""A cross-section from arrays: any h inside a slice, any v to the next."""

import hashlib
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import positive_number, square_matrix, truth, unmasked, whole_number
from qtcore.model.lattice.contract import Bonds, Lattice
from qtcore.model.nambu import has_holes, looks_paired

_HERMITIAN = 1e-12


class Custom(Lattice):
    """A cross-section given by its matrices; component site * orbitals + orbital.

    Parameters
    ----------
    h : (M, M) array
        H inside a slice, in units of t; Hermitian.
    v : (M, M) array
        <n|H|n+1>, from a slice to the next, in units of t; may be singular.
    positions : (sites, 3) or (sites, 2) array, optional
        Places (x, y, z) or (x, y) of the sites of a slice, in lattice constants. Needed by gates,
        fields and correlated disorder; without them site number i lies at (0, i, 0).
    orbitals : int
        Orbitals on each site, M = sites * orbitals.
    period : float
        Distance from a slice to the next.
    pairing : bool, optional
        True if the orbitals of a site are electrons and, behind them, as many holes (c, c^+), coupled
        by pairing: then tau_x h^* tau_x = -h and alike for v, and disorder eps acts as eps tau_z.
        False if they are none, although h and v look like it.

    Raises
    ------
    InputError
        If a shape does not fit, an entry is not finite, h is not Hermitian, or matrices with pairing
        have no particle-hole form.
    """

    def __init__(
        self,
        h: Any,
        v: Any,
        positions: Any = None,
        orbitals: int = 1,
        period: float = 1.0,
        pairing: bool | None = None,
    ) -> None:
        self.h, self.v = (
            square_matrix("h", h, "numbers (units of t)", "units of t"),
            square_matrix("v", v, "numbers (units of t)", "units of t"),
        )
        if self.h.shape != self.v.shape:
            raise InputError(
                f"h and v must have the same shape, got {self.h.shape} and {self.v.shape}"
            )
        self.orbitals = whole_number("orbitals", orbitals, 1)
        if len(self.h) % self.orbitals:
            raise InputError(
                f"h has {len(self.h)} rows, which is no multiple of {self.orbitals} orbitals"
            )
        _refuse_unless_hermitian(self.h, float(max(np.abs(self.h).max(), np.abs(self.v).max())))
        self.period = positive_number("period", period, "lattice constants")
        self.pairing = None if pairing is None else truth("pairing", pairing)
        self.has_holes = bool(self.pairing)
        if self.has_holes:
            _refuse_unless_paired(self.h, self.v, self.orbitals)
        self._positions = _places(positions, len(self.h) // self.orbitals)
        self.dimension = 3 if np.any(self._positions[:, 2]) else 2
        words = [self.h, self.v, self._positions, np.array([self.orbitals, self.period])]
        if self.has_holes:
            words.append(np.array([1]))
        self._digest = hashlib.sha256(b"".join(part.tobytes() for part in words)).hexdigest()
        for part in (self.h, self.v, self._positions):
            part.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Custom):
            return False
        return self._digest == other._digest and self.pairing == other.pairing

    def __hash__(self) -> int:
        return hash(self._digest)

    def __repr__(self) -> str:
        words = "" if self.pairing is None else f", pairing={self.pairing}"
        return (
            f"Custom(sites={self.sites}, orbitals={self.orbitals}{words}, "
            f"sha256={self._digest[:12]})"
        )

    @property
    def sites(self) -> int:
        """Sites in a slice."""
        return len(self.h) // self.orbitals

    @cached_property
    def looks_paired(self) -> bool:
        """Whether the orbitals could be those of electrons and holes that pairing couples."""
        return looks_paired(self.h, self.v, self.orbitals)

    def positions(self) -> NDArray[np.float64]:
        """Return the places of the sites of slice 0, (site, 3)."""
        return self._positions

    def bonds(self) -> Bonds:
        """Return every pair of sites that h or v connects."""
        inside, ahead = self._blocks(self.h), self._blocks(self.v)
        pairs_inside = np.argwhere(np.triu(np.any(inside, axis=(2, 3)), k=1))
        pairs_ahead = np.argwhere(np.any(ahead, axis=(2, 3)))
        first, second = np.concatenate([pairs_inside, pairs_ahead]).T
        steps = np.repeat([0, 1], [len(pairs_inside), len(pairs_ahead)])
        displacement = self._positions[second] - self._positions[first]
        displacement[:, 0] += steps * self.period
        hopping = np.concatenate([inside[tuple(pairs_inside.T)], ahead[tuple(pairs_ahead.T)]])
        return Bonds(first, second, steps, displacement, hopping)

    def own_onsite(self) -> NDArray[np.complex128]:
        """Return the blocks on the diagonal of h, (site, k, k)."""
        site = np.arange(self.sites)
        return self._blocks(self.h)[site, site]

    def ensemble(self) -> dict[str, object]:
        """Return what distinguishes this cross-section's disorder from that of others.

        The disorder belongs to the sites, so that h and v may change without changing it.
        """
        return {
            "lattice": "custom",
            "sites": self.sites,
            "positions": hashlib.sha256(self._positions.tobytes()).hexdigest(),
            "period": self.period.hex(),
        }

    def _blocks(self, matrix: NDArray[np.complex128]) -> NDArray[np.complex128]:
        k = self.orbitals
        return matrix.reshape(self.sites, k, self.sites, k).transpose(0, 2, 1, 3)


def _refuse_unless_paired(
    h: NDArray[np.complex128], v: NDArray[np.complex128], orbitals: int
) -> None:
    for name, matrix in (("h", h), ("v", v)):
        if not has_holes(matrix, orbitals):
            raise InputError(
                f"with pairing=True {name} must have particle-hole form, tau_x {name}^* tau_x = "
                f"-{name}: on each site {orbitals} orbitals, electrons first and as many holes, "
                "((H0, D), (-D^*, -H0^*))"
            )


def _refuse_unless_hermitian(h: NDArray[np.complex128], scale: float) -> None:
    defect = np.abs(h - h.conj().T)
    if defect.max() > _HERMITIAN * scale:
        i, j = (int(k) for k in np.unravel_index(int(defect.argmax()), h.shape))
        came = f"h[{i}, {j}] = {h[i, j]:g}"
        also = "; its diagonal must be real" if i == j else f" and h[{j}, {i}] = {h[j, i]:g}"
        raise InputError(
            f"h must be Hermitian, but {came}{also}. Absorption is no part of a slice: "
            "absorption= of qtcore.scattering puts it on every site, and docs/what-can-be-asked.md "
            "shows how to put it on some"
        )


def _places(given: Any, sites: int) -> NDArray[np.float64]:
    places = np.zeros((sites, 3))
    if given is None:
        places[:, 1] = np.arange(sites)
        return places
    unmasked("positions", given)
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"positions must be an array of places (lattice constants), got {brief(given)}"
        ) from None
    if found.ndim != 2 or found.shape[0] != sites or found.shape[1] not in (2, 3):
        raise InputError(
            f"positions must have the shape ({sites}, 2) or ({sites}, 3), got {found.shape}"
        )
    if not np.isfinite(found).all():
        raise InputError("positions must be finite (lattice constants)")
    places[:, : found.shape[1]] = found
    return places
