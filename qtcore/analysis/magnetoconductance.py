"""From g of samples in a field to weak localization: crossovers, logarithms, phase lengths.

Everything is per spin: with spin–orbit coupling half of g, in 2e²/h. Fields share their disorder,
so differences between them have errors well below those of g itself.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.integrate import quad
from scipy.optimize import least_squares
from scipy.special import ellipk

from qtcore.analysis.cooperon import rectangle_crossover
from qtcore.analysis.field import cyclotron_radius
from qtcore.analysis.fluctuations import universal_variance
from qtcore.analysis.points import described
from qtcore.analysis.regression import fit_linear
from qtcore.analysis.statistics import Array, Curve, Estimate, mean
from qtcore.analysis.weak_localization import PER_LOGARITHM_OF_SIZE, fit_phase_length
from qtcore.errors import InputError, listed
from qtcore.model.wire import Wire
from qtcore.solve.scattering import open_channels

WIRE_CORRECTION = -1 / 3
"""Weak localization of a long wire without spin–orbit coupling, e²/h per spin."""

NEXT_ORDER = 2 / 45
"""Next order of the difference between beta = 2 and 1 in a wire, over 1/g."""

TRIPLETS = 0.3
"""What triplet cooperons add to the change where spins forget themselves within about l, relative:
their own spin–orbit field makes them grow in a field (Iordanskii, Lyanda-Geller and Pikus, JETP
Lett. 60, 206 (1994)). Theory here has the singlet only."""

DIFFUSIVE = 4.0
"""Length over l from which on theory is compared with a sample."""

FILM = 6.0
"""Length over L_phi from which on the formula for films is compared with a sample."""

KNOWN = 0.3
"""Share of the change that theory may leave out, triplets apart, and still be compared."""

WEAKEST = 0.1
"""Flux through a sample, h/e, below which nothing changes."""

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
    "phase_length_left_out": ("sites", "transport mean free path: where diffusion ends"),
    "film_phase_length_left_out": ("sites", "the same, and what the leads cut off"),
    "film_phase_length": ("sites", "L_φ, fit of Hikami, Larkin and Nagaoka"),
    "probe_length": ("sites", "√(D / 2η) of the probes"),
    "slope": ("e²/h per spin", "dσ / d ln L between the two largest squares"),
    "slope_theory": ("e²/h per spin", "dσ / d ln L, theory"),
    "slope_left_out": ("e²/h per spin", "what the theory of the slope leaves out"),
}


@dataclass(frozen=True)
class Sample:
    """A rectangle between leads of its own width.

    Attributes
    ----------
    width, length : int
        Sites.
    disorder, energy : float
        Full width W of the box and Fermi energy, units of t.
    ando : float
        Angle theta of Ando's spin–orbit coupling, radians.
    probes : float
        eta of a voltage probe on each site, units of t; 0 for a coherent sample.
    """

    width: int
    length: int
    disorder: float
    energy: float
    ando: float = 0.0
    probes: float = 0.0

    @property
    def spins(self) -> int:
        """How often g counts an orbital channel."""
        return 2 if self.ando else 1

    @property
    def strength(self) -> float:
        """Weak localization over that without spin–orbit coupling, both per spin."""
        return -0.5 if self.ando else 1.0

    @property
    def is_film(self) -> bool:
        """Whether it is a coherent square."""
        return self.width == self.length and not self.probes

    @property
    def is_large_film(self) -> bool:
        """Whether it is a film of many L_phi."""
        return self.length >= FILM * self.probe_length

    @property
    def probe_length(self) -> float:
        """L_phi = sqrt(D / 2 eta) in sites; infinite without probes."""
        if not self.probes:
            return math.inf
        return math.sqrt(diffusion_constant(self.energy, self.disorder) / (2 * self.probes))

    @property
    def cost(self) -> float:
        """What a realization costs, in milliseconds of one core of a server, to a factor of two."""
        M, L = self.width, self.length
        if self.probes:
            return 5e-7 * (L * M) ** 3
        return (25e-6 if self.ando else 1.4e-6) * L * M**2 * (1 + M / 40)

    def is_useful(self, flux: float) -> bool:
        """Whether a flux per plaquette changes something and bends no electron into an edge."""
        through = abs(flux) * self.width * self.length
        weak = flux == 0 or through >= WEAKEST
        return weak and cyclotron_radius(flux, self.energy) >= self.width


def diffusion_constant(energy: float, disorder: float) -> float:
    """Return D of the square lattice with box disorder, in sites² t / ħ (golden rule).

    D = <v_x²> tau with 1/tau = 2 pi rho W²/12; by parts over the occupied states
    rho <v_x²> = 1/2 int_|E|^4 e rho(e) de, with rho = K(1 - e²/16) / (2 pi²) per spin.

    Parameters
    ----------
    energy, disorder : float
        Energy and full width W of the box, units of t.
    """

    def density(e: float) -> float:
        return float(ellipk(1 - e**2 / 16)) / (2 * math.pi**2)

    squared = quad(lambda e: e * density(e), abs(energy), 4)[0] / 2
    return float(6 * squared / (math.pi * density(energy) ** 2 * disorder**2))


def change_error(sample: Sample, realizations: float) -> float:
    """Return the standard error of <g(B) - g(0)> per spin that realizations reach at least.

    From universal conductance fluctuations, beta = 1 and 2, as if the two fields had nothing in
    common; in weak fields it is less. With probes the sample consists of (L / L_phi)² parts, and
    the fields have half of the fluctuations in common.
    """
    fluctuation = 1.5 * universal_variance(1, sample.length / sample.width)
    if sample.probes:
        fluctuation *= 0.5 * min(1.0, sample.probe_length / sample.length) ** 2
    return math.sqrt(fluctuation / realizations) / sample.spins


def realizations_for(sample: Sample, flux: float, error: float) -> int:
    """Return how many realizations an error of <g(B) - g(0)> needs; none in a useless field."""
    if not sample.is_useful(flux):
        return 0
    return math.ceil((change_error(sample, 1) / error) ** 2)


def checked_lengths(
    points: Sequence[Any], samples: Sequence[Sample], error: float
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return all lengths and each point's window, after a look at what can go wrong.

    Parameters
    ----------
    points : sequence of Point
        With the axes `sample` and `flux` (h/e per plaquette), and the most realizations that may
        be computed.
    samples : sequence of Sample
        What the axis `sample` counts.
    error : float
        Asked standard error of <g(B) - g(0)>, e²/h per spin.

    Raises
    ------
    InputError
        If there is no such sample, eta or the error is negative, fields do not begin at 0, or
        the realizations are too few for the error.

    Warns
    -----
    UserWarning
        If the cyclotron radius is below the width of every sample.
    """
    if not error > 0:
        raise InputError(f"error must be > 0 (e²/h per spin), got {error!r}")
    fields = sorted({point.flux for point in points})
    _refuse_unless_from_zero(fields)
    for number in {point.sample for point in points}:
        if not 0 <= number < len(samples):
            raise InputError(f"sample takes 0 to {len(samples) - 1}, got {number}")
        if not samples[number].probes >= 0:
            raise InputError(
                f"eta of the probes must be >= 0 (units of t), got {samples[number]!r}"
            )
    found = [samples[point.sample] for point in points]
    needed = max(realizations_for(sample, 0.0, error) for sample in found)
    if points[0].realizations < needed:
        raise InputError(
            f"{points[0].realizations} realizations are too few for an error of {error:g} in "
            f"<g(B) - g(0)>: {needed} are needed; allow as many (--realizations), or ask for a "
            "larger error (--set error=...)"
        )
    for flux in fields:
        here = [s for s, point in zip(found, points, strict=True) if point.flux == flux]
        if all(cyclotron_radius(flux, sample.energy) < sample.width for sample in here):
            radius = max(cyclotron_radius(flux, sample.energy) for sample in here)
            warnings.warn(
                f"flux {flux:g}: the cyclotron radius, {radius:.0f} sites, is below the width of "
                "every sample; edge states form, and nothing is computed there",
                stacklevel=2,
            )
    lengths = sorted({sample.length for sample in found})
    places = [lengths.index(sample.length) for sample in found]
    return tuple(lengths), tuple((place, place + 1) for place in places)


