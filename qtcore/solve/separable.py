"""Modes of a lead in closed form, where v = 1 and h is real.

They are products of a slice's eigenfunctions (the sines or the Fourier functions of a strip) and
powers of lambda, which solves lambda + 1 / lambda = E - e for the eigenvalue e of the slice.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import counted
from qtcore.model.lattice import Square
from qtcore.solve.bulk import LONG
from qtcore.solve.energies import NoChannelError
from qtcore.solve.meeting import resolved
from qtcore.solve.modes import Modes, Separable

_MEETS = 1e-6
"""Distance to a band edge, 1 - |c|, below which it is computed with more digits."""

_DELICATE = 2.5e-5
"""The same, below which rounding errors of the energy count."""


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
        raise _no_channel(energies, energy)
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


def _no_channel(energies: NDArray[np.float64], energy: float) -> NoChannelError:
    return NoChannelError(
        "no open channel at energy {energy:g}: leads with "
        f"{counted(len(energies), 'components')} in a slice (sites, times orbitals of each) conduct for "
        "{lowest:#.5g} < E < {highest:#.5g}; choose an energy inside",
        energy=energy,
        lowest=energies.min() - 2,
        highest=energies.max() + 2,
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
