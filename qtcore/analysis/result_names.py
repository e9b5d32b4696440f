"""The variables of a localization analysis: names, units and meanings, in one place."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.analysis.collapse import COLLAPSE_FROM, Collapsed
from qtcore.analysis.localization_length import MEAN_FROM, VARIANCE_FROM, Verdict

Table = dict[str, NDArray[np.float64]]

_ESTIMATES = {
    "localization_length": ("sites", "localization length ξ, ⟨ln g⟩ = offset − 2 L/ξ"),
    "offset": ("", "offset of the localized fit, ⟨ln g⟩ = offset − 2 L/ξ"),
    "variance_slope": ("", f"d var(ln g) / d |⟨ln g⟩| for L ≥ {VARIANCE_FROM:g} ξ"),
    "field_ratio": ("", "ξ over ξ without field, same disorder"),
    "mean_free_path": ("sites", "mean free path l from ⟨g⟩ of short wires"),
}

_NUMBERS = {
    "channels": ("", "open channels N"),
    "beta": ("", "symmetry index β (NaN: between 1 and 2)"),
    "flux_per_plaquette": ("h/e per plaquette", "magnetic flux per plaquette"),
    "born_mean_free_path": ("sites", "mean free path l of the golden rule"),
    "theory_localization_length": (
        "sites",
        "(β N + 2 − β) l of the golden rule; width 1: Thouless",
    ),
    "theory_field_ratio": ("", "2 N/(N + 1) times the ratio of l of the golden rule"),
    "formula_error": ("", "relative size of what (β N + 2 − β) l leaves out"),
    "born_error": ("", "relative size of the next Born order"),
    "phase_slip": ("rad", "distance to the nearest anomaly: phase slip per mean free path"),
    "anomalous": ("", "1 where (β N + 2 − β) l fails: phases lock, or disorder is strong"),
    "flux_quanta": ("h/e", "flux through 2 N l × width"),
    "cyclotron_radius": ("sites", "cyclotron radius; below the width edge states form"),
    "collision_loss": ("", "interference with the time-reversed collision that is lost"),
    "localization_from": ("sites", f"first length of the fit of ξ, ≥ {MEAN_FROM:g} ξ"),
    "localization_chi2": ("", "χ² per degree of freedom of the fit of ξ"),
    "mean_free_path_until": ("sites", "last length of the fit of l"),
    "mean_free_path_chi2": ("", "χ² per degree of freedom of the fit of l"),
    "realizations": ("", "complete disorder realizations"),
    "suspects": ("", "samples whose certificate stayed above its threshold"),
    "largest_certificate": ("", "largest bound on the relative error of g"),
}

_CURVES = {
    "mean_ln_g": ("", "mean of ln g, g in e²/h per spin"),
    "var_ln_g": ("", "variance of ln g"),
    "mean_g": ("e²/h per spin", "mean conductance"),
}

_FLAGS = {
    "localization_fit": (Verdict, "whether ξ was fitted, and if not, why not"),
    "collapsed": (Collapsed, "whether ⟨ln g⟩ is compared with other points, and if not, why not"),
}

_COLLAPSE = {
    "collapse_spread": f"relative spread of ⟨ln g⟩ at equal L/ξ beyond {COLLAPSE_FROM:g} ξ",
    "collapse_squared": "square of this spread, without the part that noise makes",
    "collapse_squared_error": "standard error: square of this spread",
    "collapse_squared_theory": "theory: square of this spread, from the offsets of DMPK",
    "collapse_squared_left_out": "size of what the theory leaves out: square of this spread",
}

_POINT = ("disorder", "width", "flux", "energy")


def empty_table(ds: xr.Dataset) -> Table:
    """Return the variables of an analysis as arrays of NaN, by name."""
    point = tuple(ds.sizes[axis] for axis in _POINT)
    table = {name: np.full(point, np.nan) for name in [*_ESTIMATES, *_NUMBERS]}
    table |= {f"{name}_error": np.full(point, np.nan) for name in _ESTIMATES}
    for name in _CURVES:
        table[name] = np.full((*point, ds.sizes["length"]), np.nan)
        table[f"{name}_error"] = np.full((*point, ds.sizes["length"]), np.nan)
    table |= {name: np.array(np.nan) for name in _COLLAPSE}
    # Points without a fit are skipped, and have no curve to compare.
    table["localization_fit"] = np.full(point, np.nan)
    table["collapsed"] = np.full(point, float(Collapsed.NO_FIT))
    return table


def labelled(table: Table, ds: xr.Dataset) -> xr.Dataset:
    """Return the variables as a dataset with the coordinates and attributes of the sweep's."""
    result = xr.Dataset(coords={axis: ds[axis] for axis in (*_POINT, "length")})
    for name, (units, meaning) in (_ESTIMATES | _CURVES).items():
        dims = (*_POINT, "length") if name in _CURVES else _POINT
        result[name] = (dims, table[name], {"units": units, "long_name": meaning})
        about = {"units": units, "long_name": f"standard error: {meaning}"}
        result[f"{name}_error"] = (dims, table[f"{name}_error"], about)
    for name, (units, meaning) in _NUMBERS.items():
        result[name] = (_POINT, table[name], {"units": units, "long_name": meaning})
    for name, (verdicts, meaning) in _FLAGS.items():
        flags: dict[str, object] = {
            "units": "",
            "long_name": meaning,
            "flag_values": [int(verdict) for verdict in verdicts],
            "flag_meanings": " ".join(verdict.name.lower() for verdict in verdicts),
        }
        result[name] = (_POINT, table[name].astype(np.int8), flags)
    for name, meaning in _COLLAPSE.items():
        result[name] = ((), table[name], {"units": "", "long_name": meaning})
    result.attrs = dict(ds.attrs)
    return result
