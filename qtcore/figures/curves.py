"""From a result to curves: what runs along x, and what tells curves apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.figures.words import QUANTITY, sign, value_text

if TYPE_CHECKING:
    import xarray as xr


Array = NDArray[np.float64]

FEW, CROWDED = 6, 12
"""So many curves for dimensions that nothing was said about, and so many with those asked for."""

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<")
"""Shapes of points, one for each value that they tell apart."""

KEPT = 8
"""Of so many values, those that were not measured keep their colour and marker for other panels."""

DRAWN = ("y", "y_theory", "line")
"""What a curve is made of; the rest says how far off it may be."""

SUFFIXES = ("_error", "_theory", "_left_out", "_compared")
"""What a result holds beside a quantity."""


@dataclass(frozen=True)
class Curve:
    """Points along x that look alike.

    Attributes
    ----------
    ranks : mapping of str to int
        The place, among the values of each coded name, of this curve's value.
    found : mapping of str to array of shape (points,)
        "x", "y" and what else there is ("x_error", "y_error", "y_theory", "band", …); not finite where
        there is nothing.
    """

    ranks: Mapping[str, int]
    found: Mapping[str, Array]

    def single(self) -> Iterator["Curve"]:
        """Yield each point as a curve of its own."""
        for number in range(len(self.found["x"])):
            yield Curve(self.ranks, {n: a[[number]] for n, a in self.found.items()})


@dataclass(frozen=True)
class Arranged:
    """Arrays of a panel, and how they fall into curves.

    Attributes
    ----------
    arrays : mapping of str to xarray.DataArray
        As in `Curve.found`, with all their dimensions.
    along : str
        The dimension that runs along x; "" if x is one number.
    codes : mapping of str to str
        By "colour", "marker" and "fill" the name of the dimension or coordinate.
    values : mapping of str to list
        The values of each coded name, in order.
    seen : mapping of str to list of int
        The places in `values` of those that were measured.
    ranks : mapping of str to xarray.DataArray
        The place in `values` at each value of the dimensions.
    notes : tuple of str
        What was chosen without being asked.
    """

    arrays: "Mapping[str, xr.DataArray]"
    along: str
    codes: Mapping[str, str]
    values: Mapping[str, list[Any]]
    seen: Mapping[str, list[int]]
    ranks: "Mapping[str, xr.DataArray]"
    notes: tuple[str, ...] = ()

    def curves(self, *, apart: bool) -> Iterator[Curve]:
        """Yield the curves.

        Parameters
        ----------
        apart : bool
            Whether points are also told apart by what runs along x (colours of points); a line
            runs through all of these.
        """
        import xarray as xr

        names = [n for n in dict.fromkeys(self.codes.values()) if apart or n != self.along]
        whole = [*self.arrays.values(), *(self.ranks[name] for name in names)]
        arrays = xr.broadcast(*whole)
        dims = [d for d in arrays[0].dims if d != self.along]
        order = [*dims, self.along] if self.along else dims
        length = arrays[0].sizes[self.along] if self.along else 1
        flat = [a.transpose(*order).to_numpy().reshape(-1, length) for a in arrays]
        found = dict(zip(self.arrays, flat, strict=False))
        ranks = np.stack([*flat[len(found) :], np.zeros_like(flat[0])]).astype(int)
        for number in range(flat[0].shape[0]):
            here = ranks[:, number]
            for key in np.unique(here, axis=1).T:
                same = (here == key[:, None]).all(axis=0)
                rank = dict(zip(names, map(int, key), strict=False))
                curve = Curve(rank, {name: a[number][same] for name, a in found.items()})
                if any(np.isfinite(curve.found.get(n, np.nan)).any() for n in DRAWN):
                    yield curve


def numbers(array: "xr.DataArray") -> "xr.DataArray":
    """Return an array as floats, not finite ones as NaN; labels are counted from 1."""
    import xarray as xr

    if array.dtype.kind in "fiub":
        array = array.astype(float)
        return array.where(np.isfinite(array))
    if is_labelled(array):
        return array.copy(data=np.arange(1.0, array.size + 1))
    return xr.full_like(array, np.nan, dtype=float)


def is_labelled(array: "xr.DataArray") -> bool:
    """Whether values along a dimension are texts, which have an order and no distances."""
    return array.ndim == 1 and array.dtype.kind in "OUST"


def arranged(
    result: "xr.Dataset",
    y: Sequence[str],
    x: str,
    codes: Mapping[str, str],
    kinds: Sequence[str],
    beside: Mapping[str, Sequence[str]] | None = None,
) -> Arranged:
    """Return the arrays of a panel and how they fall into curves.

    Parameters
    ----------
    result : xarray.Dataset
        What `choice.chosen` left.
    y : sequence of str
        Names of the quantities of the panel.
    x : str
        A dimension, a coordinate or a quantity; "" for a quantity that is one number.
    codes : mapping of str to str
        Dimensions or coordinates by "colour", "marker" or "fill".
    kinds : sequence of str
        Those of the three that the panel can draw.
    beside : mapping of str to sequence of str, optional
        Under "line" or "band" a quantity for each `y` that is drawn as a line or as a band.
    """
    arrays = _gathered(result, y, x, beside or {})
    dims = {str(d): size for d, size in _known(arrays).sizes.items()}
    codes = {k: n for k, n in codes.items() if n in result and {*result[n].dims} <= {*dims}}
    if QUANTITY in dims:
        free = [kind for kind in kinds if kind not in codes]
        # Several quantities differ in colour and in marker where both are free.
        codes |= dict.fromkeys(free[:2] if free[:1] == ["colour"] else free[:1], QUANTITY)
    along = _along(result, x, codes, dims)
    arrays, codes, notes = _told_apart(result, arrays, along, codes, kinds)
    measured = _known(arrays)
    ranked = {
        name: _ranked(_coded(arrays, result, name), measured)
        for name in dict.fromkeys(codes.values())
    }
    values, seen, ranks = ({name: r[n] for name, r in ranked.items()} for n in range(3))
    own, other = codes.get("colour", ""), codes.get("marker", "")
    is_free = "marker" in kinds and len(values.get(other, ())) < 2
    if own and is_free and 1 < len(values[own]) <= len(MARKERS):
        # In grey, and to the colour-blind, a shape says more than a shade.
        codes = {**codes, "marker": own}
    return Arranged(arrays, along, codes, values, seen, ranks, notes)  # type: ignore[arg-type]


def _gathered(
    result: "xr.Dataset", y: Sequence[str], x: str, beside: Mapping[str, Sequence[str]]
) -> "dict[str, xr.DataArray]":
    """Return all arrays of a panel; those of several quantities side by side."""
    import xarray as xr

    arrays = {"x": numbers(result[x]) if x else xr.DataArray(0.0)}
    if f"{x}_error" in result:
        arrays["x_error"] = numbers(result[f"{x}_error"])
    sought = {f"y{suffix}": [f"{name}{suffix}" for name in y] for suffix in ("", *SUFFIXES)}
    for key, names in (sought | {key: list(names) for key, names in beside.items()}).items():
        if not any(name in result for name in names):
            continue
        each = [
            numbers(result[name]) if name in result else xr.full_like(numbers(result[own]), np.nan)
            for name, own in zip(names, y, strict=True)
        ]
        if len(each) == 1:
            arrays[key] = each[0]
        else:
            side = xr.broadcast(*each)
            own = xr.Variable(QUANTITY, list(y))
            arrays[key] = xr.concat(side, own, coords="minimal", compat="override")
    return arrays


def _along(result: "xr.Dataset", x: str, codes: Mapping[str, str], dims: Mapping[str, int]) -> str:
    """Return the dimension that runs along x."""
    if not x or x in result.dims:
        return x
    own = [str(d) for d in result[x].dims if dims[str(d)] > 1] or [str(d) for d in result[x].dims]
    covered = {str(d) for name in codes.values() if name in result for d in result[name].dims}
    for free in (
        [d for d in own if d not in covered],
        # Coordinates of cases: x is one, and another tells the curves apart.
        [d for d in own if d not in codes.values()],
        own,
    ):
        if free:
            return "length" if "length" in free else max(free, key=lambda d: dims[d])
    return ""


def _told_apart(
    result: "xr.Dataset",
    arrays: "dict[str, xr.DataArray]",
    along: str,
    codes: Mapping[str, str],
    kinds: Sequence[str],
) -> "tuple[dict[str, xr.DataArray], dict[str, str], tuple[str, ...]]":
    """Give a colour, a marker or the middle value to every dimension that has none of these."""
    covered = {along, *codes.values()}
    covered |= {str(d) for n in codes.values() if n in result for d in result[n].dims}
    there = _known(arrays)
    left: dict[str, list[int]] = {}
    for dim in (str(d) for d in there.dims if d not in covered):
        seen = there.any([d for d in there.dims if d != dim]).to_numpy()
        left[dim] = [int(n) for n in np.flatnonzero(seen)] or [0]
    asked = prod(there.sizes[d] for d in covered - {along} if d in there.dims)
    codes, notes = dict(codes), []
    free = [kind for kind in kinds if kind not in codes]
    picked: dict[str, Any] = {}
    for dim in sorted(left, key=lambda d: len(left[d])):
        places = left[dim]
        added = prod(len(left[d]) for d in codes.values() if d in left) * len(places)
        few = added <= FEW and asked * added <= CROWDED
        if len(places) > 1 and few and free and (free[0] != "fill" or len(places) == 2):
            codes[free.pop(0)] = dim
            picked[dim] = places
        else:
            number = places[len(places) // 2]
            picked[dim] = [number]
            if len(places) > 1:
                value = result[dim].to_numpy()[number]
                notes.append(f"{sign(result, dim)} = {value_text(value)} (one of {len(places)})")
    arrays = {
        name: a.isel({d: p for d, p in picked.items() if d in a.dims}) for name, a in arrays.items()
    }
    return arrays, codes, tuple(notes)


def _known(arrays: "Mapping[str, xr.DataArray]") -> "xr.DataArray":
    """Return where there is something to draw."""
    known = arrays["y"].notnull()
    for name in DRAWN:
        if name in arrays:
            known = known | arrays[name].notnull()
    return known & arrays["x"].notnull()


def _coded(arrays: "Mapping[str, xr.DataArray]", result: "xr.Dataset", name: str) -> "xr.DataArray":
    """Return the values of a coded name along the dimensions that are left of the arrays."""
    import xarray as xr

    both = xr.broadcast(arrays["y"], arrays["x"])[0]
    if name in both.coords:
        return both[name]
    return (
        xr.DataArray(np.arange(both.sizes[name]), dims=name) if name in both.dims else result[name]
    )


def _ranked(
    coded: "xr.DataArray", measured: "xr.DataArray"
) -> "tuple[list[Any], list[int], xr.DataArray]":
    """Return the values in order, which of them were measured, and each value's place."""
    any_there = measured.any([d for d in measured.dims if d not in coded.dims])
    flat = coded.to_numpy().ravel()
    there = np.broadcast_to(any_there.transpose(*coded.dims).to_numpy(), coded.shape).ravel()
    is_number = flat.dtype.kind in "fiub"
    flat = flat if is_number else flat.astype(str)
    kept = flat if len({*flat.tolist()}) <= KEPT else flat[there]
    order = list(np.unique(kept)) if is_number else list(dict.fromkeys(map(str, kept)))
    # As texts, because one NaN does not equal another.
    place = {str(value): number for number, value in enumerate(order)}
    ranks = [place.get(str(value), 0) for value in flat]
    seen = sorted({rank for rank, known in zip(ranks, there, strict=True) if known})
    return order, seen, coded.copy(data=np.array(ranks, dtype=float).reshape(coded.shape))
