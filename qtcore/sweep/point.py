"""Points of a swept grid, as a definition's functions see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from qtcore.errors import InputError
from qtcore.solve.arguments import checked_energy, checked_tolerance


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


class Settings(NamedTuple):
    """How exact observables shall be, as constants or axes of a preset say; None is left out.

    Attributes
    ----------
    tolerance : float or None
        Error of ln g that is asked for, of wires between two leads.
    resolution, margin : float or None
        Of Chern markers, units of t and lattice constants.
    vectors : int or None
        Of Chern markers: random vectors.
    """

    tolerance: float | None = None
    resolution: Any = None
    margin: Any = None
    vectors: Any = None

    @property
    def of_markers(self) -> dict[str, Any]:
        """Arguments of `qtcore.observe.chern_marker`; those that are left out have its defaults."""
        given = {name: getattr(self, name) for name in ("resolution", "margin", "vectors")}
        return {name: value for name, value in given.items() if value is not None}


def settings(point: Point) -> Settings:
    """Return the settings of a point of wires, or raise InputError for an impossible tolerance."""
    asked = {name: point.values.get(name) for name in Settings._fields}
    return Settings(**{**asked, "tolerance": checked_tolerance(asked["tolerance"])})


def in_words(point: Point) -> str:
    """Return the point in words, with its longest length if it has any."""
    return f"{point.label}, L = {point.lengths[-1]}" if point.lengths else point.label


def energy(point: Point) -> float:
    """Return the energy of a point (t), or raise InputError."""
    if "energy" not in point.values:
        raise InputError(
            "a wire is solved at an energy: give `energy` in the preset, as an axis or a constant"
        )
    return checked_energy(point.values["energy"])
