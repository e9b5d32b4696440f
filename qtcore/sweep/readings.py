"""What is read off the leads of a bar under a name of its own: resistances, conductances, voltages.

Each stands among the observables of a definition, and says which leads carry the current. It is a
part of the stored sweep, so that a store knows between which leads a number was taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from qtcore.errors import InputError, brief
from qtcore.store.layout import LENGTH, ArraySpec
from qtcore.sweep.names import OF_DATASETS, refuse_taken
from qtcore.sweep.validation import Checked

if TYPE_CHECKING:
    from qtcore.observe.terminals import TerminalScattering


def _two(given: Any) -> Any:
    """Refuse what is no pair of different names; JSON has lists in the place of pairs."""
    if not isinstance(given, tuple | list) or len(given) != 2 or given[0] == given[1]:
        raise ValueError("two different leads")
    return tuple(given)


Lead = Annotated[str, Field(min_length=1, description="the name of a lead, such as 'top 1'")]

Pair = Annotated[
    tuple[str, str],
    BeforeValidator(_two),
    Field(description="the names of two different leads, such as ('left', 'right')"),
]


class Reading(Checked):
    """What is read off the leads of a bar under a name of its own, (realization, length).

    Parameters
    ----------
    name : str
        Name in the dataset.
    current : (str, str)
        Names of the leads at which the current enters and leaves; all others draw none.

    Raises
    ------
    InputError
        Naming what is wrong, with what is allowed and what came.
    """

    kind: str
    name: str = Field(pattern=r"^[A-Za-z]\w*$", description="a name such as R_xy")
    current: Pair

    def __init__(self, name: str = "", **fields: Any) -> None:
        super().__init__(name=name, **fields)
        refuse_taken((self.name,), f"a {self.kind}", OF_DATASETS)

    @property
    def leads(self) -> tuple[str, ...]:
        """Names of all leads that are used."""
        return self.current

    @property
    def units(self) -> str:
        """Unit of the numbers."""
        raise NotImplementedError

    @property
    def meaning(self) -> str:
        """What the numbers are, in words."""
        raise NotImplementedError

    def of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return what is read off an ensemble, (realization,); NaN where it is not defined."""
        raise NotImplementedError

    def error_of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return what is compared with 1e-6, (realization,): a bound on the error of what is read off."""
        raise NotImplementedError

    @property
    def stored(self) -> ArraySpec:
        """How the store holds it."""
        words = {"units": self.units, "long_name": self.meaning}
        return ArraySpec(self.name, "float64", float("nan"), words, (LENGTH,))


class Resistance(Reading):
    """A resistance R_ab,cd = (V_c - V_d) / I of a bar, in h/e².

    Hall, longitudinal, non-local and two-terminal resistances differ by the leads alone. With
    spin-degenerate electrons (no term that acts on the spin) that of both spins is half of it.

    Parameters
    ----------
    name : str
        Name in the dataset.
    current : (str, str)
        Leads a and b: the current enters at a and leaves at b.
    voltage : (str, str)
        Leads c and d between which the voltage is taken. They draw no current, unless they are
        a and b themselves.

    Raises
    ------
    InputError
        Naming what is wrong, with what is allowed and what came.
    """

    kind: Literal["resistance"] = "resistance"
    voltage: Pair

    @property
    def leads(self) -> tuple[str, ...]:
        """Names of all leads that are used."""
        return (*self.current, *self.voltage)

    @property
    def units(self) -> str:
        """Unit of the numbers."""
        return "h/e²"

    @property
    def meaning(self) -> str:
        """What the numbers are, in words."""
        (a, b), (c, d) = self.current, self.voltage
        return f"resistance, current from {a} to {b}, voltage of {c} against {d}"

    def of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return what is read off an ensemble, (realization,); NaN where it is not defined."""
        return found.resistance(self.current, self.voltage)

    def error_of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return a bound on the error in h/e², or on the relative error where R is above 1 h/e²."""
        size = np.abs(found.resistance(self.current, self.voltage))
        error = found.resistance_error(self.current, self.voltage)
        return np.asarray(error / np.maximum(size, 1.0))


class Conductance(Reading):
    """The conductance I / (V_a - V_b) between two leads of a bar, all others floating, in e²/h.

    The conductance between two leads with all others grounded is T between them, `T_ij`.

    Parameters
    ----------
    name : str
        Name in the dataset.
    current : (str, str)
        Leads a and b: the current enters at a and leaves at b.
    logarithm : bool
        Whether its natural logarithm is stored, which is exact at any depth.

    Raises
    ------
    InputError
        Naming what is wrong, with what is allowed and what came.
    """

    kind: Literal["conductance"] = "conductance"
    logarithm: bool = False

    @property
    def units(self) -> str:
        """Unit of the numbers."""
        return "" if self.logarithm else "e²/h"

    @property
    def meaning(self) -> str:
        """What the numbers are, in words."""
        of = "ln of the conductance in e²/h" if self.logarithm else "conductance"
        return f"{of} from {self.current[0]} to {self.current[1]}, other leads floating"

    def of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return what is read off an ensemble, (realization,); NaN where it is not defined."""
        ln_G = found.ln_conductance(self.current)
        return ln_G if self.logarithm else np.exp(ln_G)

    def error_of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return a bound on the error of the logarithm, that is the relative error."""
        return found.ln_conductance_error(self.current)


class Voltage(Reading):
    """The voltage of a lead of a bar that draws no current, from 0 at the drain to 1 at the source.

    Parameters
    ----------
    name : str
        Name in the dataset.
    current : (str, str)
        Leads a and b: source and drain.
    lead : str
        The lead whose voltage is taken.

    Raises
    ------
    InputError
        Naming what is wrong, with what is allowed and what came.
    """

    kind: Literal["voltage"] = "voltage"
    lead: Lead

    @property
    def leads(self) -> tuple[str, ...]:
        """Names of all leads that are used."""
        return (*self.current, self.lead)

    @property
    def units(self) -> str:
        """Unit of the numbers."""
        return ""

    @property
    def meaning(self) -> str:
        """What the numbers are, in words."""
        a, b = self.current
        return f"voltage of {self.lead} with a current from {a} (1) to {b} (0)"

    def of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return what is read off an ensemble, (realization,); NaN where it is not defined."""
        return np.asarray(found.voltages(*self.current)[:, found.number(self.lead)])

    def error_of(self, found: "TerminalScattering") -> NDArray[np.float64]:
        """Return a bound on the error; the source has the voltage 1."""
        return np.asarray(found.voltage_errors(*self.current)[:, found.number(self.lead)])


