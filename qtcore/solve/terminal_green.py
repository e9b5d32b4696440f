"""Bars with any number of leads by elimination, slice by slice: any lattice, any leads, any depth.

What is not needed any more is eliminated: a slice once the next one is there, but for the sites of
a lead that is not complete yet. Of all that lies behind there remain a self-energy on what is kept,
what the modes of each lead send there, what of a wave there reaches each lead, and S among the
leads so far. What passes between two leads may be of any size: everything that belongs to a lead
has a scale of its own, and each block of S that of the two leads when the later one came.

The same algorithm as in `recursive`, which has a lead at each end only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.doubt import largest
from qtcore.solve.elimination import responses
from qtcore.solve.pencil import Matrix
from qtcore.solve.sample import SampleSlice
from qtcore.solve.terminal_ports import Port

_OF_AN_ELEMENT = 2.0**-4
"""Rounding error of an element of a block, where that of an amplification counts as one."""

_MOST = 2.0**60
"""Stands for an amplification that is infinite."""


class Amplitudes(NamedTuple):
    """S of an ensemble of bars, block by block with scales.

    Attributes
    ----------
    S : (realization, channel, channel) complex array
        (outgoing, incoming) modes of all leads one after the other; the block between two leads is
        to be multiplied by exp(log_scale) of theirs.
    log_scale : (realization, lead, lead) float array
        (lead that is reached, lead that waves come from).
    channels : (lead,) int array
        Open modes of each lead.
    amplification : (realization, lead, lead) float array
        By how much rounding errors count in the block between two leads, relative to the block; of the
        reflection of a lead relative to one.
    """

    S: Matrix
    log_scale: NDArray[np.float64]
    channels: NDArray[np.intp]
    amplification: NDArray[np.float64]

    @property
    def lead_of(self) -> NDArray[np.intp]:
        """Number of the lead that each channel belongs to, (channel,)."""
        return np.repeat(np.arange(len(self.channels)), self.channels)

    @property
    def ln_T(self) -> NDArray[np.float64]:
        """Ln T[to, from], (realization, lead, lead): the sum over the modes of both."""
        starts = np.concatenate([[0], np.cumsum(self.channels)[:-1]])
        squares = np.abs(self.S) ** 2
        T = np.add.reduceat(np.add.reduceat(squares, starts, axis=1), starts, axis=2)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(T) + 2 * self.log_scale)

    def known(self, *, keeps_S: bool) -> "Known":
        """Return ln T and, if it is wanted, S itself; what is too small for a number is 0 there."""
        if not keeps_S:
            return Known(self.ln_T, self.amplification, None)
        lead = self.lead_of
        S = self.S * np.exp(self.log_scale)[:, lead[:, None], lead[None, :]]
        return Known(self.ln_T, self.amplification, np.asarray(S))


class Known(NamedTuple):
    """What is known of an ensemble of bars of one length.

    Attributes
    ----------
    ln_T, amplification : (realization, lead, lead) float arrays
        See `Amplitudes`.
    S : (realization, channel, channel) complex array or None
        If it was asked for.
    """

    ln_T: NDArray[np.float64]
    amplification: NDArray[np.float64]
    S: Matrix | None


@dataclass
class _Front:
    """What remains of a bar up to a slice.

    Attributes
    ----------
    places : (2, K) int array
        Slice and component of each unknown that is kept.
    block : (realization, K, K) complex array
        What is to be inverted: E - H less what acts on it, units of t.
    arriving, out : (realization, K, channel), (realization, channel, K) complex arrays
        What the modes of the leads send there and what of a wave there reaches them.
    log_arriving, log_out : (realization, lead) float arrays
        Logarithms of their scales.
    S, log_scale
        See `Amplitudes`.
    amplified : (realization,) float array
        Sum of the squares of the factors by which rounding errors were amplified.
    parts : (realization, lead, lead) float array
        Sum of the squares of what S was put together from, in its scale.
    """

    places: NDArray[np.intp]
    block: Matrix
    arriving: Matrix
    out: Matrix
    log_arriving: NDArray[np.float64]
    log_out: NDArray[np.float64]
    S: Matrix
    log_scale: NDArray[np.float64]
    amplified: NDArray[np.float64]
    parts: NDArray[np.float64]


def amplitudes(
    sample: Iterable[SampleSlice],
    leads: Sequence[Port],
    energy: float,
    lengths: Sequence[int],
    unit: float,
) -> Iterator[Amplitudes]:
    """Yield S of an ensemble of bars that end after each of these numbers of slices.

    Parameters
    ----------
    sample : iterable of SampleSlice
        As many slices as the last length, the first one at the left lead.
    leads : sequence of Port
        The leads.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing; none shorter than what leads touch.
    unit : float
        A coupling of the wire, units of t.
    """
    channels = np.array([port.channels for port in leads], dtype=np.intp)
    passing = [k for k, port in enumerate(leads) if port.end != "right"]
    last = {k: int(leads[k].sites[0].max()) for k in passing}
    needed: dict[tuple[int, int], int] = {}
    for k in passing:
        for n, i in leads[k].sites.T.tolist():
            needed[n, i] = max(last[k], needed.get((n, i), -1))
    front: _Front | None = None
    ahead: Matrix | None = None
    for n, (H, step) in enumerate(sample):
        M = H.shape[1]
        inside = energy * np.eye(M) - H
        if front is None or ahead is None:
            front = _begun(inside, channels)
        else:
            front = _with_slice(front, ahead, inside, n)
        for k in passing:
            if last[k] == n:
                front = _attached(front, leads, k, n)
        if n + 1 in lengths:
            yield _closed(front, leads, channels, n, unit)
        if n + 1 == lengths[-1]:
            return
        kept = np.array(
            [s == n or needed.get((s, i), -1) > n for s, i in front.places.T.tolist()], np.bool_
        )
        front = _eliminated(front, kept, channels, unit)
        ahead = step.A if step.B is None else step.A @ step.B.conj().T


def _begun(inside: Matrix, channels: NDArray[np.intp]) -> _Front:
    (R, M, _), total, leads = inside.shape, int(channels.sum()), len(channels)
    return _Front(
        np.stack([np.zeros(M, np.intp), np.arange(M)]),
        inside.astype(np.complex128),
        np.zeros((R, M, total), np.complex128),
        np.zeros((R, total, M), np.complex128),
        np.zeros((R, leads)),
        np.zeros((R, leads)),
        np.zeros((R, total, total), np.complex128),
        np.zeros((R, leads, leads)),
        np.zeros(R),
        np.zeros((R, leads, leads)),
    )


def _with_slice(front: _Front, ahead: Matrix, inside: Matrix, n: int) -> _Front:
    """Return a front with the next slice, n, and eliminate nothing; `ahead` leads to it."""
    (R, M, _), K = inside.shape, front.block.shape[1]
    before = np.flatnonzero(front.places[0] == n - 1)
    block = np.zeros((R, K + M, K + M), np.complex128)
    block[:, :K, :K], block[:, K:, K:] = front.block, inside
    block[:, before[:, None], K + np.arange(M)] = -ahead
    block[:, K + np.arange(M)[:, None], before] = -ahead.conj().swapaxes(1, 2)
    places = np.hstack([front.places, np.stack([np.full(M, n), np.arange(M)])])
    arriving = np.pad(front.arriving, ((0, 0), (0, M), (0, 0)))
    out = np.pad(front.out, ((0, 0), (0, 0), (0, M)))
    return replace(front, places=places, block=block, arriving=arriving, out=out)


def _channels_of(leads: Sequence[Port], k: int) -> slice:
    first = sum(port.channels for port in leads[:k])
    return slice(first, first + leads[k].channels)


def _attached(front: _Front, leads: Sequence[Port], k: int, n: int) -> _Front:
    """Return a front with lead number k, all of whose sites are kept; n is the latest slice."""
    port, own = leads[k], _channels_of(leads, k)
    contact = port.contact
    number = {place: at for at, place in enumerate(zip(*front.places.tolist(), strict=True))}
    slices = np.full_like(port.sites[0], n) if port.end == "right" else port.sites[0]
    at = np.array(
        [number[s, i] for s, i in zip(slices.tolist(), port.sites[1].tolist(), strict=True)]
    )
    block, arriving, out, S = (
        array.copy() for array in (front.block, front.arriving, front.out, front.S)
    )
    block[:, at[:, None], at] -= contact.sigma
    arriving[:, at, own] = contact.source
    out[:, own, at] = contact.read
    S[:, own, own] = -contact.direct
    log_scale = front.log_scale.copy()
    # What passes between an earlier lead and this one is as large as what comes here now.
    log_scale[:, :, k], log_scale[:, k, :] = front.log_out, front.log_arriving
    log_scale[:, k, k] = 0.0
    return replace(front, block=block, arriving=arriving, out=out, S=S, log_scale=log_scale)


def _squares(matrix: Matrix, channels: NDArray[np.intp], axis: int) -> NDArray[np.float64]:
    """Return the sum of squares of what belongs to each lead along an axis and of all of the other."""
    starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
    summed = (np.abs(matrix) ** 2).sum(axis=3 - axis)
    return np.asarray(np.add.reduceat(summed, starts, axis=1))


def _passed(front: _Front, out: Matrix, through: Matrix, channels: NDArray[np.intp]) -> _Front:
    """Return a front with what goes through what is eliminated added to S."""
    lead = np.repeat(np.arange(len(channels)), channels)
    logs = front.log_out[:, :, None] + front.log_arriving[:, None, :] - front.log_scale
    scale = np.exp(logs)
    sizes = _squares(out, channels, 1)[:, :, None] * _squares(through, channels, 2)[:, None, :]
    S = front.S + scale[:, lead[:, None], lead[None, :]] * (out @ through)
    return replace(front, S=S, parts=front.parts + scale**2 * sizes)


def _eliminated(
    front: _Front, kept: NDArray[np.bool_], channels: NDArray[np.intp], unit: float
) -> _Front:
    """Return a front without the unknowns that are not kept."""
    if kept.all():
        return front
    stay, gone = np.flatnonzero(kept), np.flatnonzero(~kept)
    to_gone = front.block[:, gone[:, None], stay]
    given = np.concatenate([to_gone, front.arriving[:, gone]], axis=2)
    found = responses(front.block[:, gone[:, None], gone], given, unit)
    ahead, through = found[:, :, : len(stay)], found[:, :, len(stay) :]
    back, out = front.block[:, stay[:, None], gone], front.out[:, :, gone]
    growth = np.abs(ahead).max(axis=(1, 2), initial=0.0)
    arriving, log_arriving = _rescaled(
        front.arriving[:, stay] - back @ through, front.log_arriving, channels
    )
    leaving, log_out = _rescaled(
        (front.out[:, :, stay] - out @ ahead).swapaxes(1, 2), front.log_out, channels
    )
    return replace(
        _passed(front, out, through, channels),
        places=front.places[:, stay],
        block=front.block[:, stay[:, None], stay] - back @ ahead,
        arriving=arriving,
        out=np.ascontiguousarray(leaving.swapaxes(1, 2)),
        log_arriving=log_arriving,
        log_out=log_out,
        amplified=front.amplified + growth**2,
    )


def _rescaled(
    columns: Matrix, logs: NDArray[np.float64], channels: NDArray[np.intp]
) -> tuple[Matrix, NDArray[np.float64]]:
    """Return columns (realization, K, channel) of order one, lead by lead, and their scales."""
    starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
    largest = np.maximum.reduceat(np.abs(columns).max(axis=1, initial=0.0), starts, axis=1)
    # Leads that are not there yet, or that nothing connects, keep their zeros. Powers of two lose
    # no digit.
    scale = np.where(
        largest > 0, 2.0 ** np.floor(np.log2(np.where(largest > 0, largest, 1.0))), 1.0
    )
    return columns / np.repeat(scale, channels, axis=1)[:, None, :], logs + np.log(scale)


def _closed(
    front: _Front, leads: Sequence[Port], channels: NDArray[np.intp], n: int, unit: float
) -> Amplitudes:
    """Return S of bars that end with slice n."""
    for k, port in enumerate(leads):
        if port.end == "right":
            front = _attached(front, leads, k, n)
    K = front.block.shape[1]
    probe = np.broadcast_to(np.cos(np.arange(K))[:, None], (len(front.block), K, 1))
    found = responses(front.block, np.concatenate([front.arriving, probe], axis=2), unit, probes=1)
    through, probed = found[:, :, :-1], np.abs(found[:, :, -1]).max(axis=1)
    front = _passed(front, front.out, through, channels)
    sensitive = np.minimum(probed, 2.0**60) * np.maximum(
        unit, largest(front.block) * _OF_AN_ELEMENT
    )
    growth = np.sqrt(1.0 + front.amplified + sensitive**2)
    amplification = growth[:, None, None] * _cancelled(front, channels)
    return Amplitudes(front.S, front.log_scale, channels, amplification)


def _cancelled(front: _Front, channels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return by how much parts are larger than the blocks of S that are left of them, at least 1."""
    starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
    whole = np.add.reduceat(_squares_by_row(front.S, starts), starts, axis=2)
    own = np.arange(len(channels))
    whole[:, own, own] = np.maximum(whole[:, own, own], 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(front.parts > 0, np.sqrt(front.parts / whole), 1.0)
    return np.nan_to_num(np.maximum(found, 1.0), nan=_MOST, posinf=_MOST)


def _squares_by_row(S: Matrix, starts: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.asarray(np.add.reduceat(np.abs(S) ** 2, starts, axis=1))
