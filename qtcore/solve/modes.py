"""Modes of a clean, translation-invariant lead.

A lead repeats one slice: (E - h) chi = lambda v chi + lambda^-1 v^+ chi, psi_n = lambda^n chi.
Modes with |lambda| = 1 are open and carry the velocity -2 Im(lambda chi^+ v chi); the others grow
or decay. Open modes are normalised to unit flux. Without a field the modes are the sines or the
Fourier functions of the strip and known in closed form. In a field the quadratic eigenproblem is
made linear; its open modes are eigenvectors, but of the closed ones only the subspaces that grow
and that decay matter, and orthonormal Schur bases of them stay well-conditioned where eigenvectors
do not (condition 25 instead of 2e6 for 33 sites at a flux of 1/60).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.lattice import Square

_THRESHOLD = 1e-12
"""Relative distance to a band edge below which a mode counts as just closed: its velocity
vanishes, and with it everything it could carry."""

_OPEN = 1e-7
"""How far |lambda| of an open mode may stray from 1 in the numerical eigenproblem."""


@dataclass(frozen=True)
class Separable:
    """Modes that are products of a transverse function and lambda^n.

    Attributes
    ----------
    functions : (width, mode) float array
        Real orthonormal transverse functions.
    norms : (mode,) float array
        Norm of a mode on one slice: 1 / sqrt(velocity) for unit flux, 1 for closed modes.
    left_factor, right_factor : (mode,) complex arrays
        The factor lambda that a mode gains per slice.
    """

    functions: NDArray[np.float64]
    norms: NDArray[np.float64]
    left_factor: NDArray[np.complex128]
    right_factor: NDArray[np.complex128]


@dataclass(frozen=True)
class Modes:
    """Modes of a lead, the open ones first.

    Attributes
    ----------
    channels : int
        Number N of open modes (in each direction).
    left, right : (width, width) complex arrays
        Waves that move or decay to the left (n -> -infinity) and to the right, a column each, on
        one slice. The first N carry unit flux; the others span the closed modes.
    left_ahead, right_ahead : (width, width) complex arrays
        The same waves one slice further to the right.
    separable : Separable or None
        Set where real transverse functions diagonalise the lead (no field).
    """

    channels: int
    left: NDArray[np.complex128]
    right: NDArray[np.complex128]
    left_ahead: NDArray[np.complex128]
    right_ahead: NDArray[np.complex128]
    separable: Separable | None

    @property
    def width(self) -> int:
        """Sites across."""
        return len(self.left)


def transverse_modes(lattice: Square) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energies (width,) and real orthonormal functions (width, mode) of a clean slice."""
    M = lattice.width
    site = np.arange(M)
    if not lattice.periodic:
        wave_number = np.pi * np.arange(1, M + 1) / (M + 1)
        functions = np.sqrt(2 / (M + 1)) * np.sin(np.outer(site + 1, wave_number))
        return 2 * np.cos(wave_number), functions
    columns: list[NDArray[np.float64]] = [np.full(M, M**-0.5)]
    energies = [2.0]
    for n in range(1, (M + 1) // 2):
        angle = 2 * np.pi * n * site / M
        columns += [np.sqrt(2 / M) * np.cos(angle), np.sqrt(2 / M) * np.sin(angle)]
        energies += [2 * np.cos(2 * np.pi * n / M)] * 2
    if M % 2 == 0:
        columns.append((-1.0) ** site * M**-0.5)
        energies.append(-2.0)
    return np.asarray(energies), np.stack(columns, axis=1)


def _no_channel(lattice: Square, energy: float, flux: float) -> InputError:
    if flux != 0:
        return InputError(
            f"no open channel at energy {energy:g}: with a flux of {flux:g} h/e per plaquette the "
            f"leads (width {lattice.width}) have no state there, it lies outside the band or in a "
            "gap between Landau levels; choose another energy or field_in_leads=False"
        )
    energies = transverse_modes(lattice)[0]
    return InputError(
        f"no open channel at energy {energy:g}: leads of width {lattice.width} conduct for "
        f"{energies.min() - 2:.4f} < E < {energies.max() + 2:.4f}; choose an energy inside"
    )


def clean_modes(lattice: Square, energy: float) -> Modes:
    """Return the modes of a lead without field, in closed form.

    Parameters
    ----------
    lattice : Square
        Cross-section of the lead.
    energy : float
        Units of t.

    Raises
    ------
    InputError
        If no mode is open.
    """
    energies, functions = transverse_modes(lattice)
    c = (energy - energies) / 2
    at_threshold = np.abs(np.abs(c) - 1) < _THRESHOLD
    c[at_threshold] = np.sign(c[at_threshold]) * (1 + _THRESHOLD)
    is_open = np.abs(c) < 1
    order = np.argsort(~is_open, kind="stable")
    c, functions, is_open = c[order], functions[:, order], is_open[order]
    channels = int(is_open.sum())
    if channels == 0:
        raise _no_channel(lattice, energy, 0.0)
    # v = -2 sin k for psi_n = e^{ikn} with hopping +1: lambda = e^{-ik}, 0 < k < pi, moves right.
    sine = np.sqrt(np.maximum(1 - c**2, 0))
    # |lambda| > 1 written without cancellation.
    growing = c + np.sign(c) * np.sqrt(np.maximum(c**2 - 1, 0))
    left_factor = np.where(is_open, c + 1j * sine, growing)
    right_factor = np.where(is_open, c - 1j * sine, 1 / np.where(is_open, 1, growing))
    norm = np.where(is_open, 1 / np.sqrt(np.where(is_open, 2 * sine, 1)), 1)
    scaled = (functions * norm).astype(np.complex128)
    return Modes(
        channels,
        left=scaled,
        right=scaled,
        left_ahead=scaled * left_factor,
        right_ahead=scaled * right_factor,
        separable=Separable(functions, norm, left_factor, right_factor),
    )


def field_modes(lattice: Square, energy: float, phase: float) -> Modes:
    """Return the modes of a lead in a perpendicular field.

    Parameters
    ----------
    lattice : Square
        Cross-section of the lead.
    energy : float
        Units of t.
    phase : float
        Peierls phase per plaquette in radians; here the field sits in the hopping along,
        v = diag(exp(-i phase y)), so that the lead repeats itself.

    Raises
    ------
    InputError
        If no mode is open.
    QtcoreError
        If the modes cannot be told apart: the energy lies at a threshold.
    """
    M = lattice.width
    v = np.exp(-1j * phase * np.arange(M))
    h = lattice.transverse()
    companion = np.zeros((2 * M, 2 * M), dtype=np.complex128)
    # (chi, lambda chi): v lambda^2 chi = lambda (E - h) chi - v^+ chi, and v is unitary.
    companion[:M, M:] = np.eye(M)
    companion[M:, :M] = -np.diag(v.conj() ** 2)
    companion[M:, M:] = v.conj()[:, None] * (energy * np.eye(M) - h)
    factor, vectors = scipy.linalg.eig(companion)
    chi = vectors[:M] / np.linalg.norm(vectors[:M], axis=0)
    is_open = np.abs(np.abs(factor) - 1) < _OPEN
    chi, velocity = _separate_degenerate(factor, chi, is_open, v)
    decaying = np.abs(factor) <= 1 - _OPEN
    right_open, left_open = is_open & (velocity > 0), is_open & (velocity < 0)
    channels = int(right_open.sum())
    if channels == 0:
        raise _no_channel(lattice, energy, phase / (2 * np.pi))
    if int(left_open.sum()) != channels or int(decaying.sum()) != M - channels:
        raise QtcoreError(
            f"the energy {energy!r} lies at a threshold of the lead (width {M}, flux "
            f"{phase / (2 * np.pi):g} h/e per plaquette), where a channel opens with velocity 0; "
            "shift it by 1e-6"
        )

    def side(
        chosen: NDArray[np.bool_], closed: Callable[[complex], bool]
    ) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        numbers = np.flatnonzero(chosen)
        numbers = numbers[np.argsort(np.angle(factor[numbers]), kind="stable")]
        waves = chi[:, numbers] / np.sqrt(np.abs(velocity[numbers]))
        # The stubs know the sorting function of the real Schur form only.
        _, basis, found = scipy.linalg.schur(  # type: ignore[call-overload]
            companion, output="complex", sort=closed
        )
        if found != M - channels:
            raise QtcoreError(f"found {found} closed modes instead of {M - channels}")
        return (
            np.hstack([waves, basis[:M, :found]]),
            np.hstack([waves * factor[numbers], basis[M:, :found]]),
        )

    right, right_ahead = side(right_open, lambda z: abs(z) <= 1 - _OPEN)
    left, left_ahead = side(left_open, lambda z: abs(z) >= 1 + _OPEN)
    return Modes(channels, left, right, left_ahead, right_ahead, None)


def _separate_degenerate(
    factor: NDArray[np.complex128],
    chi: NDArray[np.complex128],
    is_open: NDArray[np.bool_],
    v: NDArray[np.complex128],
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Return open modes that carry current one by one, and the velocities of all modes.

    Open modes with the same lambda come out of the eigenproblem in any mixture; the ones that
    carry independent currents diagonalise the current operator among them.
    """
    chi = chi.copy()
    velocity = np.zeros(len(factor))
    waiting = [int(n) for n in np.flatnonzero(is_open)]
    while waiting:
        same = [n for n in waiting if abs(factor[n] - factor[waiting[0]]) < _OPEN]
        waiting = [n for n in waiting if n not in same]
        # Velocity -2 Im(lambda chi^+ v chi) as a Hermitian form on the degenerate modes.
        basis, _ = np.linalg.qr(chi[:, same])
        half = factor[same[0]] * (basis.conj().T @ (v[:, None] * basis))
        current, mixture = np.linalg.eigh(1j * (half - half.conj().T))
        chi[:, same] = basis @ mixture
        velocity[same] = current
    return chi, velocity


@lru_cache(maxsize=16)
def lead_modes(lattice: Square, energy: float, phase: float) -> Modes:
    """Return the modes of a lead at `energy` (units of t) and Peierls `phase` per plaquette.

    The latest are kept, since every block of a point asks for the same ones.
    """
    if phase == 0:
        return clean_modes(lattice, energy)
    return field_modes(lattice, energy, phase)
