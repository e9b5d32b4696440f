"""Datasets of samples, such as a store opens as."""

import json
from typing import Any

import numpy as np
import xarray as xr


def dataset(
    samples: Any, name: str = "ln_g", dims: tuple[str, ...] = ("length",), **attributes: Any
) -> xr.Dataset:
    """Return a dataset (energy, realization, *dims) with lengths 10, 20, … and energies 0.0, 0.1, …."""
    array = np.asarray(samples, dtype=np.float64)
    points, realizations = array.shape[:2]
    energies = (np.arange(points) / 10).tolist()
    about = {"units": "", "long_name": "ln g, g in e²/h per spin, waves from the left"}
    coordinates: dict[str, Any] = {
        "energy": ("energy", energies, {"units": "t", "long_name": "Fermi energy"}),
        "realization": np.arange(realizations),
        "width": 8,
        "edge": "zigzag",
        "finished": (
            "energy",
            (~np.isnan(array).all(axis=tuple(range(2, array.ndim)))).sum(axis=1),
        ),
    }
    if "length" in dims:
        places = 10 * np.arange(1, array.shape[2 + dims.index("length")] + 1)
        about_lengths = {"units": "sites", "long_name": "length of the wire"}
        coordinates["length"] = ("length", places, about_lengths)
    spec = {
        "axes": [{"name": "energy", "values": energies, "units": "t"}],
        "constants": {"width": 8, "edge": "zigzag"},
        "realizations": realizations,
        "seed": 1,
    }
    if "length" in dims:
        spec["lengths"] = coordinates["length"][1].tolist()
    attributes = {"spec": json.dumps(spec), "seed": 1, "realizations": realizations, **attributes}
    return xr.Dataset(
        {name: (("energy", "realization", *dims), array, about)}, coordinates, attributes
    )
