"""From a swept dataset to universal conductance fluctuations and what theory says of them.

The sweep has the axes width, disorder, impurity, flux and energy, of which it fills: every wire at
zero field and at the background field; the main wire over energies at the background field, and
over fields from there on at the Fermi energy; with one impurity, ensembles at the background field
and single samples over small fields of both signs.

What theory leaves out (`..._left_out`) is computed from theory, never from the data:
- ladders instead of diffusons (`ladder`), of order (l/L)²: for variances, half widths and the moved
  impurity alike. This is the order of magnitude, not the number: at 14 l variances are found 4 to
  6 % above theory and ladders account for 3; at 10 l half widths in energy and field 14 and 26 %
  above it, and ladders account for 4. These excesses fall with (l/L)², and the windows start where
  they are small;
- the next orders in 1/g: variances have them from DMPK, up to the last two terms of its series. Of
  other quantities they are not known; their size is taken to be that of the variance.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import xarray as xr

from qtcore.analysis.correlation import correlation
from qtcore.analysis.diffusion import measure_diffusion
from qtcore.analysis.fluctuation_sweep import CORRELATED, SAMPLES, SETTLED, within
from qtcore.analysis.half_width import crossing, half_width
from qtcore.analysis.points import Described, described, over_points
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, mean, quotient, scaled, variance
from qtcore.errors import InputError
from qtcore.model.lattice import Square
from qtcore.theory.born import scattering_rates
from qtcore.theory.diffusion import Diffusion, flux_cancellation
from qtcore.theory.dmpk import universality
from qtcore.theory.moved_impurity import (
    Strip,
    impurity_site,
    moved_correlation,
    scattering_strength,
)
from qtcore.theory.universal import (
    ballistic_share,
    energy_correlation,
    rectangle_field_correlation,
    variance_in_field,
)

LARGEST_SHARE = 0.03
"""Variances are compared with theory where ladders differ from diffusons by less: L > 13 l or so;
and where L < N l, beyond which DMPK's series in L / Nl is of no use."""

CONSTANTS = ("main_width", "main_disorder", "background", "fermi", "fingerprint_length")

CLEAN, HERE, THERE = 0, 1, 2
"""Values of the axis `impurity`: none, at one place, at another one."""

_MEASURED = {
    "var_g": ("(e²/h per spin)²", "variance of the conductance"),
    "universality": ("", "var g over its theory, mean of the lengths in the window"),
    "moved": ("", "⟨δg δg′⟩ / ⟨δg²⟩ when one impurity moves"),
    "energy_half": ("t", "shift of the energy that halves the correlation"),
    "field_half": ("h/e", "shift of the flux through the wire that halves the correlation"),
    "energy_ratio": ("", "energy_half over its theory, mean of the lengths"),
    "field_ratio": ("", "field_half over its theory, mean of the lengths"),
    "energy_power": ("", "power of L + z with which the Thouless energy from that shift goes"),
    "energy_correlation": ("", "⟨δg(E) δg(E + ΔE)⟩ / ⟨δg²⟩"),
    "field_correlation": ("", "⟨δg(B) δg(B + ΔB)⟩ / ⟨δg²⟩"),
}

WORDS: Described = {
    **_MEASURED,
    **{
        f"{name}_left_out": (unit, f"size of what the theory leaves out: {what}")
        for name, (unit, what) in _MEASURED.items()
    },
    "g": ("e²/h per spin", "mean conductance"),
    "universal": ("", "1 where variances are compared with theory"),
    "correlated": ("", "1 where half widths are found"),
    "settled": ("", "1 where half widths are compared with theory"),
    "channels": ("", "open channels N"),
    "mean_free_path": ("sites", "mean free path l from the conductance"),
    "outside": ("sites", "z: the leads are felt at z/2 outside the wire"),
    "flux_kept": ("", "dephasing by a field over its value for l << width"),
    "fingerprint": ("e²/h per spin", "conductance of single samples against field"),
    "asymmetry": ("e²/h per spin", "largest |g(B) − g(−B)|"),
    "thouless": ("t", "Thouless energy ħD/(L + z)²"),
    "next_order": ("", "relative size of the next orders in 1/g, beta = 2 (DMPK)"),
}


