"""How fast diffusive strips forget: half widths of correlations against length, measured and expected.

Half widths are found from 10 l to 3/2 N l, over a decade in energy, and compared with theory, number
by number, from 20 l to 5/4 N l, where what theory leaves out is small. A length outside the second
window may have no half width; it is told, and the others are compared.
"""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtcore.errors import InputError, listed, setting
from qtcore.estimate.correlation import correlation, distances
from qtcore.estimate.estimate import Array, Estimate, stack
from qtcore.estimate.fit_linear import fit_line
from qtcore.estimate.half_width import crossing, half_width
from qtcore.estimate.missing import Missing, attempt
from qtcore.theory.diffusion import Diffusion
from qtcore.theory.strip_fluctuations import next_order

log = logging.getLogger(__name__)

CORRELATED, SETTLED = (10.0, 1.5), (20.0, 1.25)
"""From so many l to so many N l half widths are found, and compared."""

_FEWEST = 2
"""Lengths that have a half width."""

UNSURE = 0.2
"""So much, as a part of it, the measured l may differ from that of the golden rule."""

NEAR = 0.05
"""Energies lie so near to the one whose wire they are compared with, as a part of it."""

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
    length, felt : (length,) float arrays
        Lengths, and the same with what the leads add, L + z; sites.
    why : str
        Why half widths are not compared elsewhere.
    """

    correlation: Array
    half: Array
    left_out: Array
    holds: NDArray[np.bool_]
    length: Array
    felt: Array
    why: str = "shorter than 20 l or longer than 5/4 N l"

    @property
    def half_width(self) -> tuple[Array, Array, NDArray[np.bool_], str]:
        """Half widths, what they leave out, where they hold and why not elsewhere: an `Expected`."""
        return self.half, self.left_out, self.holds, self.why

    def power(self, half: Estimate) -> tuple[float, float]:
        """Return the power of L + z in half widths, -2, and what it leaves out: an `Expected`.

        Both ends may be wrong by what theory leaves out there.

        Parameters
        ----------
        half : Estimate (length,)
            Measured half widths, NaN where there is none. The power is that of the others.
        """
        there = np.flatnonzero(np.isfinite(self.half) & np.isfinite(half.values))
        if len(there) < _FEWEST:
            return -2.0, float("nan")
        ends = there[[0, -1]]
        share = (self.left_out / self.half)[ends]
        return -2.0, float(share.sum() / np.ptp(np.log(self.felt[ends])))


Halves = Sequence[Estimate | float | Missing]
"""Half widths, one for each length: NaN where none is asked for, `Missing` where there is none."""


def measured(x: ArrayLike, g: Array, length: Array, flow: Diffusion) -> tuple[Estimate, Halves]:
    """Return correlations over the distances of x, (shift, length), and half widths of all lengths.

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

    Returns
    -------
    curve : Estimate (shift, length)
        NaN at lengths that are not diffusive.
    halves : list
        For each length an Estimate, NaN, or the `Missing` that says why it has no half width.

    Raises
    ------
    Missing
        If too few lengths are diffusive.
    """
    there, _ = _windows(length, flow)
    curve, shifts = correlation(x, g).where(there), distances(x)
    return curve, [attempt(half_width, shifts, curve[:, n]) for n in range(len(length))]


def expected(x: ArrayLike, law: Law, length: Array, flow: Diffusion) -> Forgetting:
    """Return the same from theory; parameters as in `measured`, and the theory `law`.

    Half widths go through the same fit on the same shifts as measured ones, so that what the fit
    leaves out cancels. They leave out what ladders make different, and the next orders in 1/g.
    """
    there, settled = _windows(length, flow)
    shifts = distances(x)
    diffuson, ladder = np.full((2, len(shifts), len(length)), np.nan)
    diffuson[:, there] = law(shifts, length[there], flow)
    ladder[:, there] = law(shifts, length[there], flow, ladder=True)
    half = crossing(shifts, diffuson)
    if np.isnan(half[settled]).any():
        L = length[settled & np.isnan(half)][0]
        raise Missing(
            f"at L = {L:g} theory does not cross one half between the shifts {shifts[1]:.2g} and "
            f"{shifts[-1]:.2g}; store values over another range"
        )
    left_out = np.abs(crossing(shifts, ladder) - half) + next_order(length, flow) * half
    return Forgetting(diffuson, half, left_out, settled, length, length + flow.outside)


def power_law(halves: Halves, law: Forgetting) -> Estimate:
    """Return the power of L + z with which half widths go, -2 if they go as the Thouless energy.

    What the shape of the strip adds is taken off first, as theory says it. All lengths count alike: a
    half width that is small by chance has a small error as well, and weights from measured errors
    would favour it.

    Parameters
    ----------
    halves : sequence
        Half widths in energy, as `measured` returns them.
    law : Forgetting
        Theory of the same lengths.

    Raises
    ------
    Missing
        If a length that is compared with theory has no half width, or fewer than two lengths have one.
    """
    whys = {n: one for n, one in enumerate(halves) if isinstance(one, Missing)}
    half = stack([np.nan if isinstance(one, Missing) else one for one in halves])
    there = np.isfinite(half.values) & np.isfinite(law.half)
    for n, why in whys.items():
        if law.holds[n] or there.sum() < _FEWEST:
            raise Missing(f"at L = {law.length[n]:g} {why}")
    felt = law.felt[there]
    logs: Estimate = np.log(half[there] / (law.half[there] * felt**2))
    return fit_line(np.log(felt), logs, np.eye(len(felt))).coefficients[1]


def near(energies: ArrayLike, energy: float) -> Array:
    """Return energies, all of which lie near the one whose l, N and D theory takes; units of t.

    Raises
    ------
    Missing
        If one lies farther away than `NEAR` of it, with the axis that may be meant.
    """
    given = np.asarray(energies, dtype=np.float64)
    most = NEAR * abs(energy)
    away = np.abs(given - energy)
    if away.max() <= most * (1 + 1e-9):
        return given
    # One energy that was added to a range of others: the range is meant.
    ruler = np.sort(given[away > most] if (away <= most).sum() < 2 else given)
    moved = setting("energy", ruler - ruler[0] + energy)
    remedy = f"move the whole axis{moved and ', '}{moved}"
    if np.ptp(ruler) > most:
        remedy = "give a shorter range that begins there, with --set energy="
    raise Missing(
        f"half widths are measured over all energies and compared with l, N and D at {energy:g}, so "
        f"that all energies must lie within {most:.2g} of it, got {listed(given.tolist())}; "
        f"{remedy}"
    )


def refuse_energies(energies: ArrayLike, law: Law, length: Array, flow: Diffusion) -> None:
    """Raise InputError unless half widths in energy can be found, and compared with theory.

    They must lie `near` the energy of the theory; the rest as in `refuse_short_range`. A warning is
    logged if lengths can be compared only with an l that differs a little from that of the golden
    rule.

    Parameters
    ----------
    energies : (n,) float array
        Values of the axis `energy`, units of t.
    law, length, flow
        As in `expected`.
    """
    refuse_short_range("energy", near(energies, flow.energy), law, length, flow)
    if doubt := _doubt(length, flow):
        log.warning("%s", doubt)


def refuse_short_range(axis: str, x: ArrayLike, law: Law, length: Array, flow: Diffusion) -> None:
    """Raise InputError unless half widths can be found, and compared with theory.

    By theory alone, before anything is computed: whether enough lengths lie in both windows, and
    whether the correlation falls to one half within the values of the axis.

    Parameters
    ----------
    axis : str
        For the message; `x`, `law`, `length` and `flow` as in `expected`.
    """
    shortest = length[_diffusive(length, flow, CORRELATED, _FEWEST, stored=False)][:1]
    _doubt(length, flow)
    span = np.ptp(np.asarray(x), keepdims=True)
    left = float(law(span, shortest, flow)[0, 0])
    if left > 0.5:
        raise InputError(
            f"the correlation window is longer than the data: L = {shortest[0]:g} keeps "
            f"{100 * left:.0f} % of its correlation over the {span[0]:.2g} of {axis} that the sweep "
            f"spans, and must lose half of it; add values with --set {axis}=, or leave out the "
            "shorter lengths"
        )


def _doubt(length: Array, flow: Diffusion) -> str:
    """Refuse lengths of which none can be compared with theory; say so if perhaps none can.

    Strong disorder makes l shorter than the golden rule says, so that only samples can tell where
    the window is.
    """
    if flow.window(length, *SETTLED).any():
        return ""
    why = _too_few(length, flow, SETTLED, 1, stored=False)
    paths = np.linspace(1 - UNSURE, 1 + UNSURE, 9) * flow.mean_free_path
    if not any(flow.with_path(path).window(length, *SETTLED).any() for path in paths):
        raise InputError(why)
    return f"with l = {flow.mean_free_path:.3g} of the golden rule, {why}"


def _windows(length: Array, flow: Diffusion) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return at which stored lengths half widths are found, and at which they are compared."""
    return (
        _diffusive(length, flow, CORRELATED, _FEWEST, stored=True),
        _diffusive(length, flow, SETTLED, 1, stored=True),
    )


