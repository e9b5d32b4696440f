"""From a number back to the wire, and to the impurities, behind it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from qtcore.errors import InputError, brief, listed
from qtcore.results.swept import SAME
from qtcore.store.header import Header
from qtcore.store.layout import LENGTH, NUMBER, REALIZATION, SEED
from qtcore.store.locate import place_of
from qtcore.sweep.point import Point
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stored_draws import stored_draws, whole_sweep
from qtcore.trust import vouch_for

if TYPE_CHECKING:
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire


def wire_behind(
    dataset: xr.Dataset, point: Mapping[str, float], *, trust: bool = False
) -> "Wire | Bar":
    """Return the wire of a point, or its bar with many leads, as the sweep of a dataset makes it.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, a selection of it, or what was computed of one.
    point : mapping of str to number
        Value of each axis; axes of which the dataset has one value may be left out.
    trust : bool
        Whether the functions that the store holds may run if neither this installation nor this
        user knows them (see `qtcore.trust`).

    Raises
    ------
    InputError
        If the dataset does not state its sweep, it has no such point, or its samples are not those of wires.
    UntrustedDefinitionError
        If the store's functions may not run here.
    """
    sweep = _sweep(dataset, trust=trust)
    return _device(sweep, _point(sweep, dataset, point))


def sample_behind(
    dataset: xr.Dataset,
    realization: int | None,
    point: Mapping[str, float],
    *,
    length: int | None = None,
    trust: bool = False,
) -> xr.DataArray:
    """Return the on-site values that a sample was made of.

    Parameters
    ----------
    dataset, point, trust
        As in `wire_behind`.
    realization : int or None
        Number of the realization; None for the one that the dataset has.
    length : int, optional
        How many slices; left out, the length that the dataset has if it has one, else the longest that the point
        computes.

    Returns
    -------
    xarray.DataArray
        On-site values in t, (slice, orbital): those of `qtcore.Wire.onsite`. What belongs to the point, seed and realization
        among it, are scalar coordinates.

    Raises
    ------
    InputError
        As in `wire_behind`; or if there is no such realization or length, or the wire has no on-site values alone.
    UntrustedDefinitionError
        If the store's functions may not run here.
    """
    from qtcore.model.terminals import sample_of

    sweep = _sweep(dataset, trust=trust)
    found = _point(sweep, dataset, point)
    label = _realization(dataset, realization, found)
    seed, number, beside = sweep.seed, label, {REALIZATION: label}
    if NUMBER in dataset.coords:
        seed, number = _address(dataset, label, found)
        beside[NUMBER] = number
    slices = _slices(dataset, length, found)
    wire = sample_of(_device(sweep, found))
    values = wire.onsite(number, range(slices), seed)
    kept = {n: v for n, v in found.values.items() if isinstance(v, bool | int | float | str)}
    beside |= {SEED: seed, LENGTH: slices}
    return xr.DataArray(
        values,
        dims=("slice", "orbital"),
        coords={
            "slice": np.arange(slices),
            "orbital": np.arange(values.shape[1]),
            **kept,
            **beside,
        },
        name="onsite",
        attrs={"units": "t", "long_name": "on-site values"},
    )


def _sweep(dataset: xr.Dataset, *, trust: bool) -> Sweep:
    """Return the sweep that a dataset states, with the seed of the run that it holds."""
    if "spec" not in dataset.attrs:
        raise InputError(
            "this dataset does not state its sweep (attribute `spec`): take one that qtcore.open() returned, "
            "or a selection of it"
        )
    place = place_of(str(dataset.encoding.get("source", "this dataset")))
    header = Header(place, dict(dataset.attrs))
    vouch_for(header, trust=trust)
    sweep = whole_sweep(header)
    seed = dataset.coords.get(SEED)
    if seed is None or NUMBER in dataset.coords:
        return sweep
    if seed.ndim:
        raise InputError(
            f"the dataset holds runs with several seeds; select one of {listed(seed.to_numpy().ravel().tolist())}"
        )
    return sweep.changed(seed=int(seed))


def _point(sweep: Sweep, dataset: xr.Dataset, given: Mapping[str, float]) -> Point:
    """Return the point of a sweep with the values that are given, or that a dataset has alone."""
    for name in given:
        if name not in sweep.names:
            raise InputError(
                f"{name} is no axis of the sweep; its axes are {', '.join(sweep.names) or 'none'}"
            )
    values = {}
    for axis in sweep.axes:
        held = dataset.coords.get(axis.name)
        alone = None if held is None or held.size != 1 else held.item()
        wanted: Any = given.get(axis.name, alone)
        if wanted is None:
            raise InputError(
                f"a wire belongs to one value of {axis.name}; give one of {listed([*axis.values])}"
            )
        try:
            near = [v for v in axis.values if abs(v - wanted) <= SAME * max(1.0, abs(wanted))]
        except TypeError:
            raise InputError(f"{axis.name} takes a number, got {brief(wanted)}") from None
        if not near:
            raise InputError(
                f"the sweep has no {axis.name} = {wanted:.12g}; it has {listed([*axis.values])}. A dataset that "
                "was put together of several runs states the sweep of the first alone: ask the dataset of the run itself"
            )
        values[axis.name] = near[0]
    return sweep.point_at(values)


def _device(sweep: Sweep, point: Point) -> "Wire | Bar":
    if not sweep.is_of_wires:
        raise InputError(
            "the samples of this sweep come from a function of its own (`solve`), which makes no wire that "
            "could be returned; `qtcore source` shows it"
        )
    return sweep.device(point)


def _address(dataset: xr.Dataset, label: int, point: Point) -> tuple[int, int]:
    """Return seed and number of a realization of a store that was put together of several runs."""
    held = [np.atleast_1d(dataset[name].to_numpy()) for name in (REALIZATION, SEED, NUMBER)]
    places = np.flatnonzero(held[0] == label)
    seed, number = (int(of[places[0]]) if places.size else -1 for of in held[1:])
    header = Header(place_of("this dataset"), dict(dataset.attrs))
    has = {sweep.seed: int(sweep.counts[point.number]) for sweep, _ in stored_draws(header)}
    if not 0 <= number < has.get(seed, 0):
        raise InputError(
            f"this point has no realization {label}: of each seed it has "
            f"{listed([f'{count} of {one}' for one, count in has.items()])}"
        )
    return seed, number


def _realization(dataset: xr.Dataset, given: int | None, point: Point) -> int:
    held = dataset.coords.get(REALIZATION)
    if given is None and held is not None and held.size == 1:
        given = held.item()
    most = point.realizations if NUMBER not in dataset.coords else dataset.attrs["realizations"]
    if given is None or not 0 <= given < most or int(given) != given:
        raise InputError(
            f"a sample is one of the realizations 0 to {most - 1} of this point, got {brief(given)}"
        )
    return int(given)


def _slices(dataset: xr.Dataset, given: int | None, point: Point) -> int:
    held = dataset.coords.get(LENGTH)
    if given is None and held is not None and held.ndim == 0:
        given = held.item()
    if given is None:
        given = max(point.lengths, default=None)
    if given is None or int(given) != given or given < 1:
        raise InputError(f"a length is a number of slices, at least 1; got {brief(given)}")
    return int(given)
