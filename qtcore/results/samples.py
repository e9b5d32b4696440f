"""Samples that know their axes, so that the place of one axis is not taken for that of another.

NumPy counts axes. The samples of a stage that holds the fields are (realization, flux, length), so
that `g[at.where("flux", 0.0)]` is the first realization, and `g - g[...]` subtracts it from all
others without a word.
"""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from qtcore.errors import InputError

Dims = tuple[str, ...]
"""Names of axes; "" for one that stands for no dimension of the sweep."""

KEEPS = {np.where, np.nan_to_num, np.clip}
"""Functions of NumPy that make arrays whose axes are those of the samples among their arguments."""


class Place(int):
    """A place on an axis of the sweep: an integer that knows the axis."""

    axis: str

    def __new__(cls, number: int, axis: str = "") -> Self:
        """Return the place `number` on `axis`."""
        made = super().__new__(cls, number)
        made.axis = axis
        return made


class Samples(np.ndarray[Any, Any]):
    """An array of samples with the names of its axes.

    Elementary functions, arithmetic, slices and sums keep the names as far as they are known;
    other functions return an array without names, which is a plain one. `np.asarray` takes the
    names away.

    Attributes
    ----------
    dims : tuple of str, or None
        Names of the axes, None where they are not known.
    """

    dims: Dims | None

    @classmethod
    def of(cls, array: Any, dims: Dims | None) -> Any:
        """Return an array with names of its axes; a number as it is."""
        if not isinstance(array, np.ndarray) or array.ndim == 0 or dims is None:
            return _plain(array)
        made = array.view(cls)
        made.dims = dims
        return made

    def __array_finalize__(self, of: Any) -> None:
        """Keep the names of what is copied or cast; whatever has another shape has none."""
        same = isinstance(of, Samples) and of.shape == self.shape
        self.dims = getattr(of, "dims", None) if same else None

    def __getitem__(self, key: Any) -> Any:
        """Return some of the samples.

        Raises
        ------
        InputError
            If a place of `at.where` stands at another axis than its own.
        """
        if self.dims is None:
            return super().__getitem__(key)
        axes = _checked(key, self.dims)
        return Samples.of(super().__getitem__(key), _left(axes, self.dims))

    def __setitem__(self, key: Any, value: Any) -> None:
        """Change some of the samples of a copy; refuses what reading them would."""
        if self.dims is not None:
            _checked(key, self.dims)
        super().__setitem__(key, value)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Apply a NumPy function to the numbers, and carry the names over."""
        known = (np.ndarray.__array_ufunc__, Samples.__array_ufunc__)
        given = (*inputs, *kwargs.get("out", ()))
        if any(getattr(type(one), "__array_ufunc__", known[0]) not in known for one in given):
            return NotImplemented
        dims: Dims | None = None
        if method == "__call__" and ufunc.signature is None:
            dims = _merged([one for one in inputs if isinstance(one, Samples)])
        elif method == "accumulate":
            dims = inputs[0].dims if isinstance(inputs[0], Samples) else None
        elif method == "reduce" and isinstance(inputs[0], Samples):
            dims = _reduced(inputs[0], kwargs)
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_plain(one) for one in out)
        if "where" in kwargs:
            kwargs["where"] = _plain(kwargs["where"])
        found = getattr(ufunc, method)(*(_plain(one) for one in inputs), **kwargs)
        if out is not None and out[0] is not None:
            return out[0] if len(out) == 1 else out
        if isinstance(found, tuple):
            return tuple(Samples.of(one, _spread(dims, one)) for one in found)
        return Samples.of(found, _spread(dims, found))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Apply another function of NumPy; few of them keep the axes as they are."""
        found = super().__array_function__(func, types, args, kwargs)
        if func in KEEPS and isinstance(found, np.ndarray) and found.shape == self.shape:
            return Samples.of(found, self.dims)
        return found

    def transpose(self, *axes: Any) -> Any:
        """Return a plain array with its axes in another order."""
        return _plain(self).transpose(*axes)

    def swapaxes(self, *axes: Any) -> Any:
        """Return a plain array with two axes exchanged."""
        return _plain(self).swapaxes(*axes)

    @property
    def T(self) -> Any:
        """A plain array with its axes in reverse order."""
        return _plain(self).T


def _plain(one: Any) -> Any:
    return one.view(np.ndarray) if isinstance(one, Samples) else one


