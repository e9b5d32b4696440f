"""The analysis that lies beside a store, read as somebody else's file: it may say anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
import zarr

from qtcore.reports.quantities import Quantity, quantities_of
from qtcore.results.check import Check
from qtcore.results.check_words import deviation_text, power_text, result_text
from qtcore.results.dataset import CHECKS, checks_in, notes_in
from qtcore.store.header import Header
from qtcore.store.place import ROOT_METADATA

MOST_BYTES = 500_000_000
"""Bytes of the arrays of an analysis that is read, at most."""


@dataclass(frozen=True)
class Recorded:
    """What an analysis beside a store says.

    Attributes
    ----------
    quantities, checks, notes : sequence
        Its numbers, its table of checks, and remarks on them.
    problem : str
        Why it is not shown, or how old it is, in a sentence; "" if there is nothing to say.
    """

    quantities: Sequence[Quantity] = ()
    checks: Sequence[Check] = ()
    notes: Sequence[str] = ()
    problem: str = ""


def read_recorded(path: Path, header: Header) -> Recorded:
    """Return what an analysis beside a store says; nothing of it is executed.

    Parameters
    ----------
    path : Path
        Where it lies, if it is there.
    header : Header
        Of the store that it must belong to.
    """
    if path.is_symlink() or not (path / ROOT_METADATA).is_file():
        return Recorded()
    try:
        # Only format 3: codecs of format 2 may execute what they read.
        group = zarr.open_group(path, mode="r", zarr_format=3, use_consolidated=False)
        if sum(array.nbytes for _, array in group.arrays()) > MOST_BYTES:
            return Recorded(problem=f"{path.name} beside the store is too large to be shown.")
        result = xr.open_zarr(path, consolidated=False, zarr_format=3).load()
        if result.attrs.get("spec_hash") != header.spec_hash:
            return Recorded(
                problem=f"{path.name} beside the store is of another sweep, and is not shown."
            )
        checks = checks_in(result) if CHECKS in result.attrs else []
        for check in checks:  # raises unless its values are numbers
            _ = check.passed, result_text(check), deviation_text(check), power_text(check)
        found = Recorded(quantities_of(result), checks, [str(one) for one in notes_in(result)])
    except Exception:  # noqa: BLE001 - a damaged file makes Zarr and xarray raise anything
        return Recorded(problem=f"{path.name} beside the store cannot be read as an analysis.")
    if result.attrs.get("updated") == header.attributes.get("updated"):
        return found
    older = f"{path.name} is older than the last samples of the store."
    return Recorded(found.quantities, found.checks, found.notes, older)
