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

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as the message that it is."""
        return _message, (type(self), str(self))


class NoChannelError(EnergyError, InputError):
    """No channel is open at an energy."""


def _message(kind: type[EnergyError], text: str) -> EnergyError:
    return kind(text.replace("{", "{{").replace("}", "}}"))


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
