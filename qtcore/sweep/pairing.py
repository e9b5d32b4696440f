"""Observables of wires with pairing: names, dimensions, and who computes them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.store.layout import LENGTH, ArraySpec
from qtcore.sweep.groups import in_groups

if TYPE_CHECKING:
    from qtcore.model.wire import Wire

_WORDS = {
    "R_ee": "electrons reflected as electrons, sum over modes, waves from the left",
    "R_he": "electrons reflected as holes (Andreev), sum over modes, waves from the left",
    "T_ee": "electrons transmitted as electrons, sum over modes, waves from the left",
    "T_he": "electrons transmitted as holes (crossed Andreev), sum over modes, waves from the left",
    "G_NS": "Andreev conductance N - R_ee + R_he every electron counted",
    "det_r": "det r at E = 0, waves from the left; its sign is the invariant of class D",
}

_UNITS = {"G_NS": "e²/h"}

OF_PAIRING: dict[str, ArraySpec] = {
    name: ArraySpec(
        name,
        "float64",
        float("nan"),
        {"units": _UNITS.get(name, ""), "long_name": words},
        (LENGTH,),
    )
    for name, words in _WORDS.items()
}
"""What is stored of wires with pairing and normal leads, (realization, length)."""


def solve_pairing(
    wire: "Wire",
    energy: float,
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    names: Iterable[str],
) -> dict[str, NDArray[Any]]:
    """Return those of the observables that tell electrons from holes, each (realization, length).

    Whole groups of samples are solved, as elsewhere, so that a sample has the same bits in any block.

    Parameters
    ----------
    wire, energy, lengths, realizations, seed
        As in `observables.solve_wire`.
    names : iterable of str
        Observables of wires; others than those of `OF_PAIRING` are left out.

    Raises
    ------
    InputError
        If the wire has no pairing, or its leads have.
    """
    from qtcore.observe.andreev import andreev

    asked = [name for name in names if name in OF_PAIRING]
    if not asked:
        return {}

    def solve(group: range) -> dict[str, NDArray[Any]]:
        parts = andreev(wire, energy, lengths, group, seed)
        return {name: np.stack([getattr(part, name) for part in parts], axis=1) for name in asked}

    return in_groups(realizations, solve)


def refuse_unless_they_fit(names: Iterable[str], wire: "Wire", energy: float) -> None:
    """Raise InputError if observables have no meaning for a wire at an energy (units of t)."""
    from qtcore.observe.andreev import refuse_unless_zero, refuse_without_holes

    names = tuple(names)
    asked = [name for name in names if name in OF_PAIRING]
    if asked:
        refuse_without_holes(wire)
    if "det_r" in asked:
        refuse_unless_zero(energy)
    before = "R_ee", "R_he", "G_NS", "det_r"
    others = [name for name in names if name not in before]
    if wire.is_junction and others:
        raise InputError(
            f"the right lead of this wire is a superconductor, and {others[0]} is for wires whose leads are "
            f"alike; what a wire before a superconductor stores is {', '.join(before)}"
        )


def refuse_unless_normal(wire: "Wire") -> None:
    """Raise InputError unless the left lead, from which waves come in a sweep, is normal."""
    from qtcore.observe.andreev import refuse_without_holes

    refuse_without_holes(wire)
