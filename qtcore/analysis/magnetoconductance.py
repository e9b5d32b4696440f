"""From g of samples in a field to weak localization: crossovers, logarithms, phase lengths.

Everything is per spin: with spin–orbit coupling half of g, in 2e²/h. Fields share their disorder,
so differences between them have errors well below those of g itself. Theory, and what it leaves
out, is that of `crossover`.
"""

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import least_squares

from qtcore.analysis.crossover import (
    SHORTEST,
    crossover,
    holds,
    left_out,
    relative_error,
    transport_path,
    whole_crossover,
)
from qtcore.analysis.points import described
from qtcore.analysis.rectangles import Sample, refuse_unless_from_zero
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, mean
from qtcore.analysis.weak_localization import fit_phase_length
from qtcore.solve.scattering import open_channels

WIRE_CORRECTION = -1 / 3
"""Weak localization of a long wire without spin–orbit coupling, e²/h per spin."""

KNOWN = 0.5
"""Share of the change that theory may leave out and still be compared."""

_WORDS = {
    "g": ("e²/h per spin", "mean conductance"),
    "change": ("e²/h per spin", "⟨g(B) − g(0)⟩"),
    "change_theory": ("e²/h per spin", "⟨g(B) − g(0)⟩ of the cooperon of the rectangle"),
    "change_left_out": ("e²/h per spin", "what the theory of the change leaves out"),
    "sigma": ("e²/h per spin", "conductivity, contact resistance 1/N subtracted"),
    "correction": ("e²/h per spin", "weak localization of a long wire, by the crossover's size"),
    "correction_theory": ("e²/h per spin", "−1/3, or +1/6 with spin–orbit coupling"),
    "correction_left_out": ("e²/h per spin", "what the theory of the crossover leaves out of it"),
    "channels": ("", "open channels per spin, without field"),
    "mean_free_path": ("sites", "mean free path l from g in the strongest field"),
    "phase_length": ("sites", "L_φ, fit of the cooperon of the rectangle"),
    "phase_length_left_out": ("sites", "what the theory of the crossover leaves out of it"),
    "film_phase_length": ("sites", "L_φ, fit of Hikami, Larkin and Nagaoka"),
    "film_phase_length_left_out": ("sites", "transport mean free path, what leads cut off"),
    "film_amplitude": ("", "α of that fit: 1, or −1/2 with spin–orbit coupling"),
    "film_amplitude_left_out": ("", "what leads and walls change of α, next order in 1/g"),
    "probe_length": ("sites", "√(D / 2η) of the probes"),
    "slope": ("e²/h per spin", "dσ / d ln L between the two largest squares"),
    "slope_theory": ("e²/h per spin", "dσ / d ln L, cooperon of both"),
    "slope_left_out": ("e²/h per spin", "what the theory of the slope leaves out"),
}


def analyse(ds: xr.Dataset, samples: Sequence[Sample]) -> xr.Dataset:
    """Return changes in the field beside their theory, and what follows from them.

    Parameters
    ----------
    ds : xarray.Dataset
        With g (e²/h, all spins) over sample, flux, realization and length.
    samples : sequence of Sample
        What the coordinate `sample` counts.
    """
    flux = ds["flux"].to_numpy()
    refuse_unless_from_zero(flux.tolist())
    parts = []
    for number in ds["sample"].to_numpy():
        sample = samples[number]
        g = ds["g"].sel(sample=number, length=sample.length).transpose("realization", "flux")
        there = np.isfinite(g.to_numpy()).any(axis=0)
        channels = np.array([open_channels(sample.wire(B), sample.energy) for B in flux[there]])
        values = g.to_numpy()[:, there] / sample.spins
        found = _of_sample(sample, flux[there], values, channels / sample.spins)
        parts.append(found.reindex(flux=flux).expand_dims(sample=[number]))
    result = xr.concat(parts, "sample").assign_coords(flux=ds["flux"].variable)
    result = result.merge(_of_films(result, [samples[i] for i in ds["sample"].to_numpy()]))
    result.attrs = dict(ds.attrs)
    return described(result, _WORDS)


