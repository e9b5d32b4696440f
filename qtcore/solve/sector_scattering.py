"""Transmissions and reflections between sectors of an ensemble, each with a bound on its error.

The whole S comes from recursive Green's functions. Elements of t have the rounding errors of its
largest ones, so that of a block T_ab far smaller than the others no digit may be known. The errors
are those that `certified` knows: rounding errors that were amplified, the unitarity defect of the
waves that come in one sector, what small changes do to samples in doubt, and what rounding errors
of the energy do to the modes of the leads.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.model.wire import Wire
from qtcore.solve.contacts import lead_at
from qtcore.solve.doubt import DOUBTFUL
from qtcore.solve.energies import NoChannelError
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.meeting import NUDGE
from qtcore.solve.problem import CONDITION, NOTHING, ROUNDING
from qtcore.solve.sector_matrices import ResolvedMatrices, sector_matrices, stacked
from qtcore.solve.sectors import Sectors
from qtcore.solve.smatrix import RESOLVED
from qtcore.units import LANES

_TIMES = 2
"""How often samples in doubt are solved again with small changes, as in `doubt`."""

_ROOM = 1.5
"""Factor by which the error may exceed what two nudges change, as in `lead_errors`."""

_OF_VELOCITY = 4.0
"""Error of ln T that an error of the slowest wave's velocity stands for, as in `certified`."""


class Resolved(NamedTuple):
    """What passes between sectors, (realization, length, outgoing, incoming) each.

    Attributes
    ----------
    ln_T : float array
        Natural logarithm of T_ab; -inf where nothing passes, NaN where it is too small to be known.
    reflection : float array
        R_ab.
    certificate : float array
        Bound on the relative error of T_ab.
    of_whole : (realization, length) float array
        Bound on the relative error of g.
    channels : (sector,) int array
        Open modes of each sector in the lead that the waves come from.
    """

    ln_T: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    of_whole: NDArray[np.float64]
    channels: NDArray[np.intp]


class _Solve(Protocol):
    """Solves some samples of a group, given by their rows, as `sector_matrices` does."""

    def __call__(
        self, rows: NDArray[np.intp], nudge: float = 0.0, shake: int = 0
    ) -> list[ResolvedMatrices]:
        """Return one for each length, for waves from the side that is asked for."""


def solved_by_sectors(wire: Wire, energy: float, ensemble: Ensemble, sectors: Sectors) -> Resolved:
    """Return what passes between the sectors of the samples of an ensemble.

    Groups of samples are solved one after the other, so that memory does not grow with their number.
    """
    groups = [
        np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64) for group in ensemble.groups
    ]
    found = [_of_group(wire, energy, ensemble, sectors, numbers) for numbers in groups]
    arrays = zip(*(one[:4] for one in found), strict=True)
    ln_T, reflection, certificate, of_whole = (
        np.concatenate(each)[ensemble.rows] for each in arrays
    )
    return Resolved(ln_T, reflection, certificate, of_whole, found[0].channels)


def _of_group(
    wire: Wire, energy: float, ensemble: Ensemble, sectors: Sectors, numbers: NDArray[np.uint64]
) -> Resolved:
    def solve(rows: NDArray[np.intp], nudge: float = 0.0, shake: int = 0) -> list[ResolvedMatrices]:
        every = sector_matrices(wire, energy, ensemble, sectors, numbers[rows], nudge, shake)
        return every if ensemble.incidence == "left" else [one.turned for one in every]

    everything = np.arange(len(numbers))
    found = solve(everything)
    ln_T, reflection = stacked(found)
    channels = found[0].channels("left")
    change = _Changes(ln_T, reflection, channels)
    _shake(change, found, solve)
    slices = wire.slices()
    modes = lead_at(slices.lead_h, slices.lead_v, energy).modes
    if modes.delicate:
        for nudge in (-NUDGE, NUDGE):
            _nudge(change, solve, everything, nudge)
    of_velocity = 0.0 if modes.delicate else _OF_VELOCITY * modes.velocity_error
    amplification = np.stack([one.S.amplification for one in found], axis=1)
    rounding = 2 * ROUNDING * np.maximum(amplification, 1.0)
    defect = _defect(ln_T, reflection, channels, absorbing=ensemble.absorption > 0)
    total = np.logaddexp.reduce(ln_T, axis=(2, 3), keepdims=True)
    lost = rounding[:, :, None, None] * _larger(total, ln_T)
    of_block = np.hypot(np.hypot(defect[:, :, None, :], lost + _conditioned(ln_T)), change.error)
    share = np.exp(ln_T - np.where(np.isfinite(total), total, 0.0))
    changed = (share * change.error).sum(axis=(2, 3))
    rounded = rounding + _conditioned(total)[:, :, 0, 0]
    of_whole = np.hypot(np.hypot(defect.max(axis=2), rounded), changed)
    return Resolved(
        np.where(lost > RESOLVED, np.nan, ln_T),
        reflection,
        np.minimum(of_block + of_velocity, NOTHING),
        np.minimum(of_whole + of_velocity, NOTHING),
        channels,
    )


