"""Sites that are missing: holes, and the outside of a billiard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.functions import called, places_of_sites
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure.contract import Numbers, PlacedBonds, Structure
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class MissingSites(Described, Structure):
    """Sites that are not there, by a function of position: without bonds, and without a level.

    Unlike `Billiard` and `Vacancies`, which put 2^20 t on such sites, nothing is left of them: a
    difference of 1e-18 t at the bonds to a lead, and none elsewhere. The leads keep all of their
    sites.

    Parameters
    ----------
    missing : function
        missing(x, y), in a bar missing(x, y, z): arrays of places in lattice constants in, True or
        False of the same shape out, elementwise.
    """

    missing: Callable[..., Any]

    changes_bonds = False
    removes_sites = True
    is_real = True

    def __post_init__(self) -> None:
        if not callable(self.missing):
            raise InputError(
                "MissingSites takes a function missing(x, y) that returns True or False, got "
                f"{brief(self.missing)}; Vacancies(sites=[(slice, site), ...]) takes a list"
            )

    def factors(self, bonds: PlacedBonds) -> Numbers:
        """Return ones: a site takes its bonds along."""
        return np.ones(bonds.shape)

    def gone(self, lattice: Lattice, first_slice: int, slices: int) -> NDArray[np.bool_] | None:
        """Return which sites are missing, (slice, site)."""
        places = places_of_sites(lattice, first_slice, slices)
        names = list("xyz"[: lattice.dimension])
        found = called(self.missing, places, names, "missing", "True or False", gives="truth")
        return found.astype(np.bool_)
