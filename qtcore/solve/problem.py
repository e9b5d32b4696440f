"""What is to be solved for a wire at an energy, and what a solver has found of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.lead_modes import general_modes, lead_modes
from qtcore.solve.modes import Modes

THRESHOLD = 1e-6
"""Certificate above which a sample is solved again, and flagged if that does not help, unless
another error is asked for."""

ROUNDING = 2.0**-48
"""Error of ln g that an amplification of one stands for: sixteen units in the last place, with
which the certificate covers the error of 998 samples in 1,000 from W = 0.5 to 30."""

CONDITION = 2.0**-40
"""Error of ln g relative to its own size plus four: what an exact solver leaves in double precision,
since every on-site value carries its own rounding error."""

NOTHING = 2.0**20
"""Largest certificate: ln g is not known at all, whatever its bound."""


def wire_modes(wire: Wire, energy: float, absorption: float = 0.0, nudge: float = 0.0) -> Modes:
    """Return the modes of the wire's leads at an energy (units of t), nudged by rounding errors.

    In the gauge that the transfer solver takes for such a sample with this absorption.
    """
    strip = checked_wire(wire).strip
    if strip is not None and wire.lead_lattice is None and absorption == 0:
        phase = wire.phase if wire.field_in_leads else 0.0
        return lead_modes(strip, energy, phase, nudge)
    slices = wire.slices()
    return general_modes(slices.lead_h, slices.lead_v, energy, nudge)


def doubted(certificate: NDArray[np.float64], ensemble: Ensemble) -> NDArray[np.bool_]:
    """Return which certificates are too large, those that are no number among them."""
    allowed = THRESHOLD if ensemble.tolerance is None else ensemble.tolerance
    found: NDArray[np.bool_] = ~(certificate <= allowed)
    return found


class Problem(NamedTuple):
    """A wire at an energy, and what is to be solved for it; all of it is checked.

    Attributes
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    modes : Modes
        From `wire_modes`.
    ensemble : Ensemble
        The samples and lengths, the same for all members of a family.
    solver : str
        "transfer", "recursive" or "front".
    eigenvalues : bool
        Whether the transmission eigenvalues are wanted too.
    nudge : float
        By how many of its rounding errors the energy of the modes is moved.
    """

    wire: Wire
    energy: float
    modes: Modes
    ensemble: Ensemble
    solver: str
    eigenvalues: bool
    nudge: float = 0.0

    def doubted(self, certificate: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which certificates are too large; see `doubted`."""
        return doubted(certificate, self.ensemble)

    @property
    def turned(self) -> bool:
        """Whether it matters that the waves come from the left, unlike in the solvers' own pass."""
        return self.ensemble.incidence == "left" and self.ensemble.absorption > 0


class Solved(NamedTuple):
    """What a solver has found, and what it knows of its errors.

    Attributes
    ----------
    ln_g, reflection, certificate : (realization, length) float arrays
        The certificate counts errors of long before as if they had faded, until `certified` looks at both.
    of_before : (realization, length) float array
        Bound on the error of ln g where they have not. The recursive solver has none.
    ln_T : (realization, length, channel) float array
        Without channels unless they were asked for.
    """

    ln_g: NDArray[np.float64]
    reflection: NDArray[np.float64]
    certificate: NDArray[np.float64]
    of_before: NDArray[np.float64]
    ln_T: NDArray[np.float64]


def defect_of(
    problem: Problem, ln_g: NDArray[np.float64], reflection: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return by how much T + R misses N, per channel; of an absorbing wire, what it has too much."""
    channels = problem.modes.channels
    excess = (np.exp(ln_g) + reflection - channels) / channels
    return np.maximum(excess, 0.0) if problem.ensemble.absorption else np.abs(excess)
