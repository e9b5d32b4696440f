"""What a browser is told of one store."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.selection import Wanted, select
from qtcore.answers.statistics import statistics
from qtcore.errors import InputError, QtcoreError, command
from qtcore.explorer.packed import plain
from qtcore.report.conclusion import analysed
from qtcore.store.coordinate import coordinate
from qtcore.store.header import Header, read_header
from qtcore.store.layout import LENGTH, REALIZATION
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.stated import stated_by
from qtcore.sweep.status import read_status
from qtcore.trust import definition_of

STATISTICS = ("mean", "var", "median")
"""What is offered of each stored quantity."""

RESULT = "result"
"""In the place of a statistic: the quantity is one of the definition's analysis."""

CERTIFICATE, SUSPECT = "certificate", "suspect"

WANTED = "qtcore_wanted"
"""Coordinate with the realizations that a point shall have."""

BINS, TRACES = 40, 24
"""Bins of a histogram, and realizations that are drawn one by one."""

SAMPLES = 100_000
"""Realizations that a histogram is made of, at most."""

ANY_UNIT = ("", "1")


@dataclass(frozen=True)
class Numbers:
    """A quantity on its grid.

    Attributes
    ----------
    values, errors : array
        Over the dimensions of the quantity; NaN where nothing is known. Errors are standard errors.
    theory : array or None
        What theory says, where the definition compares.
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    theory: NDArray[np.float64] | None = None


class Explored:
    """One store, looked at as often as a browser asks; statistics are kept until the store grows.

    Parameters
    ----------
    location : str, Path or Place
        The store.
    select : mapping, optional
        Only this part of it, as in `qtcore.answers.selection.select`. The analysis is that of the whole store.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows it.

    Raises
    ------
    InputError
        If there is no store, or it cannot be read.
    """

    def __init__(
        self,
        location: Location,
        *,
        select: Mapping[str, Wanted] | None = None,
        trust: bool = False,
    ) -> None:
        self._place = place_of(location)
        self._wanted = dict(select or {})
        self._trust = trust
        self._lock = threading.RLock()
        self._kept: dict[str, Numbers] = {}
        self._state: tuple[Any, ...] = ()
        self._analysing: threading.Thread | None = None
        self._result: xr.Dataset | None = None
        self._look()

    def _look(self) -> None:
        """Open the store as it is now, unless it is as it was."""
        header = read_header(self._place)
        whole = open_dataset(self._place)
        whole = whole.assign_coords({WANTED: _wanted(header, whole)})
        opened = _part(whole, self._wanted)
        state = (
            header.attributes.get("updated"),
            int(opened["finished"].sum()),
            *opened.sizes.items(),
        )
        if state != self._state:
            self._state, self._dataset, self._whole, self._header = state, opened, whole, header
            self._kept, self._result, self._untold = {}, None, ""
            self._analysing = None

    @property
    def dataset(self) -> xr.Dataset:
        """The store as it was at the last summary."""
        return self._dataset

    def summary(self, *, whole: bool = False) -> dict[str, Any]:
        """Return what the page shows before any number: axes, quantities, how far the run is.

        Parameters
        ----------
        whole : bool
            Whether to wait for the definition's analysis, which is left out while it is computed.
        """
        with self._lock:
            self._look()
            found, header = self._dataset, self._header
            standing = read_status(self._place)
            result = self._analysis(wait=whole)
            told: dict[str, Any] = plain(
                {
                    "store": str(self._place),
                    "workflow": standing.workflow,
                    "preset": standing.preset,
                    "seed": standing.seed,
                    "running": standing.running,
                    "blocks": standing.blocks,
                    "done": standing.blocks_done,
                    "state": f"{self._state} {result is not None}",
                    "core_seconds": standing.core_seconds,
                    "common_disorder": json.loads(header.attributes.get("common_disorder") or "[]"),
                    "axes": self._axes(result),
                    "swept": [str(d) for d in found["finished"].dims],
                    "constants": _constants(found),
                    "quantities": [*self._stored(), *_results(result)],
                    "counts": found["finished"].to_numpy().ravel(),
                    "wanted": found[WANTED].to_numpy().ravel(),
                    "note": self._untold,
                }
            )
            return told

    def numbers(self, name: str, statistic: str) -> Numbers:
        """Return a quantity on its grid.

        Parameters
        ----------
        name : str
            A stored quantity, or one of the analysis.
        statistic : str
            One of `STATISTICS`, "largest" of certificates, or `RESULT`.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        key = f"{name}/{statistic}"
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._computed(name, statistic)
            return self._kept[key]

    def _computed(self, name: str, statistic: str) -> Numbers:
        if statistic == RESULT:
            result = self._analysis(wait=True)
            if result is None or name not in result:
                raise InputError(f"the analysis of {self._place} has no quantity {name!r}")
            return _beside_theory(result, name)
        known = {(q["name"], q["statistic"]) for q in self._stored()}
        if (name, statistic) not in known:
            raise InputError(f"{self._place} has no {statistic!r} of {name!r}")
        if name == CERTIFICATE:
            largest = self._dataset[name].max(REALIZATION).to_numpy().astype(np.float64)
            return Numbers(largest, np.full(largest.shape, np.nan))
        if name == SUSPECT:
            flagged = self._dataset[name].astype(np.float64).where(self._dataset[name] >= 0)
            found = statistics(self._dataset.assign({name: flagged}), name, [statistic])
        else:
            found = statistics(self._dataset, name, [statistic])
        found = found[[statistic, f"{statistic}_error"]].compute()
        return Numbers(*(found[n].to_numpy() for n in (statistic, f"{statistic}_error")))

    def _stored(self) -> list[dict[str, Any]]:
        """Return what is offered of the stored samples."""
        found = []
        # What a reader asks for comes before what tells how far it can be trusted.
        order = sorted(self._dataset.data_vars, key=lambda name: name in (CERTIFICATE, SUSPECT))
        for name in order:
            variable = self._dataset[name]
            if REALIZATION not in variable.dims or variable.dtype.kind == "c":
                continue
            of = {CERTIFICATE: ("largest",), SUSPECT: ("mean",)}.get(str(name), STATISTICS)
            for statistic in of:
                about = variable.attrs
                long_name = about.get("long_name", str(name))
                units = (
                    _squared(about.get("units", ""))
                    if statistic == "var"
                    else about.get("units", "")
                )
                found.append(
                    {
                        "name": str(name),
                        "statistic": statistic,
                        "label": f"{WORDS[statistic]} {long_name}",
                        "units": units,
                        "dims": [str(d) for d in variable.dims if d != REALIZATION],
                    }
                )
        return found

    def _axes(self, result: xr.Dataset | None) -> dict[str, Any]:
        """Return the values along all dimensions that quantities have."""
        found: dict[str, Any] = {}
        for dataset in (self._dataset, result):
            if dataset is None:
                continue
            for dim in map(str, dataset.dims):
                if dim == REALIZATION or dim in found:
                    continue
                given = dataset[dim] if dim in dataset.coords else None
                values = np.arange(dataset.sizes[dim]) if given is None else given.to_numpy()
                is_text = values.dtype.kind in "OUT"
                about = {} if given is None else given.attrs
                found[dim] = {
                    "values": [str(v) for v in values] if is_text else values.astype(np.float64),
                    "text": is_text,
                    "units": about.get("units", ""),
                    "label": about.get("long_name", dim),
                }
        return found

    def _analysis(self, *, wait: bool) -> xr.Dataset | None:
        """Return the definition's analysis; None, and a sentence in the summary, if there is none yet.

        It takes seconds, so a thread makes it while the page shows what is stored.
        """
        if self._analysing is None:
            if not int(self._dataset["finished"].sum()):
                self._untold = "No realization is finished yet."
                return None
            self._untold = "The analysis is being computed."
            self._analysing = threading.Thread(
                target=self._analyse, args=(self._whole, self._state), daemon=True
            )
            self._analysing.start()
        if wait:
            self._lock.release()
            try:
                self._analysing.join()
            finally:
                self._lock.acquire()
        return self._result

    def _analyse(self, dataset: xr.Dataset, state: tuple[Any, ...]) -> None:
        result, untold = None, ""
        try:
            result = analysed(definition_of(self._place, None, trust=self._trust), dataset)
        except QtcoreError as error:
            # The last line of a traceback is the one that says what happened.
            untold = f"The analysis is not shown: {str(error).strip().splitlines()[-1]}"
        with self._lock:
            if state == self._state:  # the store has not grown meanwhile
                part = {
                    n: w for n, w in self._wanted.items() if result is not None and n in result.dims
                }
                self._result = None if result is None else _part(result, part)
                self._untold = untold

    def point(self, at: Mapping[str, int], name: str) -> dict[str, Any]:
        """Return the samples of one point: histogram, traces, worst certificate, what to do next.

        Parameters
        ----------
        at : mapping of str to int
            Index along each swept axis, and along the further dimensions of the quantity.
        name : str
            A stored quantity.

        Raises
        ------
        InputError
            If there is no such quantity or point.
        """
        with self._lock:
            dataset = self._dataset
        if name not in dataset.data_vars or REALIZATION not in dataset[name].dims:
            raise InputError(f"{self._place} stores no {name!r}")
        swept = [str(d) for d in dataset["finished"].dims]
        for dim, index in at.items():
            if dim not in dataset.dims or not 0 <= index < dataset.sizes[dim]:
                raise InputError(f"there is no point {index} along {dim!r}")
        lacking = [dim for dim in swept if dim not in at]
        if lacking:
            raise InputError(f"a point needs an index along {', '.join(lacking)}")
        here = dataset.isel({dim: at[dim] for dim in swept})
        count = int(here["finished"])
        some = here[name].isel({REALIZATION: slice(0, min(count, SAMPLES))})
        inside = {dim: at[dim] for dim in map(str, some.dims) if dim in at}
        samples = some.isel(inside).to_numpy().astype(np.float64).ravel()
        told: dict[str, Any] = plain(
            {
                "count": count,
                "wanted": int(here[WANTED]),
                "values": {dim: dataset[dim].to_numpy()[at[dim]] for dim in swept},
                "histogram": _histogram(samples),
                "traces": _traces(some.isel({d: i for d, i in inside.items() if d != LENGTH})),
                "certificate": _worst(here, count),
                "seconds": self._seconds_each(),
                "more": command("extend", self._place, "--realizations", 10 * max(count, 1)),
            }
        )
        return told

    def _seconds_each(self) -> float:
        """Return the seconds of a core that a realization of this store took on average."""
        held = int(self._whole["finished"].sum())
        return read_status(self._place).core_seconds / held if held else float("nan")


