"""Modes of a clean, translation-invariant lead.

A lead repeats one slice: (E - h) chi = lambda v chi + lambda^-1 v^+ chi, psi_n = lambda^n chi.
Modes with |lambda| = 1 are open and carry the velocity -2 Im(lambda chi^+ v chi); the others grow
or decay. Open modes are normalised to unit flux. Where v = 1 and h is real the modes are products
of a slice's eigenfunctions (the sines or the Fourier functions of a strip) and powers of lambda,
in closed form; those of any other lead come from a Schur form (`pencil`).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.model.lattice import Square
from qtcore.model.slices import unit_of
from qtcore.solve.bulk import LONG, Bulk
from qtcore.solve.dual import dual
from qtcore.solve.energies import EnergyError, NoChannelError, counted_in
from qtcore.solve.groups import ThresholdError
from qtcore.solve.meeting import resolved
from qtcore.solve.parts import parts
from qtcore.solve.pencil import Matrix, factors, interface_waves
from qtcore.threads import one_thread

_MEETS = 1e-6
"""Distance to a band edge, 1 - |c|, below which it is computed with more digits."""

_DELICATE = 2.5e-5
"""The same, below which rounding errors of the energy count."""


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
    delicate : bool
        Whether the waves feel rounding errors of the energy: close to a threshold or a crossing
        of bands.
    """

    channels: int
    left: NDArray[np.complex128]
    right: NDArray[np.complex128]
    left_ahead: NDArray[np.complex128]
    right_ahead: NDArray[np.complex128]
    separable: Separable | None
    delicate: bool = False

    @property
    def width(self) -> int:
        """Sites (or components) across."""
        return len(self.left)

    def mixed(self) -> "Modes":
        """Return modes whose open waves to the left are mixed at random: as good a choice as any."""
        rng = np.random.default_rng(self.width)
        normal = rng.standard_normal((2, self.channels, self.channels))
        mixing, _ = np.linalg.qr(normal[0] + 1j * normal[1])
        left, ahead = self.left.copy(), self.left_ahead.copy()
        for waves in (left, ahead):
            waves[:, : self.channels] = waves[:, : self.channels] @ mixing
        return replace(self, left=left, left_ahead=ahead)

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
        hopping = float(np.abs(lead_v).max())
        left = lead_v.conj().T @ self.left @ dual(self.left_ahead, self.left, hopping)
        return left, lead_v @ self.right_ahead @ dual(self.right, self.right_ahead, hopping)


def in_units(modes: Modes, unit: float) -> Modes:
    """Return modes of unit flux where energies are in units of `unit`, a power of four."""
    if unit == 1:
        return modes
    scale, kept = math.sqrt(unit), modes.separable
    if kept is not None:
        kept = replace(kept, norms=kept.norms * scale)
    return replace(
        modes,
        left=modes.left * scale,
        right=modes.right * scale,
        left_ahead=modes.left_ahead * scale,
        right_ahead=modes.right_ahead * scale,
        separable=kept,
    )


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


def clean_modes(lattice: Square, energy: float, nudge: float = 0.0) -> Modes:
    """Return the modes of a square lead without field, in closed form.

    Parameters
    ----------
    lattice : Square
        Cross-section of the lead.
    energy : float
        Units of t.
    nudge : float
        See `general_modes`.

    Raises
    ------
    InputError
        If no mode is open.
    """
    h = np.asarray(lattice.transverse().real)
    return separable_modes(h, *transverse_modes(lattice), energy, nudge)


