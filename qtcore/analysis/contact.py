"""From the stored conductances of a point contact to its staircase and what rounds it."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from qtcore.analysis import staircase as stairs
from qtcore.analysis.plateaus import FEWEST_GATES, FLAT, plateaus
from qtcore.analysis.points import described, point_of
from qtcore.analysis.statistics import Array, mean, mean_and_spread, refuse_too_few
from qtcore.analysis.thermal import (
    TAILS,
    checked_energies,
    differential_conductance,
    refuse_missing,
    refuse_temperature,
    thermal_conductance,
)
from qtcore.errors import InputError
from qtcore.model.wire import Wire
from qtcore.theory.weak_disorder import weak_disorder

log = logging.getLogger(__name__)

STEPS = 4
"""Steps that are compared with theory."""

AXES, CONSTANTS = ("disorder", "energy", "gate"), ("fermi", "wx", "wy", "width")

_UNIT = "2e²/h"

_WORDS = {
    "g": (_UNIT, "conductance without disorder"),
    "saddle": (_UNIT, "conductance of a saddle without end (Büttiker), by what channels feel"),
    "warm_g": (_UNIT, "conductance at the Fermi energy, by temperature"),
    "dI_dV": (_UNIT, "differential conductance at zero temperature, by bias"),
    "mean_g": (_UNIT, "mean conductance with disorder"),
    "spread": (_UNIT, "standard deviation between samples"),
    "measured_g": (_UNIT, "conductance behind a resistance in series"),
    "series": ("Ω", "resistance in series, from R against 1/N"),
    "quantum": ("Ω", "slope of R against 1/N"),
    "threshold": ("t", "gate at which channel n opens"),
    "step": ("level spacings", "how far step n lies from its level"),
    "plateau": (_UNIT, "g halfway between steps n and n + 1"),
    "half_plateau": (_UNIT, "dI/dV at eV = a level spacing, a quarter spacing above step n + 1"),
    "width": ("", "width of steps by temperature, over that of the saddle, mean of the steps"),
    "width_left_out": ("", "what the openings may change of it"),
    "loss": (_UNIT, "mean change of g by the weakest disorder on plateau n"),
    "total_loss": (_UNIT, "its sum over the plateaus, from the same samples"),
    "total_loss_left_out": (_UNIT, "size of the next order in the disorder, loss² / n of each"),
    "loss_gate": ("t", "gate at which the loss on plateau n is taken"),
    "peak_left_out": ("level spacings", "distance of gates, and what the openings shift"),
    "widest": ("level spacings", "how far from step n the spread between samples is largest"),
}


def analyse_contact(
    ds: xr.Dataset,
    wire: Callable[[Any], Wire],
    kT: Sequence[float],
    bias: Sequence[float],
    ohms: float,
    tolerance: float,
) -> xr.Dataset:
    """Return the clean staircase, what temperature, bias and disorder make of it, and its steps.

    Parameters
    ----------
    ds : xarray.Dataset
        `ln_g` over gate, energy, disorder, realization and one length; constants `fermi`, `wx`,
        `wy` (units of t), `width`, and `opening` (sites) if confinement fades into the leads.
        Disorder 0 is the clean contact; ensembles at `fermi`.
    wire : callable(point) -> Wire
        As the sweep had it.
    kT, bias : sequence of float
        Temperatures and voltages in level spacings `wy`.
    ohms : float
        Resistance that is put in series, and found again.
    tolerance : float
        What the openings may take from a plateau, 2e²/h, and shift of a step, in level spacings.

    Raises
    ------
    InputError
        If `refuse_contact` does, or the staircase has no plateaus.
    """
    refuse_contact(ds, kT, bias)
    fermi = float(ds["energy"].sel(energy=ds["fermi"], method="nearest"))
    wy = float(ds["wy"])
    ln_g = ds["ln_g"].isel(length=0, drop=True).transpose("disorder", "gate", "energy", ...)
    ln_g = ln_g.sortby("gate", ascending=False).sortby(["disorder", "energy"])
    g = ln_g.copy(data=np.exp(ln_g.data))
    clean = g.sel(disorder=0.0).isel(realization=0, drop=True).load()
    levels = stairs.harmonic_levels(int(ds["width"]), wy)
    above = clean["energy"] + 4 - clean["gate"]
    opening = float(ds["opening"]) if "opening" in ds.coords else np.inf
    along = stairs.opened_frequencies(float(ds["wx"]), levels, opening)
    result = xr.Dataset({"g": clean})
    saddle = stairs.saddle_conductance(above.to_numpy(), levels, along)
    result["saddle"] = clean.dims, saddle if above.dims == clean.dims else saddle.T
    _put_smeared(result, clean, fermi, np.array(kT) * wy, np.array(bias) * wy)
    result = result.assign_coords(
        kT=list(kT), bias=list(bias), fermi=fermi, n=np.arange(1, STEPS + 1)
    )
    # A gate of this height lifts level n to the Fermi energy.
    result["threshold"] = "n", fermi + 4 - levels[:STEPS]
    result["mean_g"], result["mean_g_error"], result["spread"] = mean_and_spread(
        g.sel(energy=fermi)
    )
    result = result.load()  # the three read every sample; once is enough
    alone = clean.sel(energy=fermi).to_numpy()
    _put_series(result, alone, ohms, tolerance)
    _put_steps(result, alone, levels, wy)
    _put_widths(result, wy, tolerance)
    spacing = abs(float(result["gate"][1] - result["gate"][0])) / wy
    result["peak_left_out"] = spacing + tolerance
    _put_disorder(result, ds, wire)
    _put_total_loss(result, g)
    return described(result, _WORDS)


def refuse_contact(given: Any, kT: Sequence[float], bias: Sequence[float]) -> None:
    """Raise InputError unless a sweep of a contact has what its analysis needs.

    Parameters
    ----------
    given : Preset or xarray.Dataset
        With the axes and constants of a contact, each by its name.
    kT, bias : sequence of float
        Temperatures and voltages in level spacings `wy`.
    """
    missing = [name for name in (*AXES, *CONSTANTS) if not hasattr(given, name)]
    if missing:
        raise InputError(
            f"the analysis of a contact needs the axes {', '.join(AXES)} and the constants "
            f"{', '.join(CONSTANTS)}; there is no {', '.join(missing)}"
        )
    fermi, wy = float(given.fermi), float(given.wy)
    axes = {name: np.sort(getattr(given, name)) for name in AXES}
    clean = "the clean contact, with which all is compared"
    for axis, value, what in (("disorder", 0.0, clean), ("energy", fermi, "the Fermi energy")):
        if not np.isclose(axes[axis], value, rtol=0, atol=1e-9).any():
            raise InputError(
                f"the sweep has no {axis} = {value:g}, {what}; add it: --set {axis}={value:g},…"
            )
    if max(axes["disorder"]) > 0 and hasattr(given, "realizations"):
        refuse_too_few(given.realizations)
    for temperature in kT:
        refuse_temperature(temperature, "level spacings")
    reach = max(TAILS * max(kT), max(map(abs, bias)) / 2) * wy
    asked = f"kT up to {max(kT) * wy:g}, eV up to {max(map(abs, bias)) * wy:g}"
    refuse_missing(checked_energies(axes["energy"]), fermi - reach, fermi + reach, asked)
    levels = stairs.harmonic_levels(int(given.width), wy)
    _refuse_gates(axes["gate"], fermi + 4 - levels[: stairs.FEWEST_PLATEAUS + 1])


def _refuse_gates(gate: Array, opens: Array) -> None:
    """Raise InputError unless the first plateaus lie on a gate axis, and can be seen there.

    Parameters
    ----------
    gate : (gate,) float array
        Heights of the saddle, increasing, units of t.
    opens : (channel,) float array
        Heights below which each channel is open, and the one above the last plateau.
    """
    lowest, highest = float(gate[0]), float(gate[-1])
    span, last = f"gates {lowest:g} … {highest:g} t", len(opens) - 1
    needed = f"give gates from {(opens[-2] + opens[-1]) / 2:.3g} or less to {opens[0]:.3g} or more"
    if lowest >= opens[0]:
        raise InputError(
            f"the gate closes the contact: at the Fermi energy its first channel opens at a gate of "
            f"{opens[0]:.3g} t, {span} lie above; open it further: {needed}"
        )
    if highest <= opens[0] or lowest >= (opens[-2] + opens[-1]) / 2:
        raise InputError(
            f"{span} do not hold the first {last} plateaus, from which the resistance in series is "
            f"found; they are counted from the closed contact: {needed}"
        )
    for n in range(last):
        count = int(((gate < opens[n]) & (gate > opens[n + 1])).sum())
        if count < FEWEST_GATES:
            raise InputError(
                f"no plateau can be found with {count} gates between {opens[n + 1]:.3g} and "
                f"{opens[n]:.3g} t, where {n + 1} channels are open: it takes at least "
                f"{FEWEST_GATES}; use a finer gate axis"
            )


def _put_smeared(
    result: xr.Dataset, clean: xr.DataArray, fermi: float, kT: Array, bias: Array
) -> None:
    """Find what temperatures and voltages (units of t) make of the clean staircase."""
    energy, at_gates, mu = clean["energy"].to_numpy(), clean.to_numpy(), np.array([fermi])
    warm = [thermal_conductance(at_gates, energy, mu, float(T))[:, 0] for T in kT]
    slopes = [differential_conductance(at_gates, energy, mu, float(V))[:, 0] for V in bias]
    result["warm_g"] = ("kT", "gate"), np.array(warm)
    result["dI_dV"] = ("bias", "gate"), np.array(slopes)


def _put_series(result: xr.Dataset, alone: Array, ohms: float, tolerance: float) -> None:
    """Put a resistance in series and find it again."""
    measured = stairs.with_series_resistance(alone, ohms)
    # What the openings take from a plateau lies anywhere between nothing and the tolerance: plateaus
    # differ by its standard deviation.
    errors = np.full_like(measured, tolerance / np.sqrt(12))
    flat = max(tolerance, FLAT)
    flats = plateaus(measured, tolerance=flat, errors=errors)
    result["measured_g"] = "gate", measured
    if len(flats.channels) >= stairs.FEWEST_PLATEAUS and not flats.channels.all():
        # Nothing else of the contact depends on this: its checks fail, the others are still made.
        log.warning("there is no resistance in series: %s", stairs.uncounted(flats))
        result["series"] = result["series_error"] = np.nan
        result["quantum"] = result["quantum_error"] = np.nan
        return
    found = stairs.series_resistance(flats)
    result["series"], result["series_error"] = found.ohms, found.error
    result["quantum"], result["quantum_error"] = found.quantum, found.quantum_error


def _put_steps(result: xr.Dataset, alone: Array, levels: Array, wy: float) -> None:
    """Find the steps, and the plateaus between them with and without a bias of one spacing."""
    gate, threshold = result["gate"].to_numpy(), result["threshold"].to_numpy()
    # One deterministic wire at each gate: no noise, and so no error.
    result["step"] = "n", (stairs.steps(gate, alone, STEPS).gates - threshold) / wy
    next_one = result["fermi"].item() + 4 - levels[1 : STEPS + 1]
    result["plateau"] = (
        "n",
        _at(result["g"].sel(energy=result["fermi"]), (threshold + next_one) / 2),
    )
    # mu + eV/2 lies on one plateau there, mu - eV/2 on the next.
    after = next_one - wy / 4
    nearest = result["dI_dV"].sel(bias=1.0, method="nearest")
    result["half_plateau"] = "n", _at(nearest, after)
    energy, mu = result["energy"].to_numpy(), np.array([result["fermi"].item()])
    saddle = result["saddle"].transpose("gate", "energy").to_numpy()
    slope = differential_conductance(saddle, energy, mu, float(nearest["bias"]) * wy)[:, 0]
    result["half_plateau_theory"] = "n", _at(nearest.copy(data=slope), after)


def _put_widths(result: xr.Dataset, wy: float, tolerance: float) -> None:
    """Compare the width of steps, at each temperature, with that of the saddle."""
    energy, mu = result["energy"].to_numpy(), np.array([result["fermi"].item()])
    there = result["threshold"].to_numpy()
    gate, theory = result["gate"].to_numpy(), result["saddle"].transpose("gate", "energy")
    widths, left_out = [], []
    for kT in result["kT"].to_numpy():
        smeared = thermal_conductance(theory.to_numpy(), energy, mu, float(kT) * wy)[:, 0]
        warm = result["warm_g"].sel(kT=kT).to_numpy()
        found, expected = (
            stairs.step_widths(gate, g, there[there > gate.min()], wy / 2) for g in (warm, smeared)
        )
        widths.append(float((found / expected).mean()))
        # So much of the step may happen half a spacing away from it.
        left_out.append(float((tolerance * (wy / 2) ** 2 / (2 * expected**2)).mean()))
    result["width"], result["width_left_out"] = ("kT", widths), ("kT", left_out)


def _at(curve: xr.DataArray, gates: Array) -> Array:
    """Return a curve over the gate between its values; NaN beyond them."""
    return curve.interp(gate=gates).to_numpy()


def _put_disorder(result: xr.Dataset, ds: xr.Dataset, wire: Callable[[Any], Wire]) -> None:
    """Compare the weakest disorder with second order, and find where samples differ most."""
    wy, fermi = float(ds["wy"]), result["fermi"].item()
    gate = result["gate"].to_numpy()
    for name in ("loss", "loss_error", "loss_theory", "loss_gate", "widest"):
        result[name] = "n", np.full(STEPS, np.nan)
    dirty = result["disorder"].where(result["disorder"] > 0, drop=True)
    if not dirty.size:
        return
    weakest = result.sel(disorder=dirty.min(), energy=fermi)
    for j, threshold in enumerate(result["threshold"].to_numpy()):
        near = np.flatnonzero(np.abs(gate - threshold) < wy / 2)
        spread = weakest["spread"].to_numpy()[near]
        if np.isfinite(spread).any():
            result["widest"][j] = (gate[near][np.nanargmax(spread)] - threshold) / wy
        middle = int(np.argmin(np.abs(gate - (threshold - wy / 2))))
        if abs(gate[middle] - (threshold - wy / 2)) > wy / 4:
            continue
        at = weakest.isel(gate=middle)
        contact = wire(point_of(ds, gate=float(gate[middle]), disorder=0.0, energy=fermi))
        variance = float(dirty.min()) ** 2 / 12
        result["loss_gate"][j] = gate[middle]
        result["loss"][j] = float(at["mean_g"] - at["g"])
        result["loss_error"][j] = float(at["mean_g_error"])
        expected = weak_disorder(contact, fermi, int(ds["length"][0]))
        result["loss_theory"][j] = variance * expected.shift


def _put_total_loss(result: xr.Dataset, g: xr.DataArray) -> None:
    """Add up the losses on the plateaus below the last step, sample by sample."""
    names = ("total_loss", "total_loss_error", "total_loss_theory", "total_loss_left_out")
    result.update(dict.fromkeys(names, np.nan))
    at = result.isel(n=slice(None, -1))
    at = at.isel(n=np.flatnonzero(np.isfinite(at["loss_theory"])))
    if not at.sizes["n"]:
        return
    dirty = float(result["disorder"].where(result["disorder"] > 0).min())
    there = g.sel(disorder=dirty, energy=result["fermi"], gate=at["loss_gate"].to_numpy())
    samples = there.transpose("realization", "gate").to_numpy()
    clean = result["g"].sel(energy=result["fermi"], gate=at["loss_gate"].to_numpy())
    total = mean(samples.sum(axis=1, keepdims=True))
    result["total_loss"] = float(total.values[0] - clean.sum())
    result["total_loss_error"] = float(total.errors[0])
    result["total_loss_theory"] = float(at["loss_theory"].sum())
    result["total_loss_left_out"] = float((at["loss_theory"] ** 2 / at["n"]).sum())
