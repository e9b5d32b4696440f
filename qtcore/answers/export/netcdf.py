"""Labelled arrays as NetCDF 4, through h5netcdf and h5py."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5netcdf  # noqa: F401 - xarray writes with it, and says less well that it is missing
import h5py  # noqa: F401 - so does h5netcdf
import xarray as xr

from qtcore.answers.export.sheet import Sheet

OVERHEAD = 1 << 16
"""Bytes that a file takes beside its numbers."""


def write_netcdf(path: Path, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    """Write all variables with their axes; return how many numbers they have.

    `xarray.open_dataset(path)` reads it. Variables keep their dimensions, so that what was not computed is NaN.
    """
    variables = {name: sheet.dataset[name] for sheet in sheets for name in sheet.variables}
    whole = xr.Dataset(variables, attrs={n.replace(" ", "_"): text for n, text in facts.items()})
    for name in [*whole.variables]:
        whole[name].attrs = {k: v for k, v in whole[name].attrs.items() if _is_plain(v)}
    _refuse_without_room(path, OVERHEAD + whole.nbytes + whole.nbytes // 50)
    whole.to_netcdf(path, engine="h5netcdf")
    with xr.open_dataset(
        path, engine="h5netcdf"
    ) as written:  # lazily: what is not there is found piece by piece
        return int(any(bool(array.notnull().any()) for array in written.data_vars.values()))


def _refuse_without_room(path: Path, size: int) -> None:
    """Raise OSError where a file has no room: a full disk in the middle of writing ends HDF5 with a crash."""
    if hasattr(os, "posix_fallocate"):
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        path.unlink()


def _is_plain(value: Any) -> bool:
    """Whether an attribute is a text or numbers, which NetCDF can hold."""
    if isinstance(value, list | tuple):
        return all(isinstance(one, int | float) for one in value)
    return isinstance(value, str | int | float) and not isinstance(value, bool)
