"""Which runs lie in a folder, or below a URL."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError, brief
from qtcore.store.arrays import block_array
from qtcore.store.coordinate import coordinate
from qtcore.store.duplicate import own_arrays
from qtcore.store.finished import held_realizations
from qtcore.store.folder import Folder
from qtcore.store.header import Header, digest_of_document, read_header
from qtcore.store.layout import LENGTH, MARKER
from qtcore.store.locate import place_of
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.stated import cases_stated, stated_by

Range = tuple[float, float]

Wanted = Range | str
"""What is asked of a parameter: a number from low to high, or a text."""

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
        Seed of the disorder; None where there are several.
    seeds : tuple of int
        All seeds.
    axes : dict of (float, float)
        Smallest and largest value of each swept axis, in the units of the store.
    dimensions : dict of (float, float)
        The same of `length`, and of the further dimensions that the variables of a user's own
        function have.
    constants : dict
        Constants of the sweep: numbers, texts, true or false, and lists of them.
    cases : dict of list
        The different values of each parameter of cases.
    functions : str
        Digest of the functions that make the numbers: runs of one workflow with different digests
        are of different functions.
    points, realizations, fewest : int
        Points of the grid, and realizations that each shall hold at most and at least, but for points that
        are left out.
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
    seeds: tuple[int, ...] = ()
    axes: Mapping[str, Range] = field(default_factory=dict)
    dimensions: Mapping[str, Range] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    cases: Mapping[str, list[Any]] = field(default_factory=dict)
    functions: str = ""
    points: int = 0
    realizations: int = 0
    fewest: int = 0
    finished: float = 0.0
    size: int = 0
    created: str = ""
    problem: str = ""


class _Parameters(NamedTuple):
    """Values along the axes and further dimensions, constants, and parameters of cases."""

    axes: dict[str, NDArray[Any]]
    dimensions: dict[str, NDArray[Any]]
    constants: dict[str, Any]
    cases: dict[str, list[Any]]


def catalog(
    folder: str | Path,
    *,
    workflow: str | None = None,
    version: str | None = None,
    within: Mapping[str, Wanted] | None = None,
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
    within : mapping of name to (low, high) or to a text, optional
        Only runs that have a value of each of these axes, lengths, further dimensions, constants or
        parameters of cases between low and high, both included; or a constant that is this text ("true" and "false"
        are texts here).

    Raises
    ------
    InputError
        If there is no such folder, or a range is empty.
    """
    wanted = dict(within or {})
    for name, one in wanted.items():
        if not isinstance(one, str) and not one[0] <= one[1]:
            raise InputError(f"{name}: a range goes from low to high, got {one[0]:g} to {one[1]:g}")
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


def _look(place: Place, wanted: Mapping[str, Wanted]) -> Run | None:
    """Return what a store says of itself, or None if it is not wanted or not of qtcore."""
    try:
        header = read_header(place)
        parameters = _parameters(header)
        named: dict[str, Any] = {**parameters.cases, **parameters.dimensions}
        named |= {**parameters.constants, **parameters.axes}
        if not all(_meets(named.get(name), one) for name, one in wanted.items()):
            return None
        grid = tuple(values.size for values in parameters.axes.values())
        return _describe(header, parameters, held_realizations(header, grid))
    except (QtcoreError, ValueError, KeyError, OSError) as error:
        if any(words in str(error) for words in NO_STORE):
            return None
        return Run(str(place), problem=str(error))


def _describe(header: Header, parameters: _Parameters, held: NDArray[np.int64]) -> Run:
    attributes = header.attributes
    counts = header.counts(held.shape[:-1])
    seed = attributes.get("seed")
    return Run(
        store=str(header.place),
        workflow=str(attributes.get("workflow", "")),
        preset=str(attributes.get("preset", "")),
        version=str(json.loads(attributes.get("versions", "{}")).get("qtcore", "")),
        seed=None if seed is None else int(seed),
        seeds=tuple(draw.seed for draw in header.draws) if seed is None else (int(seed),),
        axes=_spans(parameters.axes),
        dimensions=_spans(parameters.dimensions),
        constants=parameters.constants,
        cases=parameters.cases,
        functions=digest_of_document({"program": header.spec.get("program", "")})[:8],
        points=counts.size,
        realizations=int(counts.max()),
        fewest=int(counts[counts > 0].min(initial=int(counts.max()))),
        finished=float(held.sum() / counts.sum()),
        size=sum(size for _, size in header.place.sizes("")),
        created=str(attributes.get("created", "")),
    )


def _parameters(header: Header) -> _Parameters:
    """Return what a sweep depends on, in the order of the store.

    Raises
    ------
    ValueError
        If what the root says of it is none.
    """
    names = block_array(header, MARKER).axes
    stated = stated_by(header)
    behind = [name for name in (LENGTH, *header.sizes) if name in stated.labels]
    if LENGTH not in behind and LENGTH in own_arrays(
        header.place, header.arrays
    ):  # before format 2
        behind.append(LENGTH)
    constants = header.spec.get("constants", {})
    if not isinstance(constants, dict):
        raise ValueError(f"its constants are {brief(constants)}")  # noqa: TRY004 - as in document
    return _Parameters(
        {name: coordinate(header, name, stated).values for name in names},
        {name: coordinate(header, name, stated).values for name in dict.fromkeys(behind)},
        constants,
        _cases(header),
    )


def _cases(header: Header) -> dict[str, list[Any]]:
    """Return the different values of each parameter of cases."""
    found: dict[str, list[Any]] = {}
    for case in (case for cases in cases_stated(header).values() for case in cases.values()):
        for name, value in case.items():
            values = found.setdefault(name, [])
            if value not in values:
                values.append(value)
    return found


def _spans(labels: Mapping[str, NDArray[Any]]) -> dict[str, Range]:
    return {name: (float(v.min()), float(v.max())) for name, v in labels.items() if v.size}


def _meets(value: Any, wanted: Wanted) -> bool:
    """Whether a parameter has a wanted value; one that a run does not have is None."""
    if isinstance(value, list):
        return any(_meets(one, wanted) for one in value)
    if isinstance(wanted, str):
        return wanted == (str(value).lower() if isinstance(value, bool) else value)
    low, high = wanted
    if isinstance(value, np.ndarray):
        return bool(((value >= low) & (value <= high)).any())
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