def _refuse_unless_from_zero(flux: Sequence[float]) -> None:
    if flux[0] != 0 or len(flux) < 2:
        raise InputError(
            f"flux must hold 0, from where changes are taken, and positive fields, got {listed(flux)}"
        )


def analyse_magnetoconductance(
    ds: xr.Dataset, samples: Sequence[Sample], wire: Callable[[Sample, float], Wire]
) -> xr.Dataset:
    """Return changes in the field beside their theory, and what follows from them.

    Parameters
    ----------
    ds : xarray.Dataset
        With g (e²/h, all spins) over sample, flux, realization and length.
    samples : sequence of Sample
        What the coordinate `sample` counts.
    wire : callable(sample, flux) -> Wire
        The sample in a field.
    """
    flux = ds["flux"].to_numpy()
    _refuse_unless_from_zero(flux.tolist())
    parts = []
    for number in ds["sample"].to_numpy():
        sample = samples[number]
        g = ds["g"].sel(sample=number, length=sample.length).transpose("realization", "flux")
        there = np.isfinite(g.to_numpy()).any(axis=0)
        channels = np.array(
            [open_channels(wire(sample, field), sample.energy) for field in flux[there]]
        )
        values = g.to_numpy()[:, there] / sample.spins
        found = _of_sample(sample, flux[there], values, channels / sample.spins)
        parts.append(found.reindex(flux=flux).expand_dims(sample=[number]))
    result = xr.concat(parts, "sample").assign_coords(flux=ds["flux"].variable)
    result = result.merge(_of_films(result, [samples[i] for i in ds["sample"].to_numpy()]))
    result.attrs = dict(ds.attrs)
    return described(result, _WORDS)


