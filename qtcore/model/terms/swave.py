"""Pairs of opposite spins on one site."""

import cmath
from dataclasses import dataclass

from qtcore.model.checks import finite_number, phase_number
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms.contract import SIGMA_Y, Contribution, on_every_site
from qtcore.model.terms.pairing import End, Pairing, Profile
from qtcore.shown import Described


@dataclass(frozen=True, repr=False)
class SWavePairing(Described, Pairing):
    """Singlet pairing D = delta exp(i phase) i sigma_y on every site, as by proximity.

    The wire gets spins and holes: on each site c_up, c_down, c_up^+, c_down^+ (times bands). The
    bulk gap is delta at any chemical potential inside the band. With `Rashba` and `Zeeman` it is
    the nanowire of Lutchyn, Sau and Das Sarma, PRL 105, 077001 (2010), and of Oreg, Refael and von
    Oppen, PRL 105, 177002 (2010).

    Parameters
    ----------
    delta : float
        Strength, in units of t.
    phase : float
        Phase of the superconductor, in radians.
    in_leads : bool, "left" or "right"
        Whether the leads are superconductors too, or the one at this end. They conduct above their
        gap only.
    profile : function, optional
        f(x, y), in a bar f(x, y, z): what multiplies delta exp(i phase) in the sample on each site,
        a real or complex number, or True and False. Places are in lattice constants; slice 0 starts
        at x = 0. Leads that are superconductors have all of it.
    """

    spin = True

    delta: float
    phase: float = 0.0
    in_leads: bool | End = False
    profile: Profile | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", finite_number("delta", self.delta, "units of t"))
        object.__setattr__(self, "phase", phase_number("phase", self.phase, "radians"))
        self.check_place()

    def pairs(self, lattice: Lattice) -> Contribution:
        """Return D on the sites."""
        strength = self.delta * cmath.exp(1j * self.phase) if self.phase else self.delta
        return Contribution(onsite=on_every_site(lattice, strength * 1j * SIGMA_Y))