def _spread(dims: Dims | None, array: Any) -> Dims | None:
    """Return names for an array that has more axes in front."""
    return None if dims is None else ("",) * (np.ndim(array) - len(dims)) + dims


def _merged(parts: Iterable[Samples]) -> Dims | None:
    """Return the names of what comes of arrays that NumPy pairs from their last axes on.

    Raises
    ------
    InputError
        If it would pair axes of different names.
    """
    merged: list[str] = []
    for one in parts:
        if one.dims is None:
            return None
        backwards = one.dims[::-1]
        for n, name in enumerate(backwards):
            if n == len(merged):
                merged.append(name)
            elif not merged[n] or not name:
                merged[n] = merged[n] or name
            elif merged[n] != name:
                raise InputError(
                    f"samples ({', '.join(one.dims)}) meet samples whose axes are others: NumPy pairs "
                    f"the last axes, here {name} with {merged[n]}. Keep an axis of which you take one "
                    "place, with a list: g - g[:, [place]]"
                )
    return tuple(merged[::-1]) or None


def _reduced(array: Samples, kwargs: Any) -> Dims | None:
    """Return the names that a sum over some axes leaves."""
    if array.dims is None:
        return None
    given = kwargs.get("axis", 0)
    axes = range(array.ndim) if given is None else np.atleast_1d(np.asarray(given)) % array.ndim
    gone = {int(axis) for axis in axes}
    if kwargs.get("keepdims"):
        return tuple("" if n in gone else d for n, d in enumerate(array.dims))
    return tuple(d for n, d in enumerate(array.dims) if n not in gone)


def _checked(key: Any, dims: Dims) -> list[tuple[Any, int | None]]:
    """Return the entries of an index with their axes; refuse a place at another axis than its own."""
    entries = key if isinstance(key, tuple) else (key,)
    axes = list(_axes_of(entries, len(dims)))
    for entry, axis in axes:
        # Of too many entries NumPy says so.
        if axis is not None and axis < len(dims):
            _refuse_elsewhere(entry, axis, dims)
    return axes


def _axes_of(entries: tuple[Any, ...], ndim: int) -> Iterable[tuple[Any, int | None]]:
    """Yield each entry of an index with the axis at which it stands; None for a new axis."""
    taken = sum(_takes(one) for one in entries)
    axis = 0
    for one in entries:
        if one is Ellipsis:
            for _ in range(ndim - taken):
                yield slice(None), axis
                axis += 1
        elif one is None:
            yield one, None
        else:
            yield one, axis
            axis += _takes(one)
    for left in range(axis, ndim):
        yield slice(None), left


def _takes(entry: Any) -> int:
    """Return of how many axes an entry of an index chooses."""
    if entry is None or entry is Ellipsis:
        return 0
    is_mask = isinstance(entry, np.ndarray) and entry.dtype == bool
    return entry.ndim if is_mask else 1


def _left(axes: list[tuple[Any, int | None]], dims: Dims) -> Dims | None:
    """Return the names of what an index leaves; None where NumPy may move an axis."""
    arrays = [one for one, _ in axes if isinstance(one, list | np.ndarray)]
    numbers = any(
        axis is not None and not isinstance(one, slice | list | np.ndarray) for one, axis in axes
    )
    if len(arrays) > 1 or any(np.ndim(one) != 1 for one in arrays) or (arrays and numbers):
        return None
    kept = []
    for one, axis in axes:
        if axis is None:
            kept.append("")
        elif isinstance(one, slice | list | np.ndarray):
            kept.append(dims[axis])
    return tuple(kept)


def _refuse_elsewhere(entry: Any, axis: int, dims: Dims) -> None:
    """Raise InputError if a place of another axis stands at an axis."""
    if isinstance(entry, slice):
        parts: Iterable[Any] = (entry.start, entry.stop)
    else:
        parts = entry if isinstance(entry, list | tuple) else (entry,)
    for one in parts:
        if not isinstance(one, Place) or not one.axis or dims[axis] in ("", one.axis):
            continue
        before = ":, " * dims.index(one.axis) if one.axis in dims else ""
        way = (
            f"write g[{before}place] for this {one.axis}, and g - g[{before}[place]] to subtract it"
            if one.axis in dims
            else f"they have no axis {one.axis}"
        )
        raise InputError(
            f"a place at.where({one.axis!r}, …) stands at the axis {dims[axis]} of samples that are "
            f"({', '.join(dims)}): {way}"
        )