def compared_fields(at: xr.Dataset, sample: Sample) -> list[xr.Dataset]:
    """Return a coherent sample's results in fields whose change has a theory; a film's last one.

    Parameters
    ----------
    at : xarray.Dataset
        Results of the sample, over flux.
    sample : Sample
        The sample.
    """
    known = np.flatnonzero(at["change_theory"].notnull() & (at["flux"] > 0))
    if sample.probes:
        return []
    return [at.isel(flux=i) for i in (known[-1:] if sample.is_film else known)]


def compared_slopes(result: xr.Dataset) -> list[xr.Dataset]:
    """Return d sigma / d ln L with a theory, without and with spin–orbit coupling.

    In the weakest and the strongest field only.
    """
    found = []
    for row in range(result.sizes["spins"]):
        at = result.isel(spins=row)
        known = np.flatnonzero(at["slope_theory"].notnull())
        found += [at.isel(flux=i) for i in known[:: max(1, len(known) - 1)]]
    return found


def _of_sample(sample: Sample, flux: Array, g: Array, N: Array) -> xr.Dataset:
    """Return what one sample says: over flux, and as a whole."""
    L, M = sample.length, sample.width
    mean_g = mean(g)
    # The strongest field leaves least of weak localization.
    path = L / (N[-1] / mean_g.values[-1] - 1)
    change = mean(g[:, 1:] - g[:, :1])
    resistance = 1 / mean_g.values - 1 / N
    sigma = Curve(L / M / resistance, mean_g.shares * L / M / (resistance * mean_g.values) ** 2)
    strong_g = float(mean_g.values[-1])
    theory = crossover(sample, flux[1:], path, sample.probe_length, strong_g)
    missing = left_out(sample, flux[1:], path, mean_g.values, N)
    single = {"channels": N[0], "mean_free_path": path, "probe_length": sample.probe_length}
    # Weights count what theory leaves out, which is most in strong fields.
    weights = change.covariance + np.diag(missing**2)
    # What is left out must be a part of the change.
    is_known = (missing < KNOWN * np.abs(theory)) & holds(sample, flux[1:], path)
    single |= _correction(sample, change, theory, missing, is_known)
    phase = _phase_lengths(sample, flux[1:], change, weights, path, strong_g)
    result = xr.Dataset(coords={"flux": flux})
    for name, curve in (("g", mean_g), ("sigma", sigma)):
        result[name], result[f"{name}_error"] = ("flux", curve.values), ("flux", curve.errors)
    from_zero = {"change": change.values, "change_error": change.errors}
    from_zero["change_left_out"] = missing
    from_zero["change_theory"] = np.where(is_known, theory, np.nan)
    for name, values in from_zero.items():
        result[name] = ("flux", np.append(0, values))
    return result.assign(single | phase)


def _size(change: Curve, theory: Array, weights: Array, fields: NDArray[np.bool_]) -> Estimate:
    """Return a change over its theory, from some of the fields."""
    there = Curve(change.values[fields], change.shares[:, fields])
    return fit_linear(there, theory[fields, None], weights[np.ix_(fields, fields)]).coefficients[0]


def _correction(
    sample: Sample, change: Curve, theory: Array, missing: Array, known: NDArray[np.bool_]
) -> dict[str, float]:
    """Return weak localization of a long wire by the size of the change where it has a theory."""
    long = WIRE_CORRECTION * sample.strength
    found = dict.fromkeys(("", "_error", "_left_out"), math.nan)
    if known.any():
        weights = change.covariance + np.diag(missing**2)
        size = _size(change, theory, weights, known)
        systematic = _size(Curve(np.sign(theory) * missing, change.shares), theory, weights, known)
        found = {
            "": long * size.value,
            "_error": abs(long) * size.error,
            "_left_out": abs(long * systematic.value),
        }
    return {f"correction{name}": value for name, value in found.items()} | {
        "correction_theory": long
    }