Observable = str | Resistance | Conductance | Voltage
"""What a definition asks of its wires or bars: a name of `OBSERVABLES`, or a reading with its own."""

KINDS: tuple[type[Reading], ...] = (Resistance, Conductance, Voltage)


def reading_from(fields: Mapping[str, Any]) -> Reading:
    """Make a reading from its JSON form, such as in a store's `spec`; raises InputError."""
    for kind in KINDS:
        if fields.get("kind") == kind.model_fields["kind"].default:
            return kind(**fields)
    known = ", ".join(str(kind.model_fields["kind"].default) for kind in KINDS)
    raise InputError(f"a reading is one of {known}, got {brief(fields.get('kind'))}")


def names_in(observables: Iterable[Observable]) -> tuple[str, ...]:
    """Return the observables that are names of the engine's own."""
    return tuple(one for one in observables if isinstance(one, str))


def readings_in(observables: Iterable[Observable]) -> tuple[Reading, ...]:
    """Return the observables that are readings of a bar's leads."""
    return tuple(one for one in observables if isinstance(one, Reading))


def refuse_unknown_leads(readings: Iterable[Reading], known: Sequence[str]) -> None:
    """Raise InputError if a reading names a lead that a bar does not have."""
    for one in readings:
        for lead in one.leads:
            if lead not in known:
                raise InputError(
                    f"{one.name} names the lead {brief(lead)}; this bar has "
                    f"{', '.join(map(repr, known))}"
                )
