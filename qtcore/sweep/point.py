"""Points of a swept grid, as a definition's functions see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtcore.solve.arguments import checked_tolerance


@dataclass(frozen=True)
class Point:
    """One point of the swept grid: `point.disorder`, or whatever its axes and constants are named.

    Attributes
    ----------
    number : int
        Position in C order over the axes.
    index : tuple of int
        Position on each axis.
    axes : tuple of str
        Names of the axes.
    values : mapping
        Values of axes and constants by name; each is an attribute of the point too.
    label : str
        The point in the words of its axes.
    span : (int, int)
        Window [lo, hi) of the sweep's lengths that is computed here.
    lengths : tuple of int
        The lengths in that window (slices).
    realizations : int
        Disorder realizations that are computed here.
    seed : int
        Seed of the sweep.
    """

    number: int
    index: tuple[int, ...]
    axes: tuple[str, ...]
    values: Mapping[str, Any]
    label: str
    span: tuple[int, int]
    lengths: tuple[int, ...]
    realizations: int
    seed: int

    def __getattr__(self, name: str) -> Any:
        """Return the value of an axis or a constant."""
        if name.startswith("__") or "values" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self.values[name]
        except KeyError:
            known = ", ".join(self.values)
            raise AttributeError(f"a point of this sweep has no {name}; it has {known}") from None


def tolerance(point: Point) -> float | None:
    """Return the error of ln g that a point of wires asks for, if it does, or raise InputError."""
    return checked_tolerance(point.values.get("tolerance"))
