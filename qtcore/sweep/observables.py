"""What a sweep stores: the observables of wires by name, and variables that a user declares.

A new observable is one entry in `OBSERVABLES`, and what the solver returns has an attribute of that
name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from qtcore.errors import InputError, brief
from qtcore.store.layout import CHANNEL as CHANNEL
from qtcore.store.layout import LENGTH as LENGTH
from qtcore.store.layout import ArraySpec
from qtcore.sweep.groups import Arrays as Arrays
from qtcore.sweep.invariants import OF_INVARIANTS, solve_invariants
from qtcore.sweep.leads import (
    OF_LEADS,
    are_of_leads,
    refuse_unless_of_bars,
    refuse_unless_of_wires,
    solve_leads,
)
from qtcore.sweep.pairing import OF_PAIRING, solve_pairing
from qtcore.sweep.point import Point, Settings
from qtcore.sweep.readings import Observable, Reading, names_in
from qtcore.sweep.resolved import RESOLVED, solve_resolved
from qtcore.sweep.validation import Checked
from qtcore.units import Spins

if TYPE_CHECKING:
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire


class Variable(Checked):
    """A variable that a user's own function returns, over (realization, *dims).

    Parameters
    ----------
    name : str
        Name in the dataset and in what the function returns.
    dims : tuple of str
        Dimensions behind `realization`: `length`, or names of declared dimensions.
    units, long_name : str
        Unit and meaning.
    dtype : str
        Of the stored numbers; what is not computed is NaN.
    only : dict of str to tuple
        Where the function returns it: values of axes, constants or parameters of cases by name, such as
        {"kind": ("ring",)}. Elsewhere it does not return it, and the stored numbers are NaN. Everywhere if empty.
    """

    name: str = Field(pattern=r"^[A-Za-z]\w*$", description="a name such as density")
    dims: tuple[str, ...] = ()
    units: str = ""
    long_name: str = ""
    dtype: Literal["float64", "float32", "complex128", "complex64"] = "float64"
    only: dict[str, tuple[bool | int | float | str, ...]] = Field(default_factory=dict)

    def __init__(self, name: str = "", **fields: Any) -> None:
        super().__init__(name=name, **fields)

    @model_serializer(mode="wrap")
    def _without_defaults(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `only` where it says nothing, so that sweeps of before keep their identity."""
        fields: dict[str, Any] = whole(self)
        return fields if self.only else {k: v for k, v in fields.items() if k != "only"}

    def is_at(self, point: Point) -> bool:
        """Whether the function returns it at a point."""
        return all(point.values.get(name) in values for name, values in self.only.items())

    @property
    def stored(self) -> ArraySpec:
        """How the store holds it."""
        labels = {"units": self.units, "long_name": self.long_name or self.name}
        return ArraySpec(self.name, self.dtype, float("nan"), labels, self.dims)


OBSERVABLES: dict[str, ArraySpec] = (
    {
        variable.name: variable
        for variable in (
            ArraySpec(
                "ln_g",
                "float64",
                float("nan"),
                {"units": "", "long_name": "ln g, g in e²/h, waves from the left"},
                (LENGTH,),
            ),
            ArraySpec(
                "ln_T",
                "float64",
                float("nan"),
                {"units": "", "long_name": "ln T_n, waves from the left, largest first"},
                (LENGTH, CHANNEL),
            ),
            ArraySpec(
                "reflection",
                "float32",
                float("nan"),
                {"units": "", "long_name": "total reflection, sum of R_n, waves from the left"},
                (LENGTH,),
            ),
            ArraySpec(
                "certificate",
                "float32",
                float("nan"),
                {"units": "", "long_name": "bound on the relative error of g"},
                (LENGTH,),
            ),
            ArraySpec(
                "suspect",
                "int8",
                -1,
                {
                    "units": "",
                    "long_name": "certificate above its threshold",
                    "flag_values": [-1, 0, 1],
                    "flag_meanings": "not_computed fine suspect",
                },
                (LENGTH,),
            ),
        )
    }
    | RESOLVED
    | OF_PAIRING
    | OF_INVARIANTS
    | OF_LEADS
)
"""What the engine can read off a wire, or off a bar with many leads; g counts every open channel. A store says
besides whether these are of both spins (`sweep.spins`)."""


