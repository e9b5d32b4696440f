"""The modes of any lead: in closed form where there is one, from a Schur form elsewhere (`pencil`)."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.model.lattice import Square
from qtcore.model.slices import unit_of
from qtcore.solve.bulk import Bulk
from qtcore.solve.energies import EnergyError, NoChannelError, counted_in
from qtcore.solve.groups import ThresholdError
from qtcore.solve.modes import Modes, in_units
from qtcore.solve.parts import parts
from qtcore.solve.pencil import Matrix, factors, interface_waves
from qtcore.solve.separable import clean_modes, separable_modes
from qtcore.solve.slice_levels import slice_levels
from qtcore.threads import one_thread


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


def modes_open_or_not(lead_h: Matrix, lead_v: Matrix, energy: float, nudge: float = 0.0) -> Modes:
    """Return the modes of a lead that may have no open one; otherwise as `general_modes`."""
    try:
        return general_modes(lead_h, lead_v, energy, nudge)
    except NoChannelError as error:
        h, v = _checked_lead(lead_h, lead_v)
        unit = unit_of(float(np.abs(v).max()))
        try:
            return in_units(_modes_of_parts(h / unit, v / unit, energy / unit, nudge), 1 / unit)
        except (ThresholdError, np.linalg.LinAlgError):
            raise error from None


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
        return separable_modes(h.real, *slice_levels(h.real, nudge), energy, nudge)
    try:
        modes = _modes_of_parts(h, v, energy, nudge)
    except ThresholdError:
        raise EnergyError(
            f"the energy {{energy!r}} lies at a threshold of the lead ({counted(M, 'components')} in "
            "a slice), where a "
            "channel opens with velocity 0; shift it by {shift}",
            energy=energy,
        ) from None
    except np.linalg.LinAlgError:
        raise EnergyError(
            f"the waves of the lead ({counted(M, 'components')} in a slice) at the energy "
            "{energy!r} cannot be told apart: rounding errors hide how they differ; shift it by "
            "{shift}",
            energy=energy,
        ) from None
    if modes.channels == 0:
        has_phases = bool(h.imag.any() or v.imag.any())  # as in a field, which is the leads' too
        gap = ", such as between Landau levels," if has_phases else ""
        way = ", or other leads (field_in_leads=False)" if has_phases else ""
        raise NoChannelError(
            f"no open channel at energy {{energy:g}}: the leads ({counted(M, 'components')} in a "
            "slice: sites, times orbitals of each) have no wave there that moves; it lies outside the "
            f"band, in a gap{gap} or right at a threshold (then shift the energy by {{shift}}); choose "
            f"another energy{way}",
            energy=energy,
        )
    return modes


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
        velocity_error=max(modes.velocity_error for modes in found),
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
        # As slow as the root of the distance from an edge, which has an error of eps norm.
        velocity_error=float(np.finfo(float).eps) * right.slowness**2,
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
