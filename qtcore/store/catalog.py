"""Which runs lie in a folder, or below a URL."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError, brief, listed
from qtcore.store.arrays import block_array
from qtcore.store.coordinate import coordinate
from qtcore.store.duplicate import own_arrays
from qtcore.store.finished import held_realizations
from qtcore.store.folder import Folder
from qtcore.store.header import Header, digest_of_document, read_header
from qtcore.store.layout import LENGTH, MARKER, RUN_GROUP
from qtcore.store.locate import place_of
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.stated import cases_stated, stated_by
from qtcore.store.wanted import Range, Wanted, no_number, of_numbers, wanted_of

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


def query(
    folder: str | Path = "results",
    *,
    workflow: str | None = None,
    version: str | None = None,
    seed: int | None = None,
    where: Mapping[str, Any] | None = None,
) -> list[Run]:
    """Return the runs in a folder and its subfolders, sorted by path.

    `pandas.DataFrame(qt.query("results"))` makes a table of them.

    Parameters
    ----------
    folder : str or Path
        Folder, or URL below which stores lie.
    workflow : str, optional
        Only runs of this workflow.
    version : str, optional
        Only runs that this version of qtcore, or one that starts with it (`1.2`), began.
    seed : int, optional
        Only runs with this seed of the disorder.
    where : mapping of name to what is wanted, optional
        Only runs that have such a value of each of these axes, lengths, further dimensions, constants
        or parameters of cases: a number, several of them in a list, a range as text or slice (`"0.1:0.6"`,
        `"4:"`, `slice(None, 8)`; both ends belong to it), or a text, which a constant is ("true" and
        "false" are texts here).

    Returns
    -------
    list of Run
        Stores that cannot be read are among them, with the reason in `problem`: whether they are
        what was asked for is not known.

    Raises
    ------
    InputError
        If there is no such folder, a range is empty, a name of `where` is known to none of the
        runs that can be read, or a text is wanted where they all hold numbers.
    """
    wanted = {name: wanted_of(name, given) for name, given in (where or {}).items()}
    root = place_of(folder)
    if isinstance(root, Folder) and not root.path.is_dir():
        raise InputError(f"no folder at {root}")
    with ThreadPoolExecutor(READERS) as threads:
        looked = [one for one in threads.map(_look, _stores(root)) if one is not None]
        _refuse_unknown(wanted, [one for one in looked if isinstance(one, _Looked)], root)
        asked = [
            one
            for one in looked
            if isinstance(one, Run)  # one that cannot be read
            or (
                workflow in (None, one.said("workflow"))
                and (seed is None or seed in one.seeds)
                and (version is None or f"{one.version}.".startswith(f"{version.rstrip('.')}."))
                and all(one.meets(name, wish) for name, wish in wanted.items())
            )
        ]
        return sorted(threads.map(_described, asked), key=lambda run: run.store)


def _refuse_unknown(wanted: Mapping[str, Wanted], looked: "list[_Looked]", root: Place) -> None:
    """Refuse names that no run knows, and texts that no run can have.

    Raises
    ------
    InputError
        With the names that there are, or with what may be wanted.
    """
    names = dict.fromkeys(name for one in looked for name in one.named)
    unknown = [name for name in wanted if looked and name not in names]
    if unknown:
        raise InputError(
            f"no run in {root} has an axis, a length, a constant or a parameter of cases called "
            f"{unknown[0]!r}; there are {listed([*names])}"
        )
    for name, wish in wanted.items():
        held = [one.named[name] for one in looked if name in one.named]
        if held and wish.texts and not wish.ranges and all(map(of_numbers, held)):
            raise no_number(name, wish.texts[0])


def _stores(root: Place) -> list[Place]:
    """Return the stores below a place; what is inside a Zarr group is not looked into."""
    names = root.children("")
    # Without its root metadata a store is damaged, and no folder of stores.
    if ROOT_METADATA in names or {MARKER, RUN_GROUP} <= {*names}:
        return [root]
    # An analysis beside its store is a Zarr group of xarray's, and no run.
    inner = [name for name in names if not name.endswith(".analysis.zarr")]
    folders = [name for name in inner if root.children(name)]
    return [store for name in folders for store in _stores(place_of(f"{root}/{name}"))]


@dataclass(frozen=True)
class _Looked:
    """A store whose root was read."""

    header: Header
    parameters: _Parameters

    @property
    def named(self) -> dict[str, Any]:
        """All parameters by name, axes first; they hide what has their names elsewhere."""
        own = self.parameters
        found = dict[str, Any](own.axes)
        for others in (own.dimensions, own.constants, own.cases):
            found |= {name: value for name, value in others.items() if name not in found}
        return found

    def meets(self, name: str, wanted: Wanted) -> bool:
        """Whether a parameter has a wanted value; one that the run does not have has none."""
        return name in self.named and wanted.met_by(self.named[name])

    def said(self, attribute: str) -> str:
        return str(self.header.attributes.get(attribute, ""))

    @property
    def seed(self) -> int | None:
        given = self.header.attributes.get("seed")
        return None if given is None else int(given)

    @property
    def seeds(self) -> tuple[int, ...]:
        """That seed, or those of the runs that were put together in the store."""
        return self.header.seeds

    @property
    def version(self) -> str:
        return str(json.loads(self.header.attributes.get("versions", "{}")).get("qtcore", ""))


def _look(place: Place) -> _Looked | Run | None:
    """Return what the root of a store says, or why it cannot be read; None if it is no store."""
    try:
        header = read_header(place)
        looked = _Looked(header, _parameters(header))
        _ = looked.version, looked.seeds
    except (QtcoreError, ValueError, KeyError, OSError, AttributeError, TypeError) as error:
        if any(words in str(error) for words in NO_STORE):
            return None
        return Run(str(place), problem=str(error))
    return looked


def _described(looked: _Looked | Run) -> Run:
    """Return what a store says of itself, with what of it is finished."""
    if isinstance(looked, Run):
        return looked
    header, parameters = looked.header, looked.parameters
    try:
        grid = tuple(values.size for values in parameters.axes.values())
        return _describe(looked, held_realizations(header, grid))
    except (QtcoreError, ValueError, KeyError, OSError) as error:
        return Run(str(header.place), problem=str(error))


def _describe(looked: _Looked, held: NDArray[np.int64]) -> Run:
    header, parameters = looked.header, looked.parameters
    counts = header.counts(held.shape[:-1])
    return Run(
        store=str(header.place),
        workflow=looked.said("workflow"),
        preset=looked.said("preset"),
        version=looked.version,
        seed=looked.seed,
        seeds=looked.seeds,
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
        created=looked.said("created"),
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