def _of_sample(sample: Sample, flux: Array, g: Array, N: Array) -> xr.Dataset:
    """Return what one sample says: over flux, and as a whole."""
    L, M = sample.length, sample.width
    mean_g = mean(g)
    # The strongest field leaves least of weak localization.
    path = L / (N[-1] / mean_g.values[-1] - 1)
    change = mean(g[:, 1:] - g[:, :1])
    resistance = 1 / mean_g.values - 1 / N
    sigma = Curve(L / M / resistance, mean_g.shares * L / M / (resistance * mean_g.values) ** 2)
    bare = rectangle_crossover(flux[1:] * M * L, L, M, path, sample.probe_length)
    left_out = _left_out(sample, flux, mean_g.values, N, path, bare)
    single = {"channels": N[0], "mean_free_path": path, "probe_length": sample.probe_length}
    # Weights count what theory leaves out, which is most in strong fields.
    weights = change.covariance + np.diag(left_out**2)
    size, systematic = (
        fit_linear(Curve(values, change.shares), bare[:, None], weights).coefficients[0]
        for values in (change.values, left_out)
    )
    single |= {
        "correction": WIRE_CORRECTION * size.value,
        "correction_error": -WIRE_CORRECTION * size.error,
        "correction_theory": WIRE_CORRECTION * sample.strength,
        "correction_left_out": -WIRE_CORRECTION * abs(systematic.value),
    }
    phase = _phase_lengths(sample, flux[1:], Curve(change.values, change.shares), weights, path)
    result = xr.Dataset(coords={"flux": flux})
    for name, curve in (("g", mean_g), ("sigma", sigma)):
        result[name], result[f"{name}_error"] = ("flux", curve.values), ("flux", curve.errors)
    from_zero = {"change": change.values, "change_error": change.errors}
    from_zero["change_left_out"] = left_out
    # What is left out must be a part of the change; a sample shorter than that does not diffuse.
    most = KNOWN + (TRIPLETS if sample.ando else 0.0)
    is_known = (left_out < most * np.abs(sample.strength * bare)) & (DIFFUSIVE * path <= L)
    from_zero["change_theory"] = np.where(is_known, sample.strength * bare, np.nan)
    for name, values in from_zero.items():
        result[name] = ("flux", np.append(0, values))
    return result.assign(single | phase)


