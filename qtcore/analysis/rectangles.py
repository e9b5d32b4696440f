"""Rectangles between leads in a field: what theory knows of them, and what a sweep must hold."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qtcore.errors import InputError, listed
from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
from qtcore.model.terms import Ando, Rashba, Term
from qtcore.model.wire import Wire
from qtcore.theory.diffusion import density_of_states, mean_square_velocity
from qtcore.theory.field import cyclotron_radius

FILM = 6.0
"""Length over L_phi from which on the formula for films is compared with a sample."""


@dataclass(frozen=True)
class Sample:
    """A rectangle of square lattice with box disorder, between leads of its own width.

    Attributes
    ----------
    width, length : int
        Sites.
    disorder, energy : float
        Full width W of the box and Fermi energy, units of t.
    ando : float
        Angle theta of Ando's spin–orbit coupling, radians.
    rashba : float
        Strength alpha of Rashba's, units of t.
    probes : float
        eta of a voltage probe on each site, units of t; 0 for a coherent sample.
    """

    width: int
    length: int
    disorder: float
    energy: float
    ando: float = 0.0
    rashba: float = 0.0
    probes: float = 0.0

    def wire(self, flux: float) -> Wire:
        """Return it as a wire in a field (h/e per plaquette), of which theory counts the channels.

        The definition makes the wires that are solved, those of older definitions come from here.
        """
        terms: tuple[Term, ...] = (Ando(self.ando),) if self.ando else ()
        terms += (Rashba(self.rashba),) if self.rashba else ()
        return Wire(Square(self.width), Box(self.disorder), flux=flux, terms=terms)

    @property
    def precession(self) -> float:
        """Angle by which a step turns the spin, radians: 2 theta, 2 arctan alpha.

        Rashba's bonds 1 + i alpha sigma·n are Ando's of strength sqrt(1 + alpha²).
        """
        return 2 * (self.ando + math.atan(self.rashba))

    @property
    def spins(self) -> int:
        """How often g counts an orbital channel."""
        return 2 if self.precession else 1

    @property
    def strength(self) -> float:
        """Weak localization over that without spin–orbit coupling, per spin, triplets gone."""
        return -0.5 if self.precession else 1.0

    @property
    def name(self) -> str:
        """Size and coupling, in words."""
        coupling = (" Ando" if self.ando else "") + (" Rashba" if self.rashba else "")
        return f"{self.width} × {self.length}{coupling}"

    @property
    def is_film(self) -> bool:
        """Whether it is a coherent square."""
        return self.width == self.length and not self.probes

    @property
    def is_wire(self) -> bool:
        """Whether it is coherent and longer than wide."""
        return self.length > self.width and not self.probes

    @property
    def is_large_film(self) -> bool:
        """Whether it is a film of many L_phi."""
        return self.length >= FILM * self.probe_length

    @property
    def probe_length(self) -> float:
        """L_phi = sqrt(D / 2 eta) in sites; infinite without probes."""
        if not self.probes:
            return math.inf
        return math.sqrt(diffusion_constant(self.energy, self.disorder) / (2 * self.probes))

    @property
    def cost(self) -> float:
        """What a realization costs; for stores of older definitions, whose functions ask for it."""
        M, L = self.width, self.length
        if self.probes:
            return 5e-7 * (L * M) ** 3
        return (1.4e-6 if self.spins == 1 else 25e-6) * L * M**2 * (1 + M / 40)


def diffusion_constant(energy: float, disorder: float) -> float:
    """Return D of the square lattice with box disorder, in sites² t / ħ.

    D = <v_x²> tau with 1/tau = 2 pi rho W²/12 (golden rule).

    Parameters
    ----------
    energy, disorder : float
        Energy and full width W of the box, units of t.
    """
    rate = 2 * math.pi * density_of_states(energy) * disorder**2 / 12
    return mean_square_velocity(energy) / rate


def refuse_rectangles(
    given: Any, samples: Sequence[Sample], needed: Callable[[int, float, float], int]
) -> None:
    """Raise InputError unless a sweep has what the analysis of rectangles needs.

    Parameters
    ----------
    given : Preset
        With the axes `sample` and `flux` (h/e per plaquette), the constant `error`, the asked
        standard error of <g(B) - g(0)> in e²/h per spin, and the most realizations.
    samples : sequence of Sample
        What the axis `sample` counts.
    needed : function(sample, flux, error) -> int
        How many realizations this error needs.

    Raises
    ------
    InputError
        If there is no such sample, eta or the error is negative, fields do not begin at 0, or
        the realizations are too few for the error.

    Warns
    -----
    UserWarning
        If the cyclotron radius is below the width of every sample.
    """
    if not given.error > 0:
        raise InputError(f"error must be > 0 (e²/h per spin), got {given.error!r}")
    fields = sorted({*given.flux})
    refuse_unless_from_zero(fields)
    for number in given.sample:
        if not 0 <= number < len(samples):
            raise InputError(f"sample takes 0 to {len(samples) - 1}, got {number}")
        if not samples[number].probes >= 0:
            raise InputError(
                f"eta of the probes must be >= 0 (units of t), got {samples[number]!r}"
            )
    fewest = max(needed(number, 0.0, given.error) for number in given.sample)
    most = int(np.max(given.realizations))
    if most < fewest:
        raise InputError(
            f"{most} realizations are too few for an error of {given.error:g} in "
            f"<g(B) - g(0)>: {fewest} are needed; allow as many (--realizations), or ask for a "
            "larger error (--set error=...)"
        )
    found = [samples[number] for number in given.sample]
    for flux in fields:
        if all(cyclotron_radius(flux, sample.energy) < sample.width for sample in found):
            radius = max(cyclotron_radius(flux, sample.energy) for sample in found)
            warnings.warn(
                f"flux {flux:g}: the cyclotron radius, {radius:.0f} sites, is below the width of "
                "every sample; edge states form, and nothing is computed there",
                stacklevel=2,
            )


def refuse_unless_from_zero(flux: Sequence[float]) -> None:
    """Raise InputError unless fields (h/e per plaquette, increasing) begin at 0."""
    if flux[0] != 0 or len(flux) < 2:
        raise InputError(
            f"flux must hold 0, from where changes are taken, and positive fields, got {listed(flux)}"
        )
