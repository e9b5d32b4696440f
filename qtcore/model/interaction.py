"""Interactions between electrons as functions of the distance of two sites."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import LARGEST_NUMBER, finite_number, positive_number, unmasked

Interaction = Callable[[NDArray[np.float64]], Any]
"""U(distance): distances of pairs of sites in lattice constants in, an array of the same shape out, in
units of t. Distance 0 is that of a site from itself."""

_SAME_PLACE = 1e-9
_AS_CLOSE = 1e-6
"""By how much distances of nearest neighbours may differ, relative to them."""


@dataclass(frozen=True)
class ContactInteraction:
    """U between electrons on the same site (Hubbard's interaction).

    Electrons of equal spin on one orbital do not feel it: Hartree and Fock shifts cancel.

    Parameters
    ----------
    strength : float
        U, units of t.
    """

    strength: float

    def __post_init__(self) -> None:
        strength = finite_number("strength of the interaction", self.strength, "units of t")
        object.__setattr__(self, "strength", strength)

    def __call__(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return U at distances, units of t."""
        return np.where(distance < _SAME_PLACE, self.strength, 0.0)


@dataclass(frozen=True)
class NeighbourInteraction:
    """U between electrons on nearest neighbours, which are the sites at one given distance.

    Parameters
    ----------
    strength : float
        U, units of t.
    distance : float
        Of nearest neighbours, lattice constants: 1 on chains, squares and cubes, 1/sqrt(3) on the
        honeycomb lattice.
    """

    strength: float
    distance: float = 1.0

    def __post_init__(self) -> None:
        strength = finite_number("strength of the interaction", self.strength, "units of t")
        object.__setattr__(self, "strength", strength)
        distance = positive_number("distance of neighbours", self.distance, "lattice constants")
        object.__setattr__(self, "distance", distance)

    def __call__(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return U at distances, units of t."""
        near = np.abs(distance - self.distance) < _AS_CLOSE * self.distance
        return np.where(near, self.strength, 0.0)


@dataclass(frozen=True)
class CoulombInteraction:
    """U(r) = strength * exp(-r / screening) / r.

    Parameters
    ----------
    strength : float
        U at a distance of one lattice constant without screening, units of t.
    onsite : float
        U between two electrons on the same site, units of t: the extent of an orbital makes it finite.
    screening : float
        Screening length, lattice constants; infinite for the bare interaction.
    """

    strength: float
    onsite: float
    screening: float = math.inf

    def __post_init__(self) -> None:
        for name in ("strength", "onsite"):
            value = finite_number(f"{name} of the interaction", getattr(self, name), "units of t")
            object.__setattr__(self, name, value)
        if self.screening != math.inf:
            length = positive_number("screening length", self.screening, "lattice constants")
            object.__setattr__(self, "screening", length)

    def __call__(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return U at distances, units of t."""
        apart = distance >= _SAME_PLACE
        r = np.where(apart, distance, 1.0)
        return np.where(apart, self.strength * np.exp(-r / self.screening) / r, self.onsite)


def interaction_at(interaction: Interaction, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an interaction at distances of pairs of sites, an array of the same shape, units of t.

    Raises
    ------
    InputError
        If it is no function, fails, or returns another shape, complex numbers, infinities or NaN.
    """
    example = "ContactInteraction(1.0) or a function U(distance) of an array, elementwise"
    if not callable(interaction):
        raise InputError(f"interaction must be {example}, got {interaction!r}")
    try:
        given = interaction(distance)
    except InputError:  # says itself what is wrong
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError(
            f"interaction must be {example}, but it raised {type(error).__name__}: {error}"
        ) from error
    unmasked("what interaction returned", given)
    try:
        found = np.asarray(given)
    except ValueError:  # rows of different lengths
        found = np.array(None)
    if found.dtype.kind not in "fiub":
        raise InputError(f"interaction must return real numbers (units of t), got {found.dtype}")
    if found.shape not in (distance.shape, ()):
        raise InputError(
            f"interaction must return an array of the shape of distance, {distance.shape}, got "
            f"{found.shape}"
        )
    values = np.broadcast_to(found.astype(np.float64), distance.shape)
    if not np.isfinite(values).all():
        at = distance[~np.isfinite(values)][0]
        raise InputError(
            f"interaction returned {values[~np.isfinite(values)][0]} at distance {at:g}; it must be finite "
            "(units of t), also at distance 0, that is between electrons on the same site"
        )
    if np.abs(values).max(initial=0.0) > LARGEST_NUMBER:
        raise InputError(
            f"interaction must be at most {LARGEST_NUMBER:g} in size (units of t), got "
            f"{np.abs(values).max():.3g}"
        )
    return values
