"""Conductance fluctuations of diffusive strips: their size, and how fast they forget.

Shape, field and correlations are those of universal fluctuations (`qtcore.theory.universal`), with
the lengths, the diffusion constant and the flux that classical transport gives (`Diffusion`). Where a
wire comes near its localization length the variance follows DMPK (`qtcore.theory.dmpk`).

What this leaves out is computed from theory, never from measured numbers:

- ladders instead of diffusons, of order (l/L)². This is the order of magnitude, not the number: at 14 l
  variances are found 4 to 6 % above theory and ladders account for 3; at 10 l half widths in energy and
  field 14 and 26 % above it, and ladders account for 4. These excesses fall with (l/L)²;
- the next orders in 1/g: variances have them from DMPK, up to the last two terms of its series. Of
  other quantities they are not known; their size is taken to be that of the variance.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.theory.diffusion import Diffusion
from qtcore.theory.dmpk import universality
from qtcore.theory.moved_impurity import Strip, moved_correlation, scattering_strength
from qtcore.theory.universal import (
    ballistic_share,
    energy_correlation,
    rectangle_field_correlation,
    variance_in_field,
)

Array = NDArray[np.float64]

LARGEST_SHARE = 0.03
"""Variances hold where ladders differ from diffusons by less: L > 13 l or so."""


class StripVariance(NamedTuple):
    """The variance of g, e²/h per spin squared, each (length,).

    Attributes
    ----------
    value : float array
        The variance.
    left_out : float array
        Size of what it leaves out, same unit.
    holds : bool array
        Where it may be compared: diffusive, and L < N l, beyond which DMPK's series in L / Nl is of
        no use.
    """

    value: Array
    left_out: Array
    holds: NDArray[np.bool_]


def strip_variance(length: Array, flow: Diffusion) -> StripVariance:
    """Return the variance of g of strips of some lengths (sites)."""
    felt = length + flow.outside
    through = flow.flux * flow.width * felt * flow.flux_kept
    shape = np.array(
        [variance_in_field(q, L / flow.width) for q, L in zip(through, felt, strict=True)]
    )
    in_wires, series = universality(length / flow.mean_free_path, flow.channels, flow.beta)
    ballistic = np.array([ballistic_share(L, flow.width, flow.step) for L in felt])
    value = shape * in_wires
    holds = (ballistic < LARGEST_SHARE) & (length <= flow.conductivity)
    return StripVariance(value, (ballistic + series / in_wires) * value, holds)


def next_order(length: Array, flow: Diffusion) -> Array:
    """Return the relative size of the next orders in 1/g, (length,), for beta = 2 (DMPK)."""
    in_wires, series = universality(length / flow.mean_free_path, flow.channels, 2)
    return np.asarray(np.abs(in_wires - 1) + series)


def thouless_energy(length: Array, flow: Diffusion) -> Array:
    """Return ħD / (L + z)², (length,), units of t."""
    return np.asarray(flow.constant / (length + flow.outside) ** 2)


def correlation_in_energy(
    shifts: Array, length: Array, flow: Diffusion, *, ladder: bool = False
) -> Array:
    """Return <dg(E) dg(E + dE)> / <dg²>, (shift, length).

    Parameters
    ----------
    shifts : (shift,) float array
        dE, units of t.
    length : (length,) array
        Sites.
    flow : Diffusion
        Classical transport.
    ladder : bool
        Ladders instead of diffusons.
    """
    curves = [
        energy_correlation(shifts / unit, L / flow.width, flow.step / L if ladder else 0.0)
        for unit, L in zip(thouless_energy(length, flow), length + flow.outside, strict=True)
    ]
    return np.stack(curves, axis=1)


def correlation_in_field(
    shifts: Array, length: Array, flow: Diffusion, *, ladder: bool = False
) -> Array:
    """Return <dg(B) dg(B + dB)> / <dg²> without time-reversal symmetry, (shift, length).

    Parameters
    ----------
    shifts : (shift,) float array
        dB, h/e through a plaquette.
    length, flow, ladder
        As for `correlation_in_energy`.
    """
    step = flow.step / flow.width if ladder else 0.0
    per_site = shifts * flow.width * flow.flux_kept
    curves = [
        [rectangle_field_correlation(q, L / flow.width, step) for q in per_site * L]
        for L in length + flow.outside
    ]
    return np.array(curves).T


def correlation_of_moved(
    length: float, flow: Diffusion, sites: Sequence[tuple[int, int]], potential: float
) -> tuple[float, float]:
    """Return <dg dg'> / <dg²> when an impurity moves, and what it leaves out.

    Parameters
    ----------
    length : float
        Sites.
    flow : Diffusion
        Classical transport.
    sites : sequence of (slice, site)
        Where the impurity was and is.
    potential : float
        Of its site, units of t.
    """
    strength = scattering_strength(flow.energy, potential)
    places = [(x + (1 + flow.outside) / 2, y + 0.5) for x, y in sites]
    felt, sheet = length + flow.outside, flow.conductivity / flow.width
    ladder, diffuson = (
        moved_correlation(Strip(felt, flow.width, sheet, step), places, strength)
        for step in (flow.step, 0.0)
    )
    order = float(next_order(np.array([length]), flow)[0])
    return ladder, abs(ladder - diffuson) + order * (1 - ladder)
