"""Diffusion and weak localization of a rectangle with box disorder between leads of its own width.

What is known of it before anything is measured: channels and golden rule, how far a site turns the
spin, how far phases reach, where the cooperon is the first order in 1/g, var g. All per spin.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.lattice import Square
from qtcore.model.terms import Ando, Rashba
from qtcore.theory import crossover as fields
from qtcore.theory.born import Rates, rates_of_wire
from qtcore.theory.diffusion import diffusion_constant, golden_rule_wire
from qtcore.theory.field import cyclotron_radius
from qtcore.theory.universal import diffusive_variance, universal_variance

if TYPE_CHECKING:
    from qtcore.model.wire import Wire


Array = NDArray[np.float64]

WEAKEST = 0.1
"""Flux through a sample, h/e, below which nothing changes."""

KNOWN = 0.5
"""Share of a change in the field that theory may leave out and still be compared."""


@dataclass(frozen=True)
class DiffusiveRectangle:
    """A rectangle of square lattice with hard walls and box disorder, between leads alike.

    Parameters
    ----------
    wire : Wire
        Without a field; Ando's and Rashba's coupling are known.
    energy : float
        Units of t.
    length : int
        Slices.
    probes : float
        eta of a voltage probe on each site, units of t; 0 for a coherent sample.

    Raises
    ------
    InputError
        If it is no such wire, or eta is negative.
    """

    wire: "Wire"
    energy: float
    length: int
    probes: float = 0.0

    def __post_init__(self) -> None:
        """Refuse other wires."""
        from qtcore.model.disorder import Box

        if not isinstance(self.wire.lattice, Square) or not isinstance(self.wire.disorder, Box):
            raise InputError(
                f"the theory of rectangles takes Square(...) with Box(...), got {brief(self.wire)}"
            )
        if unknown := [term for term in self.wire.terms if not isinstance(term, Ando | Rashba)]:
            raise InputError(
                f"the theory of rectangles knows Ando(...) and Rashba(...), got {brief(unknown[0])}"
            )
        if not self.probes >= 0:
            raise InputError(f"eta of the probes must be >= 0 (units of t), got {self.probes!r}")

    @property
    def width(self) -> int:
        """Sites."""
        return self.wire.width

    @property
    def disorder(self) -> float:
        """Full width W of the box, units of t."""
        from qtcore.model.disorder import Box

        assert isinstance(self.wire.disorder, Box)
        return self.wire.disorder.strength

    @property
    def spins(self) -> int:
        """How often g counts an orbital channel."""
        return self.wire.orbitals

    @cached_property
    def precession(self) -> float:
        """Angle by which a step turns the spin, radians: 2 theta, 2 arctan alpha.

        Rashba's bonds 1 + i alpha sigma·n are Ando's of strength sqrt(1 + alpha²).
        """
        ando = sum(term.theta for term in self.wire.terms if isinstance(term, Ando))
        rashba = sum(math.atan(term.alpha) for term in self.wire.terms if isinstance(term, Rashba))
        return 2 * (ando + rashba)

    @property
    def coupling(self) -> str:
        """Its spin–orbit coupling, in a word."""
        names = [type(term).__name__ for term in self.wire.terms]
        return " and ".join(names) or "plain"

    @property
    def side(self) -> int:
        """Side of a square, sites; the width of others."""
        return self.width

    @property
    def size(self) -> str:
        """Width and length, in words."""
        return f"{self.width} × {self.length}"

    @property
    def area(self) -> int:
        """Plaquettes."""
        return self.width * self.length

    @property
    def kind(self) -> str:
        """What it is: `probed` by voltage probes, a `wire`, which is longer than wide, or `square`."""
        return "probed" if self.probes else "wire" if self.length > self.width else "square"

    @property
    def strength(self) -> float:
        """Weak localization over that without spin–orbit coupling, per spin, triplets gone."""
        return fields.strength(self.precession)

    @property
    def phase_length(self) -> float:
        """L_phi = sqrt(D / 2 eta) in sites; infinite without probes."""
        if not self.probes:
            return math.inf
        return math.sqrt(diffusion_constant(self.energy, self.disorder) / (2 * self.probes))

    @cached_property
    def _rates(self) -> Rates:
        return rates_of_wire(self.wire, self.energy, self.disorder)

    @property
    def mean_free_path(self) -> float:
        """Mean free path l of the DMPK equation by the golden rule, sites."""
        return self._rates.mean_free_path

    @property
    def g(self) -> float:
        """Classical conductance of equal channels by the golden rule, e²/h per spin."""
        return self._rates.channels / self.spins / (1 + self.length / self.mean_free_path)

    def channels(self, flux: Array) -> Array:
        """Return open channels per spin in some fields (h/e per plaquette); NaN where none is open."""
        from qtcore.solve.energies import NoChannelError
        from qtcore.solve.scattering import open_channels

        found = np.full(len(flux), np.nan)
        for number, field in enumerate(flux):
            with suppress(NoChannelError):
                found[number] = open_channels(replace(self.wire, flux=float(field)), self.energy)
        return found / self.spins

    def feels(self, flux: float) -> bool:
        """Whether a field (h/e per plaquette) changes something and makes no edge states.

        That is a flux of `WEAKEST` through the sample and a cyclotron radius above the width.
        """
        is_seen = abs(flux) * self.area >= WEAKEST
        return is_seen and cyclotron_radius(flux, self.energy) >= self.width

    def realizations(self, flux: float, error: float) -> int:
        """Return how many realizations a standard error of <g(B) - g(0)> needs (`change_error`).

        None in a field that the sample does not feel, but at zero.

        Raises
        ------
        InputError
            If the error is not positive, or the field negative, in which g is the same.
        """
        if not (error > 0 and flux >= 0):
            raise InputError(
                f"an error of g takes numbers > 0 (e²/h per spin) and the flux of <g(B) - g(0)> "
                f"numbers >= 0, because g is even in the field; got {error!r} and {flux!r}"
            )
        if flux and not self.feels(flux):
            return 0
        return math.ceil((self.change_error(1) / error) ** 2)

    def change(self, flux: Array, path: float, g: Array) -> tuple[Array, Array]:
        """Return the change of g in fields, and what its theory leaves out; e²/h per spin.

        Parameters
        ----------
        flux : (flux,) float array
            h/e per plaquette, increasing from zero.
        path : float
            l of the DMPK equation, sites.
        g : (flux,) float array
            e²/h per spin; NaN in fields that do not count, which get NaN.
        """
        there = np.isfinite(g)
        law, rest = np.full((2, len(flux)), np.nan)
        law[there], rest[there] = fields.change_and_rest(
            flux[there],
            path,
            g[there],
            self.channels(flux[there]),
            length=self.length,
            width=self.width,
            energy=self.energy,
            precession=self.precession,
            phase_length=self.phase_length,
        )
        return law, rest

    def with_phase_length(self, flux: Array, path: float, g: float, phase_length: float) -> Array:
        """Return the change of g in fields, (flux,), where phases last so many sites."""
        turn = self.precession
        geometry = (flux, self.length, self.width, path)
        return fields.crossover(*geometry, precession=turn, phase_length=phase_length, g=g)

    def relative_error(self, path: float, g: float) -> float:
        """Return what 1/g, crossings and the leads leave open, relative to a change."""
        return fields.relative_error(
            self.length, path, energy=self.energy, g=g, precession=self.precession
        )

    def loops(self, path: float) -> float:
        """Return what all loops that diffuse take from g without phase loss, e²/h per spin."""
        return fields.whole_crossover(self.length, self.width, path, precession=self.precession)

    def holds(self, flux: Array) -> NDArray[np.bool_]:
        """Return in which fields the theory of a change holds, (flux,), by the golden rule alone.

        Parameters
        ----------
        flux : (flux,) float array
            h/e per plaquette, increasing from zero, where nothing changes.
        """
        return np.array(_held(self, tuple(flux.tolist())))

    def path_in_field(self) -> tuple[float, float]:
        """Return l that g in a strong field has by the golden rule, and what that leaves out; sites.

        Crossings, and loops shorter than the magnetic length, which no field closes: 1/pi of sigma.
        """
        path, _ = golden_rule_wire(self._rates)
        g = self._rates.channels / self.spins / (1 + self.length / path)
        loops = self.width / self.length / (math.pi * g)
        return path, path * (fields.crossings(self.energy, path) + loops)

    def variance(self) -> tuple[float, float]:
        """Return var g without field and spin–orbit coupling, and what this leaves out."""
        path, outside = golden_rule_wire(self._rates)
        channels = self._rates.channels / self.spins
        return diffusive_variance(self.length, self.width, path, outside * path, channels)

    def change_error(self, realizations: float) -> float:
        """Return the standard error of <g(B) - g(0)> that realizations reach at least.

        From universal conductance fluctuations, beta = 1 and 2, as if the two fields had nothing in
        common; in weak fields it is less. With probes the sample consists of (L / L_phi)² parts,
        and the fields have half of the fluctuations in common.
        """
        fluctuation = 1.5 * universal_variance(1, self.length / self.width)
        if self.probes:
            fluctuation *= 0.5 * min(1.0, self.phase_length / self.length) ** 2
        return math.sqrt(fluctuation / realizations) / self.spins


@lru_cache(maxsize=256)
def _held(rectangle: DiffusiveRectangle, flux: tuple[float, ...]) -> NDArray[np.bool_]:
    """Return where theory holds, with l and g of the golden rule; kept, since stages ask again."""
    path, through = rectangle.mean_free_path, np.array(flux)
    felt = np.array([rectangle.feels(field) for field in flux])
    law, rest = rectangle.change(
        through, path, np.where(felt | (through == 0), rectangle.g, np.nan)
    )
    held = np.asarray(rest < KNOWN * np.abs(law))
    geometry = (rectangle.length, rectangle.width, path)
    held[felt] &= fields.holds(through[felt], *geometry)
    return held


def slope_of_squares(
    squares: Sequence[DiffusiveRectangle],
    path: Array,
    g: Array,
    sigma: Array,
    change: Array,
    held: Array,
) -> tuple[Array, float, NDArray[np.bool_]]:
    """Return d sigma / d ln L between two squares, what this leaves out, and where it is compared.

    That is without field, and in the strongest field in which theory holds for both.

    Both lack the same in a field whose loops are as short as l'; of what they lack without a field,
    the difference is the larger one's longer loops.

    Parameters
    ----------
    squares : two rectangles
        The smaller one first.
    path : (2,) float array
        l of the DMPK equation, sites.
    g, sigma : (2, flux) float arrays
        Conductance and conductivity, e²/h per spin, the first ones without field.
    change, held : (2, flux) float arrays
        Change of g in the fields by theory, and 1 where it holds.

    Returns
    -------
    slope : (flux,) float array
        Unit e²/h per spin.
    left_out : float
        Same unit.
    compared : (flux,) bool array
    """
    mean_path = float(np.mean(path))
    lacking = np.array([one.loops(mean_path) for one in squares])
    octaves = math.log(squares[1].length / squares[0].length)
    small, large = (change - lacking[:, None]) * (sigma / g) ** 2
    slope = (large - small) / octaves
    relative = squares[0].relative_error(mean_path, float(g[0, 0]))
    fields_of_both = np.flatnonzero((held > 0).all(axis=0))
    compared = np.zeros(slope.shape, dtype=bool)
    compared[[0, fields_of_both[-1] if len(fields_of_both) else 0]] = True
    return slope, relative * abs(float(slope[0])), compared
