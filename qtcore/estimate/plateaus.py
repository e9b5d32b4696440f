"""Plateaus of a staircase: where they are, how high, and how many channels are open on each."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.given import numbers
from qtcore.estimate.independent import independent
from qtcore.estimate.missing import Missing

FLAT = 0.02
"""How far g on a plateau may lie from its middle, in channels."""

LONGER_THAN_A_RAMP = 3.0
"""A stretch so many times as long as on a straight ramp is a plateau."""

FEWEST_GATES = 3
"""Neighbouring gate values that are a plateau."""

MOST_CHANNELS = 60
"""Numbers of channels up to here are tried."""

MOST_MISSED = 2
"""So many plateaus may be missed for each that is found: 2, 3, 4, 5 channels have exactly the
heights of 3, 6, 12, 30 behind h/2e² / 6."""

CERTAIN = 4.0
"""Standard errors by which heights may differ from those of a number of channels."""

_SIGNIFICANT = 2.0

_TRIES = 200


@dataclass(frozen=True)
class Plateaus:
    """Flat stretches of a staircase.

    Attributes
    ----------
    channels : (plateau,) int array
        Number N of open channels; 0 for all where the heights do not tell it.
    g : Estimate (plateau,)
        Mean conductance of the middle half of each, in the unit of the staircase. Errors are
        independent: the noise from gate to gate over the root of the length, and the slope on the
        plateau; or the standard error of the staircase, whichever is larger.
    """

    channels: NDArray[np.int64]
    g: Estimate


def plateaus(
    staircase: Array | Estimate, points: int = FEWEST_GATES, tolerance: float = FLAT
) -> Plateaus:
    """Find the plateaus of a staircase, whatever the spacing of its gate values.

    A plateau is a stretch within `tolerance` of one value that is three times as long as it would
    be on a straight ramp to the same height. Both shoulders of a rounded plateau take as much of
    it, and what one lacks the other one adds, so that the middle half is as high as the plateau.
    Where the gate axis ends on a plateau, it has one shoulder, and may lie off by all that its middle
    still rises.

    Parameters
    ----------
    staircase : (gate,) Estimate or float array
        Conductance g against a gate that opens the contact, evenly from closed to open.
    points : int
        Neighbouring gate values that a plateau must have at least.
    tolerance : float
        How far g on a plateau may lie from its middle.

    Raises
    ------
    Missing
        If there is no plateau.
    """
    errors = staircase.error if isinstance(staircase, Estimate) else None
    plain = staircase.values if isinstance(staircase, Estimate) else staircase
    g = numbers(plain, "conductances of a staircase", ndim=1, finite=False)
    if not g.size:
        raise Missing("a staircase without a gate value has no plateau")
    # A resistance in series may hold even the first plateau below one half.
    closed = 4 * tolerance
    if g.max() < closed:
        raise Missing(
            f"the gate closes the contact: g stays below {g.max():.2g}; open it further, or raise "
            "the energy"
        )
    opened = int(np.argmax(g >= closed))
    ramp = 2 * tolerance * (len(g) - opened) / max(g.max() - closed, 2 * tolerance)
    shortest = max(points, LONGER_THAN_A_RAMP * ramp)
    found: list[tuple[int, int]] = []
    for first, stop in sorted(_level(g, opened, 2 * tolerance), key=lambda run: run[0] - run[1]):
        if stop - first < shortest:
            break
        middle = np.median(g[first:stop])
        # The shoulder of a longer one is no plateau of its own.
        if all(abs(np.median(g[slice(*one)]) - middle) >= 4 * tolerance for one in found):
            found.append((first, stop))
    if not found:
        raise Missing(
            f"no plateau in the staircase: nowhere do {points} neighbouring gate values of the open "
            f"contact stay within {tolerance:g} of one value for longer than on a ramp; use a finer "
            "gate axis, a lower temperature or weaker disorder"
        )
    heights = [_height(g, *run) for run in sorted(found)]
    values, spread = (np.array(column) for column in zip(*heights, strict=True))
    if errors is not None:
        stated = [float(np.mean(errors[slice(*_middle_half(*run))])) for run in sorted(found)]
        spread = np.maximum(spread, stated)
    # By the errors alone; if no numbers fit so closely, by what flat means here.
    possible = possible_channels(values, np.maximum(spread, 1e-6)) or possible_channels(
        values, np.maximum(spread, tolerance / 4)
    )
    counted = possible[0] if len(possible) == 1 else (0,) * len(values)
    return Plateaus(np.array(counted, dtype=np.int64), independent(values, spread))


def possible_channels(g: Array, errors: Array) -> list[tuple[int, ...]]:
    """Return all numbers of channels that plateaus may have behind one unknown resistance.

    Heights are 1 / (1/N + r) with the same r >= 0 for all, whichever plateaus were missed.

    Parameters
    ----------
    g, errors : (plateau,) float arrays
        Heights, increasing, and how far they may lie off, in channels.

    Returns
    -------
    list of tuple of int
        Numbers that fit all heights to four errors, and miss at most two plateaus for each that is
        found. One plateau fits any.
    """
    resistance, error = 1 / g, errors / g**2
    last = float(resistance.min()) - 1 / MOST_CHANNELS
    tried = np.append(resistance[0] - 1 / np.arange(1, MOST_CHANNELS), np.linspace(0, last, _TRIES))
    nearest = np.rint(1 / np.maximum(resistance - tried[:, None], 1 / MOST_CHANNELS))
    # Neighbouring numbers, too: the nearest one need not be the only one.
    changes = np.concatenate([np.zeros((1, len(g))), np.eye(len(g)), -np.eye(len(g))])
    numbers = np.unique((nearest[:, None] + changes).reshape(-1, len(g)), axis=0)
    grows = (numbers[:, 0] >= 1) & (np.diff(numbers, axis=1) > 0).all(axis=1)
    missed = numbers[:, -1] - numbers[:, 0] + 1 - len(g)
    possible = numbers[grows & (missed <= MOST_MISSED * len(g))]
    return [tuple(map(int, one)) for one in possible if _fit(one, resistance, error)]


def _fit(numbers: Array, resistance: Array, error: Array) -> bool:
    """Return whether one resistance >= 0 in series explains all plateaus."""
    left = resistance - 1 / numbers
    in_series = float(np.average(left, weights=error**-2.0))
    uncertain = float((error**-2.0).sum() ** -0.5)
    apart = np.abs(left - max(in_series, 0.0)) / error
    return bool(in_series > -CERTAIN * uncertain and apart.max() < CERTAIN)


def _level(g: Array, opened: int, height: float) -> list[tuple[int, int]]:
    """Return from each gate value on the longest stretch [first, stop) of at most this height."""
    runs = []
    for first in range(opened, len(g)):
        ahead = g[first:]
        high = np.maximum.accumulate(ahead) - np.minimum.accumulate(ahead) > height
        runs.append((first, first + int(np.argmax(high)) if high.any() else len(g)))
    return runs


def _height(g: Array, first: int, stop: int) -> tuple[float, float]:
    """Return the mean of the middle half of a stretch, and its uncertainty."""
    a, b = _middle_half(first, stop)
    inside, count = g[a:b], b - a
    place = (np.arange(count) - (count - 1) / 2) / count
    slope = float(place @ inside / (place @ place))
    rest = inside - inside.mean() - slope * place
    noise = max(math.sqrt(float(rest @ rest) / max(count - 2, 1)), _noise(g[first:stop]))
    if stop == len(g):
        rise = abs(slope)
    else:
        is_noise = abs(slope) < _SIGNIFICANT * noise / math.sqrt(float(place @ place))
        rise = 0.0 if is_noise else abs(slope) / math.sqrt(12)
    return float(inside.mean()), math.hypot(noise / math.sqrt(count), rise)


def _middle_half(first: int, stop: int) -> tuple[int, int]:
    """Return the middle half of a stretch; two values at least, if there are."""
    half = min(max(-(-(stop - first) // 2), 2), stop - first)
    a = first + (stop - first - half) // 2
    return a, a + half


def _noise(g: Array) -> float:
    """Return the noise of single values from their differences, whose median spares the shoulders."""
    from scipy.special import ndtri

    return float(np.median(np.abs(np.diff(g))) / (ndtri(0.75) * np.sqrt(2)))
