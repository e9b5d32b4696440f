"""Potentials that are plain functions of position, asked on the sites of a wire."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.checks import LARGEST_NUMBER, unmasked
from qtcore.model.lattice.contract import Lattice

Potential = Callable[..., Any]
"""V(x, y), or V(x, y, z) in a bar: float arrays in, one of the same shape out, in units of t.

x, y, z are places in lattice constants; slice 0 starts at x = 0. Vectorised, elementwise."""


def places_of_sites(lattice: Lattice, first_slice: int, slices: int) -> list[NDArray[np.float64]]:
    """Return x, y and, in a bar, z of the sites, (slice, site) each, in lattice constants."""
    places = lattice.positions()
    starts = np.arange(first_slice, first_slice + slices) * lattice.period
    x = starts[:, None] + places[:, 0]
    across = [np.broadcast_to(places[:, axis], x.shape).copy() for axis in (1, 2)]
    return [x, *across[: lattice.dimension - 1]]


def on_sites(
    function: Potential,
    lattice: Lattice,
    first_slice: int,
    slices: int,
    what: str = "potential",
    unit: str = "units of t",
) -> NDArray[np.float64]:
    """Return the values of a function of position on the sites, (slice, site).

    `what` and `unit` are those of messages: a potential in units of t, unless another came.

    Raises
    ------
    InputError
        If the function fails, or returns another shape, complex numbers, infinities or NaN.
    """
    arguments = places_of_sites(lattice, first_slice, slices)
    return called(
        function, arguments, "xyz", what, unit, sign="V" if what == "potential" else "f"
    ).astype(float)


_KINDS = {"real": "fiub", "complex": "fiubc", "truth": "b"}
_ALLOWED = {"real": "real numbers", "complex": "numbers", "truth": "True or False"}


def called(
    function: Callable[..., Any],
    arguments: Sequence[NDArray[np.float64]],
    names: Sequence[str],
    what: str,
    unit: str,
    *,
    sign: str = "f",
    gives: str = "real",
) -> NDArray[Any]:
    """Return what a given function of places returns, in the shape of its arguments.

    Parameters
    ----------
    function : function
        Given by a user: arrays in, an array of the same shape or one number out.
    arguments : sequence of float arrays
        Places, all of one shape, in lattice constants.
    names : sequence of str
        What the arguments are called, at least as many.
    what, unit, sign : str
        What the function is called in messages, in what unit it returns, and its letter.
    gives : {"real", "complex", "truth"}
        What it may return.

    Raises
    ------
    InputError
        If the function fails, or returns another shape, other numbers, infinities, NaN, or numbers
        above 1e30 in size.
    """
    shape = arguments[0].shape
    signature = f"{sign}({', '.join(list(names)[: len(arguments)])})"
    name = f"{what} {getattr(function, '__name__', None) or repr(function)}"
    try:
        found = function(*arguments)
    except InputError:  # says itself what is wrong
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise InputError(
            f"{name} must be a function {signature} of arrays, elementwise (np.where, not "
            f"if), but it raised {type(error).__name__}: {error}"
        ) from error
    unmasked(f"what {name} returned", found)
    try:
        values = np.asarray(found)
    except ValueError:
        values = np.array(None)
    if values.dtype.kind not in _KINDS[gives]:
        in_unit = "" if gives == "truth" else f" ({unit})"
        raise InputError(f"{name} must return {_ALLOWED[gives]}{in_unit}, got {values.dtype}")
    if values.shape not in (shape, ()):
        raise InputError(
            f"{name} must return an array of the shape of {names[0]}, {shape}, got {values.shape}"
        )
    kept = {"real": np.float64, "complex": np.complex128, "truth": np.bool_}[gives]
    values = np.broadcast_to(values.astype(kept), shape)
    if gives == "truth":
        return values
    # Written so that a NaN is wrong too.
    wrong = ~(np.abs(values) <= LARGEST_NUMBER)
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0])
        at = ", ".join(f"{axis} = {part[where]:g}" for axis, part in zip(names, arguments))  # noqa: B905 # names may be longer
        must = (
            f"at most {LARGEST_NUMBER:g} in size ({unit}): powers of greater numbers overflow"
            if np.isfinite(values[where])
            else f"finite ({unit})"
        )
        raise InputError(f"{name} returned {values[where]} at {at}; it must be {must}")
    return values
