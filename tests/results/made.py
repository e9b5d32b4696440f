"""Datasets of small sweeps, as qtcore.open returns them, and tables of small definitions."""

import json

import numpy as np
import xarray as xr

from qtcore.results.dataset import checks_in, results_of
from qtcore.results.declare import Declared, Quantity, stages_of


def sweep(axes, realizations=40, lengths=(), spans=None, constants=None, seed=1, **variables):
    """Return a dataset; each variable is a function (values of its point, rng) -> samples."""
    shape = tuple(len(values) for values in axes.values())
    coords = {name: (name, np.asarray(values)) for name, values in axes.items()}
    coords["realization"] = np.arange(realizations)
    if lengths:
        coords["length"] = np.asarray(lengths)
    spec = {
        "realizations": realizations,
        "axes": [{"name": name, "values": list(values)} for name, values in axes.items()],
        "constants": constants or {},
        "lengths": list(lengths),
        "spans": spans,
        "seed": seed,
    }
    rng = np.random.default_rng(7)
    arrays = {}
    for name, make in variables.items():
        points = []
        for index in np.ndindex(*shape):
            values = {a: axes[a][n] for a, n in zip(axes, index, strict=True)}
            points.append(make(values, rng))
        array = np.stack(points).reshape(*shape, *np.shape(points[0]))
        own = (
            ("length",)
            if lengths
            else tuple(f"{name}_{n}" for n in range(array.ndim - len(shape) - 1))
        )
        arrays[name] = ((*axes, "realization", *own), array)
    finished = (tuple(axes), np.full(shape, realizations))
    return xr.Dataset(arrays, coords | {"finished": finished}, {"spec": json.dumps(spec)})


def declared(quantities, measure, expect=None, dimensions=None, fewest=8):
    """Return declarations; a quantity may be given by its name."""
    known = [one if isinstance(one, Quantity) else Quantity(one) for one in quantities]
    stages = stages_of(measure, "measure"), stages_of(expect, "expect")
    return Declared(tuple(known), *stages, dimensions or {}, fewest)


def results(ds, *given, **options):
    """Return the results of declarations."""
    return results_of(declared(*given, **options), ds)


def rows(ds, *given, **options):
    """Return the checks of declarations by key."""
    return {check.key: check for check in checks_in(results(ds, *given, **options))}
