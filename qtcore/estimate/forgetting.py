"""How fast diffusive strips forget: half widths of correlations against length, measured and expected.

Half widths are found from 10 l to 3/2 N l, over a decade in energy, and compared with theory, number
by number, from 20 l to 5/4 N l, where what theory leaves out is small.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError
from qtcore.estimate.correlation import correlation, distances
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import fit_line
from qtcore.estimate.half_width import crossing, half_width
from qtcore.estimate.missing import Missing
from qtcore.theory.diffusion import Diffusion
from qtcore.theory.strip_fluctuations import next_order

CORRELATED, SETTLED = (10.0, 1.5), (20.0, 1.25)
"""From so many l to so many N l half widths are found, and compared."""

_FEWEST = 2
"""Lengths that have a half width."""

Law = Callable[..., Array]
"""A correlation from theory: (shifts, length, flow, ladder=…) -> (shift, length)."""


class Forgetting(NamedTuple):
    """What theory says of correlations, NaN at lengths that have no half width.

    Attributes
    ----------
    correlation : (shift, length) float array
        Of diffusons.
    half, left_out : (length,) float arrays
        Its half width, and what that leaves out, in units of the shift.
    holds : (length,) bool array
        Where half widths are compared.
    felt : (length,) float array
        Lengths with what the leads add, L + z, sites.
    why : str
        Why half widths are not compared elsewhere.
    """

    correlation: Array
    half: Array
    left_out: Array
    holds: NDArray[np.bool_]
    felt: Array
    why: str = "shorter than 20 l or longer than 5/4 N l"

    @property
    def half_width(self) -> tuple[Array, Array, NDArray[np.bool_], str]:
        """Half widths, what they leave out, where they hold and why not elsewhere: an `Expected`."""
        return self.half, self.left_out, self.holds, self.why

    @property
    def power_left_out(self) -> float:
        """What theory leaves out of a power of L + z: both ends wrong by what it leaves out there."""
        ends = np.flatnonzero(np.isfinite(self.half))[[0, -1]]
        share = (self.left_out / self.half)[ends]
        return float(share.sum() / np.ptp(np.log(self.felt[ends])))


def measured(x: ArrayLike, g: Array, length: Array, flow: Diffusion) -> tuple[Estimate, Estimate]:
    """Return correlations over the distances of x, (shift, length), and half widths, (length,).

    Parameters
    ----------
    x : (x,) float array
        Energies, fields or another parameter.
    g : (realization, x, length) float array
        Conductances of the same samples.
    length : (length,) array
        Sites.
    flow : Diffusion
        Classical transport, which says which lengths are diffusive; both are NaN at the others.

    Raises
    ------
    Missing
        If too few lengths are diffusive, or one of them has no half width.
    """
    there = _diffusive(length, flow, CORRELATED, _FEWEST)
    _diffusive(length, flow, SETTLED, 1)
    curve = correlation(x, g).where(there)
    return curve, half_width(distances(x), curve, [f"L = {L:g}" for L in length])


def expected(x: ArrayLike, law: Law, length: Array, flow: Diffusion) -> Forgetting:
    """Return the same from theory; parameters as in `measured`, and the theory `law`.

    Half widths go through the same fit on the same shifts as measured ones, so that what the fit
    leaves out cancels. They leave out what ladders make different, and the next orders in 1/g.
    """
    there = _diffusive(length, flow, CORRELATED, _FEWEST)
    settled = _diffusive(length, flow, SETTLED, 1)
    shifts = distances(x)
    diffuson, ladder = np.full((2, len(shifts), len(length)), np.nan)
    diffuson[:, there] = law(shifts, length[there], flow)
    ladder[:, there] = law(shifts, length[there], flow, ladder=True)
    half = crossing(shifts, diffuson)
    left_out = np.abs(crossing(shifts, ladder) - half) + next_order(length, flow) * half
    return Forgetting(diffuson, half, left_out, settled, length + flow.outside)


def power_law(half: Estimate, law: Forgetting) -> Estimate:
    """Return the power of L + z with which half widths go, -2 if they go as the Thouless energy.

    What the shape of the strip adds is taken off first, as theory says it. All lengths count alike: a
    half width that is small by chance has a small error as well, and weights from measured errors
    would favour it.

    Parameters
    ----------
    half : Estimate (length,)
        Half widths in energy; NaN where there is none.
    law : Forgetting
        Theory of the same lengths.
    """
    there = np.isfinite(half.values)
    felt = law.felt[there]
    logs: Estimate = np.log(half[there] / (law.half[there] * felt**2))
    return fit_line(np.log(felt), logs, np.eye(len(felt))).coefficients[1]


def refuse_short_range(axis: str, x: ArrayLike, law: Law, length: Array, flow: Diffusion) -> None:
    """Raise InputError unless theory falls to one half within the values of an axis.

    Parameters
    ----------
    axis : str
        For the message; `x`, `law`, `length` and `flow` as in `expected`.
    """
    shortest = length[_diffusive(length, flow, CORRELATED, _FEWEST)][:1]
    span = np.ptp(np.asarray(x), keepdims=True)
    left = float(law(span, shortest, flow)[0, 0])
    if left > 0.5:
        raise InputError(
            f"the correlation window is longer than the data: L = {shortest[0]:g} keeps "
            f"{100 * left:.0f} % of its correlation over the {span[0]:.2g} of {axis} that the sweep "
            f"spans, and must lose half of it; add values with --set {axis}=, or leave out the "
            "shorter lengths"
        )


def _diffusive(
    length: Array, flow: Diffusion, window: tuple[float, float], fewest: int
) -> NDArray[np.bool_]:
    """Return which lengths lie in a window, or raise Missing if they are too few."""
    there = flow.window(length, *window)
    if there.sum() < fewest:
        first, last = window[0] * flow.mean_free_path, window[1] * flow.conductivity
        raise Missing(
            f"half widths need {fewest} or more lengths of diffusive wires from {window[0]:g} l to "
            f"{window[1]:g} N l, {first:.0f} to {last:.0f} sites, got "
            f"{', '.join(f'{L:g}' for L in length)}; add some with --set lengths="
        )
    return there
