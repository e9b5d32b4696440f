"""A potential that is given, the same in every realization."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import refuse_too_large, unmasked
from qtcore.model.disorder.contract import Address, OnsiteDisorder
from qtcore.model.functions import on_sites
from qtcore.model.lattice.contract import Lattice
from qtcore.shown import plain


class Fixed(OnsiteDisorder):
    """A given potential, the same in every realization.

    Parameters
    ----------
    values : (slice, site) array, or function
        On-site energies from slice 0 on, in units of t, for wires no longer than the array; or a
        function V(x, y), in a bar V(x, y, z), of arrays of places in lattice constants.

    Raises
    ------
    InputError
        If the array is not two-dimensional, real and finite.
    """

    def __init__(self, values: Any) -> None:
        self.function = values if callable(values) else None
        self.values = None if callable(values) else _checked(values)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Fixed)
            and self.function == other.function
            and self._digest() == other._digest()
        )

    def __hash__(self) -> int:
        return hash((self.function, self._digest()))

    def __repr__(self) -> str:
        if self.values is None:
            return f"Fixed({plain(self.function)})"
        return f"Fixed(array of shape {self.values.shape}, sha256={self._digest()[:12]})"

    @property
    def random(self) -> bool:
        """Whether realizations differ: never."""
        return False

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.values is None or bool(self.values.any())

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble: nothing random."""
        return {"disorder": "fixed"}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, 1), in units of t."""
        first, stop = address.first_slice, address.first_slice + address.slices
        if self.function is not None:
            return on_sites(self.function, lattice, first, address.slices)[:, :, None]
        self.check(lattice, stop)
        assert self.values is not None
        return self.values[first:stop, :, None]

    def check(self, lattice: Lattice, length: int | None = None) -> None:
        """Raise InputError if the array does not have the shape of the wire."""
        if self.function is not None:
            on_sites(self.function, lattice, 0, 1)
            return
        assert self.values is not None
        if self.values.shape[1] != lattice.sites:
            raise InputError(
                f"the array of Fixed must have the shape (slices, {lattice.sites}), a row for "
                f"each slice, got {self.values.shape}"
            )
        if length is not None and length > len(self.values):
            raise InputError(
                f"the array of Fixed holds {len(self.values)} slices, but the wire has {length}; "
                "give a longer array or a function"
            )

    def _digest(self) -> str:
        if self.values is None:
            return ""
        return hashlib.sha256(repr(self.values.shape).encode() + self.values.tobytes()).hexdigest()


def _checked(given: Any) -> NDArray[np.float64]:
    unmasked("the array of Fixed", given)
    try:
        values = np.asarray(given)
    except ValueError:
        raise InputError(
            "Fixed takes a real array (slice, site) or a function V(x, y), got rows of different "
            "lengths"
        ) from None
    if values.ndim != 2 or values.dtype.kind not in "fiub":
        raise InputError(
            "Fixed takes a real array (slice, site) or a function V(x, y), got an array of shape "
            f"{values.shape} and type {values.dtype}"
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        n, i = (int(k) for k in np.argwhere(~np.isfinite(values))[0])
        raise InputError(
            f"the array of Fixed must be finite (units of t), got {values[n, i]} at slice {n}, "
            f"site {i}"
        )
    refuse_too_large("the array of Fixed", values, "units of t")
    values.setflags(write=False)
    return values
