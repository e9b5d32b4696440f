"""Kernel polynomials of a given H: density of states and Kubo conductivity of closed samples.

Traces are means over random vectors, which gives them statistical errors; eight vectors go side by
side. For ensembles of a wire's samples see `closed_density`.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError, brief
from qtcore.model.checks import LARGEST_NUMBER, positive_number
from qtcore.room import refuse_more_than_memory
from qtcore.solve.absent import absent_sites, without
from qtcore.solve.bounds import interval_of
from qtcore.solve.chebyshev import Recursion, checked_bounds, room_for
from qtcore.solve.closed_frame import SparseFrame, refuse_not_hermitian
from qtcore.solve.expansion import (
    Damping,
    Estimate,
    checked_energies,
    checked_vectors,
    of_vectors,
    random_vectors,
)
from qtcore.threads import one_thread


class _Sample:
    """One H with its recursion, and what is asked of it."""

    def __init__(
        self,
        H: Any,
        energies: Sequence[float],
        damping: Damping,
        bounds: tuple[float, float] | None,
        vectors: int,
        targets: int,
    ) -> None:
        self.energies = checked_energies(energies)
        own = checked_bounds(bounds)
        frame = SparseFrame(H)
        self._absent = absent_sites(frame.diagonal, frame.reach)
        if self._absent is not None:
            H = without(sparse.csr_array(H), self._absent)
            frame = SparseFrame(H)
        self.frame = frame
        refuse_more_than_memory(
            room_for(frame, 4 + targets * len(self.energies))
            + damping.bytes_for(len(self.energies), vectors),
            f"{damping.moments} moments of {frame.size:,} orbitals",
            "take a smaller sample or fewer energies",
        )
        interval = interval_of(frame, frame.diagonal, own, lambda: H)
        low, high = interval.center - interval.half, interval.center + interval.half
        outside = self.energies[(self.energies <= low) | (self.energies >= high)]
        if outside.size:
            raise InputError(
                f"energies must lie within the spectrum's bound {low:g} < E < {high:g}, got "
                f"{outside[0]:g}"
            )
        self.recursion = Recursion(frame, frame.diagonal, interval)
        self.weights = damping.delta(interval, self.energies)
        self.width = damping.width(interval)

    def vectors(self, seed: int, count: int) -> Iterator[NDArray[Any]]:
        groups = random_vectors(self.frame.size, self.frame.planes == 2, [seed], count)
        return map(self.cut, groups)

    def cut(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Return vectors, (D, vector), that vanish where nothing is."""
        return vectors if self._absent is None else np.where(self._absent[:, None], 0.0, vectors)

    @property
    def orbitals(self) -> int:
        """Rows of H that are there."""
        gone = 0 if self._absent is None else int(self._absent.sum())
        return int(self.frame.size) - gone

    def estimate(self, samples: list[NDArray[np.float64]]) -> Estimate:
        return Estimate(self.energies, *of_vectors(np.concatenate(samples)), self.width)