def scattering_variables(*names: str) -> tuple[Variable, ...]:
    """Return what a function of one's own stores of samples that have no lengths, Kwant systems.

    They bear the names, units and meanings that the observables of wires have. The function returns
    `found.arrays(...)` of what `kwant_scattering` found.

    Parameters
    ----------
    *names : str
        Among ln_g, reflection, certificate and suspect; all of them unless given. `suspect` is 1 or
        0, and NaN where it is not computed.

    Raises
    ------
    InputError
        If a name is none of these, or came twice.
    """
    wanted = names or USUAL
    wrong = [name for name in wanted if name not in USUAL or wanted.count(name) > 1]
    if wrong:
        raise InputError(
            f"scattering_variables takes distinct names among {', '.join(USUAL)}, got "
            f"{brief(wrong[0])}"
        )
    return tuple(
        Variable(
            name,
            units=OBSERVABLES[name].attributes["units"],
            # Nobody knows which spins the orbitals of a Kwant system are.
            long_name=OBSERVABLES[name]
            .attributes["long_name"]
            .replace("in e²/h", f"in {Spins.MIXED.words('e²/h')}"),
            dtype="float64" if name == "ln_g" else "float32",
        )
        for name in wanted
    )


USUAL = ("ln_g", "reflection", "certificate", "suspect")
"""What is stored unless a workflow says otherwise."""


def solve_wires(
    members: "Sequence[tuple[Wire, float]]",
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    observables: Sequence[Observable],
    settings: Settings | None = None,
) -> list[Arrays]:
    """Return observables of wires with the same disorder, each (realization, *its dimensions).

    Parameters
    ----------
    members : sequence of (Wire, float)
        Wires and energies (units of t); each gets the bits that it gets alone.
    lengths : sequence of int
        Slices.
    realizations : range
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    observables : sequence of str
        Keys of `OBSERVABLES` that wires between two leads have.
    settings : Settings, optional
        How exact they shall be.
    """
    refuse_unless_of_wires(observables)
    names, asked = names_in(observables), settings or Settings()
    others = {**RESOLVED, **OF_PAIRING, **OF_INVARIANTS}
    plain = [name for name in names if name not in others]
    made: list[Arrays] = [
        solve_resolved(wire, energy, lengths, realizations, seed, names)
        | solve_pairing(wire, energy, lengths, realizations, seed, names)
        | solve_invariants(wire, energy, lengths, realizations, seed, names, asked)
        for wire, energy in members
    ]
    if plain:
        from qtcore.solve.scattering import scattering_family

        found = scattering_family(
            members,
            lengths,
            realizations,
            seed,
            tolerance=asked.tolerance,
            eigenvalues="ln_T" in names,
        )
        for arrays, solved in zip(made, found, strict=True):
            arrays |= {name: getattr(solved, name) for name in plain}
    return made


def solve_wire(
    wire: "Wire | Bar",
    energy: float,
    lengths: Sequence[int],
    realizations: range,
    seed: int,
    observables: Sequence[Observable],
    settings: Settings | None = None,
) -> Arrays:
    """Return observables of a wire or of a bar with many leads; parameters as in `solve_wires`."""
    from qtcore.model.terminals import Bar

    if isinstance(wire, Bar):
        return solve_leads(wire, energy, lengths, realizations, seed, observables)
    members = [(wire, energy)]
    return solve_wires(members, lengths, realizations, seed, observables, settings)[0]


def placed(
    variable: ArraySpec,
    array: NDArray[Any],
    sizes: dict[str, int],
    span: tuple[int, int],
) -> NDArray[Any]:
    """Return an array at its place in the store's dimensions, the rest not computed.

    Parameters
    ----------
    variable : StoredVariable
        What it is.
    array : (realization, ...) array
        As the solver returned it: lengths of the point's window, open channels of the point.
    sizes : dict of str to int
        Sizes of the store's dimensions.
    span : (int, int)
        The point's window of the lengths.
    """
    whole = tuple(sizes[name] for name in variable.dims)
    full = np.full((len(array), *whole), variable.fill, dtype=variable.dtype)
    window = tuple(
        slice(*span) if name == LENGTH else slice(0, size)
        for name, size in zip(variable.dims, array.shape[1:], strict=True)
    )
    full[(slice(None), *window)] = array
    return full


def spec_of(observable: Observable) -> ArraySpec:
    """Return how a store holds an observable."""
    return OBSERVABLES[observable] if isinstance(observable, str) else observable.stored


def refuse_unknown_observables(observables: tuple[Any, ...]) -> None:
    """Raise InputError if an observable is unknown, came twice, or goes with none of the others."""
    names = [one.name if isinstance(one, Reading) else one for one in observables]
    for one, name in zip(observables, names, strict=True):
        if isinstance(one, Reading):
            if names.count(name) > 1 or name in OBSERVABLES:
                raise InputError(
                    f"{name} cannot be a {one.kind}: it is the name of another observable"
                )
        elif one not in OBSERVABLES or names.count(name) > 1:
            raise InputError(
                f"observables takes distinct names among {', '.join(OBSERVABLES)}, and of bars "
                f"qt.Resistance(…), qt.Conductance(…) and qt.Voltage(…), got {brief(one)}"
            )
    if are_of_leads(observables):
        refuse_unless_of_bars(observables)
