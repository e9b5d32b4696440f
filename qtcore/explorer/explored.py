"""What a browser is told of one store."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from qtcore.answers.selection import Wanted
from qtcore.answers.statistics import statistics, words_of
from qtcore.errors import InputError, QtcoreError, command
from qtcore.explorer.grid import (
    case_parameters,
    named_cases,
    part_of,
    places_in_store,
    wanted_realizations,
)
from qtcore.explorer.offered import (
    ESTIMATE,
    RESULT,
    Numbers,
    estimated,
    estimates_offered,
    of_result,
    results_offered,
)
from qtcore.explorer.one_point import CERTIFICATE, OnePoint, histogram, traces
from qtcore.explorer.packed import plain
from qtcore.reports.conclusion import analysed
from qtcore.store.finished import held_realizations
from qtcore.store.header import read_header
from qtcore.store.layout import LENGTH, REALIZATION
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.sweep.status import read_status
from qtcore.trust import definition_of

STATISTICS = ("mean", "var", "median")
"""What is offered of each stored quantity."""

LARGEST = "largest"
"""The statistic of certificates."""

SUSPECT = "suspect"

WANTED = "qtcore_wanted"
"""Coordinate with the realizations that a point shall have."""

PLACE = "qtcore_place"
"""Coordinate with the number of a point in the store."""

ROOM = 256 * 2**20
"""Bytes of samples of points that are kept, at most; further points are read anew each time."""


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
        If there is no store, it cannot be read, or realizations are selected.
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
        if REALIZATION in self._wanted:
            raise InputError(
                "the explorer shows statistics of all finished realizations, and selects none of them: leave "
                f"`{REALIZATION}` out"
            )
        self._trust = trust
        self._lock = threading.RLock()
        self._kept: dict[str, Numbers] = {}
        self._state: tuple[Any, ...] = ()
        self._held: NDArray[np.int64] | None = None
        self._points: dict[int, OnePoint] = {}
        self._seconds: float | None = None
        self._analysing: threading.Thread | None = None
        self._result: xr.Dataset | None = None
        self._look()

    def _look(self) -> None:
        """Open the store as it is now, unless it is as it was."""
        header = read_header(self._place)
        whole = open_dataset(self._place)
        places = {WANTED: wanted_realizations(header, whole), PLACE: places_in_store(header, whole)}
        whole = whole.assign_coords(places)
        opened = part_of(whole, self._wanted)
        state = (
            header.attributes.get("updated"),
            int(opened["finished"].sum()),
            *opened.sizes.items(),
        )
        if state != self._state:
            self._state, self._dataset, self._whole, self._header = state, opened, whole, header
            self._kept, self._result, self._untold, self._held = {}, None, "", None
            self._points, self._seconds, self._analysing = {}, None, None

    def summary(self, *, whole: bool = False) -> dict[str, Any]:
        """Return what the page shows before any number: axes, quantities, how far the run is.

        Parameters
        ----------
        whole : bool
            Whether to wait for the definition's analysis, which is left out while it is computed.
        """
        with self._lock:
            self._look()
            self._begin_analysis()
        if whole:
            self._wait()
        with self._lock:
            found, header, result = self._dataset, self._header, self._result
            standing = read_status(self._place)
            told: dict[str, Any] = plain(
                {
                    "store": str(self._place),
                    "workflow": standing.workflow,
                    "preset": standing.preset,
                    "seeds": standing.seeds,
                    "running": standing.running,
                    "blocks": standing.blocks,
                    "done": standing.blocks_done,
                    "state": f"{self._state} {result is not None}",
                    "core_seconds": standing.core_seconds,
                    "common_disorder": json.loads(header.attributes.get("common_disorder") or "[]"),
                    "axes": self._axes(result),
                    "swept": [str(d) for d in found["finished"].dims],
                    "constants": _constants(found),
                    "quantities": [
                        *self._stored(),
                        *estimates_offered(found, result),
                        *results_offered(result),
                    ],
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
            One of `STATISTICS`, "largest" of certificates, `ESTIMATE` or `RESULT`.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        key = f"{name}/{statistic}"
        if statistic == RESULT:
            self._wait()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._computed(name, statistic)
            return self._kept[key]

    def _computed(self, name: str, statistic: str) -> Numbers:
        if statistic == RESULT:
            result = self._result
            if result is None or name not in result:
                raise InputError(f"the analysis of {self._place} has no quantity {name!r}")
            return of_result(result, name)
        if statistic == ESTIMATE:
            if name not in {q["name"] for q in estimates_offered(self._dataset, self._result)}:
                raise InputError(f"{self._place} has no estimate {name!r}")
            return estimated(self._dataset, name)
        known = {(q["name"], q["statistic"]) for q in self._stored()}
        if (name, statistic) not in known:
            raise InputError(f"{self._place} has no {statistic!r} of {name!r}")
        if name == CERTIFICATE:
            largest = self._dataset[name].max(REALIZATION).to_numpy().astype(np.float64)
            return Numbers(largest, np.full(largest.shape, np.nan))
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
            of = {CERTIFICATE: (LARGEST,), SUSPECT: ("mean",)}.get(str(name), STATISTICS)
            about = {"units": "", "long_name": str(name), **variable.attrs}
            for statistic in of:
                words = (
                    {"units": about["units"], "long_name": f"{LARGEST} {about['long_name']}"}
                    if statistic == LARGEST
                    else words_of(statistic, about)
                )
                found.append(
                    {
                        "name": str(name),
                        "statistic": statistic,
                        "label": words["long_name"],
                        "units": words["units"],
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
                    "names": named_cases(self._header, dataset, dim),
                    "parameters": case_parameters(self._header, dataset, dim),
                    "units": about.get("units", ""),
                    "label": about.get("long_name", dim),
                }
        return found

    def _begin_analysis(self) -> threading.Thread | None:
        """Begin the definition's analysis, unless that was done; return the thread that makes it.

        It takes seconds, so the page shows what is stored meanwhile, and the summary says so.
        """
        with self._lock:
            if self._analysing is None:
                if not int(self._dataset["finished"].sum()):
                    self._untold = "No realization is finished yet."
                    return None
                self._untold = "The analysis is being computed."
                self._analysing = threading.Thread(
                    target=self._analyse, args=(self._whole, self._state), daemon=True
                )
                self._analysing.start()
            return self._analysing

    def _wait(self) -> None:
        """Wait for the analysis, without keeping others from what is stored."""
        thread = self._begin_analysis()
        if thread is not None:
            thread.join()

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
                self._result = None if result is None else part_of(result, part)
                self._untold = untold

    def point(self, at: Mapping[str, int], name: str, *, one_by_one: bool = True) -> dict[str, Any]:
        """Return the samples of one point: histogram, traces, worst certificate, what to do next.

        Parameters
        ----------
        at : mapping of str to int
            Index along each swept axis, and along the further dimensions of the quantity.
        name : str
            A stored quantity.
        one_by_one : bool
            Whether with `traces`, a few realizations at all lengths.

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
        where = {dim: at[dim] for dim in swept}
        point = self._one_point(dataset, where)
        some = point.samples(name)
        inside = {dim: at[dim] for dim in map(str, some.dims) if dim in at}
        samples = some.isel(inside).to_numpy().astype(np.float64).ravel()
        told: dict[str, Any] = plain(
            {
                "count": point.count,
                "wanted": int(dataset.variables[WANTED].isel(where)),
                "values": {d: dataset.variables[d].to_numpy()[n] for d, n in where.items()},
                "histogram": histogram(samples),
                "certificate": point.certificate,
                "seconds": self._seconds_each(),
                # A store of several seeds is not continued: its sources are.
                "more": ""
                if self._header.draws
                else command("extend", self._place, "--realizations", 10 * max(point.count, 1)),
            }
        )
        if one_by_one:
            few = some.isel({d: i for d, i in inside.items() if d != LENGTH})
            told["traces"] = plain(traces(few))
        return told

    def _one_point(self, dataset: xr.Dataset, where: Mapping[str, int]) -> OnePoint:
        """Return a point of the sweep, read before if there was room to keep it."""
        place = int(dataset.variables[PLACE].isel(where))
        with self._lock:
            points, header, whole = self._points, self._header, self._whole["finished"]
            if place in points:
                return points[place]
            if self._held is None:
                self._held = held_realizations(header, whole.shape).reshape(whole.size, -1)
            held = self._held[place]
        found = OnePoint(dataset.isel(where), held, header.block)
        if sum(one.size for one in list(points.values())) < ROOM:
            points[place] = found
        return found

    def _seconds_each(self) -> float:
        """Return the seconds of a core that a realization of this store took on average."""
        if self._seconds is None:
            held = int(self._whole["finished"].sum())
            self._seconds = read_status(self._place).core_seconds / held if held else float("nan")
        return self._seconds


def _constants(dataset: xr.Dataset) -> dict[str, Any]:
    own = (WANTED, PLACE)
    return {str(n): c.item() for n, c in dataset.coords.items() if c.ndim == 0 and n not in own}