def separable_modes(
    h: NDArray[np.float64],
    energies: NDArray[np.float64],
    functions: NDArray[np.float64],
    energy: float,
    nudge: float = 0.0,
) -> Modes:
    """Return the modes of a lead whose sites couple straight ahead (v = 1) and whose h is real.

    Parameters
    ----------
    h : (width, width) float array
        H inside a slice, units of t.
    energies : (mode,) float array
        Its eigenvalues, units of t.
    functions : (width, mode) float array
        Its real orthonormal eigenvectors.
    energy : float
        Units of t.
    nudge : float
        See `general_modes`.

    Raises
    ------
    InputError
        If no mode is open.
    """
    norm = abs(energy) + float(np.abs(h).sum(axis=1).max()) + 2
    c = (energy + nudge * float(np.finfo(float).eps) * norm - energies) / 2
    # Distance to the nearer band edge, inside positive.
    inside = 1 - np.abs(c)
    square = 1 - c**2
    near = np.abs(inside) < _MEETS
    if near.any():
        inside[near] = _inside(h, functions[:, near], energy, norm, nudge)
        c[near] = np.sign(c[near]) * (1 - inside[near])
        square[near] = inside[near] * (2 - inside[near])
    is_open = inside > 0
    order = np.argsort(~is_open, kind="stable")
    c, functions, is_open, square = c[order], functions[:, order], is_open[order], square[order]
    channels = int(is_open.sum())
    if channels == 0:
        raise NoChannelError(
            "no open channel at energy {energy:g}: leads with "
            f"{counted(len(energies), 'components')} in a slice (sites, times 2 with spin) conduct for "
            "{lowest:#.5g} < E < {highest:#.5g}; choose an energy inside",
            energy=energy,
            lowest=energies.min() - 2,
            highest=energies.max() + 2,
        )
    # v = -2 sin k for psi_n = e^{ikn} with hopping +1: lambda = e^{-ik}, 0 < k < pi, moves right.
    sine = np.sqrt(np.maximum(square, 0))
    # |lambda| > 1 written without cancellation.
    growing = c + np.sign(c) * np.sqrt(np.maximum(-square, 0))
    left_factor = np.where(is_open, c + 1j * sine, growing)
    right_factor = np.where(is_open, c - 1j * sine, 1 / np.where(is_open, 1, growing))
    norms = np.where(is_open, 1 / np.sqrt(np.where(is_open, 2 * sine, 1)), 1)
    scaled = (functions * norms).astype(np.complex128)
    return Modes(
        channels,
        left=scaled,
        right=scaled,
        left_ahead=scaled * left_factor,
        right_ahead=scaled * right_factor,
        separable=Separable(functions, norms, left_factor, right_factor),
        delicate=bool((np.abs(inside) < _DELICATE).any()),
    )


def _inside(
    h: NDArray[np.float64],
    functions: NDArray[np.float64],
    energy: float,
    norm: float,
    nudge: float,
) -> NDArray[np.float64]:
    """Return the distance 1 - |c| to a band edge with more digits; see `meeting`.

    The error of a Rayleigh quotient is of second order in that of the function.
    """
    wide = functions.astype(np.longdouble)
    levels = (wide * (h.astype(np.longdouble) @ wide)).sum(axis=0) / (wide**2).sum(axis=0)
    c = (np.longdouble(energy) - levels) / 2
    noise = LONG * norm
    # An energy above a lower edge lies inside, one above an upper edge outside.
    upward = -np.sign(c)
    distance = 2 * upward * (1 - np.abs(c))
    moved = [resolved(float(one), noise, nudge) for one in distance]
    return np.asarray(upward * moved / 2, np.float64)


def _checked_lead(lead_h: Matrix, lead_v: Matrix) -> tuple[Matrix, Matrix]:
    h, v = np.asarray(lead_h, np.complex128), np.asarray(lead_v, np.complex128)
    if h.ndim != 2 or h.shape[0] != h.shape[1] or v.shape != h.shape:
        raise InputError(
            f"a lead's slice and coupling must be square and alike, got {h.shape} and {v.shape}"
        )
    if not (np.isfinite(h).all() and np.isfinite(v).all()):
        raise InputError("a lead's slice and coupling must be finite (units of t)")
    if np.abs(h - h.conj().T).max() > 1e-12 * max(float(np.abs(h).max()), float(np.abs(v).max())):
        raise InputError("a lead's slice must be Hermitian: h[i, j] = conj(h[j, i])")
    if not v.any():
        raise InputError("a lead's slices do not couple: lead_v is zero")
    return h, v


def general_modes(lead_h: Matrix, lead_v: Matrix, energy: float, nudge: float = 0.0) -> Modes:
    """Return the modes of any lead, also of one with a singular coupling.

    Parameters
    ----------
    lead_h : (M, M) complex array
        A slice of the lead, Hermitian, units of t.
    lead_v : (M, M) complex array
        Coupling <n|H|n+1> from a slice to the next, units of t; its rank r may be below M.
    energy : float
        Units of t. Right at a threshold (within rounding errors) it is the limit from above: a
        channel that opens there is open, one that closes there is closed.
    nudge : float
        By how many of its rounding errors the energy is moved for waves that feel them; what that
        changes is what they do.

    Raises
    ------
    InputError
        If the lead is no lead, or no mode is open.
    QtcoreError
        If the lead has states at this energy that do not move (a flat band).
    """
    h, v = _checked_lead(lead_h, lead_v)
    return _kept_modes(h.tobytes(), v.tobytes(), float(energy), nudge)