def analyse_fluctuations(ds: xr.Dataset) -> xr.Dataset:
    """Return variances, correlations and fingerprints, beside their theory.

    Parameters
    ----------
    ds : xarray.Dataset
        With `ln_g`, and the constants main_width, main_disorder, background (h/e per plaquette),
        fermi (t), fingerprint_length (sites), potential (t).

    Raises
    ------
    InputError
        If realizations are too few for errors, too few lengths are those of diffusive wires, or a
        correlation does not fall to one half within the stored values.
    """
    fluxes = [0.0, float(ds["background"])]
    ensembles = ds.sel(impurity=CLEAN, energy=ds["fermi"], flux=fluxes)
    result = over_points(ensembles, ("width", "disorder"), _wire_variances)
    result.attrs.clear()
    result = result.assign_coords({name: float(ds[name]) for name in CONSTANTS})
    wire = ds.sel(width=ds["main_width"], disorder=ds["main_disorder"])
    clean = wire.sel(impurity=CLEAN)
    flow = _transport(clean.sel(flux=ds["background"], energy=ds["fermi"]), beta=2)
    _choose_correlated(result, flow)
    _fingerprints(wire, flow, result)
    _energies(clean.sel(flux=ds["background"]), flow, result)
    _fields(clean.sel(energy=ds["fermi"]), flow, result)
    return described(result, WORDS)


def main_wire(result: xr.Dataset) -> xr.Dataset:
    """Return the results of the wire whose correlations are measured, in its field."""
    return result.sel(width=result["main_width"], disorder=result["main_disorder"], beta=2)


