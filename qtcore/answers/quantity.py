"""The samples that a question is about: a stored variable, or one that follows from it."""

import numpy as np
import xarray as xr

from qtcore.answers.named import unknown
from qtcore.errors import InputError
from qtcore.store.layout import REALIZATION
from qtcore.units import unit_of_g

NOT_COMPUTED = "not_computed"
"""Among the meanings of the flags of an integer variable: the one of what is not there."""

CONDUCTANCE, LOGARITHM = "g", "ln_g"


def quantities(dataset: xr.Dataset) -> list[str]:
    """Return the names that `samples_of` knows for a dataset."""
    stored = [str(name) for name, array in dataset.data_vars.items() if REALIZATION in array.dims]
    derived = [CONDUCTANCE] if LOGARITHM in stored and CONDUCTANCE not in stored else []
    return [*stored, *derived]


def samples_of(dataset: xr.Dataset, of: str) -> xr.DataArray:
    """Return the samples of a quantity as real numbers, NaN where a realization is missing.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a part of it.
    of : str
        A variable; or `g`, the conductance, where `ln_g` is stored.

    Returns
    -------
    xarray.DataArray
        float64, with its units and its long name; lazy where the dataset is.

    Raises
    ------
    InputError
        If there is no such quantity, it has complex values, or no realizations are left.
    """
    known = quantities(dataset)
    if not known and of in dataset.data_vars:
        raise InputError(
            f"{of} has no dimension `realization` to take statistics over; it has "
            f"{', '.join(map(str, dataset[of].dims)) or 'none'}"
        )
    if of not in known:
        raise unknown("variable", of, known)
    if of == CONDUCTANCE and of not in dataset.data_vars:
        logarithm = dataset[LOGARITHM]
        words = str(logarithm.attrs.get("long_name", ""))
        meaning = words.removeprefix("ln g, ").removeprefix("g in ")
        found = logarithm.copy(data=np.exp(logarithm.data)).rename(of)
        found.attrs = {"units": unit_of_g(words), "long_name": f"g, in {meaning}"}
        return found
    array = dataset[of]
    if array.dtype.kind == "c":
        raise InputError(
            f"{of} has complex values, and statistics are those of real numbers: put "
            f"ds.{of}.real, ds.{of}.imag or abs(ds.{of}) into the dataset as a variable of its own"
        )
    if array.dtype.kind not in "biuf":
        raise InputError(f"{of} holds no numbers, but {array.dtype}")
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    missing = missing_flags(array)
    return array.where(~array.isin(missing)) if missing else array.astype(np.float64)


def missing_flags(array: xr.DataArray) -> list[int]:
    """Return the values of an integer variable that mean: not computed."""
    meanings = str(array.attrs.get("flag_meanings", "")).split()
    values = np.atleast_1d(array.attrs.get("flag_values", [])).tolist()
    return [int(v) for v, m in zip(values, meanings, strict=False) if m == NOT_COMPUTED]
