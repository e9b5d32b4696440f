"""A wire and its parts in words, with units."""

import math
from typing import Any

import numpy as np

from qtcore.errors import counted
from qtcore.model.disorder import (
    Binary,
    Box,
    Cauchy,
    Correlated,
    Gaussian,
    RandomFlux,
    RandomHopping,
    RandomPhase,
    RemoteImpurities,
    Vacancies,
)
from qtcore.model.lattice import Cubic, Custom, Honeycomb, Square
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terms import Pairing
from qtcore.shown import plain


def lattice_in_words(lattice: Lattice) -> str:
    """Return what a cross-section is, such as "square strip, 16 sites across, hard walls"."""
    slices = f"{lattice.period:.4g} lattice constants long".replace(
        "1 lattice constants", "1 lattice constant"
    )
    if isinstance(lattice, Square):
        if lattice.width == 1:
            return "chain"
        if lattice.periodic:
            return f"cylinder of the square lattice, {lattice.width} sites around"
        return f"square strip, {lattice.width} sites across, hard walls"
    if isinstance(lattice, Cubic):
        closed = [name for name, around in zip("yz", lattice.closed, strict=True) if around]
        walls = f"closed along {' and '.join(closed)}" if closed else "hard walls"
        return f"cubic bar, {lattice.width} × {lattice.height} sites, {walls}"
    if isinstance(lattice, Honeycomb):
        lines = "zigzag lines" if lattice.edge == "zigzag" else "dimer lines"
        kind, where = ("tube", "around") if lattice.periodic else ("ribbon", "across")
        return (
            f"{lattice.edge} {kind}, {counted(lattice.width, lines)} {where}; slices of {lattice.sites} sites, "
            f"{slices}"
        )
    own = "given by its matrices" if isinstance(lattice, Custom) else type(lattice).__name__
    many = f" of {lattice.orbitals} orbitals" if lattice.orbitals > 1 else ""
    return f"{own}; slices of {counted(lattice.sites, 'sites')}{many}, {slices}"


def disorder_in_words(disorder: Any) -> str:
    """Return what a kind of disorder is, with units."""
    match disorder:
        case Box(strength=W):
            return f"box of full width W = {W:g} t"
        case Gaussian(sigma=sigma):
            return f"Gaussian, standard deviation {sigma:g} t"
        case Cauchy(half_width=width):
            return f"Cauchy, half width {width:g} t"
        case Binary(energy=energy, concentration=part):
            return f"binary, {energy:g} t on {part:.4g} of the sites"
        case Vacancies(concentration=float() as part):
            return f"vacancies, {part:.4g} of the sites"
        case Vacancies(sites=sites) if sites is not None:
            return f"vacancies at given sites, {len(sites)} in all"
        case Correlated(strength=size, correlation_length=length):
            return f"correlated, standard deviation {size:g} t over {length:g} lattice constants"
        case RemoteImpurities(strength=size, distance=far):
            return f"remote impurities, {size:g} t at a distance of {far:g} lattice constants"
        case RandomHopping(strength=size):
            return f"random hopping, full width {size:g} of the hopping"
        case RandomPhase(strength=size):
            return f"random phases, full width {size:g} h/e"
        case RandomFlux(strength=size):
            return f"random flux, full width {size:g} h/e per plaquette"
    return plain(disorder)


def _field(wire: Any) -> str:
    B = wire.field_vector
    if not B.any():
        return ""
    if B[0] or B[1]:
        shown = ", ".join(f"{part:g}" for part in B)
        return f"({shown}) h/e through squares of one lattice constant normal to x, y, z"
    places = wire.lattice.positions()
    across = np.ptp(places[:, 1])
    if isinstance(wire.lattice, Square):
        across = float(wire.lattice.width)
    through = B[2] * across**2
    length = 1 / math.sqrt(2 * math.pi * abs(B[2]))
    inside = "" if wire.field_in_leads else ", not in the leads"
    return (
        f"{B[2] * wire.lattice.plaquette:g} h/e per plaquette, {through:.4g} h/e through width × width, "
        f"magnetic length {length:.3g} lattice constants{inside}"
    )


def _leads(wire: Any) -> str:
    if wire.lead_lattice is None:
        parts = ["left and right, as the wire without disorder and gates"]
    else:
        parts = [f"left and right: {lattice_in_words(wire.lead_lattice)}"]
        if np.any(wire.lead_offset):
            parts.append(f"offset {wire.lead_offset} lattice constants")
        if wire.right_lead_offset is not None:
            parts.append(f"that of the right one {wire.right_lead_offset} lattice constants")
    if wire.lead_shift:
        parts.append(f"doped: on-site energy {wire.lead_shift:g} t")
    for term in wire.terms:
        if isinstance(term, Pairing) and term.in_leads is not True:
            parts.append(
                f"pairing in the {term.in_leads} one alone" if term.in_leads else "no pairing"
            )
    return "; ".join(parts)


def _orbitals(wire: Any) -> str:
    space = wire.space
    if wire.orbitals == 1:
        return "g per spin, in e²/h"
    parts = [f"{wire.orbitals} on each site"]
    if space.paired:
        parts.append("electrons and holes")
    if wire.spins == 2:
        parts.append("both spins" + ("" if space.paired else ", so that g counts both, in e²/h"))
    return ", ".join(parts)


def wire_in_words(wire: Any, *, leads: bool = True) -> list[tuple[str, str]]:
    """Return name and text of everything that makes a `Wire`; texts of what it has not are empty."""
    disorder = [disorder_in_words(one) for one in wire.disorders if one.acts]
    return [
        ("lattice", lattice_in_words(wire.lattice)),
        ("orbitals", _orbitals(wire)),
        ("terms", ", ".join(map(plain, wire.terms))),
        ("disorder", "; ".join(disorder) or "none"),
        ("field", _field(wire)),
        ("gates", ", ".join(map(plain, wire.gates))),
        ("structure", ", ".join(map(plain, wire.structure))),
        ("leads", _leads(wire) if leads else ""),
    ]
