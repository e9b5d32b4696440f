"""Observables of wires that are resolved by spin: names, dimensions, and who computes them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.store.layout import LENGTH, ArraySpec
from qtcore.sweep.axes import Axis

if TYPE_CHECKING:
    from qtcore.model.wire import Wire

OUT, INTO = "spin_out", "spin_in"
"""Dimensions of the spin that leaves and of the one that comes."""

SPINS = ("spin_x", "spin_y", "spin_z")
"""Quantities by which observables are resolved; each has the sectors +1 (up) and -1 (down)."""

_KINDS = {
    "ln_T": (
        "float64",
        "ln of the transmission from spin to spin along {axis}, in e²/h, waves from the left",
    ),
    "reflection": ("float32", "reflection from spin to spin along {axis}, waves from the left"),
    "certificate": (
        "float32",
        "bound on the relative error of the transmission from spin to spin along {axis}",
    ),
}

RESOLVED: dict[str, ArraySpec] = {
    f"{kind}_{spin}": ArraySpec(
        f"{kind}_{spin}",
        dtype,
        float("nan"),
        {"units": "", "long_name": words.format(axis=spin[-1])},
        (LENGTH, OUT, INTO),
    )
    for spin in SPINS
    for kind, (dtype, words) in _KINDS.items()
}
"""What is stored of the transmission between spins, (realization, length, spin_out, spin_in)."""

_DIMENSIONS = {
    OUT: "spin that leaves, +1 up and -1 down",
    INTO: "spin that comes in, +1 up and -1 down",
}


def dimensions_of(names: Iterable[str]) -> tuple[Axis, ...]:
    """Return the dimensions, besides the length, that some observables of wires have."""
    if not any(name in RESOLVED for name in names):
        return ()
    return tuple(
        Axis((1, -1), whole=True, long_name=words, name=name) for name, words in _DIMENSIONS.items()
    )


def solve_resolved(
    wire: "Wire",
    energy: float,
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    names: Iterable[str],
) -> dict[str, NDArray[Any]]:
    """Return those of the observables that are resolved by spin, each (realization, length, 2, 2).

    Parameters
    ----------
    wire, energy, lengths, realizations, seed
        As in `observables.solve_wire`.
    names : iterable of str
        Observables of wires; others than those of `RESOLVED` are left out.

    Raises
    ------
    InputError
        If the leads do not conserve a spin that is asked for.
    """
    from qtcore.observe.resolved import resolved_scattering

    asked = {name: name.rsplit("_spin_", 1) for name in names if name in RESOLVED}
    found: dict[str, NDArray[Any]] = {}
    for axis in sorted({axis for _, axis in asked.values()}):
        solved = resolved_scattering(wire, energy, lengths, realizations, seed, f"spin_{axis}")
        found |= {
            name: np.asarray(getattr(solved, kind))
            for name, (kind, own) in asked.items()
            if own == axis
        }
    return found


def refuse_unless_resolved(wire: "Wire", names: Iterable[str]) -> None:
    """Raise InputError unless the leads of a wire conserve every spin that is asked for."""
    from qtcore.observe.resolved import conserved_sectors

    for axis in sorted({name.rsplit("_spin_", 1)[1] for name in names if name in RESOLVED}):
        conserved_sectors(wire, f"spin_{axis}")
