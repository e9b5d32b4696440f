"""Gates: potentials that are plain functions of position.

A gate is anything that can be called as V(x, y), in a bar V(x, y, z), with float arrays of places
in lattice constants, and returns on-site energies of the same shape in units of t. A function of
one's own is as good as the classes here.
"""

from qtcore.model.gates.barriers import CoshBarrier, RectangularBarrier
from qtcore.model.gates.saddle import Saddle
from qtcore.model.gates.walls import Billiard, Constriction

__all__ = ["Billiard", "Constriction", "CoshBarrier", "RectangularBarrier", "Saddle"]