WORDS = {
    "mean": "mean of",
    "var": "variance of",
    "median": "median of",
    "largest": "largest",
}


def _wanted(header: Header, opened: xr.Dataset) -> xr.DataArray:
    """Return the realizations that each point shall have, in the order of the opened dataset."""
    axes = [str(d) for d in opened["finished"].dims]
    stated = stated_by(header)
    # A store keeps values in the order in which they came, and a dataset sorts numbers.
    labels = {name: coordinate(header, name, stated)[1] for name in axes}
    counts = header.counts(opened["finished"].shape)
    order = [
        np.argsort(labels[name], kind="stable")
        if (np.diff(labels[name]) < 0).any()
        else np.arange(counts.shape[n])
        for n, name in enumerate(axes)
    ]
    return xr.DataArray(counts[np.ix_(*order)] if axes else counts, dims=axes)


def _part(dataset: xr.Dataset, wanted: Mapping[str, Wanted]) -> xr.Dataset:
    """Return a selection that keeps every dimension, with one value where one was chosen."""
    found = select(dataset, wanted)
    lost = [d for d in dataset.dims if d not in found.dims and d in found.coords]
    for dim in lost:
        has = [n for n in found.variables if dim in dataset[n].dims and n != dim]
        widened = {n: found[n].expand_dims(dim).transpose(*dataset[n].dims) for n in has}
        found = (
            found.drop_vars([dim, *has])
            .assign_coords({dim: [found[dim].item()]})
            .assign({n: v for n, v in widened.items() if n in dataset.data_vars})
            .assign_coords({n: v for n, v in widened.items() if n in dataset.coords})
        )
        found[dim].attrs.update(dataset[dim].attrs)
    return found


