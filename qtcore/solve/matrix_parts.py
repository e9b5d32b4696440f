"""All of S of a wire from its independent parts.

In a singlet superconductor the electrons of each spin go with the holes of the other one. The waves of the leads are those of the whole wire, each of which lies in one part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from qtcore.model.part import part_of
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.contacts import Lead
from qtcore.solve.matrix_transfer import MatrixTransfer, Solved
from qtcore.solve.parts import parts
from qtcore.solve.tightness import Tightness


class _Piece(NamedTuple):
    """A part of a wire with its own leads, and where its open waves are among those of the leads."""

    wire: Wire
    leads: tuple[Lead, Lead]
    waves: tuple[NDArray[np.intp], NDArray[np.intp]]


class PartedTransfer:
    """A wire as its independent parts, or as a whole where there are none; see `MatrixTransfer`."""

    def __init__(
        self, wire: Wire, leads: tuple[Lead, Lead], energy: float, tightness: Tightness
    ) -> None:
        self._channels = [lead.modes.channels for lead in leads]
        self._parts = [
            (piece.waves, MatrixTransfer(piece.wire, piece.leads, energy, tightness))
            for piece in _pieces(wire, leads)
            if any(len(waves) for waves in piece.waves)
        ]

    def solve(self, group: int, lengths: Sequence[int], seed: int) -> Iterator[Solved]:
        """Yield what is known of the realizations of a group, one entry for each length."""
        found = [solver.solve(group, lengths, seed) for _, solver in self._parts]
        for parts_of_one in zip(*found, strict=True):
            yield self._joined(parts_of_one)

    def _joined(self, found: Sequence[Solved]) -> Solved:
        if len(found) == 1:
            return found[0]
        R, total = len(found[0].S), sum(self._channels)
        S = np.zeros((R, total, total), np.complex128)
        amplification = np.zeros((R, 2, 2))
        for ((left, right), _), part in zip(self._parts, found, strict=True):
            own = np.concatenate([left, self._channels[0] + right])
            S[:, own[:, None], own] = part.S
            there = np.array([len(left), len(right)]) > 0
            counts = np.where(there[:, None] & there, part.amplification, 0.0)
            amplification = np.maximum(amplification, counts)
        return Solved(S, amplification)


def _pieces(wire: Wire, leads: tuple[Lead, Lead]) -> list[_Piece]:
    """Return the parts of a wire, or the wire itself."""
    waves = tuple(np.arange(lead.modes.channels) for lead in leads)
    whole = [_Piece(wire, leads, (waves[0], waves[1]))]
    matrices, slices = wire.site_matrices, wire.slices()
    # Rows of H with a potential of their own are sites to the solvers, and can be told apart.
    if matrices is None or matrices.rows is None or wire.random_hopping or not slices.uniform:
        return whole
    given = [slices.h, slices.v, slices.lead_h, slices.lead_v, *(slices.right_lead or ())]
    members = parts(given)
    if len(members) == 1:
        return whole
    alike, found = matrices.rows.alike(), []
    for own in members:
        of_leads = [_restricted(lead, own) for lead in leads]
        if None in of_leads:
            return whole
        (left, first), (right, second) = (one for one in of_leads if one is not None)
        rows = matrices.rows.some(own)
        part = part_of(wire, _slices_of(slices, own), alike[own], rows)
        found.append(_Piece(part, (left, right), (first, second)))
    return found


def _restricted(lead: Lead, own: NDArray[np.intp]) -> tuple[Lead, NDArray[np.intp]] | None:
    """Return the lead of a part and which open waves are its own; None if waves lie in several parts."""
    modes, inside = lead.modes, np.zeros(len(lead.h), np.bool_)
    inside[own] = True
    names = "left", "right", "left_ahead", "right_ahead"
    columns = []
    for one, ahead in (("left", "left_ahead"), ("right", "right_ahead")):
        waves = np.concatenate([getattr(modes, one), getattr(modes, ahead)])
        both = np.concatenate([inside, inside])
        here, there = waves[both].any(axis=0), waves[~both].any(axis=0)
        if (here & there).any() or here.sum() != len(own):
            return None
        columns.append(np.flatnonzero(here))
    left, right = (each[each < modes.channels] for each in columns)
    if not np.array_equal(left, right):
        return None
    of = {
        "left": columns[0],
        "left_ahead": columns[0],
        "right": columns[1],
        "right_ahead": columns[1],
    }
    arrays = {name: np.ascontiguousarray(getattr(modes, name)[own][:, of[name]]) for name in names}
    block = np.ix_(own, own)
    restricted = replace(modes, channels=len(left), separable=None, **cast("Any", arrays))
    return Lead(lead.h[block], lead.v[block], lead.energy, restricted), left


def _slices_of(slices: Slices, own: NDArray[np.intp]) -> Slices:
    """Return the rows and columns of a part, each of them a site of its own."""
    block = np.ix_(own, own)
    right = slices.right_lead and (slices.right_lead[0][block], slices.right_lead[1][block])
    h, v, lead_h, lead_v = (
        one[block] for one in (slices.h, slices.v, slices.lead_h, slices.lead_v)
    )
    return Slices(h, v, lead_h, lead_v, 1, None, right)
