"""What a field does to g of a rectangle, beside what theory says of it with the measured l."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.moments import mean, variance
from qtcore.theory.rectangle import DiffusiveRectangle


@dataclass(frozen=True)
class FieldChange:
    """A rectangle in several fields; e²/h per spin, NaN in fields without samples.

    Attributes
    ----------
    g : Estimate (flux,)
        Mean conductance.
    var_g : Estimate
        Variance of g without field.
    change : Estimate (flux,)
        <g(B) - g(0)>, sample by sample; NaN at zero.
    sigma : Estimate (flux,)
        Conductivity: the contact resistance 1/N is subtracted.
    path : Estimate
        l of N / (1 + L/l) = g in the strongest field, which leaves least of weak localization.
    cooperon, rest : (flux,) float arrays
        The change by theory with this l, and what theory leaves out.
    held : (flux,) bool array
        Where theory holds, by the golden rule alone.
    coherent : (flux,) float array
        The change by theory without probes; NaN for a sample that has none.
    """

    g: Estimate
    var_g: Estimate
    change: Estimate
    sigma: Estimate
    path: Estimate
    cooperon: Array
    rest: Array
    held: NDArray[np.bool_]
    coherent: Array


def field_change(rectangle: DiffusiveRectangle, flux: Array, samples: Array) -> FieldChange:
    """Return what a field does to g.

    Theory takes the measured l as it is: g is known to per mille, and a change hardly depends on l.

    Parameters
    ----------
    rectangle : DiffusiveRectangle
        What was solved.
    flux : (flux,) float array
        h/e per plaquette, increasing from zero.
    samples : (realization, flux) float array
        g in e²/h, all spins, the disorder of a realization the same in all fields.

    Raises
    ------
    Missing
        If fewer than eight realizations have all fields.
    """
    g, N = mean(samples / rectangle.spins), rectangle.channels(flux)
    strongest = np.flatnonzero(np.isfinite(g.values))[-1]
    path = rectangle.length / (N[strongest] / g[strongest] - 1)
    law, rest = rectangle.change(flux, float(path), g.values)
    coherent = np.full(flux.shape, np.nan)
    if rectangle.probes:
        there, largest = np.isfinite(law), float(g.values[strongest])
        coherent[there] = rectangle.with_phase_length(flux[there], float(path), largest, math.inf)
    return FieldChange(
        g=g,
        var_g=variance(samples[:, 0] / rectangle.spins),
        change=(g - g[0]).where(flux > 0),
        sigma=rectangle.length / rectangle.width / (1 / g - 1 / N),
        path=path,
        cooperon=law,
        rest=rest,
        held=rectangle.holds(flux),
        coherent=coherent,
    )