def _squared(units: str) -> str:
    if units in ANY_UNIT:
        return ""
    return f"{units}²" if units.isalnum() else f"({units})²"


def _constants(dataset: xr.Dataset) -> dict[str, Any]:
    return {str(n): c.item() for n, c in dataset.coords.items() if c.ndim == 0}


def _results(result: xr.Dataset | None) -> list[dict[str, Any]]:
    """Return what is offered of an analysis."""
    if result is None:
        return []
    beside = ("_error", "_theory", "_compared", "_left_out")
    return [
        {
            "name": str(name),
            "statistic": RESULT,
            "label": variable.attrs.get("long_name", str(name)),
            "symbol": variable.attrs.get("symbol", ""),
            "units": variable.attrs.get("units", ""),
            "source": result.get(f"{name}_theory", variable).attrs.get("source", ""),
            "dims": [str(d) for d in variable.dims],
        }
        for name, variable in result.data_vars.items()
        if not str(name).endswith(beside) and variable.dtype.kind in "fiub"
    ]


def _beside_theory(result: xr.Dataset, name: str) -> Numbers:
    """Return a quantity of an analysis with its error and theory, over its own dimensions."""
    values = result[name]

    def along(other: str) -> NDArray[np.float64] | None:
        if other not in result:
            return None
        found = result[other].broadcast_like(values).transpose(*values.dims)
        return found.to_numpy().astype(np.float64)

    errors = along(f"{name}_error")
    whole = values.to_numpy().astype(np.float64)
    return Numbers(
        whole, np.full(whole.shape, np.nan) if errors is None else errors, along(f"{name}_theory")
    )


def _histogram(samples: NDArray[np.float64]) -> dict[str, Any] | None:
    """Return counts and edges; None where too few samples are finite."""
    finite = samples[np.isfinite(samples)]
    if finite.size < 2:
        return None
    counts, edges = np.histogram(finite, bins=min(BINS, max(5, int(np.sqrt(finite.size)))))
    return {"counts": counts, "edges": edges, "outside": int(samples.size - finite.size)}


def _traces(some: xr.DataArray) -> dict[str, Any] | None:
    """Return a few realizations against the length; None for what has no length."""
    if LENGTH not in some.dims or some.ndim != 2:
        return None
    few = some.isel({REALIZATION: slice(0, TRACES)}).transpose(REALIZATION, LENGTH)
    return {"length": some[LENGTH].to_numpy(), "values": few.to_numpy().astype(np.float64)}


def _worst(here: xr.Dataset, count: int) -> float | None:
    if CERTIFICATE not in here or not count:
        return None
    return float(here[CERTIFICATE].isel({REALIZATION: slice(0, count)}).max())
