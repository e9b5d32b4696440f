"""What is solved of a wire at an energy: the wire itself, or its independent parts."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qtcore.errors import QtcoreError
from qtcore.model.wire import Wire
from qtcore.solve.energies import NoChannelError
from qtcore.solve.modes import Modes
from qtcore.solve.problem import wire_modes
from qtcore.solve.separation import Piece, Separation, separated

_NEAR = 2.0**-46
"""Distance to a threshold, relative to the largest energy, at which rounding errors may decide."""


class Portion(NamedTuple):
    """A wire to be solved at an energy (units of t), and how many times it counts."""

    wire: Wire
    energy: float
    modes: Modes
    copies: int = 1

    @property
    def channels(self) -> int:
        """Open modes of all copies."""
        return self.copies * self.modes.channels


def portions(
    wire: Wire, energy: float, absorption: float = 0.0, method: str = "auto"
) -> list[Portion]:
    """Return what is solved of a wire: its independent parts, or the wire itself.

    Parts that have no open channel take no part. Where rounding errors of the energy count, as close
    to a threshold, the wire is separated only if that rounds nothing. The recursive solver as the
    referee takes every wire as it is.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy, absorption : float
        Units of t.
    method : {"auto", "transfer", "recursive"}
        Which solver is asked for.

    Raises
    ------
    InputError
        If no channel is open in the whole wire.
    """
    found = None
    if method != "recursive" and (separation := separated(wire)) is not None:
        # Where a part cannot be solved the whole wire says why.
        with suppress(QtcoreError):
            found = _of_pieces(separation, energy, absorption)
    return found or [Portion(wire, energy, wire_modes(wire, energy, absorption))]


def channels_of(found: Sequence[Portion]) -> int:
    """Return the number of open modes of a wire, from what is solved of it."""
    return sum(portion.channels for portion in found)


def _of_pieces(separation: Separation, energy: float, absorption: float) -> list[Portion] | None:
    """Return the portions that conduct, or None if the wire is better solved as a whole."""
    found: list[Portion | None] = []
    for piece in separation.pieces:
        if piece.reverse_of is not None and not absorption:
            # T from the left is T from the right with time reversed, and both are equal.
            partner = found[piece.reverse_of]
            if partner is not None:
                found[piece.reverse_of] = partner._replace(copies=partner.copies + piece.copies)
            found.append(None)
            continue
        portion, is_clear = of_piece(piece, energy, absorption)
        if not (is_clear or separation.exact):
            return None
        found.append(portion)
    return [portion for portion in found if portion is not None]


def of_piece(piece: Piece, energy: float, absorption: float) -> tuple[Portion | None, bool]:
    """Return the portion of a piece, if it conducts, and whether rounding errors do not matter."""
    if piece.plain is not None:
        shifted = energy - piece.shift
        modes, is_clear = _open_modes(piece.plain, shifted, absorption)
        if is_clear or _is_exact(energy, piece.shift):
            portion = None if modes is None else Portion(piece.plain, shifted, modes, piece.copies)
            return portion, is_clear
    modes, is_clear = _open_modes(piece.part, energy, absorption)
    return (
        None if modes is None else Portion(piece.part, energy, modes, piece.copies),
        is_clear,
    )


@lru_cache(maxsize=16)
def _open_modes(wire: Wire, energy: float, absorption: float) -> tuple[Modes | None, bool]:
    """Return the modes, None if none is open, and whether rounding errors of the energy do not matter."""
    try:
        modes = wire_modes(wire, energy, absorption)
    except NoChannelError:
        step = _NEAR * _largest_energy(wire, energy)
        return None, not any(_opens(wire, energy + d, absorption) for d in (-step, step))
    return modes, not modes.delicate


def _largest_energy(wire: Wire, energy: float) -> float:
    """Return the size of E - H of the leads, units of t."""
    slices = wire.slices()
    rows = np.abs(slices.lead_h) + 2 * np.abs(slices.lead_v)
    return abs(energy) + float(rows.sum(axis=1).max())


def _opens(wire: Wire, energy: float, absorption: float) -> bool:
    """Return whether a channel is open."""
    try:
        wire_modes(wire, energy, absorption)
    except NoChannelError:
        return False
    return True


def _is_exact(energy: float, shift: float) -> bool:
    """Return whether energy - shift is no rounded number (Knuth's sum of two)."""
    total = energy - shift
    added = total - energy
    return (energy - (total - added)) + (-shift - added) == 0
