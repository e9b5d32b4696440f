"""From a swept dataset to universal conductance fluctuations and what theory says of them.

The sweep has the axes width, disorder, impurity, flux and energy, of which it fills: every wire at
zero field and at the background field; the main wire over energies at the background field, and
over fields from there on at the Fermi energy; single samples with one impurity over small fields
of both signs.
"""

import logging
import math
from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.special import ellipk

from qtcore.analysis.diffusion import (
    Diffusion,
    density_of_states,
    flux_cancellation,
    measure_diffusion,
)
from qtcore.analysis.field import cyclotron_radius
from qtcore.analysis.fluctuations import (
    correlation,
    energy_half_width,
    field_half_width,
    half_width,
    impurity_correlation,
    variance_in_field,
)
from qtcore.analysis.points import Described, described
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, mean, quotient, scaled, variance
from qtcore.analysis.theory import localization_length
from qtcore.errors import InputError

log = logging.getLogger(__name__)


SHORTEST, LONGEST = 10.0, 0.75
"""Window of universal fluctuations: L from 10 mean free paths to 3/4 xi."""

LOCALIZING = 0.25
"""Relative change of var g per L / xi, from random scatterers in series (DMPK): -0.22 for beta = 1,
+0.20 for beta = 2 (error 0.03)."""

SAMPLES = 8
"""Single samples whose fingerprints are computed."""

BALLISTIC = 2.0
"""Relative excess of variances and half widths per l / L, from motion that is not diffusive: 1 to 2
in wires of 10 to 16 l (widths 30 to 60, W = 2 to 3, errors 4 %). Measured, not derived."""

CONSTANTS = ("main_width", "main_disorder", "background", "fermi", "fingerprint_length")

WIRES = ("width", "disorder")

CLEAN, HERE, THERE = 0, 1, 2
"""Values of the axis `impurity`: none, at one place, at another one."""

_MEASURED = {
    "var_g": ("(e²/h per spin)²", "variance of the conductance"),
    "moved": ("", "⟨δg δg′⟩ / ⟨δg²⟩ when one impurity moves"),
    "energy_half": ("t", "shift of the energy that halves the correlation"),
    "field_half": ("h/e", "shift of the flux through the wire that halves the correlation"),
    "energy_power": ("", "power of L + z with which the Thouless energy from that shift goes"),
}

