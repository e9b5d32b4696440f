"""Which runs lie in a folder, or below a URL."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError
from qtcore.store.arrays import block_array
from qtcore.store.finished import held_realizations
from qtcore.store.folder import Folder
from qtcore.store.header import Header, read_header
from qtcore.store.layout import MARKER
from qtcore.store.locate import place_of
from qtcore.store.open import coordinate
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.stated import stated_by

Range = tuple[float, float]

NO_STORE = ("qtcore did not make it", "is the analysis of a store")
"""In the messages about Zarr groups that are none of qtcore's stores."""

READERS = 8
"""Stores that are looked into at once."""


@dataclass(frozen=True)
class Run:
    """One run in a catalog.

    Attributes
    ----------
    store : str
        Path or URL.
    workflow, preset, version : str
        What was run, and the version of qtcore that began it.
    seed : int or None
        Seed of the disorder.
    axes : dict of (float, float)
        Smallest and largest value of each swept axis, in the units of the store.
    points, realizations : int
        Points of the grid, and realizations that each shall hold at most.
    finished : float
        Fraction of the realizations that are there, 0 … 1.
    size : int
        Bytes.
    created : str
        Time (ISO 8601, UTC).
    problem : str
        Why the store cannot be read, or empty; nothing else is known then.
    """

    store: str
    workflow: str = ""
    preset: str = ""
    version: str = ""
    seed: int | None = None
    axes: Mapping[str, Range] = field(default_factory=dict)
    points: int = 0
    realizations: int = 0
    finished: float = 0.0
    size: int = 0
    created: str = ""
    problem: str = ""


def catalog(
    folder: str | Path,
    *,
    workflow: str | None = None,
    version: str | None = None,
    within: Mapping[str, Range] | None = None,
) -> list[Run]:
    """Return the runs in a folder and its subfolders, sorted by path.

    `pandas.DataFrame(catalog("results"))` makes a table of it.

    Parameters
    ----------
    folder : str or Path
        Folder, or URL below which stores lie.
    workflow : str, optional
        Only runs of this workflow.
    version : str, optional
        Only runs that this version of qtcore, or one that starts with it (`1.2`), began.
    within : mapping of name to (low, high), optional
        Only runs that have a value of each of these axes between low and high, both included.

    Raises
    ------
    InputError
        If there is no such folder, or a range is empty.
    """
    wanted = dict(within or {})
    for name, (low, high) in wanted.items():
        if not low <= high:
            raise InputError(f"{name}: a range goes from low to high, got {low:g} to {high:g}")
    root = place_of(folder)
    if isinstance(root, Folder) and not root.path.is_dir():
        raise InputError(f"no folder at {root}")
    with ThreadPoolExecutor(READERS) as threads:
        found = threads.map(lambda place: _look(place, wanted), _stores(root))
        runs = [run for run in found if run is not None]
    return [
        run
        for run in sorted(runs, key=lambda run: run.store)
        if (workflow is None or run.workflow == workflow)
        and (version is None or f"{run.version}.".startswith(f"{version.rstrip('.')}."))
        and not (run.problem and (workflow or version or wanted))
    ]


def _stores(root: Place) -> list[Place]:
    """Return the stores below a place; what is inside a Zarr group is not looked into."""
    names = root.children("")
    if ROOT_METADATA in names:
        return [root]
    # An analysis beside its store is a Zarr group of xarray's, and no run.
    inner = [name for name in names if not name.endswith(".analysis.zarr")]
    folders = [name for name in inner if root.children(name)]
    return [store for name in folders for store in _stores(place_of(f"{root}/{name}"))]


def _look(place: Place, wanted: Mapping[str, Range]) -> Run | None:
    """Return what a store says of itself, or None if it is not wanted or not of qtcore."""
    try:
        header = read_header(place)
        axes = _axes(header)
        if not all(_meets(axes.get(name), *span) for name, span in wanted.items()):
            return None
        grid = tuple(values.size for values in axes.values())
        return _describe(header, axes, held_realizations(header, grid))
    except (QtcoreError, ValueError, KeyError, OSError) as error:
        if any(words in str(error) for words in NO_STORE):
            return None
        return Run(str(place), problem=str(error))


def _describe(header: Header, axes: Mapping[str, Any], held: NDArray[np.int64]) -> Run:
    attributes = header.attributes
    counts = header.counts(held.shape[:-1])
    seed = attributes.get("seed")
    return Run(
        store=str(header.place),
        workflow=str(attributes.get("workflow", "")),
        preset=str(attributes.get("preset", "")),
        version=str(json.loads(attributes.get("versions", "{}")).get("qtcore", "")),
        seed=None if seed is None else int(seed),
        axes={name: (float(v.min()), float(v.max())) for name, v in axes.items()},
        points=counts.size,
        realizations=header.realizations,
        finished=float(held.sum() / counts.sum()),
        size=sum(size for _, size in header.place.sizes("")),
        created=str(attributes.get("created", "")),
    )


def _axes(header: Header) -> dict[str, Any]:
    """Return the values of each swept axis, in the order of the store."""
    names = block_array(header, MARKER).axes
    stated = stated_by(header)
    return {name: coordinate(header, name, stated).to_numpy() for name in names}


def _meets(values: Any, low: float, high: float) -> bool:
    return values is not None and bool(((values >= low) & (values <= high)).any())
