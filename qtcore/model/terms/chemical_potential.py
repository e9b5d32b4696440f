"""The energy that electrons are counted from."""

from dataclasses import dataclass

import numpy as np

from qtcore.model.checks import finite_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import Contribution, Term, on_every_site


@dataclass(frozen=True)
class ChemicalPotential(Term):
    """Adds -mu on every site of the sample and of the leads.

    It matters in wires with pairing, whose energies E are counted from the chemical potential of
    the superconductor. Elsewhere it only shifts E. `lead_shift` of the wire gives the leads another
    one, mu - lead_shift.

    Parameters
    ----------
    mu : float
        Chemical potential, measured from the band centre of the clean lattice, in units of t.
    """

    mu: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "mu", finite_number("mu", self.mu, "units of t"))

    def contribution(self, lattice: Lattice) -> Contribution:
        """Return the energies of the sites."""
        return Contribution(onsite=on_every_site(lattice, np.array([[0.0 - self.mu]], complex)))