def _larger(total: NDArray[np.float64], ln_T: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much t is larger than each of its blocks, the root of T / T_ab.

    0 for a block that is zero to the last bit: its sectors have no modes, or nothing connects them.
    """
    passes = np.isfinite(ln_T)
    with np.errstate(over="ignore"):
        ratio = np.exp(0.5 * (total - np.where(passes, ln_T, total)))
    return np.asarray(np.where(passes, ratio, 0.0))


def _conditioned(ln_T: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what an exact solver leaves in double precision; see `certified`."""
    return np.asarray(CONDITION * (4 + np.where(np.isfinite(ln_T), np.abs(ln_T), 0.0)))


def _defect(
    ln_T: NDArray[np.float64],
    reflection: NDArray[np.float64],
    channels: NDArray[np.intp],
    *,
    absorbing: bool,
) -> NDArray[np.float64]:
    """Return by how much T + R misses N of the waves that come in each sector, per channel."""
    excess = (np.exp(ln_T) + reflection).sum(axis=2) - channels
    per_channel: NDArray[np.float64] = excess / np.maximum(channels, 1)
    return np.asarray(np.maximum(per_channel, 0.0) if absorbing else np.abs(per_channel))


class _Changes:
    """The largest changes of ln T_ab, or of R_ab per channel, that other rounding errors make."""

    def __init__(
        self,
        ln_T: NDArray[np.float64],
        reflection: NDArray[np.float64],
        channels: NDArray[np.intp],
    ) -> None:
        self.ln_T, self.reflection, self.channels = ln_T, reflection, channels
        self.error = np.zeros_like(ln_T)

    def compare(
        self,
        found: list[ResolvedMatrices],
        rows: NDArray[np.intp],
        counts: NDArray[np.bool_] | None = None,
        room: float = 1.0,
    ) -> None:
        """Take into account what other rounding errors have made of some samples."""
        ln_T, reflection = stacked(found)
        # A channel that closes took nothing but its own reflection.
        closed = np.diag(self.channels - found[0].channels("left"))
        with np.errstate(invalid="ignore"):
            conducts = np.nan_to_num(np.abs(ln_T - self.ln_T[rows]), nan=0.0, posinf=0.0)
        reflects = np.abs(reflection + closed - self.reflection[rows])
        error = room * np.maximum(conducts, reflects / np.maximum(self.channels, 1))
        if counts is not None:
            error = np.where(counts[:, :, None, None], error, 0.0)
        self.error[rows] = np.maximum(self.error[rows], error)


def _shake(change: _Changes, found: list[ResolvedMatrices], solve: _Solve) -> None:
    """Solve samples in doubt again, with small changes of all elements; see `doubt`."""
    doubt = np.stack([one.S.doubt for one in found], axis=1)
    rows = np.flatnonzero((doubt > DOUBTFUL).any(axis=1))
    for times in range(1, _TIMES + 1) if len(rows) else ():
        change.compare(solve(rows, shake=times), rows, doubt[rows] > DOUBTFUL)


def _nudge(change: _Changes, solve: _Solve, rows: NDArray[np.intp], nudge: float) -> None:
    """Solve samples again with leads whose energy is moved by rounding errors; see `lead_errors`."""
    try:
        other = solve(rows, nudge=nudge)
    except NoChannelError:
        return  # below a threshold there may be no channel at all
    except QtcoreError:
        change.error = np.maximum(change.error, 1.0)  # no digit is known
        return
    change.compare(other, rows, room=_ROOM)
