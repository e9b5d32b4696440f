"""Kernel polynomials: bulk density of states and Kubo conductivity of large closed samples.

delta(E - H) is expanded in Chebyshev polynomials of H, damped by the Jackson kernel to a Gaussian
of width pi * half bandwidth / moments. Traces are means over random vectors, which gives them
statistical errors. Weisse et al., Rev. Mod. Phys. 78, 275 (2006).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.model.checks import finite_number, positive_number, whole_number
from qtcore.threads import one_thread

_MARGIN = 0.01
"""How much wider than the bound of the spectrum the interval of the expansion is."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A quantity at every energy, with the standard error of its stochastic trace.

    Attributes
    ----------
    energies, values, errors : (energy,) float arrays
        Energies in units of t; units of the values as said by who returns this.
    width : float
        Energy resolution at the band centre (standard deviation), units of t.
    """

    energies: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    width: float


def jackson(moments: int) -> NDArray[np.float64]:
    """Return the factors that the Jackson kernel damps Chebyshev moments by, (moments,)."""
    n, step = np.arange(moments), math.pi / (moments + 1)
    falling = (moments - n + 1) * np.cos(step * n) + np.sin(step * n) / math.tan(step)
    return np.asarray(falling / (moments + 1))


class _Expansion:
    """H mapped onto (-1, 1), and weights of delta(E - H) in its Chebyshev polynomials."""

    def __init__(self, H: Any, energies: Sequence[float], moments: int) -> None:
        moments = whole_number("moments", moments, 2)
        self.energies = np.array(
            [finite_number("energy", energy, "units of t") for energy in np.atleast_1d(energies)]
        )
        if self.energies.size == 0:
            raise InputError("energies is empty; give at least one (units of t)")
        # Gershgorin: cheap, safe, and at most a few tens of per cent too wide.
        sums = np.asarray(abs(H).sum(axis=1)).ravel()
        diagonal = H.diagonal().real
        reach = sums - np.abs(diagonal)
        low, high = float((diagonal - reach).min()), float((diagonal + reach).max())
        self.center, self.half = (high + low) / 2, (high - low) / 2 * (1 + _MARGIN) or 1.0
        x = (self.energies - self.center) / self.half
        if (np.abs(x) >= 1).any():
            raise InputError(
                f"energies must lie within the spectrum's bound {low:g} < E < {high:g}, got "
                f"{self.energies[np.abs(x) >= 1][0]:g}"
            )
        size = H.shape[0]
        self.scaled = (
            (sparse.csr_array(H) - self.center * sparse.eye_array(size)) / self.half
        ).tocsr()
        n = np.arange(moments)
        weights = jackson(moments) * np.where(n == 0, 1.0, 2.0)
        self.weights = np.cos(n[:, None] * np.arccos(x)) * weights[:, None]
        self.weights /= math.pi * self.half * np.sqrt(1 - x**2)
        self.width = math.pi / moments * self.half

    def polynomials(self, vector: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield T_n(H) vector for n = 0 .. moments - 1."""
        before, now = vector, self.scaled @ vector
        yield before
        for _ in range(len(self.weights) - 1):
            yield now
            before, now = now, 2 * (self.scaled @ now) - before

    def delta(self, vector: NDArray[Any]) -> NDArray[Any]:
        """Return delta(E - H) vector, (energy, D)."""
        result = np.zeros((len(self.energies), len(vector)), dtype=vector.dtype)
        for weight, term in zip(self.weights, self.polynomials(vector), strict=True):
            result += weight[:, None] * term
        return result


def _random_phases(size: int, seed: int, number: int) -> NDArray[np.complex128]:
    """Return a vector of random phases: the trace's variance lacks the diagonal's part."""
    generator = np.random.default_rng([seed, number])
    return np.asarray(np.exp(2j * np.pi * generator.random(size)))


def _mean(expansion: _Expansion, samples: list[NDArray[np.float64]]) -> Estimate:
    values = np.stack(samples)
    errors = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    return Estimate(expansion.energies, values.mean(axis=0), errors, expansion.width)


def _checked_vectors(vectors: int) -> int:
    # One alone has no scatter, and the result no error.
    return whole_number("number of random vectors", vectors, 2)


@one_thread
def density_of_states(
    H: Any, energies: Sequence[float], moments: int = 512, vectors: int = 16, seed: int = 0
) -> Estimate:
    """Return the density of states per orbital, Tr delta(E - H) / D, in units of 1/t.

    Parameters
    ----------
    H : sparse (D, D) Hermitian array
        From `closed_sample`, units of t.
    energies : sequence of float
        Units of t.
    moments : int
        Chebyshev polynomials: the resolution is pi * half bandwidth / moments.
    vectors : int
        Random vectors of the stochastic trace; the error falls as 1 / sqrt(vectors * D).
    seed : int
        Seed of the random vectors.

    Raises
    ------
    InputError
        If an energy lies outside the bound of the spectrum, or a number is too small.
    """
    expansion, size = _Expansion(H, energies, moments), H.shape[0]
    samples: list[NDArray[np.float64]] = []
    for number in range(_checked_vectors(vectors)):
        vector = _random_phases(size, seed, number)
        found = np.array([np.vdot(vector, term).real for term in expansion.polynomials(vector)])
        samples.append(found @ expansion.weights / size)
    return _mean(expansion, samples)


@one_thread
def kubo_conductivity(
    H: Any,
    velocity: Any,
    area: float,
    energies: Sequence[float],
    moments: int = 256,
    vectors: int = 16,
    seed: int = 0,
) -> Estimate:
    """Return sigma_xx = 2 pi² Tr[v delta(E - H) v delta(E - H)] / area, in e²/h per spin.

    A closed sample conducts only as far as its levels are blurred: `width` has to exceed the level
    spacing and stay below hbar / tau and the Thouless energy of the length that is meant.

    Parameters
    ----------
    H, velocity : sparse (D, D) arrays
        From `closed_sample`.
    area : float
        Of the sample (its volume in 3D), sites.
    energies : sequence of float
        Units of t.
    moments, vectors, seed : int
        As in `density_of_states`.
    """
    area = positive_number("area of the sample", area, "sites")
    expansion = _Expansion(H, energies, moments)
    samples: list[NDArray[np.float64]] = []
    for number in range(_checked_vectors(vectors)):
        vector = _random_phases(H.shape[0], seed, number)
        moved = expansion.delta(velocity @ vector)
        blurred = velocity @ expansion.delta(vector).T
        trace = np.einsum("ed,de->e", moved.conj(), blurred).real
        samples.append(2 * math.pi**2 / area * trace)
    return _mean(expansion, samples)
