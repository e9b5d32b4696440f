"""Kwant systems on paper, as far as their sites have places."""

from typing import Any

import numpy as np

from qtcore.errors import InputError, counted
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem, SystemMatrices
from qtcore.pictures.layout import Layout, Places, bonds_in, continued_stub, on_paper, split
from qtcore.solve.kwant_sample import sample_matrices


def matrices_of(
    system: KwantSystem | KwantEnsemble, realization: int, seed: int
) -> tuple[SystemMatrices, SystemMatrices]:
    """Return the Hamiltonian of a sample, and that without disorder by address."""
    if isinstance(system, KwantSystem):
        return system.matrices, system.matrices
    return (
        sample_matrices(system, realization, seed),
        system.sample(realization, seed).matrices,
    )


def kwant_layout(system: KwantSystem | KwantEnsemble, realization: int, seed: int) -> Layout:
    """Return a Kwant system on paper; of an ensemble one sample.

    Raises
    ------
    InputError
        If its sites have no places.
    """
    found, clean = matrices_of(system, realization, seed)
    places = _places(system.system, found.sites)
    site_of = found.site_of
    read = bonds_in(found.H, site_of)
    unit = float(read.strength.max(initial=0.0)) or 1.0
    change = (found.H - clean.H).diagonal().real
    onsite = np.zeros(found.sites)
    np.add.at(onsite, site_of, change)
    onsite /= np.diff(found.first)  # the mean of the orbitals
    there, energies = split(onsite, None, unit)
    drawn = on_paper(places)
    steps = drawn[read.bonds[:, 1]] - drawn[read.bonds[:, 0]]
    near = float(np.median(np.hypot(*steps.T))) if len(steps) else 1.0
    stubs = tuple(
        continued_stub(f"lead {number}", drawn[np.unique(site_of[lead.interface])], drawn, near)
        for number, lead in enumerate(found.leads)
    )
    flat = not np.ptp(places[:, 2])
    words = f"Kwant system, {counted(found.sites, 'sites')}, {counted(len(stubs), 'leads')}"
    return Layout(
        drawn,
        read.bonds,
        steps,
        read.strength,
        there,
        ~there,
        energies,
        stubs,
        words,
        flat=flat,
        across="y (units of the system)",
        unit="energy unit of the system",
    )


def _places(system: Any, sites: int) -> Places:
    """Return the places of all sites, (site, 3)."""
    places = np.zeros((sites, 3))
    try:
        for site in range(sites):
            place = np.atleast_1d(np.asarray(system.pos(site), dtype=float))[:3]
            places[site, : len(place)] = place
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        raise InputError(
            "the sites of this Kwant system have no places, so that it cannot be drawn: build it of "
            "site families with a position, such as kwant.lattice.square()"
        ) from None
    return places