def _phase_lengths(
    sample: Sample,
    flux: Array,
    change: Curve,
    weights: Array,
    path: float,
    g: float,
) -> dict[str, float]:
    """Return L_phi by the cooperon of the rectangle and by the formula for films."""
    if not sample.probes:
        names = ("phase_length", "film_phase_length", "film_amplitude")
        kinds = ("", "_error", "_left_out")
        return {f"{name}{kind}": math.nan for name in names for kind in kinds}
    M, L = sample.width, sample.length
    # What theory leaves out of a change, over it.
    relative = relative_error(sample, path, g)
    whiten = np.linalg.inv(np.linalg.cholesky(weights))

    def model(logarithm: float) -> Array:
        return np.asarray(whiten @ crossover(sample, flux, path, math.exp(logarithm), g))

    def residual(logarithm: Array) -> Array:
        return np.asarray(model(float(logarithm[0])) - whiten @ change.values)

    fit = least_squares(residual, np.array([math.log(sample.probe_length)]))
    step = 1e-3
    slope = (model(fit.x[0] + step) - model(fit.x[0] - step)) / (2 * step)
    # One Gauss-Newton step shares the deviation out among realizations.
    shares = change.shares @ whiten.T @ slope / (slope @ slope)
    length = math.exp(fit.x[0])
    # An error of a share of the change is one of so many such shares of L_phi.
    missed = abs(float(slope @ model(fit.x[0]) / (slope @ slope)))
    # What the leads' share of the resistance leaves of a change of sigma.
    seen = L * M / (L + path) ** 2
    film = fit_phase_length(flux, change.values / seen, change.covariance / seen**2)
    return {
        "phase_length": length,
        "phase_length_error": length * Estimate(0.0, shares).error,
        "phase_length_left_out": length * relative * missed,
        "film_phase_length": film.length,
        "film_phase_length_error": film.length_error,
        # Diffusion ends at a transport mean free path; leads cut off L_phi on each side.
        "film_phase_length_left_out": transport_path(path) + film.length**2 / L,
        "film_amplitude": film.amplitude,
        "film_amplitude_error": film.amplitude_error,
        "film_amplitude_left_out": abs(sample.strength) * (relative + film.length / L),
    }


def _of_films(result: xr.Dataset, samples: Sequence[Sample]) -> xr.Dataset:
    """Return d sigma / d ln L of coherent squares that are long enough for their theory.

    Without and with spin–orbit coupling.
    """
    shape = (2, result.sizes["flux"])
    found = {name: np.full(shape, np.nan) for name in ("", "_error", "_theory", "_left_out")}
    for row, spins in enumerate((1, 2)):
        paths = result["mean_free_path"].to_numpy()
        films = [i for i, s in enumerate(samples) if s.is_film and s.spins == spins]
        films = [i for i in films if samples[i].length >= SHORTEST * paths[i]]
        films.sort(key=lambda i: samples[i].length)
        if len(films) < 2:
            continue
        at, pair = result.isel(sample=films[-2:]), [samples[i] for i in films[-2:]]
        octaves = math.log(pair[1].length / pair[0].length)
        path = float(at["mean_free_path"].mean())
        # Both lack the same in a field whose loops are as short as l'; of what they lack without
        # a field, the difference is the larger one's longer loops.
        lacking = xr.DataArray([whole_crossover(sample, path) for sample in pair], dims="sample")
        scale = (at["sigma"] / at["g"]) ** 2
        theory = ((at["change_theory"] - lacking) * scale).diff("sample").isel(sample=0) / octaves
        found[""][row] = at["sigma"].diff("sample").isel(sample=0) / octaves
        found["_error"][row] = np.sqrt((at["sigma_error"] ** 2).sum("sample")) / octaves
        found["_theory"][row] = theory
        relative = relative_error(pair[0], path, float(at["g"][0, 0]))
        found["_left_out"][row] = relative * abs(float(theory[0]))
    dims = ("spins", "flux")
    made = {f"slope{name}": (dims, values) for name, values in found.items()}
    return xr.Dataset(made, coords={"spins": [1, 2]})
