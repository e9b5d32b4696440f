"""Files that belong to a store and lie beside it: figures and the analysis."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr
import zarr

from qtcore.errors import writing_to
from qtcore.request import RESULTS
from qtcore.store.aside import put_whole
from qtcore.store.folder import Folder
from qtcore.store.place import Place

if TYPE_CHECKING:  # takes longer to import than everything that `qtcore status` needs
    from matplotlib.figure import Figure


def beside(store: Place, suffix: str) -> Path:
    """Return the path of what belongs to a store: beside a folder, in `results` for a URL."""
    name = store.name.removesuffix(".zarr") + suffix
    if isinstance(store, Folder):
        return store.path.with_name(name)
    with writing_to(store):
        RESULTS.mkdir(exist_ok=True)
    return RESULTS / name


def save_figure(drawing: "Figure", store: Place, kind: str = "") -> list[Path]:
    """Save a figure beside a store; return the files, `NAME[KIND].png` and `.pdf`.

    Raises
    ------
    CannotWriteError
        If the folder or the disk does not take them; an older figure is still there then.
    """
    paths = []
    for suffix in (".png", ".pdf"):
        path = beside(store, kind + suffix)
        content = io.BytesIO()
        drawing.savefig(content, format=suffix.removeprefix("."))
        with writing_to(store):
            put_whole(path, content.getvalue())
        paths.append(path)
    return paths


def save_dataset(result: xr.Dataset, store: Place, suffix: str) -> Path:
    """Save a dataset beside a store as `NAME[SUFFIX]`, a Zarr group; return its path.

    Raises
    ------
    CannotWriteError
        If the folder or the disk does not take it; an older one is still there then.
    """
    path = beside(store, suffix)
    memory: dict[str, Any] = {}
    result.to_zarr(zarr.storage.MemoryStore(memory), zarr_format=3, consolidated=False)
    with writing_to(store):
        Folder(path).replace({key: buffer.to_bytes() for key, buffer in memory.items()})
    return path