@one_thread
def density_of_states(
    H: Any,
    energies: Sequence[float],
    moments: int = 512,
    vectors: int = 16,
    seed: int = 0,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """Return the density of states per orbital, Tr delta(E - H) / D, in units of 1/t.

    Vacancies and walls, that is diagonal elements beyond 2^15 times the couplings, are no orbitals.

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
    kernel : {"jackson", "lorentz"}
        What a level becomes: a Gaussian, or a Lorentzian of half width 4 * half bandwidth / moments.
    bounds : (float, float), optional
        Energies that enclose the spectrum, units of t; safe ones are found unless given. Narrower
        ones resolve more with the same moments, and are held against the extreme levels. The interval
        of the expansion, and with it `width`, is 1 % wider than the bounds.

    Raises
    ------
    InputError
        If an energy or a level lies outside the bounds of the spectrum, H is not Hermitian, a
        number is too small, or the memory does not suffice.
    QtcoreError
        If the polynomials show that the spectrum is wider than the bounds after all.
    """
    vectors = checked_vectors(vectors)
    sample = _Sample(H, energies, Damping(kernel, moments), bounds, vectors, 0)
    found = [
        sample.recursion.moments(sample.recursion.start(group), moments)[:, : group.shape[1]].T
        @ sample.weights
        / sample.orbitals
        for group in sample.vectors(seed, vectors)
    ]
    return sample.estimate(found)


@one_thread
def kubo_conductivity(
    H: Any,
    velocity: Any,
    area: float,
    energies: Sequence[float],
    moments: int = 256,
    vectors: int = 16,
    seed: int = 0,
    kernel: str = "jackson",
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """Return sigma_xx = 2 pi² Tr[v delta(E - H) v delta(E - H)] / area, in e²/h per spin.

    A closed sample conducts only as far as its levels are blurred: `width` has to exceed the level
    spacing and stay below hbar / tau and the Thouless energy of the length that is meant.

    Parameters
    ----------
    H, velocity : sparse (D, D) arrays
        From `closed_sample`.
    area : float
        Of the sample (its volume in 3D), squared (cubed) lattice constants: `area_of(wire, length)`.
    energies : sequence of float
        Units of t.
    moments, vectors, seed, kernel, bounds
        As in `density_of_states`.

    Raises
    ------
    InputError, QtcoreError
        As in `density_of_states`.
    """
    area = positive_number("area of the sample", area, "squared lattice constants")
    vectors = checked_vectors(vectors)
    sample = _Sample(H, energies, Damping(kernel, moments), bounds, vectors, 2)
    factor = 2 * math.pi**2 / area
    is_real = sample.frame.planes == 1
    velocity = _checked_velocity(velocity, sample.frame.size, is_real=is_real)
    # v = i A with a real A if H is real: then all numbers are.
    along = velocity.imag if is_real else velocity
    found = []
    for group in sample.vectors(seed, vectors):
        moved = _blurred(sample, sample.cut(along @ group))
        still = _blurred(sample, group)
        trace = [
            np.einsum("dl,dl->l", left.conj(), along @ right).real
            for left, right in zip(moved, still, strict=True)
        ]
        # <v r| delta v delta |r>; for v = i A, A^T = -A, it is <A r| delta A delta |r>.
        found.append(factor * np.array(trace).T)
    return sample.estimate(found)


def _checked_velocity(velocity: Any, size: int, *, is_real: bool) -> Any:
    """Return the velocity as a sparse array, or raise InputError."""
    shape = getattr(velocity, "shape", ())
    if shape != (size, size):
        raise InputError(
            f"velocity must be a ({size}, {size}) matrix as H is, such as closed_sample(...).velocity, "
            f"got {f'shape {shape}' if shape else brief(velocity)}"
        )
    try:
        found = sparse.csr_array(velocity)
    except (TypeError, ValueError):
        raise InputError(
            f"velocity must be a matrix of numbers, got entries of dtype {velocity.dtype}"
        ) from None
    if not (np.abs(found.data) <= LARGEST_NUMBER).all():
        raise InputError(
            f"velocity must be finite everywhere, and at most {LARGEST_NUMBER:g} in size"
        )
    refuse_not_hermitian(found, "velocity")
    real_part = float(abs(found.real).max()) if is_real and found.nnz else 0.0
    if real_part > 1e-12 * float(np.abs(found.data).max(initial=0.0)):  # more than rounding errors
        raise InputError(
            "of a real H the velocity i [H, x] is imaginary everywhere, and this one has a real part "
            f"of size {real_part:.3g}; was the factor i left out?"
        )
    return found


def _blurred(sample: _Sample, vectors: NDArray[Any]) -> list[NDArray[Any]]:
    """Return delta(E - H) vectors for every energy, (D, vector) each."""
    recursion, count = sample.recursion, vectors.shape[1]
    sums = recursion.sums(recursion.start(vectors), np.ascontiguousarray(sample.weights.T))
    return [recursion.complex_view(each)[:, :count] for each in sums]
