"""What a term says that pairs electrons: the matrix D of a superconductor."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np

from qtcore.errors import InputError, brief
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import Contribution, Term

End = Literal["left", "right"]

Profile = Callable[..., Any]
"""f(x, y), or f(x, y, z) in a bar: what multiplies the pairing at a place, a number without a unit."""


class Pairing(Term):
    """A term that pairs electrons, so that the wire has holes too (`qtcore.model.nambu`)."""

    in_leads: bool | End
    """Which leads are superconductors like the sample: none, both, or the one at this end."""

    profile: Profile | None
    """What multiplies the pairing in the sample, place by place; leads have all of it."""

    no_spin: ClassVar[bool] = False
    """Whether it is for electrons without spin and bands only."""

    def contribution(self, lattice: Lattice) -> Contribution:  # noqa: ARG002 # the same on every lattice
        """Return nothing: the electrons' own Hamiltonian stays what it is."""
        return Contribution()

    @abstractmethod
    def pairs(self, lattice: Lattice) -> Contribution:
        """Return D on the sites and <first|D|second> on bonds; <second|D|first> is -D^T.

        Raises
        ------
        InputError
            If the lattice has not what the term needs.
        """

    def reaches(self, end: End) -> bool:
        """Return whether the lead at an end is a superconductor."""
        return self.in_leads is True or self.in_leads == end

    @property
    def in_one_lead(self) -> bool:
        """Whether one of the leads is normal and the other one is not."""
        return isinstance(self.in_leads, str)

    def check_place(self) -> None:
        """Raise InputError unless it is clear which leads are superconductors, and what the profile is."""
        given: Any = self.in_leads
        if isinstance(given, np.bool_):
            object.__setattr__(self, "in_leads", bool(given))
        elif not isinstance(given, bool) and not (
            isinstance(given, str) and given in ("left", "right")
        ):
            raise InputError(
                "in_leads must be True or False (both leads are superconductors, or both normal), "
                f"'left' or 'right' (only this one is a superconductor), got {brief(given)}"
            )
        if self.profile is not None and not callable(self.profile):
            raise InputError(
                "profile must be a function f(x, y) of places that returns what multiplies delta "
                f"there, such as lambda x, y: x >= 20, got {brief(self.profile)}"
            )
