"""The wires that the benchmarks solve, by name: strip:16x1600, field:64x640, spin:8x800, ..."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import qtcore as qt

FLUX = 0.005
"""Flux per plaquette of the strips in a field, h/e; in the leads too."""

SPIN_ORBIT = 0.3
"""Rashba coupling of the strips with spin, units of t."""

SPLITTING = (0.1, 0.2, 0.15)
"""Zeeman energy of the strips whose spin is conserved, units of t."""

SECOND, MASS = 0.1, 0.1
"""Hopping between second neighbours and mass of the topological ribbons, units of t."""

MISSING = 0.01
"""Part of the sites of ribbons that are missing."""

Builder = Callable[[int, qt.Box], qt.Wire]


def _strip(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width) if width > 1 else qt.Chain(), box)


def _field(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width), box, flux=FLUX)


def _spin(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width), box, terms=(qt.Rashba(SPIN_ORBIT),))


def _bar(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Cubic(width, width), box)


def _ribbon(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width), box)


def _haldane(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width), box, terms=(qt.Haldane(SECOND, mass=MASS),))


def _kane_mele(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width), box, terms=(qt.KaneMele(SECOND, MASS),))


def _qwz(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width), box, terms=(qt.QWZ(),))


def _bhz(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width), box, terms=(qt.BHZ(A=1.0, B=0.5, D=0.0, M=1.0),))


def _zeeman(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Square(width), box, terms=(qt.Zeeman(*SPLITTING),))


def _armchair(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width, edge="armchair"), box)


def _vacancies(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width), (box, qt.Vacancies(MISSING)))


def _armchair_vacancies(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width, edge="armchair"), (box, qt.Vacancies(MISSING)))


def _armchair_haldane(width: int, box: qt.Box) -> qt.Wire:
    lattice = qt.Honeycomb(width, edge="armchair")
    return qt.Wire(lattice, box, terms=(qt.Haldane(SECOND, mass=MASS),))


def _armchair_kane_mele(width: int, box: qt.Box) -> qt.Wire:
    lattice = qt.Honeycomb(width, edge="armchair")
    return qt.Wire(lattice, box, terms=(qt.KaneMele(SECOND, MASS),))


def _ribbon_spin(width: int, box: qt.Box) -> qt.Wire:
    return qt.Wire(qt.Honeycomb(width), box, terms=(qt.Rashba(SPIN_ORBIT),))


FAMILIES: dict[str, tuple[str, Builder]] = {
    "strip": ("strip of the square lattice", _strip),
    "field": (f"strip with {FLUX:g} h/e per plaquette, in the leads too", _field),
    "spin": (f"strip with Rashba coupling {SPIN_ORBIT:g} t, in the leads too", _spin),
    "bar": ("bar of the cubic lattice, width × width sites across", _bar),
    "zeeman": ("strip in a Zeeman field along no axis, where the spin is conserved", _zeeman),
    "haldane": (f"zigzag ribbon of Haldane's model, t2 = mass = {SECOND:g} t", _haldane),
    "kane-mele": (f"zigzag ribbon of Kane and Mele, coupling = mass = {SECOND:g} t", _kane_mele),
    "qwz": ("strip of Qi, Wu and Zhang at A = 1, 2 width rows of thin coupling", _qwz),
    "bhz": ("strip of Bernevig, Hughes and Zhang at A = 2B, 4 width rows of thin coupling", _bhz),
    "ribbon": ("zigzag ribbon of the honeycomb lattice, 2 width sites a slice", _ribbon),
    "armchair": ("armchair ribbon of the honeycomb lattice, 2 width sites a slice", _armchair),
    "vacancies": (f"zigzag ribbon that lacks {MISSING:.0%} of its sites", _vacancies),
    "armchair-vacancies": (
        f"armchair ribbon that lacks {MISSING:.0%} of its sites",
        _armchair_vacancies,
    ),
    "armchair-haldane": (
        f"armchair ribbon of Haldane's model, t2 = mass = {SECOND:g} t",
        _armchair_haldane,
    ),
    "armchair-kane-mele": (
        f"armchair ribbon of Kane and Mele, coupling = mass = {SECOND:g} t",
        _armchair_kane_mele,
    ),
    "ribbon-spin": (f"zigzag ribbon with Rashba coupling {SPIN_ORBIT:g} t", _ribbon_spin),
}
"""Name -> what it is, and its builder."""


@dataclass(frozen=True)
class Case:
    """A wire of a family: lines across, slices."""

    family: str
    width: int
    length: int

    def __str__(self) -> str:
        """Return the name, such as strip:16x1600."""
        return f"{self.family}:{self.width}x{self.length}"

    def wire(self, strength: float) -> qt.Wire:
        """Return the wire with box disorder of full width `strength` (units of t)."""
        return FAMILIES[self.family][1](self.width, qt.Box(strength))


def cases(text: str) -> tuple[Case, ...]:
    """Read "strip:16x1600,field:64x640" as cases."""
    found = []
    for word in text.split(","):
        family, _, size = word.partition(":")
        width, cross, length = size.partition("x")
        number = cross and width.isdecimal() and length.isdecimal() and int(width) * int(length)
        if family not in FAMILIES or not number:
            raise argparse.ArgumentTypeError(
                "cases are FAMILY:WIDTHxLENGTH, separated by commas, such as strip:16x1600; "
                f"families are {', '.join(FAMILIES)}; got {word!r}"
            )
        found.append(Case(family, int(width), int(length)))
    return tuple(found)
