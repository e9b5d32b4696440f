"""A stored sweep as the stages of a definition see it: axes, constants, lengths and samples."""

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, listed
from qtcore.results.samples import Place, Samples

if TYPE_CHECKING:
    import xarray as xr


SAME = 1e-9
"""Two values of an axis that differ by less, as a part of the larger one, are the same."""


class NoSuchValueError(InputError):
    """A stage asked for a value that an axis does not have."""


class Swept:
    """A stored sweep.

    Parameters
    ----------
    ds : xarray.Dataset
        As `qtcore.open` returns it, or a part of it. Its attribute `spec` states the sweep. An axis
        of which one value was selected counts as an axis with this value.
    cases : mapping of str to mapping of int to dict
        Parameters of the cases that an axis counts, where the sweep does not state them.

    Raises
    ------
    InputError
        If it is no dataset of a sweep.
    """

    def __init__(
        self,
        ds: "xr.Dataset",
        cases: Mapping[str, Mapping[int, Mapping[str, Any]]] = MappingProxyType({}),
    ) -> None:
        try:
            spec = json.loads(ds.attrs["spec"])
            self.axes: tuple[str, ...] = tuple(str(axis["name"]) for axis in spec["axes"])
        except (KeyError, TypeError, ValueError):
            raise InputError(
                "this dataset does not state its sweep (attribute `spec`): take one that "
                "qtcore.open() returned, or a selection of it"
            ) from None
        if lost := [axis for axis in self.axes if axis not in ds.coords]:
            raise InputError(
                f"the dataset has lost its axis {lost[0]}: select values of an axis, but do not drop it"
            )
        for axis in reversed([axis for axis in self.axes if axis not in ds.dims]):
            ds = ds.expand_dims(axis)
        self._cases = {
            axis["name"]: dict(zip(axis["values"], axis["cases"], strict=True))
            for axis in spec["axes"]
            if axis.get("cases")
        }
        for axis in (axis for axis in self.axes if axis in cases and axis not in self._cases):
            self._cases[axis] = dict(cases[axis])
            ds = _with_parameters(ds, axis, cases[axis])
        self.ds = ds
        self.constants: dict[str, Any] = dict(spec.get("constants", {}))
        self._spec = spec

    def has_cases(self, axis: str) -> bool:
        """Whether an axis counts cases."""
        return axis in self._cases

    def case(self, axis: str, number: int) -> Mapping[str, Any]:
        """Return the parameters of a case of an axis; nothing if it is not known."""
        return dict(self._cases[axis].get(number, {}))

    def parameters_of(self, axis: str) -> tuple[str, ...]:
        """Return the names of the parameters of an axis that counts cases; none of another one."""
        return tuple(next(iter(self._cases.get(axis, {}).values()), ()))

    def parameters_at(self, index: Mapping[str, int]) -> dict[str, Any]:
        """Return the parameters of the cases at a point, by name."""
        found: dict[str, Any] = {}
        for axis, cases in self._cases.items():
            if axis in index:
                found |= cases[int(self.values(axis)[index[axis]])]
        return found

    @property
    def has_one_seed(self) -> bool:
        """Whether all realizations have the same seed."""
        return self._spec.get("seed", 0) is not None

    @property
    def seed(self) -> int:
        """Seed of the ensemble.

        Raises
        ------
        InputError
            If runs of several seeds were put together.
        """
        if not self.has_one_seed:
            raise InputError(
                "this dataset was put together of runs with several seeds: its coordinates `seed` and "
                "`number` say which impurities each realization has"
            )
        return int(self._spec.get("seed", 0))

    @property
    def values_of_all(self) -> SimpleNamespace:
        """All values of the axes, and the constants, by name."""
        return SimpleNamespace(**{**self.constants, **{a: self.values(a) for a in self.axes}})

    def size(self, axis: str) -> int:
        """Return how many values an axis, or a dimension of the samples, has."""
        return int(self.ds.sizes[axis])

    def values(self, axis: str) -> NDArray[Any]:
        """Return the values of an axis."""
        return np.asarray(self.ds[axis].to_numpy())

    def place(self, axis: str, value: float) -> Place:
        """Return the place of a value on an axis.

        Raises
        ------
        NoSuchValueError
            If the axis has no such value.
        """
        values = self.values(axis).astype(np.float64)
        away = np.abs(values - float(value))
        nearest = int(away.argmin())
        if not away[nearest] <= SAME * max(1.0, abs(float(value))):
            raise NoSuchValueError(
                f"the sweep has no {axis} = {value:g}; it has {listed(values.tolist())}"
            )
        return Place(nearest, axis)

    @cached_property
    def finished(self) -> NDArray[np.int64]:
        """Finished realizations of each point, (*axes)."""
        shape = tuple(self.size(axis) for axis in self.axes)
        if "finished" not in self.ds.coords:
            return np.full(shape, self.ds.sizes.get("realization", 1))
        found = self.ds["finished"]
        spread = found.expand_dims({a: self.size(a) for a in self.axes if a not in found.dims})
        return np.asarray(spread.transpose(*self.axes).to_numpy())

    @cached_property
    def wanted(self) -> NDArray[np.int64]:
        """Realizations that the sweep asks of each point, (*axes); 1 where nothing is random."""
        asked = np.asarray(self._spec.get("realizations", self.ds.sizes.get("realization", 1)))
        if asked.ndim == 0:
            return np.full(tuple(self.size(axis) for axis in self.axes), int(asked))
        return np.asarray(self._of_points(asked))

    def _of_points(self, stated: NDArray[Any]) -> NDArray[Any]:
        """Return what the sweep states for each of its points, (*axes, …), for those of the dataset."""
        shape = tuple(len(axis["values"]) for axis in self._spec["axes"])
        grid = stated.reshape(*shape, *stated.shape[1:])
        # The dataset is sorted and may be a part; the sweep lists its values as they came.
        chosen = [
            [int(np.abs(np.asarray(axis["values"], float) - value).argmin()) for value in values]
            for axis, values in zip(self._spec["axes"], map(self.values, self.axes), strict=True)
        ]
        return np.asarray(grid[np.ix_(*chosen)] if chosen else grid)

    @cached_property
    def _computed(self) -> NDArray[np.bool_]:
        """Whether a length is computed at a point, (*axes, length)."""
        lengths = self.ds["length"].to_numpy()
        grid = tuple(self.size(axis) for axis in self.axes)
        spans = self._spec.get("spans")
        if spans is None:
            return np.ones((*grid, len(lengths)), dtype=bool)
        stated = np.asarray(self._spec["lengths"])
        bounds = self._of_points(np.asarray(spans, dtype=int).reshape(-1, 2))
        places = np.searchsorted(stated, lengths)
        return np.asarray((places >= bounds[..., :1]) & (places < bounds[..., 1:]))

    def lengths_at(self, index: Mapping[str, int]) -> NDArray[np.int64] | None:
        """Return which lengths are computed at any of the points that an index leaves.

        None if the sweep knows no lengths.
        """
        if "length" not in self.ds.dims:
            return None
        where = tuple(index.get(axis, slice(None)) for axis in self.axes)
        found = self._computed[where]
        return np.flatnonzero(found.reshape(-1, found.shape[-1]).any(axis=0))

    def samples(
        self, name: str, index: Mapping[str, int], held: tuple[str, ...], lengths: Any
    ) -> Samples:
        """Return stored samples, (realization, *held, *own dimensions), which know these names."""
        array = self.ds[name].isel(
            {axis: n for axis, n in index.items() if axis in self.ds[name].dims}
        )
        if "length" in array.dims and lengths is not None:
            array = array.isel(length=lengths)
        first = [d for d in ("realization", *held) if d in array.dims]
        own = [d for d in self._own_dims(name) if d in array.dims and d not in first]
        own += [d for d in map(str, array.dims) if d not in (*first, *own)]
        dims = (*first, *own)
        found: Samples = Samples.of(np.asarray(array.transpose(*dims).to_numpy()), dims)
        return found

    def _own_dims(self, name: str) -> tuple[str, ...]:
        """Return the dimensions of a stored variable in the order in which it was declared."""
        for variable in self._spec.get("variables", ()):
            if variable["name"] == name:
                return tuple(variable["dims"])
        return ("length", "channel")

    def beside(self, name: str, index: Mapping[str, int], held: tuple[str, ...]) -> Any:
        """Return a coordinate, such as the open channels of the leads, (*held, *own dimensions)."""
        array = self.ds[name].isel({a: n for a, n in index.items() if a in self.ds[name].dims})
        first = [d for d in held if d in array.dims]
        found = array.transpose(*first, *(d for d in array.dims if d not in first)).to_numpy()
        return found.item() if found.ndim == 0 else found

    def fixed_place(self, axis: str, value: float | str, stage: str) -> int:
        """Return the place of a value that a stage asks for, by the name of a constant or by number.

        Raises
        ------
        InputError
            If there is no such axis, constant or value.
        """
        if axis not in self.axes:
            raise InputError(
                f"{stage} asks for one value of {axis}, which is no axis of the sweep; its axes are "
                f"{', '.join(self.axes) or 'none'}"
            )
        if isinstance(value, str):
            if value not in self.constants:
                raise InputError(
                    f"{stage} asks for {axis} at the constant {value!r}, which the sweep lacks; its "
                    f"constants are {', '.join(self.constants) or 'none'}"
                )
            value = self.constants[value]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{stage} asks for {axis} = {brief(value)}, which is no number")
        return self.place(axis, value)


def _with_parameters(
    ds: "xr.Dataset", axis: str, cases: Mapping[int, Mapping[str, Any]]
) -> "xr.Dataset":
    """Return a dataset with the parameters of cases as coordinates along their axis."""
    numbers = [int(number) for number in ds[axis].to_numpy()]
    if unknown := [number for number in numbers if number not in cases]:
        raise InputError(
            f"the store has the case {unknown[0]} of {axis}, which this definition does not know; its "
            f"cases are {listed(sorted(cases))}"
        )
    names = next(iter(cases.values()))
    of_name = {name: np.array([cases[number][name] for number in numbers]) for name in names}
    return ds.assign_coords({name: (axis, values) for name, values in of_name.items()})