@lru_cache(maxsize=16)
@one_thread
def _kept_modes(h_bytes: bytes, v_bytes: bytes, energy: float, nudge: float) -> Modes:
    """Modes of a lead; the latest are kept, since every block of a point asks for the same ones."""
    flat = np.frombuffer(h_bytes, np.complex128)
    M = math.isqrt(len(flat))
    h, v = flat.reshape(M, M), np.frombuffer(v_bytes, np.complex128).reshape(M, M)
    unit = unit_of(float(np.abs(v).max()))
    if unit != 1:
        # All that counts as small does so relative to the lead's own energies.
        with counted_in(unit):
            modes = _kept_modes((h / unit).tobytes(), (v / unit).tobytes(), energy / unit, nudge)
        return in_units(modes, 1 / unit)
    if not h.imag.any() and np.array_equal(v, np.eye(M)):
        return separable_modes(h.real, *_transverse(h.real), energy, nudge)
    try:
        modes = _modes_of_parts(h, v, energy, nudge)
    except ThresholdError:
        raise EnergyError(
            f"the energy {{energy!r}} lies at a threshold of the lead ({counted(M, 'components')} in "
            "a slice), where a "
            "channel opens with velocity 0; shift it by {shift}",
            energy=energy,
        ) from None
    if modes.channels == 0:
        has_phases = bool(h.imag.any() or v.imag.any())  # as in a field, which is the leads' too
        gap = ", such as between Landau levels," if has_phases else ""
        way = ", or other leads (field_in_leads=False)" if has_phases else ""
        raise NoChannelError(
            f"no open channel at energy {{energy:g}}: the leads ({counted(M, 'components')} in a "
            "slice: sites, times 2 with spin) have no wave there that moves; it lies outside the "
            f"band, in a gap{gap} or right at a threshold (then shift the energy by {{shift}}); choose "
            f"another energy{way}",
            energy=energy,
        )
    return modes


def _transverse(h: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the eigenvalues of a slice and its eigenvectors, each of a single part of the lead."""
    apart = parts([h])
    if len(apart) == 1:
        energies, functions = np.linalg.eigh(h)
        return energies, functions
    energies, functions = np.empty(len(h)), np.zeros(h.shape)
    start = 0
    for part in apart:
        columns = slice(start, start + len(part))
        energies[columns], functions[part, columns] = np.linalg.eigh(h[np.ix_(part, part)])
        start += len(part)
    order = np.argsort(energies, kind="stable")
    return energies[order], functions[:, order]


def _modes_of_parts(h: Matrix, v: Matrix, energy: float, nudge: float) -> Modes:
    """Return `_modes_at`, each of a single part of the lead."""
    apart = parts([h, v])
    if len(apart) == 1 or not all(v[np.ix_(part, part)].any() for part in apart):
        return _modes_at(h, v, energy, nudge)
    blocks = [np.ix_(part, part) for part in apart]
    found = [_modes_at(h[block], v[block], energy, nudge) for block in blocks]

    def gathered(name: str) -> NDArray[np.complex128]:
        is_open, closed = [], []
        for part, modes in zip(apart, found, strict=True):
            columns: NDArray[np.complex128] = getattr(modes, name)
            whole = np.zeros((len(h), columns.shape[1]), np.complex128)
            whole[part] = columns
            is_open.append(whole[:, : modes.channels])
            closed.append(whole[:, modes.channels :])
        return np.hstack(is_open + closed)

    return Modes(
        sum(modes.channels for modes in found),
        left=gathered("left"),
        right=gathered("right"),
        left_ahead=gathered("left_ahead"),
        right_ahead=gathered("right_ahead"),
        separable=None,
        delicate=any(modes.delicate for modes in found),
    )


def _modes_at(h: Matrix, v: Matrix, energy: float, nudge: float) -> Modes:
    """Return the modes of a lead at an energy away from thresholds, even if none is open."""
    is_real = not (h.imag.any() or v.imag.any())
    # Real arrays stay real: modes of a real lead are partners under time reversal.
    here: NDArray[Any] = h.real if is_real else h
    coupling: NDArray[Any] = v.real if is_real else v
    A, B = factors(coupling)
    bulk = Bulk(here, coupling, energy, nudge)
    if nudge and bulk.rounded:
        # Thresholds of such a lead are where the rounding errors of its own elements put them.
        shift = math.copysign(float(np.finfo(float).eps), nudge) * bulk.norm
        bulk = bulk._replace(energy=energy + shift)
    right, left, P, F = interface_waves(bulk, A, B)
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
        delicate=right.delicate,
    )


@lru_cache(maxsize=16)
@one_thread
def lead_modes(lattice: Square, energy: float, phase: float, nudge: float = 0.0) -> Modes:
    """Return the modes of a square lead at `energy` (units of t) and Peierls `phase` per plaquette.

    The field sits in the hopping along here, v = diag(exp(-i phase y)), so that the lead repeats
    itself. The latest are kept, since every block of a point asks for the same ones.
    """
    if phase == 0:
        return clean_modes(lattice, energy, nudge)
    v = np.exp(-1j * phase * np.arange(lattice.width))
    return general_modes(lattice.transverse(), np.diag(v), energy, nudge)
