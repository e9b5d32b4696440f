"""Whether electrons fill a cavity before they leave it, and whether a disc hides one lead from the other.

Random matrices describe a cavity only where they do; each function that refuses says what is missing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qtcore.errors import InputError
from qtcore.theory.diffusion import density_of_states, mean_square_velocity

LEAST = 10.0
"""Ergodic times that electrons have to stay: closed forms are then off by a tenth at most."""


def strip_channels(width: int, energy: float) -> int:
    """Return the open channels of a clean strip of square lattice, `width` sites, hard walls; energy in t."""
    transverse = 2 * np.cos(np.pi * np.arange(1, width + 1) / (width + 1))
    return int((np.abs(energy - transverse) < 2).sum())


def crossing_time(edge: int, energy: float) -> float:
    """Return the ergodic time, ħ/t: the way `edge` (sites) at the root of the mean squared velocity."""
    return float(edge / np.sqrt(2 * mean_square_velocity(energy)))


def dwell_time(sites: float, channels: int, energy: float) -> float:
    """Return 2 pi rho / N, ħ/t, of a cavity of so many sites with N = `channels` in all of its leads.

    rho is the density of states of the square lattice; walls add a part of the order of wavelength over edge.
    """
    return 2 * np.pi * sites * density_of_states(energy) / channels


class Filling(NamedTuple):
    """How a cavity fills: the channels of each lead, and the dwell time over the ergodic time."""

    channels: int
    ratio: float


def filling(edge: int, disc: float, mouth: int, energy: float) -> Filling:
    """Return how a square fills; parameters as in `refuse_unless_ergodic`, at one energy."""
    channels, sites = strip_channels(mouth, energy), edge**2 * (1 - np.pi * disc**2)
    dwell = dwell_time(sites, 2 * channels, energy) if channels else np.inf
    return Filling(channels, dwell / crossing_time(edge, energy))


def refuse_unless_ergodic(
    edge: int, disc: float, mouth: int, energies: Sequence[float], count: int
) -> None:
    """Refuse a square between two leads that random matrices do not describe at some energies.

    Parameters
    ----------
    edge, disc : int, float
        The edge in sites, and the radius of a disc in it, or 0, as a part of the edge.
    mouth : int
        Sites of each of its two leads.
    energies : (float, float)
        Ends of the window, units of t.
    count : int
        Energies in it that should be independent.

    Raises
    ------
    InputError
        If no channel is open, or their number changes, or electrons stay too short, or the window is shorter
        than the correlation energies of `count` independent energies.
    """
    low, high = energies
    middle, window = (low + high) / 2, high - low
    channels = [strip_channels(mouth, energy) for energy in (low, high)]
    name = f"leads of {mouth} sites"
    if min(channels) == 0:
        first = 2 + 2 * np.cos(np.pi / (mouth + 1))
        raise InputError(
            f"the first threshold of {name} is at {-first:.3f} t and the last one at {first:.3f} t, and the energies "
            f"{low:g} to {high:g} t go beyond: no channel is open there; set energy, or a smaller window"
        )
    if channels[0] != channels[1]:
        raise InputError(
            f"{name} have {channels[0]} channels at {low:g} t and {channels[1]} at {high:g} t, the ends of "
            "the window; take a smaller window, or another energy"
        )
    ratio = filling(edge, disc, mouth, middle).ratio
    dwell = ratio * crossing_time(edge, middle)
    if ratio < LEAST:
        raise InputError(
            f"electrons stay {ratio:.1f} ergodic times in a cavity of {edge} sites with {name}, and random "
            f"matrices need {LEAST:g}; take a larger cavity, or smaller mouths"
        )
    if window < count / dwell:
        raise InputError(
            f"g is correlated over {1 / dwell:.2g} t, so that {count} independent energies need a window of "
            f"{count / dwell:.2g} t, got {window:g} t; take a wider one"
        )


def refuse_disc(
    disc: tuple[float, float, float], mouths: Sequence[tuple[float, float]], across: float
) -> None:
    """Refuse a disc that closes a mouth, or beside which one mouth sees the other.

    Parameters
    ----------
    disc : (float, float, float)
        Its centre (x, y) and its radius, sites.
    mouths : two of (float, float)
        Where the left mouth, at x = 0, and the right one, at x = `across`, begin and end along y.

    Raises
    ------
    InputError
        If the disc is too large or too small.
    """
    x0, y0, radius = disc
    for x, (low, high) in zip((0.0, across), mouths, strict=True):
        if np.hypot(x - x0, (low + high) / 2 - y0) < radius + high - low:
            raise InputError(
                f"a disc of radius {radius:.1f} closes a lead at a distance of "
                f"{np.hypot(x - x0, (low + high) / 2 - y0):.1f} sites; take a smaller disc"
            )
    for start in mouths[0]:
        for end in mouths[1]:
            slope = (end - start) / across
            if abs(start + slope * x0 - y0) > radius * np.hypot(1, slope):
                raise InputError(
                    f"beside a disc of radius {radius:.1f} one lead sees the other, and straight paths "
                    "are not random; take a larger disc"
                )
