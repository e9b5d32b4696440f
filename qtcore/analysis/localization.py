"""From the dataset of a sweep to localization lengths, mean free paths and the theory beside them.

One point of the sweep is loaded and fitted at a time, so that memory holds one point's samples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.analysis import result_names as names
from qtcore.analysis.collapse import (
    Collapsed,
    at_common_lengths,
    collapse,
    offset,
)
from qtcore.analysis.localization_length import Localization, Verdict, fit_localization
from qtcore.analysis.mean_free_path import fit_mean_free_path
from qtcore.analysis.statistics import (
    Array,
    Curve,
    Estimate,
    mean,
    ratio,
    variance,
)
from qtcore.errors import InputError
from qtcore.estimate.moments import FEWEST_REALIZATIONS
from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
from qtcore.model.wire import Wire
from qtcore.theory.born import (
    LARGEST_NEXT_ORDER,
    Rates,
    formula_error,
    is_anomalous,
    next_order,
    phase_mismatch,
    scattering_rates,
)
from qtcore.theory.field import collision_loss, cyclotron_radius, flux_quanta, symmetry_index
from qtcore.theory.quasi_1d import (
    field_ratio,
    localization_length,
    thouless_localization_length,
)

AXES = ("disorder", "width", "flux", "energy")

Index = tuple[int, int, int, int]


@dataclass(frozen=True)
class Setting:
    """What the theory needs to know of one point.

    Attributes
    ----------
    lattice : Square
        Cross-section.
    strength, flux, energy : float
        Full width W of the box (t), flux per plaquette (h/e), energy (t).
    """

    lattice: Square
    strength: float
    flux: float
    energy: float

    @property
    def rates(self) -> Rates:
        """Golden-rule rates."""
        return scattering_rates(self.lattice, self.energy, self.strength, self.flux)

    @property
    def beta(self) -> float:
        """Symmetry index, NaN in the crossover."""
        return symmetry_index(self.lattice, self.energy, self.strength, self.flux)


def plain_strip(point: Any) -> Wire:
    """Return the strip of a point with the flux per plaquette as its axis."""
    return Wire(Square(point.width), Box(point.disorder), flux=point.flux)


def analyse_localization(ds: xr.Dataset, wire: Callable[[Any], Wire] = plain_strip) -> xr.Dataset:
    """Fit every point of a sweep and compare it with theory.

    Parameters
    ----------
    ds : xarray.Dataset
        As `qtcore.open` returns it: `ln_g` over (disorder, width, flux, energy, realization,
        length), NaN where nothing was computed.
    wire : callable(point) -> Wire
        The wire of a point, as the sweep had it.

    Returns
    -------
    xarray.Dataset
        Estimates with `_error` companions over (disorder, width, flux, energy), means and
        variances also over length; `localization_fit` says where no fit was made, and why. Every
        variable carries `units` and `long_name`.

    Raises
    ------
    InputError
        If the dataset lacks a dimension or `ln_g`.
    """
    _check(ds)
    ds = ds.transpose(*AXES, "realization", "length")
    table = names.empty_table(ds)
    slopes: dict[Index, Estimate] = {}
    curves: dict[Index, Curve] = {}
    for index in np.ndindex(*(ds.sizes[axis] for axis in AXES)):
        i, j, k, m = index
        setting = _setting(ds, (i, j, k, m), wire)
        _theory(table, index, setting)
        if setting.lattice.width == 1 and setting.flux != 0 and 0 in ds["flux"]:
            # A chain encloses no flux: the very same numbers again would only count twice.
            table["localization_fit"][index] = Verdict.SAME_AS_WITHOUT_FIELD
            continue
        samples = _Samples.of(ds, (i, j, k, m))
        _quality(table, index, ds, samples)
        if samples.count < FEWEST_REALIZATIONS:
            table["localization_fit"][index] = Verdict.TOO_FEW_REALIZATIONS
            continue
        means = mean(samples.ln_g)
        _put_curve(table, "mean_ln_g", index, samples.computed, means)
        _put_curve(table, "var_ln_g", index, samples.computed, variance(samples.ln_g))
        _put_curve(table, "mean_g", index, samples.computed, mean(np.exp(samples.ln_g)))
        _fit_short(table, index, samples, setting)
        fit = fit_localization(samples.ln_g, samples.lengths)
        if isinstance(fit, Verdict):
            table["localization_fit"][index] = fit
            continue
        _put_localization(table, index, fit)
        slopes[i, j, k, m] = fit.localization_length
        _choose_collapsed(table, (i, j, k, m), samples.lengths, means, fit, curves)
    _field_ratios(table, slopes, np.asarray(ds["flux"]))
    _put_collapse(table, curves)
    return names.labelled(table, ds)


@dataclass(frozen=True)
class _Samples:
    """The samples of one point at the lengths that were computed there."""

    ln_g: Array
    lengths: Array
    computed: NDArray[np.bool_]

    @classmethod
    def of(cls, ds: xr.Dataset, index: Index) -> "_Samples":
        ln_g = np.asarray(ds["ln_g"][index], dtype=np.float64)
        computed = np.asarray(np.isfinite(ln_g).any(axis=0))
        lengths = np.asarray(ds["length"], dtype=np.float64)[computed]
        return cls(ln_g[:, computed], lengths, computed)

    @property
    def count(self) -> int:
        """Realizations that are complete."""
        return int(np.isfinite(self.ln_g).all(axis=1).sum()) if self.ln_g.size else 0


def _check(ds: xr.Dataset) -> None:
    missing = [name for name in (*AXES, "realization", "length") if name not in ds.dims]
    if missing or "ln_g" not in ds:
        lacking = ", ".join([*missing, *(() if "ln_g" in ds else ("ln_g",))])
        raise InputError(
            f"the localization analysis needs ln_g over {', '.join(AXES)}, realization, length; "
            f"the dataset lacks {lacking} (it has {', '.join(map(str, ds.dims)) or 'nothing'})"
        )


def _setting(ds: xr.Dataset, index: Index, wire: Callable[[Any], Wire]) -> Setting:
    values = {axis: ds[axis].values[i].item() for axis, i in zip(AXES, index, strict=True)}
    made = wire(SimpleNamespace(**values))
    if made.plain_strip is None:
        raise InputError("the localization analysis is for square strips with box disorder")
    lattice, disorder = made.plain_strip
    return Setting(lattice, disorder.strength, made.flux, values["energy"])


def _theory(table: names.Table, index: tuple[int, ...], setting: Setting) -> None:
    rates, beta = setting.rates, setting.beta
    l_born = rates.mean_free_path
    width = setting.lattice.width
    upper = localization_length(float(rates.channels), l_born, 2.0)
    table["channels"][index] = rates.channels
    table["beta"][index] = beta
    table["flux_per_plaquette"][index] = setting.flux
    table["born_mean_free_path"][index] = l_born
    table["theory_localization_length"][index] = (
        thouless_localization_length(setting.energy, setting.strength)
        if width == 1
        else localization_length(rates.channels, l_born, beta)
    )
    table["formula_error"][index] = formula_error(
        setting.lattice, setting.energy, setting.strength, setting.flux
    )
    born_error = next_order(setting.lattice, setting.energy, setting.strength)
    locked = is_anomalous(setting.lattice, setting.energy, l_born)
    table["born_error"][index] = born_error
    table["anomalous"][index] = locked or born_error > LARGEST_NEXT_ORDER
    table["phase_slip"][index] = l_born * phase_mismatch(setting.lattice, setting.energy)
    table["flux_quanta"][index] = flux_quanta(setting.flux, width, upper)
    table["cyclotron_radius"][index] = cyclotron_radius(setting.flux, setting.energy)
    table["collision_loss"][index] = collision_loss(setting.lattice, setting.energy, setting.flux)


def _quality(table: names.Table, index: tuple[int, ...], ds: xr.Dataset, found: _Samples) -> None:
    table["realizations"][index] = found.count
    if "suspect" in ds:
        table["suspects"][index] = int((np.asarray(ds["suspect"][index]) == 1).sum())
    if "certificate" in ds and found.count:
        table["largest_certificate"][index] = np.nanmax(np.asarray(ds["certificate"][index]))


def _fit_short(
    table: names.Table, index: tuple[int, ...], samples: _Samples, setting: Setting
) -> None:
    if np.isnan(setting.beta):
        return
    g = np.exp(samples.ln_g)
    fit = fit_mean_free_path(g, samples.lengths, setting.rates, setting.beta)
    if fit is None:
        return
    _put(table, "mean_free_path", index, fit.mean_free_path)
    table["mean_free_path_until"][index] = fit.longest
    table["mean_free_path_chi2"][index] = fit.reduced_chi_squared


def _put_localization(table: names.Table, index: tuple[int, ...], fit: Localization) -> None:
    _put(table, "localization_length", index, fit.localization_length)
    _put(table, "offset", index, fit.offset)
    if fit.variance_slope is not None:
        _put(table, "variance_slope", index, fit.variance_slope)
    table["localization_from"][index] = fit.shortest
    table["localization_chi2"][index] = fit.reduced_chi_squared
    table["localization_fit"][index] = Verdict.FITTED


def _choose_collapsed(
    table: names.Table,
    index: Index,
    lengths: Array,
    means: Curve,
    fit: Localization,
    curves: dict[Index, Curve],
) -> None:
    """Keep the curve of a point if it can be compared with others, or say why not."""
    found: Curve | Collapsed = Collapsed.NO_THEORY
    if table["anomalous"][index] == 0 and np.isfinite(table["beta"][index]):
        found = at_common_lengths(lengths, means, fit.localization_length)
    if isinstance(found, Collapsed):
        table["collapsed"][index] = found
        return
    table["collapsed"][index] = Collapsed.COMPARED
    curves[index] = found


def _put_collapse(table: names.Table, curves: dict[Index, Curve]) -> None:
    if len(curves) < 2:
        return
    at = tuple(np.array(list(curves)).T)
    offsets = np.array(
        [offset(N, beta) for N, beta in zip(table["channels"][at], table["beta"][at], strict=True)]
    )
    found = collapse(list(curves.values()), offsets, table["formula_error"][at])
    table["collapse_squared"][()], table["collapse_squared_error"][()] = found.squared, found.error
    table["collapse_squared_theory"][()] = found.theory
    table["collapse_squared_left_out"][()] = found.left_out
    table["collapse_spread"][()] = np.sqrt(max(found.squared, 0.0))


def _put(table: names.Table, name: str, index: tuple[int, ...], estimate: Estimate) -> None:
    table[name][index] = estimate.value
    table[f"{name}_error"][index] = estimate.error


def _put_curve(
    table: names.Table, name: str, index: tuple[int, ...], computed: NDArray[np.bool_], curve: Curve
) -> None:
    table[name][index][computed] = curve.values
    table[f"{name}_error"][index][computed] = curve.errors


def _field_ratios(table: names.Table, slopes: dict[Index, Estimate], flux: Array) -> None:
    """Divide each xi by the one without field of the same disorder, realization by realization."""
    if 0 not in flux:
        return
    zero = int(np.flatnonzero(flux == 0)[0])
    for (i, j, k, m), xi in slopes.items():
        without = slopes.get((i, j, zero, m))
        if k == zero or without is None:
            continue
        _put(table, "field_ratio", (i, j, k, m), ratio(xi, without))
        channels = float(table["channels"][i, j, zero, m])
        paths = table["born_mean_free_path"][i, j, :, m]
        if table["beta"][i, j, k, m] == 2:
            table["theory_field_ratio"][i, j, k, m] = field_ratio(channels) * paths[k] / paths[zero]
