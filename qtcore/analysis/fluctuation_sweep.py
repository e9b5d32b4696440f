"""What a sweep of conductance fluctuations must hold for its analysis."""

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from qtcore.analysis.half_width import FEWEST_REALIZATIONS
from qtcore.analysis.statistics import Array
from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.born import scattering_rates
from qtcore.theory.diffusion import Diffusion, classical_diffusion, golden_rule_wire
from qtcore.theory.field import cyclotron_radius
from qtcore.theory.moved_impurity import scattering_strength
from qtcore.theory.universal import energy_correlation, rectangle_field_correlation

log = logging.getLogger(__name__)

SAMPLES = 8
"""Single samples whose fingerprints the definition computes."""

CORRELATED = 10.0, 1.5
"""Half widths are found from L = 10 l to 3/2 N l, in wires longer than wide: a decade in energy."""

SETTLED = 20.0, 1.25
"""They are compared with theory, number by number, from 20 l to 5/4 N l."""


def within(
    window: tuple[float, float], length: Array, width: float, flow: Diffusion
) -> NDArray[np.bool_]:
    """Return which lengths (sites) lie from so many l to so many N l, and are no shorter than wide."""
    shortest, longest = window[0] * flow.mean_free_path, window[1] * flow.conductivity
    return np.asarray((length >= max(shortest, width)) & (length <= longest))


def refuse_fluctuations(given: Any) -> None:
    """Raise InputError unless a sweep has what its analysis needs; warn of edge states.

    Parameters
    ----------
    given : Preset
        With the axes `width`, `disorder`, `flux`, `energy`, the lengths, the realizations and the
        constants of the workflow, each by its name.
    """
    _refuse_few(given.var_error, given.realizations)
    needed = {
        "width": [given.main_width],
        "disorder": [given.main_disorder],
        "energy": [given.fermi],
        "flux": [0.0, given.background],
        "impurity": [0, 1, 2],
        "lengths": [given.fingerprint_length],
    }
    for axis, values in needed.items():
        for value in values:
            if not np.isclose(getattr(given, axis), value, rtol=0, atol=1e-12).any():
                raise InputError(
                    f"the sweep has no {axis} = {value:g}, which its analysis needs; add it: "
                    f"--set {axis}={value:g},…"
                )
    flux = np.asarray(given.flux)
    small = flux[np.abs(flux) < given.background]
    for value in small[~np.isclose(small[:, None], -small, rtol=0, atol=1e-12).any(axis=1)]:
        raise InputError(f"fingerprints need both signs of the flux: add {-value:g} to {value:g}")
    scattering_strength(given.fermi, given.potential)
    _refuse_short_ranges(given)
    for width in given.width:
        largest = np.abs(flux).max() if width == given.main_width else given.background
        _warn_of_edge_states(int(width), float(largest), given.fermi)


def _refuse_few(error: float, count: Any) -> None:
    if not error > 0:
        raise InputError(f"var_error, a relative standard error, must be > 0, got {error:g}")
    fewest, needed = int(np.min(count)), math.ceil(2 / error**2)
    if fewest < FEWEST_REALIZATIONS:
        raise InputError(
            f"half widths with an error need at least {FEWEST_REALIZATIONS} realizations, got "
            f"{fewest}; compute more: --realizations {FEWEST_REALIZATIONS} or above"
        )
    if fewest < needed:
        raise InputError(
            f"var g to {error:g} needs {needed} realizations, got {fewest}; compute more, or ask "
            "for less with --set var_error="
        )


def _refuse_short_ranges(given: Any) -> None:
    """Raise InputError unless golden-rule correlations fall below one half within the sweep."""
    width, energy = int(given.main_width), float(given.fermi)
    rates = scattering_rates(Square(width), energy, given.main_disorder, given.background)
    flow = classical_diffusion(rates, golden_rule_wire(rates)[0], energy, width)
    length = np.asarray(given.lengths, dtype=float)
    chosen = length[within(CORRELATED, length, width, flow)]
    if chosen.size < 2:
        raise InputError(
            f"fewer than two lengths are those of a diffusive wire: at width {width} and disorder "
            f"{given.main_disorder:g} they go from 10 l = {10 * flow.mean_free_path:.0f} to 3/2 N l "
            f"= {1.5 * flow.conductivity:.0f} sites, got {', '.join(f'{L:g}' for L in length)}"
        )
    shortest = float(chosen.min())
    felt = shortest + flow.outside
    thouless = flow.constant / felt**2
    curves: dict[str, tuple[Callable[[float], float], float]] = {
        "energy": (
            lambda e: float(energy_correlation(np.array(e / thouless), felt / width)),
            -math.inf,
        ),
        "flux": (
            lambda q: rectangle_field_correlation(q * felt * width, felt / width),
            given.background,
        ),
    }
    for axis, (curve, start) in curves.items():
        values = [value for value in getattr(given, axis) if value >= start]
        span = max(values) - min(values)
        if curve(span) > 0.5:
            half = brentq(lambda shift, curve=curve: curve(shift) - 0.5, span, 1e3 * span + 1e-2)
            raise InputError(
                f"the correlation window is longer than the data: at L = {shortest:g} half of the "
                f"correlation in {axis} is lost over about {half:.2g}, and the sweep spans "
                f"{span:.2g}; add values with --set {axis}=, or leave out the shorter lengths"
            )


def _warn_of_edge_states(width: int, flux: float, energy: float) -> None:
    radius = cyclotron_radius(flux, energy)
    if radius < width:
        log.warning(
            "at the flux %g the cyclotron radius is %.0f sites, below the width %d: edge states "
            "form, which universal fluctuations know nothing of; use smaller fluxes",
            flux,
            radius,
            width,
        )