WORDS: Described = {
    **_MEASURED,
    **{f"{name}_theory": (unit, f"theory: {what}") for name, (unit, what) in _MEASURED.items()},
    **{
        f"{name}_left_out": (unit, f"size of what the theory leaves out: {what}")
        for name, (unit, what) in _MEASURED.items()
    },
    "g": ("e²/h per spin", "mean conductance"),
    "universal": ("", "1 where 10 l <= L <= 3/4 ξ"),
    "channels": ("", "open channels N"),
    "mean_free_path": ("sites", "mean free path l from the resistance"),
    "outside": ("sites", "z: the leads are felt at z/2 outside the wire"),
    "localization_length": ("sites", "(β N + 2 − β) l"),
    "flux_kept": ("", "dephasing by a field over its value for l << width"),
    "fingerprint": ("e²/h per spin", "conductance of single samples against field"),
    "asymmetry": ("e²/h per spin", "largest |g(B) − g(−B)|"),
    "thouless": ("t", "Thouless energy ħD/(L + z)²"),
    "energy_correlation": ("", "⟨δg(E) δg(E + ΔE)⟩ / ⟨δg²⟩"),
    "field_correlation": ("", "⟨δg(B) δg(B + ΔB)⟩ / ⟨δg²⟩"),
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
        If realizations are too few for errors, or a correlation does not fall to one half within
        the stored values.
    """
    axes = {name: ds[name].variable for name in ("width", "disorder", "length")}
    constants = {name: float(ds[name]) for name in CONSTANTS}
    result = xr.Dataset(coords=axes | constants | {"beta": [1, 2]})
    flows = _variances(ds, result)
    width, disorder = int(ds["main_width"]), float(ds["main_disorder"])
    flow = flows[width, disorder]
    result.coords["main_outside"] = flow.outside
    wire = ds.sel(width=width, disorder=disorder)
    _fingerprints(wire, flow, result)
    clean = wire.sel(impurity=CLEAN)
    _energies(clean.sel(flux=ds["background"]), flow, result)
    _fields(clean.sel(energy=ds["fermi"]), flow, result)
    return described(result, WORDS)


def main_wire(result: xr.Dataset) -> xr.Dataset:
    """Return the results of the wire whose correlations are measured, in its field."""
    return result.sel(width=result["main_width"], disorder=result["main_disorder"], beta=2)


def in_window(result: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield the results of every wire and length in the universal window, with its name."""
    universal = result["universal"]
    names = {"width": "M", "disorder": "W", "beta": "β", "length": "L"}
    for place in np.argwhere(universal.to_numpy() > 0):
        at = result.isel(dict(zip(universal.dims, place, strict=True)))
        yield ", ".join(f"{sign} = {float(at[name]):g}" for name, sign in names.items()), at


def _left_out(length: Array, mfp: float, xi: float) -> Array:
    """Return the relative size of what universal theory leaves out, in l / L and L / xi."""
    return BALLISTIC * mfp / length + LOCALIZING * length / xi


def _conductance(at: xr.Dataset, *dims: str) -> Array:
    g: Array = np.exp(at["ln_g"].transpose("realization", *dims).to_numpy())
    return g


def _variances(ds: xr.Dataset, result: xr.Dataset) -> dict[tuple[int, float], Diffusion]:
    """Fill in means and variances of all wires, and return their classical transport."""
    shape = (ds.sizes["width"], ds.sizes["disorder"])
    length, fermi = ds["length"].to_numpy().astype(float), float(ds["fermi"])
    curves = ("g", "g_error", "var_g", "var_g_error", "var_g_theory", "var_g_left_out", "universal")
    table = {name: np.full((*shape, 2, len(length)), np.nan) for name in curves}
    numbers = {name: np.full(shape, np.nan) for name in ("mean_free_path", "channels", "outside")}
    xi = np.full((*shape, 2), np.nan)
    flows = {}
    at_fermi = ds.sel(impurity=CLEAN, energy=fermi)
    for index in np.ndindex(*shape):
        width, disorder = int(ds["width"][index[0]]), float(ds["disorder"][index[1]])
        wire = at_fermi.sel(width=width, disorder=disorder)
        fluxes = (0.0, float(ds["background"]))
        samples = [_conductance(wire.sel(flux=flux), "length") for flux in fluxes]
        flow = flows[width, disorder] = _transport(samples[1], length, fermi, width)
        N = float(wire["channels"].sel(flux=fluxes[1]))
        mfp, felt = flow.conductivity / N, length + flow.outside
        numbers["mean_free_path"][index], numbers["channels"][index] = mfp, N
        numbers["outside"][index] = flow.outside
        for b, (g, flux) in enumerate(zip(samples, fluxes, strict=True)):
            at, average, spread = (*index, b), mean(g), variance(g)
            xi[at] = localization_length(N, mfp, b + 1.0)
            table["g"][at], table["g_error"][at] = average.values, average.errors
            table["var_g"][at], table["var_g_error"][at] = spread.values, spread.errors
            table["var_g_theory"][at] = [
                variance_in_field(flux * width * L, L / width) for L in felt
            ]
            table["universal"][at] = (length >= SHORTEST * mfp) & (length <= LONGEST * xi[at])
            table["var_g_left_out"][at] = _left_out(length, mfp, xi[at]) * table["var_g_theory"][at]
    for names, dims in ((table, ("width", "disorder", "beta", "length")), (numbers, WIRES)):
        result.update({name: (dims, values) for name, values in names.items()})
    result["localization_length"] = (("width", "disorder", "beta"), xi)
    _warn_of_edge_states(ds)
    return flows


def _warn_of_edge_states(ds: xr.Dataset) -> None:
    """Warn of every width that is larger than a cyclotron orbit."""
    for width in ds["width"].to_numpy():
        is_main = width == ds["main_width"]
        flux = float(np.abs(ds["flux"]).max() if is_main else ds["background"])
        radius = cyclotron_radius(flux, float(ds["fermi"]))
        if radius < width:
            log.warning(
                "at the flux %g the cyclotron radius is %.0f sites, below the width %d: edge "
                "states form, which universal fluctuations know nothing of; use smaller fluxes",
                flux,
                radius,
                width,
            )


def _transport(g: Array, length: Array, energy: float, width: int) -> Diffusion:
    """Return classical transport from the wires between 8 l and xi / 2, l found on the way."""
    chosen = np.ones(len(length), dtype=bool)
    for _ in range(20):
        flow = measure_diffusion(g[:, chosen], length[chosen], energy, width)
        # xi = 2 N l for beta = 2 is twice the conductivity, and z about l.
        window = (length >= 6 * flow.outside) & (length <= flow.conductivity)
        if window.sum() < 2 or (window == chosen).all():
            break
        chosen = window
    return flow


def _fingerprints(wire: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in single samples over both signs of the field, and what moving an impurity does."""
    length = int(wire["fingerprint_length"])
    at = wire.sel(length=length, energy=wire["fermi"], impurity=[HERE, THERE])
    at = at.sel(flux=at["flux"][np.abs(at["flux"]) < wire["background"]])
    g = _conductance(at.isel(realization=slice(0, SAMPLES)), "impurity", "flux")
    result.coords["small_flux"] = ("small_flux", at["flux"].to_numpy())
    result["fingerprint"] = ("sample", "place", "small_flux"), g
    result["asymmetry"] = np.abs(g - g[:, :, ::-1]).max()
    here, there = _conductance(at.sel(flux=0.0), "impurity").T[:, :, None]
    added, taken = variance(here + there), variance(here - there)
    # <g g'> = (var(g + g') - var(g - g')) / 4, <g²> = (var(g + g') + var(g - g')) / 4.
    similar = quotient(
        Curve(added.values - taken.values, added.shares - taken.shares),
        Curve(added.values + taken.values, added.shares + taken.shares),
    )
    result["moved"], result["moved_error"] = similar.values[0], similar.errors[0]
    conductance = flow.conductivity / (length + flow.outside)
    phase = scattering_strength(float(wire["fermi"]), float(wire["potential"]))
    theory = impurity_correlation(conductance, phase)
    result["moved_theory"] = theory
    # Quasi-one-dimensional and to first order in 1/g: kappa to a quarter.
    result["moved_left_out"] = theory * (1 - theory) / 4


def _energies(line: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in the correlation in energy, its half widths, and their power of the length."""
    felt = result["length"].to_numpy() + flow.outside
    # Half widths in units of the Thouless energy of a rectangle; 7.73 of a wire.
    units = np.array([energy_half_width(L / int(line["main_width"])) for L in felt])
    result["thouless"] = ("length", flow.constant / felt**2)
    halves = _correlate(line, "energy", units * flow.constant / felt**2, result)
    for name in ("energy_power", "energy_power_error", "energy_power_left_out"):
        result[name] = np.nan
    result["energy_power_theory"] = -2.0
    if len(halves) > 1:
        there = sorted(halves)
        logs = Curve(
            np.log([halves[n].value / units[n] for n in there]),
            np.stack([halves[n].shares / halves[n].value for n in there], axis=1),
        )
        design = np.stack([np.ones(len(there)), np.log(felt[there])], axis=1)
        power = fit_linear(logs, design).coefficients[1]
        result["energy_power"], result["energy_power_error"] = power.value, power.error
        # Both ends wrong by what the theory leaves out there.
        ends = (result["energy_half_left_out"] / result["energy_half_theory"])[
            [there[0], there[-1]]
        ]
        result["energy_power_left_out"] = ends.sum() / (design[-1, 1] - design[0, 1])


def _fields(line: xr.Dataset, flow: Diffusion, result: xr.Dataset) -> None:
    """Fill in the correlation in field and its half widths, in h/e through the wire."""
    width, length = int(line["main_width"]), result["length"].to_numpy()
    felt = length + flow.outside
    kept = flux_cancellation(float(line["fermi"]), width, flow.lifetime)
    halves = np.array([field_half_width(L / width) for L in felt])
    result["flux_kept"] = kept
    line = line.sel(flux=line["flux"][line["flux"] >= line["background"]]).rename(flux="field")
    theory = halves * length / felt / math.sqrt(kept)
    _correlate(line, "field", theory, result, unit=width * length)


def _correlate(
    line: xr.Dataset, axis: str, theory: Array, result: xr.Dataset, unit: Array | float = 1.0
) -> dict[int, Estimate]:
    """Fill in the correlation along an axis, and half widths of universal wires, longer than wide.

    Returns the half widths by position of the length; `unit` turns them into that of the theory.
    """
    samples, dims = _conductance(line, "length", axis), ("length", f"{axis}_shift")
    found = [correlation(line[axis].to_numpy(), g) for g in samples.transpose(1, 0, 2)]
    shifts, length = found[0][0], line["length"].to_numpy()
    result.coords[f"{axis}_shift"] = (f"{axis}_shift", shifts)
    result[f"{axis}_correlation"] = dims, np.array([curve.values for _, curve in found])
    result[f"{axis}_correlation_error"] = dims, np.array([curve.errors for _, curve in found])
    table = np.full((2, len(length)), np.nan)
    halves, units = {}, np.broadcast_to(unit, length.shape)
    wire = main_wire(result)
    is_wire = (wire["universal"].to_numpy() > 0) & (length >= int(wire["main_width"]))
    for n in map(int, np.flatnonzero(is_wire)):
        try:
            halves[n] = scaled(half_width(shifts, found[n][1]), float(units[n]))
        except InputError as error:
            raise InputError(f"correlation in {axis}, L = {length[n]}: {error}") from None
        table[:, n] = halves[n].value, halves[n].error
    name = f"{axis}_half"
    left_out = _left_out(length, float(wire["mean_free_path"]), float(wire["localization_length"]))
    for ending, values in zip(
        ("", "_error", "_theory", "_left_out"), (*table, theory, left_out * theory), strict=True
    ):
        result[name + ending] = "length", values
    return halves


def scattering_strength(energy: float, potential: float) -> float:
    """Return sin² of the phase shift of one site of a square lattice with a potential (t).

    T = U / (1 - U G) with G = K(E/4)/2pi - i pi rho: sin² = |pi rho T|².

    Raises
    ------
    InputError
        If there is no potential.
    """
    if potential == 0:
        raise InputError("potential must not be 0: an impurity that is none cannot move")
    rho = math.pi * density_of_states(energy)
    real = math.copysign(float(ellipk(energy**2 / 16)) / (2 * math.pi), energy)
    return float(rho**2 / ((1 / potential - real) ** 2 + rho**2))
