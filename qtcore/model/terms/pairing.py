"""What a term says that pairs electrons: the matrix D of a superconductor."""

from abc import abstractmethod
from typing import ClassVar

from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import Contribution, Term


class Pairing(Term):
    """A term that pairs electrons, so that the wire has holes too (`qtcore.model.nambu`)."""

    in_leads: bool
    """Whether the leads are superconductors like the sample, or normal."""

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
