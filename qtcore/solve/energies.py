"""Errors that name an energy: in the unit of whoever asked, whatever the solvers count in."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from qtcore.errors import InputError, QtcoreError

_SHIFT = 1e-6
"""By how much energies are to be shifted, in units of the hopping."""


def shift_by(unit: float) -> str:
    """Return the shift that messages recommend where the hopping has this size, as a text."""
    return f"1e{round(math.log10(_SHIFT * unit))}"


class EnergyError(QtcoreError):
    """An error that names energies.

    Parameters
    ----------
    text : str
        The message, with a field for each energy, and {shift} for what to shift by.
    unit : float
        The unit of the energies, in units of that in which the message gives them.
    hopping : float
        Size of the hopping, in the unit of the energies.
    **energies : float
        The energies.
    """

    def __init__(
        self, text: str, unit: float = 1.0, hopping: float = 1.0, **energies: float
    ) -> None:
        self._made_of = text, unit, hopping, energies
        shown = {name: float(energy) * unit for name, energy in energies.items()}
        super().__init__(text.format(**shown, shift=shift_by(unit * hopping)))

    def in_units(self, unit: float) -> "EnergyError":
        """Return the error with its energies in the unit that `unit` of its own ones make up."""
        text, before, hopping, energies = self._made_of
        return type(self)(text, before * unit, hopping, **energies)

    def where_zero_stays(self) -> "EnergyError":
        """Return the error with the shift of the leads in place of one of the energy."""
        text, unit, hopping, energies = self._made_of
        for of_energy, of_leads in _OF_LEADS:
            text = text.replace(of_energy, of_leads)
        return type(self)(text, unit, hopping, **energies)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as the message that it is."""
        return _message, (type(self), str(self))


_OF_LEADS = (
    ("shift the energy by {shift}", "shift lead_shift by {shift}"),
    ("shift it by {shift}", "shift the leads' band instead, lead_shift by {shift}"),
    (
        "choose another energy",
        "E = 0 is the chemical potential of the superconductor, so choose another lead_shift",
    ),
)
"""What to do about an energy, and what to do where the energy has to stay."""


class NoChannelError(EnergyError, InputError):
    """No channel is open at an energy."""


def _message(kind: type[EnergyError], text: str) -> EnergyError:
    return kind(text.replace("{", "{{").replace("}", "}}"))


@contextmanager
def zero_stays(energy: float, *, paired: bool) -> Iterator[None]:
    """Advise on `lead_shift` in errors at E = 0 of wires with pairing, whose det r is of that energy.

    Parameters
    ----------
    energy : float
        Units of t.
    paired : bool
        Whether the wire has pairing.
    """
    try:
        yield
    except EnergyError as error:
        if energy or not paired:
            raise
        raise error.where_zero_stays() from None


@contextmanager
def counted_in(unit: float) -> Iterator[None]:
    """Give energies in errors back in the unit that the caller counts them in.

    Parameters
    ----------
    unit : float
        What energies are counted in inside, in the caller's unit.
    """
    try:
        yield
    except EnergyError as error:
        raise error.in_units(unit) from None
