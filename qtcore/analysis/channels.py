"""From stored transmission eigenvalues to moments, the Fano factor and crystallization."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from qtcore.analysis.born import Rates
from qtcore.analysis.eigenvalues import (
    DIFFUSIVE_SECOND_MOMENT,
    DIFFUSIVE_THIRD_MOMENT,
    diffusive_fano,
    of_channels,
    open_over_g,
)
from qtcore.analysis.points import described, over_points
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, are_enough, mean, quotient, ratio
from qtcore.analysis.theory import localization_length
from qtcore.errors import InputError

RESOLVED = 30.0
"""Mean ln T_1 - ln T_n up to which T_n is looked at: stores made before every T_n was known hold
rounding errors of the amplitudes in place of those below exp(-46) T_1, without saying so."""

CRYSTAL_FROM = 2.0
"""Shortest wire, over xi, in which the eigenvalues have crystallized."""

CRYSTAL = 3
"""Eigenvalues whose fall is fitted."""

_WORDS = {
    "g": ("e²/h per spin", "mean conductance"),
    "fano": ("", "Fano factor ⟨Σ T(1−T)⟩ / ⟨Σ T⟩"),
    "second_moment": ("", "⟨Σ T²⟩ / ⟨Σ T⟩"),
    "third_moment": ("", "⟨Σ T³⟩ / ⟨Σ T⟩"),
    "open_over_g": ("", "number of T > 1/2 over ⟨Σ T⟩"),
    "mean_ln_T": ("", "mean of ln T_n"),
    "gamma": ("1/sites", "Lyapunov exponent γ_n = −d⟨ln T_n⟩/2dL"),
    "spacing": ("", "γ_n / γ_1"),
    "mismatch": ("", "largest |Σ T_n / g − 1| of a sample"),
    "channels": ("", "open channels N"),
    "beta": ("", "symmetry index β"),
    "mean_free_path": ("sites", "mean free path l of the golden rule"),
    "localization_length": ("sites", "(β N + 2 − β) l of the golden rule"),
}


def analyse_channels(ds: xr.Dataset, rates_of: Callable[[Any], tuple[Rates, float]]) -> xr.Dataset:
    """Return moments of the eigenvalues of every point, and how they fall.

    Parameters
    ----------
    ds : xarray.Dataset
        With `ln_T` over axes, realization, length and channel.
    rates_of : callable(point) -> (Rates, beta)
        Golden-rule rates and the symmetry index of a point, a dataset with scalar coordinates.

    Raises
    ------
    InputError
        If the store holds no eigenvalues.
    """
    if "ln_T" not in ds:
        raise InputError(
            "the store holds no transmission eigenvalues (ln_T), only "
            f"{', '.join(map(str, ds.data_vars))}; run the sweep with observables=('ln_T', ...)"
        )
    axes = [str(d) for d in ds["ln_T"].dims if d not in ("realization", "length", "channel")]

    def of_point(at: xr.Dataset) -> xr.Dataset:
        rates, beta = rates_of(at)
        return _point(at, rates, beta)

    return described(over_points(ds, axes, of_point), _WORDS)


def _point(at: xr.Dataset, rates: Rates, beta: float) -> xr.Dataset:
    N = rates.channels
    length = at["length"].to_numpy().astype(float)
    there = at["ln_T"].isel(channel=0).notnull().any("realization").to_numpy()
    ln_T = at["ln_T"].transpose("realization", "length", "channel").to_numpy()[:, there]
    ln_T = of_channels(ln_T, N)
    T = np.exp(ln_T)
    above_half = np.where(np.isnan(T[..., 0]), np.nan, (T > 0.5).sum(axis=2))
    result = xr.Dataset(coords={"length": at["length"].variable, "n": np.arange(1, CRYSTAL + 1)})
    sums = {power: mean((T**power).sum(axis=2)) for power in (1, 2, 3)}
    second = quotient(sums[2], sums[1])
    curves = {
        "g": sums[1],
        "second_moment": second,
        "third_moment": quotient(sums[3], sums[1]),
        "fano": Curve(1 - second.values, -second.shares),
        "open_over_g": quotient(mean(above_half), sums[1]),
    }
    for name, curve in curves.items():
        result[name] = ("length", _spread(curve.values, there))
        result[f"{name}_error"] = ("length", _spread(curve.errors, there))
    for name, law in _theory(length / rates.mean_free_path, float(N), beta).items():
        result[f"{name}_theory"] = ("length", law)
    xi = localization_length(float(N), rates.mean_free_path, beta)
    for name in ("mean_ln_T", "mean_ln_T_error"):
        result[name] = (("length", "n"), np.full((len(length), CRYSTAL), np.nan))
    for name in ("gamma", "gamma_error", "spacing", "spacing_error"):
        result[name] = ("n", np.full(CRYSTAL, np.nan))
    first: Estimate | None = None
    for n in range(min(CRYSTAL, N)):
        # A mean of the logarithms needs those of all samples.
        seen = np.asarray((ln_T[:, :, n] != -np.inf).all(axis=0))
        falls = [mean(ln_T[:, seen, k]) for k in (0, n)]
        seen[seen] = falls[0].values - falls[1].values < RESOLVED
        fall = mean(ln_T[:, seen, n])
        for name, values in (("mean_ln_T", fall.values), ("mean_ln_T_error", fall.errors)):
            whole = np.full(len(seen), np.nan)
            whole[seen] = values
            result[name][:, n] = _spread(whole, there)
        window = np.flatnonzero(seen & (length[there] >= CRYSTAL_FROM * xi))
        gamma = _slope(ln_T[:, window, n], length[there][window])
        if gamma is None:
            continue
        result["gamma"][n], result["gamma_error"][n] = gamma.value, gamma.error
        first = gamma if n == 0 else first
        if first is not None:
            relative = ratio(gamma, first)
            result["spacing"][n], result["spacing_error"][n] = relative.value, relative.error
    if "ln_g" in at:
        ln_g = at["ln_g"].transpose("realization", "length").to_numpy()[:, there]
        result["mismatch"] = np.nanmax(np.abs(T.sum(axis=2) / np.exp(ln_g) - 1))
    result["spacing_theory"] = 1 + beta * (result["n"] - 1.0)
    result["channels"], result["beta"] = float(N), beta
    result["mean_free_path"], result["localization_length"] = rates.mean_free_path, xi
    return result


def _theory(s: Array, channels: float, beta: float) -> dict[str, Array]:
    """Return what diffusive wires of s mean free paths have; moments for beta = 2 only."""
    whole = np.full(len(s), 1.0 if beta == 2 else np.nan)
    return {
        "fano": diffusive_fano(s, channels, beta),
        "open_over_g": open_over_g(s, channels, beta),
        "second_moment": DIFFUSIVE_SECOND_MOMENT * whole,
        "third_moment": DIFFUSIVE_THIRD_MOMENT * whole,
    }


def _spread(values: Array, there: np.ndarray[Any, np.dtype[np.bool_]]) -> Array:
    full = np.full(len(there), np.nan)
    full[there] = values
    return full


def _slope(ln_T: Array, lengths: Array) -> Estimate | None:
    """Return -d<ln T>/2dL, or None where lengths or realizations are too few for its error."""
    if len(lengths) < 3 or not are_enough(ln_T, len(lengths)):
        return None
    design = np.stack([np.ones_like(lengths), lengths], axis=1)
    falling = fit_linear(mean(ln_T), design).coefficients[1]
    return Estimate(-falling.value / 2, -falling.shares / 2)
