"""Modes of a clean, translation-invariant lead.

A lead repeats one slice: (E - h) chi = lambda v chi + lambda^-1 v^+ chi, psi_n = lambda^n chi.
Modes with |lambda| = 1 are open and carry the velocity -2 Im(lambda chi^+ v chi); the others grow
or decay. Open modes are normalised to unit flux. Where v = 1 and h is real the modes are products
of a slice's eigenfunctions (the sines or the Fourier functions of a strip) and powers of lambda,
in closed form; those of any other lead come from a Schur form (`pencil`).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.model.lattice import Square
from qtcore.solve.pencil import Matrix, ThresholdError, factors, interface_waves

_THRESHOLD = 1e-12
"""Relative distance to a band edge below which a mode counts as just closed: its velocity
vanishes, and with it everything it could carry."""


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
    left, right : (width, rank) complex arrays
        Waves that move or decay to the left (n -> -infinity) and to the right, a column each, on
        one slice; `rank` is that of the coupling v. The first N carry unit flux; the others span
        the closed modes.
    left_ahead, right_ahead : (width, rank) complex arrays
        The same waves one slice further to the right. Where v is singular, waves to the right
        matter on this slice and waves to the left on the one before; `left_ahead` and `right`
        then lack what v^+ or v does not carry to the neighbour.
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
        """Sites (or components) across."""
        return len(self.left)

    def self_energies(self, lead_v: Matrix) -> tuple[Matrix, Matrix]:
        """Return what the left and the right lead add to the slice that they touch.

        Parameters
        ----------
        lead_v : (width, width) complex array
            Coupling from a slice of the lead to the next, units of t.

        Returns
        -------
        sigma_left, sigma_right : (width, width) complex arrays
            v^+ psi_{n-1} = sigma_left psi_n for waves that leave to the left, and
            v psi_{n+1} = sigma_right psi_n for those that leave to the right; units of t.

        Raises
        ------
        QtcoreError
            If the end of a lead has a bound state at exactly this energy.
        """
        left = lead_v.conj().T @ _over(self.left, self.left_ahead)
        return left, lead_v @ _over(self.right_ahead, self.right)


_BOUND = 1e-14
"""Reciprocal condition of a lead's waves below which some of them vanish on a slice."""


def _over(X: Matrix, Y: Matrix) -> Matrix:
    """Return X Y^+ with the pseudo-inverse of Y, the waves that leave through a slice."""
    Q, R = np.linalg.qr(Y)
    reciprocal, _ = scipy.linalg.lapack.ztrcon(R.astype(np.complex128))
    if not reciprocal > _BOUND:
        # A wave that vanishes there, such as at the Dirac point of an armchair ribbon, is a state
        # bound to the end of the lead: its self-energy has a pole.
        raise QtcoreError(
            "the end of a lead has a bound state at exactly this energy; shift the energy by 1e-6"
        )
    ratio = scipy.linalg.solve_triangular(R, X.T, trans="T").T
    return np.asarray(ratio @ Q.conj().T)


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


