"""Files that belong to a store and lie beside it: figures and the analysis."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
import zarr

from qtcore._version import __version__
from qtcore.errors import CannotWriteError, InputError, brief, listed, writing_to
from qtcore.request import RESULTS
from qtcore.store.aside import put_whole
from qtcore.store.document import MOST_BYTES, parsed
from qtcore.store.folder import Folder
from qtcore.store.layout import ANALYSIS, LABELS, RUN_GROUP
from qtcore.store.place import ROOT_METADATA, Place

if TYPE_CHECKING:  # takes longer to import than everything that `qtcore status` needs
    from matplotlib.figure import Figure


def path_beside(store: Place, suffix: str) -> Path:
    """Return the path of what belongs to a store: beside a folder, in `results` for a URL.

    There each URL has a place of its own, `results/s3/bucket/folder/NAME` for
    `s3://bucket/folder/NAME.zarr`.
    """
    name = store.name.removesuffix(".zarr") + suffix
    if isinstance(store, Folder):
        return store.path.with_name(name)
    scheme, _, rest = store.address.partition("://")
    folders = [part for part in rest.split("/")[:-1] if part not in ("", ".", "..")]
    return RESULTS.joinpath(scheme, *folders, name)


def beside(store: Place, suffix: str) -> Path:
    """Return the path of `path_beside`, in a folder that is there."""
    path = path_beside(store, suffix)
    if not isinstance(store, Folder):
        with writing_to(store):
            path.parent.mkdir(parents=True, exist_ok=True)
    return path


FORMATS = ("png", "pdf", "svg")
"""What a figure may be saved as."""

USUAL = ("png", "pdf")


def refuse_formats(formats: Sequence[str]) -> None:
    """Raise InputError for a format in which no figure can be saved."""
    for one in formats:
        if one not in FORMATS:
            raise InputError(f"a figure is saved as {listed(FORMATS)}, got {brief(one)}")


def save_figure(
    drawing: "Figure", store: Place, kind: str = "", formats: Sequence[str] = USUAL
) -> list[Path]:
    """Save a figure beside a store; return the files, `NAME[KIND].png` and `.pdf`.

    Raises
    ------
    CannotWriteError
        If the folder or the disk does not take them; an older figure is still there then.
    InputError
        If there is no such format.
    """
    from qtcore.figures.drawing import content_of

    refuse_formats(formats)
    paths = []
    engine = drawing.get_layout_engine()
    try:
        for one in dict.fromkeys(formats):
            path = beside(store, f"{kind}.{one}")
            content = content_of(drawing, one)
            # The second file has the places of the first; to find them takes as long as to draw.
            drawing.set_layout_engine("none")
            with writing_to(store):
                put_whole(path, content)
            paths.append(path)
    finally:
        drawing.set_layout_engine(engine if engine is not None else "none")
    return paths


def save_dataset(result: xr.Dataset, store: Place, suffix: str) -> Path:
    """Save a dataset beside a store as `NAME[SUFFIX]`, a Zarr group; return its path.

    Raises
    ------
    CannotWriteError
        If the folder or the disk does not take it, or something else has its name; what was there
        is still there then.
    """
    path = beside(store, suffix)
    memory: dict[str, Any] = {}
    # A result may keep the attributes of its dataset; that it is a store must not be among them.
    kept = {name: value for name, value in result.attrs.items() if name != "qtcore_format"}
    # Zarr has no lasting form for texts along a dimension; parameters of cases may be texts.
    texts = [n for n, c in result.coords.items() if c.dtype.kind in "OUT"]
    numbered = {n: _numbered(result[n].variable) for n in texts if n in result.dims}
    result = result.drop_vars(texts).assign_coords(numbered)
    marked = result.drop_attrs(deep=False).assign_attrs(kept | {ANALYSIS: __version__})
    marked.to_zarr(zarr.storage.MemoryStore(memory), zarr_format=3, consolidated=False)
    with writing_to(store):
        if not _may_be_replaced(Folder(path), {str(name) for name in result.variables}):
            raise CannotWriteError(
                f"{path} is no analysis that qtcore has written, and is not replaced. What is "
                f"finished is safe in {store}. To go on, move that away and give the same command "
                "again",
                errno.EEXIST,
            )
        Folder(path).replace({key: buffer.to_bytes() for key, buffer in memory.items()})
    return path


def _numbered(texts: xr.Variable) -> xr.Variable:
    """Return numbers that stand for texts along a dimension, as a store has them."""
    known = {**texts.attrs, LABELS: texts.to_numpy().tolist()}
    return xr.Variable(texts.dims, np.arange(texts.size), known)


def _may_be_replaced(there: Folder, names: set[str]) -> bool:
    """Whether nothing is there, or an analysis, which can be made again from its store."""
    if there.is_vacant() and not there.path.is_symlink():
        return True
    try:
        attributes = parsed(there.get(ROOT_METADATA, MOST_BYTES + 1)).get("attributes", {})
    except ValueError:
        return False
    inside = {*there.children("")} - {ROOT_METADATA}
    if there.path.is_symlink() or RUN_GROUP in inside or not isinstance(attributes, dict):
        return False
    if "qtcore_format" in attributes:
        return False
    # Those of older versions are not marked; they hold the same variables and nothing else.
    return ANALYSIS in attributes or (bool(inside) and inside <= names)
