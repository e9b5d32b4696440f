"""Invariants of wires as observables: names, what they rest on, and who computes them.

`bott_index` is the invariant that `qtcore.observe.bott_index` returns as `values`, and
`bott_index_gap` its attribute `gap`; the others alike.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qtcore.store.layout import LENGTH, ArraySpec
from qtcore.sweep.groups import Arrays, in_groups
from qtcore.sweep.point import Settings

if TYPE_CHECKING:
    from qtcore.model.wire import Wire


class _Invariant(NamedTuple):
    """An invariant: its unit and meaning, what it rests on, and whether leads are attached."""

    units: str
    words: str
    rests_on: tuple[str, ...]
    has_leads: bool


_KNOWN = {
    "bott_index": _Invariant(
        "e²/h", "Bott index of the sample closed to a torus", ("branch", "gap"), has_leads=False
    ),
    "spin_chern_number": _Invariant(
        "",
        "spin Chern number of the sample closed to a torus",
        ("up", "down", "spin_gap", "branch", "gap"),
        has_leads=False,
    ),
    "chern_marker": _Invariant(
        "e²/h",
        "local Chern marker, mean over the bulk of the sample with open edges",
        ("errors", "unresolved", "gap"),
        has_leads=False,
    ),
    "charge_pumped": _Invariant(
        "",
        "electrons that a flux quantum through the tube pumps to the right lead",
        ("least_reflection", "largest_step"),
        has_leads=True,
    ),
    "reflection_sign": _Invariant(
        "",
        "sign of det r of the left end, divided by that of a hard wall",
        ("least_reflection",),
        has_leads=True,
    ),
}
"""By the function of `qtcore.observe` that computes it."""

_PARTS = {
    "branch": ("", "distance of the spectrum from the branch cut of the logarithm"),
    "gap": ("t", "distance of the nearest levels from the Fermi energy"),
    "up": ("", "Chern number of the half with spin up"),
    "down": ("", "Chern number of the half with spin down"),
    "spin_gap": ("", "smallest absolute value in the spectrum of P sigma_z P"),
    "errors": ("e²/h", "standard error from the scatter of random vectors"),
    "unresolved": ("", "share of the bulk in levels close to the Fermi energy"),
    "least_reflection": ("", "least singular value of r"),
    "largest_step": ("radians", "largest turn of det r between neighbouring fluxes"),
}

_SUSPECT = {"flag_values": [-1, 0, 1], "flag_meanings": "not_computed fine suspect"}


def _specs() -> dict[str, ArraySpec]:
    """Return how a store holds them, by name."""
    nan, made = float("nan"), {}
    for name, one in _KNOWN.items():
        words = {"units": one.units, "long_name": one.words}
        made[name] = ArraySpec(name, "float64", nan, words, (LENGTH,))
        for part in one.rests_on:
            units, meaning = _PARTS[part]
            words = {"units": units, "long_name": f"{name}: {meaning}"}
            made[f"{name}_{part}"] = ArraySpec(f"{name}_{part}", "float64", nan, words, (LENGTH,))
        flags = {"units": "", "long_name": f"{name} is suspect", **_SUSPECT}
        made[f"{name}_suspect"] = ArraySpec(f"{name}_suspect", "int8", -1, flags, (LENGTH,))
    return made


_Compute = Callable[[int, range], Any]

OF_INVARIANTS: dict[str, ArraySpec] = _specs()
"""What is stored of invariants, (realization, length)."""

_ORIGIN = {
    f"{name}{part}": (name, part.removeprefix("_") or "values")
    for name, one in _KNOWN.items()
    for part in ("", *(f"_{part}" for part in one.rests_on), "_suspect")
}
"""By observable: the function, and the attribute of what it returns."""

WHOLE = ("bott_index", "spin_chern_number", "charge_pumped", "reflection_sign")
"""Invariants that take few values, so that realizations may well be equal."""

DISCRETE = frozenset(
    name
    for name, (of, part) in _ORIGIN.items()
    if (of in WHOLE and part in ("values", "up", "down")) or part == "suspect"
)
"""Observables in which two samples may well be equal."""


def invariants_in(names: Iterable[str]) -> tuple[str, ...]:
    """Return the functions whose results are asked for, each once."""
    return tuple(dict.fromkeys(_ORIGIN[name][0] for name in names if name in _ORIGIN))


def need_leads(names: Iterable[str]) -> bool:
    """Whether any of some observables of wires needs open modes in leads."""
    return any(name not in _ORIGIN or _KNOWN[_ORIGIN[name][0]].has_leads for name in names)


def solve_invariants(
    wire: "Wire",
    energy: float,
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    names: Iterable[str],
    settings: Settings,
) -> Arrays:
    """Return those of the observables that are invariants, each (realization, length).

    Parameters
    ----------
    wire, energy, lengths, realizations, seed
        As in `observables.solve_wire`.
    names : iterable of str
        Observables of wires; others than those of `OF_INVARIANTS` are left out.
    settings : Settings
        Of them `resolution`, `margin` and `vectors`, for Chern markers.

    Raises
    ------
    InputError
        If the wire does not have the invariant.
    """
    made: Arrays = {}
    asked = [name for name in names if name in OF_INVARIANTS]
    for function in invariants_in(asked):
        parts = {name: _ORIGIN[name][1] for name in asked if _ORIGIN[name][0] == function}
        compute = _function(function, wire, energy, seed, settings)

        def solve(
            numbers: range,
            compute: _Compute = compute,
            parts: Mapping[str, str] = parts,
        ) -> Arrays:
            found = [compute(length, numbers) for length in lengths]
            return {
                name: np.stack([getattr(one, part) for one in found], axis=1)
                for name, part in parts.items()
            }

        has_leads = _KNOWN[function].has_leads
        made |= in_groups(realizations, solve) if has_leads else solve(realizations)
    return made


def _function(name: str, wire: "Wire", energy: float, seed: int, settings: Settings) -> _Compute:
    """Return what computes an invariant of some samples of one length."""
    from qtcore import observe

    function: Callable[..., Any] = getattr(observe, name)
    of_markers = settings.of_markers if name == "chern_marker" else {}

    def compute(length: int, numbers: range) -> Any:
        if name == "reflection_sign":
            return function(wire, length, numbers, seed, energy)
        return function(wire, energy, length, numbers, seed, **of_markers)

    return compute


def refuse_unless_invariants_fit(
    wire: "Wire", lengths: Sequence[int], names: Iterable[str], settings: Settings
) -> None:
    """Raise InputError if a wire does not have an invariant that is asked for."""
    from qtcore.solve.bott import refuse_unless_torus, refuse_without_spin
    from qtcore.solve.chern_marker import refuse_unless_marked
    from qtcore.solve.pumping import refuse_unless_tube

    asked = invariants_in(names)
    if "bott_index" in asked or "spin_chern_number" in asked:
        refuse_unless_torus(wire, lengths[0])
    if "spin_chern_number" in asked:
        refuse_without_spin(wire)
    if "chern_marker" in asked:
        for length in (lengths[0], lengths[-1]):
            refuse_unless_marked(wire, length, **settings.of_markers)
    if "charge_pumped" in asked:
        refuse_unless_tube(wire)