def clean_modes(lattice: Square, energy: float) -> Modes:
    """Return the modes of a square lead without field, in closed form.

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
    return separable_modes(*transverse_modes(lattice), energy)


def separable_modes(
    energies: NDArray[np.float64], functions: NDArray[np.float64], energy: float
) -> Modes:
    """Return the modes of a lead whose sites couple straight ahead (v = 1) and whose h is real.

    Parameters
    ----------
    energies : (mode,) float array
        Eigenvalues of a slice, units of t.
    functions : (width, mode) float array
        Its real orthonormal eigenvectors.
    energy : float
        Units of t.

    Raises
    ------
    InputError
        If no mode is open.
    """
    c = (energy - energies) / 2
    at_threshold = np.abs(np.abs(c) - 1) < _THRESHOLD
    c[at_threshold] = np.sign(c[at_threshold]) * (1 + _THRESHOLD)
    is_open = np.abs(c) < 1
    order = np.argsort(~is_open, kind="stable")
    c, functions, is_open = c[order], functions[:, order], is_open[order]
    channels = int(is_open.sum())
    if channels == 0:
        raise InputError(
            f"no open channel at energy {energy:g}: leads of width {len(energies)} conduct for "
            f"{energies.min() - 2:.4f} < E < {energies.max() + 2:.4f}; choose an energy inside"
        )
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


_SHIFT = 1e-10
"""Relative shift of the energy that closes a channel right at its threshold."""


def _checked_lead(lead_h: Matrix, lead_v: Matrix) -> tuple[Matrix, Matrix]:
    h, v = np.asarray(lead_h, np.complex128), np.asarray(lead_v, np.complex128)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or v.shape != h.shape:
        raise InputError(
            f"a lead's slice and coupling must be square and alike, got {h.shape} and {v.shape}"
        )
    if not (np.isfinite(h).all() and np.isfinite(v).all()):
        raise InputError("a lead's slice and coupling must be finite (units of t)")
    if np.abs(h - h.conj().T).max() > 1e-12 * max(1.0, float(np.abs(h).max())):
        raise InputError("a lead's slice must be Hermitian: h[i, j] = conj(h[j, i])")
    if not v.any():
        raise InputError("a lead's slices do not couple: lead_v is zero")
    return h, v


def general_modes(lead_h: Matrix, lead_v: Matrix, energy: float) -> Modes:
    """Return the modes of any lead, also of one with a singular coupling.

    Parameters
    ----------
    lead_h : (M, M) complex array
        A slice of the lead, Hermitian, units of t.
    lead_v : (M, M) complex array
        Coupling <n|H|n+1> from a slice to the next, units of t; its rank r may be below M.
    energy : float
        Units of t. A channel right at its threshold counts as closed; where there is no closed
        form the energy is moved for that, by 1e-10 of the lead's norm, to the side with fewer
        channels.

    Raises
    ------
    InputError
        If the lead is no lead, or no mode is open.
    QtcoreError
        If the lead has states at this energy that do not move (a flat band).
    """
    h, v = _checked_lead(lead_h, lead_v)
    return _kept_modes(h.tobytes(), v.tobytes(), float(energy))


@lru_cache(maxsize=16)
def _kept_modes(h_bytes: bytes, v_bytes: bytes, energy: float) -> Modes:
    """Modes of a lead; the latest are kept, since every block of a point asks for the same ones."""
    flat = np.frombuffer(h_bytes, np.complex128)
    M = math.isqrt(len(flat))
    h, v = flat.reshape(M, M), np.frombuffer(v_bytes, np.complex128).reshape(M, M)
    if not h.imag.any() and np.array_equal(v, np.eye(M)):
        return separable_modes(*np.linalg.eigh(h.real), energy)
    try:
        modes = _modes_at(h, v, energy)
    except ThresholdError:
        shift = _SHIFT * float(np.linalg.norm(h, 2) + 2 * np.linalg.norm(v, 2))
        try:
            both = [_modes_at(h, v, energy - shift), _modes_at(h, v, energy + shift)]
        except ThresholdError:
            raise QtcoreError(
                f"the energy {energy!r} lies at a threshold of the lead (width {M}), where a "
                "channel opens with velocity 0; shift it by 1e-6"
            ) from None
        modes = min(both, key=lambda found: found.channels)
    if modes.channels == 0:
        raise InputError(
            f"no open channel at energy {energy:g}: the leads (width {M}) have no wave there that "
            "moves; it lies outside the band, in a gap, such as between Landau levels, or right at "
            "a threshold (then shift the energy by 1e-6); choose another energy, or other leads "
            "(field_in_leads=False)"
        )
    return modes


def _modes_at(h: Matrix, v: Matrix, energy: float) -> Modes:
    """Return the modes of a lead at an energy away from thresholds, even if none is open."""
    is_real = not (h.imag.any() or v.imag.any())
    # Real arrays stay real: modes of a real lead are partners under time reversal.
    here: NDArray[Any] = h.real if is_real else h
    coupling: NDArray[Any] = v.real if is_real else v
    A, B = factors(coupling)
    right, left, P, F = interface_waves(here, A, B, energy)
    r = A.shape[1]
    # psi with A^+ psi = a (or B^+ psi = b) and nothing that v does not see.
    from_a, from_b = (Y / (np.abs(Y) ** 2).sum(axis=0) for Y in (A, B))
    left_wave, right_wave = P @ left.before + F @ left.after, from_a @ right.before[:r]
    left_next, right_next = from_b @ left.after[r:], P @ right.before + F @ right.after
    return Modes(
        right.channels,
        left=np.asarray(left_wave, np.complex128),
        right=np.asarray(right_wave, np.complex128),
        left_ahead=np.asarray(left_next, np.complex128),
        right_ahead=np.asarray(right_next, np.complex128),
        separable=None,
    )


@lru_cache(maxsize=16)
def lead_modes(lattice: Square, energy: float, phase: float) -> Modes:
    """Return the modes of a square lead at `energy` (units of t) and Peierls `phase` per plaquette.

    The field sits in the hopping along here, v = diag(exp(-i phase y)), so that the lead repeats
    itself. The latest are kept, since every block of a point asks for the same ones.
    """
    if phase == 0:
        return clean_modes(lattice, energy)
    v = np.exp(-1j * phase * np.arange(lattice.width))
    return general_modes(lattice.transverse(), np.diag(v), energy)