def _diffusive(
    length: Array, flow: Diffusion, window: tuple[float, float], fewest: int, *, stored: bool
) -> NDArray[np.bool_]:
    """Return which lengths lie in a window, or raise Missing, with what to change, if too few do.

    `stored` says whether there are samples already, to which no lengths can be added.
    """
    there = flow.window(length, *window)
    if there.sum() < fewest:
        raise Missing(_too_few(length, flow, window, fewest, stored=stored))
    return there


def _too_few(
    length: Array, flow: Diffusion, window: tuple[float, float], fewest: int, *, stored: bool
) -> str:
    """Say which lengths a window lacks, or that a wire has too few channels for any."""
    shortest = max(window[0] * flow.mean_free_path, flow.width)
    longest = window[1] * flow.conductivity
    words = f"diffusive wires from {window[0]:g} l to {window[1]:g} N l"
    there = ", into another --store: one pass along a wire makes all lengths" if stored else ""
    anew = ", in another --store" if stored else ""
    if shortest > longest:
        own = f"N = {flow.channels} channels are too few, because"
        if flow.width > window[0] * flow.mean_free_path:  # then l is short, whatever N is
            own = f"the disorder is too strong, because wires are no shorter than wide ({flow.width}) and"
            remedy = "weaker disorder"
        else:
            least = int(np.ceil(max(first / last for first, last in (CORRELATED, SETTLED))))
            remedy = f"a wider wire, which has more channels ({least} at least)"
        return (
            f"half widths need {words}, and no length is one: {own} these are {shortest:.0f} to "
            f"{longest:.0f} sites; take {remedy}{anew}"
        )
    got = ", ".join(f"{L:g}" for L in length)
    return (
        f"half widths need {fewest} or more lengths of {words}, {shortest:.0f} to {longest:.0f} sites, got "
        f"{got}; add some with --set lengths={there}"
    )