def in_window(result: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield the results of every wire with lengths in the universal window, with its name."""
    names = {"width": "M", "disorder": "W", "beta": "β"}
    there = result["universal"].any("length")
    for place in np.argwhere(there.to_numpy()):
        at = result.isel(dict(zip(there.dims, place, strict=True)))
        yield ", ".join(f"{sign} = {float(at[name]):g}" for name, sign in names.items()), at


def _conductance(at: xr.Dataset, *dims: str) -> Array:
    g: Array = np.exp(at["ln_g"].transpose("realization", *dims).to_numpy())
    return g


def _put(result: xr.Dataset, name: str, found: Estimate, theory: float, left_out: float) -> None:
    result[name], result[f"{name}_error"] = found.value, found.error
    result[f"{name}_theory"], result[f"{name}_left_out"] = theory, left_out


def _average(values: Array, shares: Array) -> Estimate:
    """Return the plain mean over lengths, with the error that their correlations give."""
    count = len(values)
    fit = fit_linear(Curve(values, shares), np.ones((count, 1)), np.eye(count))
    return fit.coefficients[0]


def _transport(wire: xr.Dataset, beta: int) -> Diffusion:
    """Return classical transport of a wire at one energy and field."""
    width, energy, flux = int(wire["width"]), float(wire["energy"]), float(wire["flux"])
    rates = scattering_rates(Square(width), energy, float(wire["disorder"]), flux)
    length = wire["length"].to_numpy().astype(float)
    return measure_diffusion(_conductance(wire, "length"), length, rates, beta, energy, width)


def _wire_variances(wire: xr.Dataset) -> xr.Dataset:
    """Return means and variances of a wire, without and with field, beside their theory."""
    classes = [_one_class(wire.isel(flux=beta - 1), beta) for beta in (1, 2)]
    return xr.concat(classes, "beta").assign_coords(beta=[1, 2])


def _one_class(wire: xr.Dataset, beta: int) -> xr.Dataset:
    g, length = _conductance(wire, "length"), wire["length"].to_numpy().astype(float)
    width, flow = int(wire["width"]), _transport(wire, beta)
    N = flow.channels
    felt = length + flow.outside
    kept = flux_cancellation(float(wire["energy"]), width, flow.lifetime) ** 0.5
    flux = float(wire["flux"]) * width * felt * kept
    shape = np.array([variance_in_field(phi, L / width) for phi, L in zip(flux, felt, strict=True)])
    in_wires, series = universality(length / flow.mean_free_path, N, beta)
    shares = np.array([ballistic_share(L, width, flow.step) for L in felt])
    left_out = shares + series / in_wires
    average, spread, theory = mean(g), variance(g), shape * in_wires
    universal = (shares < LARGEST_SHARE) & (length <= N * flow.mean_free_path)
    curves = {
        "g": average.values,
        "g_error": average.errors,
        "var_g": spread.values,
        "var_g_error": spread.errors,
        "var_g_theory": theory,
        "var_g_left_out": left_out * theory,
        "universal": universal,
    }
    result = xr.Dataset({name: ("length", values) for name, values in curves.items()})
    result = result.assign_coords(length=wire["length"].variable)
    result["channels"], result["outside"] = N, flow.outside
    result["mean_free_path"] = flow.mean_free_path
    result["mean_free_path_error"] = flow.mean_free_path_error
    pooled, band = Estimate(np.nan, np.zeros(len(g))), np.nan
    if universal.any():
        ratio = spread.values / theory, spread.shares / theory
        pooled = _average(ratio[0][universal], ratio[1][:, universal])
        band = left_out[universal].mean()
    _put(result, "universality", pooled, 1.0, band)
    return result


def _choose_correlated(result: xr.Dataset, flow: Diffusion) -> None:
    """Say which lengths have half widths, and estimate the next order in 1/g there."""
    length = result["length"].to_numpy().astype(float)
    for name, window, fewest in (("correlated", CORRELATED, 2), ("settled", SETTLED, 1)):
        chosen = within(window, length, float(result["main_width"]), flow)
        if chosen.sum() < fewest:
            raise InputError(
                f"half widths need {fewest} or more lengths from {window[0]:g} l to {window[1]:g} "
                f"N l, {window[0] * flow.mean_free_path:.0f} to {window[1] * flow.conductivity:.0f} "
                f"sites, got {', '.join(f'{L:g}' for L in length)}; add some with --set lengths="
            )
        result[name] = "length", chosen
    in_wires, series = universality(length / flow.mean_free_path, flow.channels, 2)
    result["next_order"] = "length", np.abs(in_wires - 1) + series


def _fingerprints(wire: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in single samples over both signs of the field, and what moving an impurity does."""
    length, width = int(wire["fingerprint_length"]), int(wire["width"])
    at = wire.sel(length=length, energy=wire["fermi"], impurity=[HERE, THERE])
    small = at.sel(flux=at["flux"][np.abs(at["flux"]) < wire["background"]])
    g = _conductance(small.isel(realization=slice(0, SAMPLES)), "impurity", "flux")
    result.coords["small_flux"] = ("small_flux", small["flux"].to_numpy())
    result["fingerprint"] = ("sample", "place", "small_flux"), g
    result["asymmetry"] = np.abs(g - g[:, :, ::-1]).max()
    here, there = _conductance(at.sel(flux=wire["background"]), "impurity").T[:, :, None]
    added, taken = variance(here + there), variance(here - there)
    # <g g'> = (var(g + g') - var(g - g')) / 4, <g²> = (var(g + g') + var(g - g')) / 4.
    similar = quotient(
        Curve(added.values - taken.values, added.shares - taken.shares),
        Curve(added.values + taken.values, added.shares + taken.shares),
    )
    strength = scattering_strength(float(wire["fermi"]), float(wire["potential"]))
    sites = [impurity_site(length, width, number) for number in (HERE, THERE)]
    places = [(x + (1 + flow.outside) / 2, y + 0.5) for x, y in sites]
    theory, diffusive = (
        moved_correlation(
            Strip(length + flow.outside, width, flow.conductivity / width, step), places, strength
        )
        for step in (flow.step, 0.0)
    )
    next_order = float(result["next_order"].sel(length=length)) * (1 - theory)
    found = Estimate(float(similar.values[0]), similar.shares[:, 0])
    _put(result, "moved", found, theory, abs(theory - diffusive) + next_order)


def _energies(line: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in the correlation in energy, its half widths, and their power of the length."""
    felt = result["length"].to_numpy() + flow.outside
    thouless = flow.constant / felt**2
    result["thouless"] = "length", thouless

    def theory(n: int, shifts: Array, step: float) -> Array:
        aspect = felt[n] / int(line["width"])
        return energy_correlation(shifts / thouless[n], aspect, step / felt[n])

    halves = _correlate(line, "energy", theory, flow.step, result)
    # The shape's part taken off: what is left goes as the Thouless energy.
    there = sorted(halves)
    relative = result["energy_half_theory"].to_numpy()[there] / thouless[there]
    power = power_law(
        [scaled(halves[n], 1 / r) for n, r in zip(there, relative, strict=True)], felt[there]
    )
    # Both ends wrong by what the theory leaves out there.
    share = result["energy_half_left_out"] / result["energy_half_theory"]
    ends = float(share[[there[0], there[-1]]].sum())
    _put(result, "energy_power", power, -2.0, ends / math.log(felt[there[-1]] / felt[there[0]]))


def power_law(found: Sequence[Estimate], length: Array) -> Estimate:
    """Return the power of the length with which estimates go, from a line through logarithms.

    All count alike: a half width that is small by chance has a small error as well, and weights from
    measured errors would favour it.
    """
    logs = Curve(
        np.log([one.value for one in found]),
        np.stack([one.shares / one.value for one in found], axis=1),
    )
    design = np.stack([np.ones(len(length)), np.log(length)], axis=1)
    return fit_linear(logs, design, np.eye(len(length))).coefficients[1]


def _fields(line: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in the correlation in field and its half widths, in h/e through the wire."""
    width, felt = int(line["width"]), result["length"].to_numpy() + flow.outside
    kept = flux_cancellation(float(line["fermi"]), width, flow.lifetime)
    result["flux_kept"] = kept
    line = line.sel(flux=line["flux"][line["flux"] >= line["background"]]).rename(flux="field")

    def theory(n: int, shifts: Array, step: float) -> Array:
        through = shifts * width * felt[n] * kept**0.5
        aspect = felt[n] / width
        return np.array([rectangle_field_correlation(q, aspect, step / width) for q in through])

    area = width * result["length"].to_numpy()
    _correlate(line, "field", theory, flow.step, result, unit=area)


def _correlate(
    line: xr.Dataset,
    axis: str,
    theory: Callable[[int, Array, float], Array],
    step: float,
    result: xr.Dataset,
    unit: Array | float = 1.0,
) -> dict[int, Estimate]:
    """Fill in the correlation along an axis, and half widths where they are compared.

    `theory` gives the correlation at a position among the lengths, of ladders with a step, or of
    diffusons (step 0); `unit` turns half widths into that of the result. Returns the half widths
    by position of the length.
    """
    samples, dims = _conductance(line, "length", axis), ("length", f"{axis}_shift")
    found = [correlation(line[axis].to_numpy(), g) for g in samples.transpose(1, 0, 2)]
    shifts, length = found[0][0], result["length"].to_numpy()
    expected = np.array([theory(n, shifts, 0.0) for n in range(len(length))])
    result.coords[f"{axis}_shift"] = (f"{axis}_shift", shifts)
    result[f"{axis}_correlation"] = dims, np.array([curve.values for _, curve in found])
    result[f"{axis}_correlation_error"] = dims, np.array([curve.errors for _, curve in found])
    result[f"{axis}_correlation_theory"] = dims, expected
    table, halves = np.full((4, len(length)), np.nan), {}
    units = np.broadcast_to(unit, length.shape)
    for n in map(int, np.flatnonzero(result["correlated"])):
        try:
            halves[n] = scaled(half_width(shifts, found[n][1]), float(units[n]))
        except InputError as error:
            raise InputError(f"correlation in {axis}, L = {length[n]}: {error}") from None
        # By the same fit on the same shifts, so that what the fit leaves out cancels.
        diffuson, ladder = (
            crossing(shifts, curve) * units[n] for curve in (expected[n], theory(n, shifts, step))
        )
        left_out = abs(ladder - diffuson) + float(result["next_order"][n]) * diffuson
        table[:, n] = halves[n].value, halves[n].error, diffuson, left_out
    names = [f"{axis}_half{ending}" for ending in ("", "_error", "_theory", "_left_out")]
    result.update({name: ("length", row) for name, row in zip(names, table, strict=True)})
    _pool(result, axis, halves)
    return halves


def _pool(result: xr.Dataset, axis: str, halves: dict[int, Estimate]) -> None:
    """Fill in the mean of half widths over their theory, and of what it leaves out."""
    there = [n for n in sorted(halves) if result["settled"][n]]
    theory = result[f"{axis}_half_theory"].to_numpy()[there]
    band = float((result[f"{axis}_half_left_out"].to_numpy()[there] / theory).mean())
    values = np.array([halves[n].value for n in there]) / theory
    shares = np.stack([halves[n].shares for n in there], axis=1) / theory
    _put(result, f"{axis}_ratio", _average(values, shares), 1.0, band)