def _left_out(sample: Sample, flux: Array, g: Array, N: Array, path: float, bare: Array) -> Array:
    """Return what the cooperon of the rectangle leaves out of the change, per field."""
    transport = 2 * path / math.pi
    magnetic = 1 / np.sqrt(4 * math.pi * flux[1:])
    radius = np.array([cyclotron_radius(field, sample.energy) for field in flux[1:]])
    # Relative: the next order in 1/g; loops of a few collisions, as in one magnetic length.
    relative = NEXT_ORDER / -WIRE_CORRECTION / g[-1] + 0.5 * (transport / magnetic) ** 2
    relative = relative + (TRIPLETS if sample.ando else 0.0)
    # Classical: bent orbits, and channels that the field closes.
    classical = g[1:] * 0.5 * (transport / radius) ** 2 + g[1:] ** 2 * np.abs(1 / N[1:] - 1 / N[0])
    return np.asarray(relative * np.abs(sample.strength * bare) + classical)


def _phase_lengths(
    sample: Sample, flux: Array, change: Curve, weights: Array, path: float
) -> dict[str, float]:
    """Return L_phi by the cooperon of the rectangle and by the formula for films."""
    names = ("phase_length", "film_phase_length")
    if not sample.probes:
        kinds = ("", "_error", "_left_out")
        return {f"{name}{kind}": math.nan for name in names for kind in kinds}
    M, L = sample.width, sample.length
    whiten = np.linalg.inv(np.linalg.cholesky(weights))

    def model(logarithm: float) -> Array:
        found = rectangle_crossover(flux * M * L, L, M, path, math.exp(logarithm))
        return np.asarray(whiten @ (sample.strength * found))

    def residual(logarithm: Array) -> Array:
        return np.asarray(model(float(logarithm[0])) - whiten @ change.values)

    fit = least_squares(residual, np.array([math.log(sample.probe_length)]))
    step = 1e-3
    slope = (model(fit.x[0] + step) - model(fit.x[0] - step)) / (2 * step)
    # One Gauss-Newton step shares the deviation out among realizations.
    shares = change.shares @ whiten.T @ slope / (slope @ slope)
    length = math.exp(fit.x[0])
    film = fit_phase_length(flux, change.values * L / M, change.covariance * (L / M) ** 2)
    return {
        "phase_length": length,
        "phase_length_error": length * Estimate(0.0, shares).error,
        # A transport mean free path is as far as diffusion goes; leads cut off L_phi on each side.
        "phase_length_left_out": 2 * path / math.pi,
        "film_phase_length": film.length,
        "film_phase_length_error": film.length_error,
        "film_phase_length_left_out": 2 * path / math.pi + film.length**2 / L,
    }


def _of_films(result: xr.Dataset, samples: Sequence[Sample]) -> xr.Dataset:
    """Return d sigma / d ln L of coherent squares, without and with spin–orbit coupling."""
    shape = (2, result.sizes["flux"])
    found = {name: np.full(shape, np.nan) for name in ("", "_error", "_theory", "_left_out")}
    for row, spins in enumerate((1, 2)):
        films = [i for i, s in enumerate(samples) if s.is_film and s.spins == spins]
        films.sort(key=lambda i: samples[i].length)
        if len(films) < 2:
            continue
        at = result.isel(sample=films[-2:])
        octaves = math.log(samples[films[-1]].length / samples[films[-2]].length)
        at_zero = PER_LOGARITHM_OF_SIZE * samples[films[-1]].strength
        # In the field: what it takes from the larger square and not from the smaller one.
        scale = (at["sigma"] / at["g"]) ** 2
        gained = (at["change_theory"] * scale).diff("sample").isel(sample=0)
        missed = np.sqrt(((at["change_left_out"] * scale) ** 2).sum("sample", skipna=False))
        found[""][row] = at["sigma"].diff("sample").isel(sample=0) / octaves
        found["_error"][row] = np.sqrt((at["sigma_error"] ** 2).sum("sample")) / octaves
        found["_theory"][row] = at_zero + gained / octaves
        # Leads take a share of 2 l / L from the logarithm of a square.
        leads = 2 * float(at["mean_free_path"][0]) / samples[films[-2]].length
        found["_left_out"][row] = leads * abs(at_zero) + missed / octaves
    dims = ("spins", "flux")
    made = {f"slope{name}": (dims, values) for name, values in found.items()}
    return xr.Dataset(made, coords={"spins": [1, 2]})
