"""Phase-coherence lengths from changes of the conductance in a field."""

import math

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate, stack
from qtcore.estimate.fit import fit
from qtcore.estimate.given import estimate_of, numbers
from qtcore.estimate.missing import Missing
from qtcore.theory.magnetoconductance import hikami_larkin_nagaoka
from qtcore.theory.rectangle import DiffusiveRectangle

FEWEST_FIELDS = 4
"""Fields, other than zero, that a fit needs."""

SEEN = 3.0
"""Standard errors that the largest change must have to be one."""


def fit_phase_length(
    rectangle: DiffusiveRectangle, flux: Array, change: Estimate, rest: Array, path: float, g: Array
) -> tuple[Estimate, float]:
    """Fit L_phi, the only free parameter of a rectangle's cooperon, to changes of g.

    Weights count what theory leaves out, which is most in strong fields.

    Parameters
    ----------
    rectangle : DiffusiveRectangle
        With probes, at whose L_phi the search begins.
    flux : (flux,) float array
        h/e per plaquette, increasing.
    change : Estimate (flux,)
        g(B) - g(0), e²/h per spin; NaN at zero and in fields that do not count.
    rest : (flux,) float array
        Half width of what theory leaves out of each change, same unit.
    path : float
        l of the DMPK equation, sites.
    g : (flux,) float array
        e²/h per spin.

    Returns
    -------
    length : Estimate
        L_phi, sites.
    left_out : float
        What 1/g, crossings and leads leave open in it, sites.

    Raises
    ------
    Missing
        If there are fewer than four fields, or no change beyond its errors.
    """
    here = np.isfinite(change.values)
    flux, change, rest, strongest = flux[here], change[here], rest[here], float(g[here][-1])
    _refuse_unseen(change)

    def curve(logarithm: float) -> Array:
        return rectangle.with_phase_length(flux, path, strongest, math.exp(logarithm))

    weights = change.covariance + np.diag(rest**2)
    found = fit(lambda p: curve(p[0]), change, [math.log(rectangle.phase_length)], weights)
    logarithm = found.coefficients[0]
    length: Estimate = np.exp(logarithm)  # type: ignore[assignment]
    relative = rectangle.relative_error(path, strongest)
    # An error of a share of the change is one of so many such shares of L_phi.
    per_size = abs(float(found.estimator[0] @ curve(float(logarithm))))
    return length, float(length) * per_size * relative


def fit_film(flux: ArrayLike, change: Estimate) -> Estimate:
    """Fit amplitude × (sigma(B) - sigma(0)) of Hikami, Larkin and Nagaoka to that of a film.

    The formula knows no leads: it needs samples of many L_phi. Weights are the measured covariance:
    common disorder makes neighbouring fields go together.

    Parameters
    ----------
    flux : (flux,) float array
        h/e per plaquette, without zero.
    change : Estimate (flux,)
        sigma(B) - sigma(0), e²/h per spin.

    Returns
    -------
    Estimate (2,)
        L_phi in sites, and the amplitude: 1 for one spin species without spin–orbit coupling, -1/2
        with a strong one.

    Raises
    ------
    InputError
        If a flux is zero or no number, the change is no Estimate, or the shapes differ.
    Missing
        If there are fewer than four fields, or no change beyond its errors.
    """
    through = np.abs(numbers(flux, "fluxes of a film", ndim=1))
    change = estimate_of(change, "the change of a film", through.shape)
    if not through.all():
        raise InputError(
            "fluxes of a film are other than zero, where nothing changes; leave it out"
        )
    _refuse_unseen(change)
    start = 0.5 * math.log(1 / (8 * math.pi * float(np.median(through))))
    found = fit(
        lambda p: p[1] * hikami_larkin_nagaoka(through, math.exp(p[0])),
        change,
        [start, math.copysign(1.0, float(change.values.sum()))],
        change.covariance,
    )
    logarithm, amplitude = found.coefficients
    return stack([np.exp(logarithm), amplitude])


def _refuse_unseen(change: Estimate) -> None:
    """Raise Missing unless there is a change to fit."""
    if len(change) < FEWEST_FIELDS:
        raise Missing(
            f"a fit of L_phi needs at least {FEWEST_FIELDS} fields other than zero, got {len(change)}"
        )
    sizes = np.abs(change.values)
    if not (sizes >= SEEN * change.error)[change.error > 0].any():
        errors = np.where(change.error > 0, change.error, np.inf)
        raise Missing(
            "the magnetoconductance does not leave its errors (largest change "
            f"{float((sizes / errors).max()):.1f} standard errors): no L_phi can be fitted; compute "
            "more realizations or stronger fields"
        )
