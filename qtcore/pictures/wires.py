"""Wires and bars on paper: sites and bonds from the Hamiltonian of the sample, leads beside it."""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, counted
from qtcore.model.checks import whole_number
from qtcore.model.disorder import Fixed
from qtcore.model.lattice import Cubic, Lattice, Square
from qtcore.model.leads import checked_offset, origin
from qtcore.model.structure import FluxTube
from qtcore.model.terminals import Bar, EndLead, SideLead, sample_of
from qtcore.model.wire import Wire
from qtcore.pictures.layout import (
    MINUS,
    Layout,
    Places,
    Stub,
    bonds_in,
    continued_stub,
    on_paper,
    split,
    steps_of,
    stub_between,
)
from qtcore.shown import plain
from qtcore.solve.closed import closed_sample
from qtcore.solve.waves import positions

MOST_SITES = 200_000
"""Sites that a picture has at most; of a longer sample it shows the first slices, and says so."""

_LEAD, _SHARE = 3.0, 0.06
"""Length of a lead on paper: so many lattice constants, or such a part of the sample if that is more."""

_LOOKED_AT = 100_000
"""Sites of a wire without a length at which gates and structure are looked for."""


def usual_length(device: Wire | Bar) -> int:
    """Return the slices that are drawn of a wire without a length.

    It is some two and a half widths, and more where leads, gates or structure lie further on.
    """
    wire = sample_of(device)
    lattice = wire.lattice
    across = np.ptp(lattice.positions()[:, 1]) + 1
    length = max(math.ceil(max(2.5 * across, 12) / lattice.period), 3)
    length = min(length, max(3, MOST_SITES // lattice.sites))
    if isinstance(device, Bar):
        touched = device.shortest
        firsts = [min(n for n, _ in side.sites(wire)) for side in device.sides]
        # As much behind the last lead as there is before the first one.
        length = touched + min(firsts) if firsts else length
    length = max(length, _last_change(wire, length) + 3)
    arrays = [one.values for one in wire.disorders if isinstance(one, Fixed)]
    return min([length, *(len(values) for values in arrays if values is not None)])


def _last_change(wire: Wire, length: int) -> int:
    """Return the last slice that gates or structure make different from what lies far away."""
    if not (wire.gates or wire.structure):
        return 0
    tubes = [part.x for part in wire.structure if isinstance(part, FluxTube)]
    last = max([0, *(math.ceil(x / wire.lattice.period) for x in tubes)])
    sites = wire.lattice.sites
    slices = min(max(8 * length, 200), max(length, _LOOKED_AT // sites))
    gone = wire.missing_sites(0, slices)
    fixed = wire.with_fixed(np.zeros((slices, sites, 1)), 0)[:, :, 0]
    for found in (fixed, gone):
        if found is not None:
            rest = np.abs(found.astype(float) - found[-1].astype(float)).max(axis=1)
            changed = np.flatnonzero(rest > 1e-3 * max(1.0, rest.max()))
            # What goes on changing to the end, such as a ramp, has no last slice.
            if len(changed) and changed[-1] < slices - 2:
                last = max(last, int(changed[-1]))
    return last


def wire_layout(
    device: Wire | Bar, length: int, realization: int, seed: int, *, leads: bool = True
) -> Layout:
    """Return a sample of a wire or bar on paper.

    Parameters
    ----------
    device : Wire or Bar
        The wire.
    length : int
        Slices; of more than 200,000 sites the first slices are drawn.
    realization, seed : int
        Address of the sample.
    leads : bool
        Whether its leads are drawn.

    Raises
    ------
    InputError
        If an argument is wrong, or a lead of a bar lies beyond the wire.
    """
    wire, whole = sample_of(device), whole_number("length (slices)", length, 1)
    device.check_length(whole)
    lattice = wire.lattice
    sites, part = lattice.sites, min(whole, max(1, MOST_SITES // lattice.sites))
    H = closed_sample(wire, part, realization, seed).H
    found = bonds_in(H, np.arange(H.shape[0]) // wire.orbitals)
    places = positions(wire, part)[:: wire.orbitals]
    onsite = wire.onsite(realization, range(part), seed).ravel()
    gone = wire.missing_sites(0, part)
    unit = wire.slices().unit
    there, energies = split(onsite, None if gone is None else gone.ravel(), unit)
    fixed = wire.with_fixed(np.zeros((part, sites, 1)), 0)[:, :, 0].ravel()
    taken = ~there & split(fixed, None, unit)[0]
    if not there.any():
        raise InputError(
            f"no site of this wire is left in its first {counted(part, 'slices')}: gates, structure "
            "or vacancies remove all of them"
        )
    stubs: tuple[Stub, ...] = ()
    if leads:
        stubs = tuple(_stubs(device, places, there, ends_here=part == whole, length=part))
    flat = not np.ptp(places[:, 2])
    tubes = [one for one in wire.structure if isinstance(one, FluxTube)]
    return Layout(
        on_paper(places),
        found.bonds,
        steps_of(places, found.bonds, lattice.wraps()),
        found.strength,
        there,
        taken,
        energies,
        stubs,
        _words(wire, part, whole),
        square=isinstance(lattice, Square | Cubic) and flat,
        flat=flat,
        across="y around the tube" if lattice.wraps() and flat else "y (lattice constants)",
        marks=tuple((f"{one.flux:g} h/e", one.x, one.y) for one in tubes),
    )


def _words(wire: Wire, part: int, whole: int) -> str:
    drawn = counted(whole, "slices")
    if part < whole:
        drawn = f"the first {part:,} of {drawn}"
    field = f", {wire.flux:g} h/e per plaquette" if wire.flux else ""
    return f"{plain(wire.lattice)}, {drawn}{field}".replace("-", MINUS)


def _stubs(
    device: Wire | Bar, places: Places, there: NDArray[np.bool_], *, ends_here: bool, length: int
) -> list[Stub]:
    """Return the leads, the right one only if the sample ends within the picture."""
    wire, sites = sample_of(device), sample_of(device).lattice.sites
    ends: tuple[EndLead | None, EndLead | None] = EndLead(), EndLead()
    if isinstance(device, Bar):
        ends = device.left, device.right
    left, right = ends
    long = max(_LEAD, _SHARE * max(np.ptp(places[:, 0]), np.ptp(places[:, 1])))
    found = []
    if left is not None:
        contact = places[:sites][there[:sites]]
        found.append(_end_stub("left", left.on(wire), contact, -1.0, 0, long))
    if right is not None and ends_here:
        contact = places[-sites:][there[-sites:]]
        found.append(_end_stub("right", right.on(wire), contact, 1.0, length, long))
    if isinstance(device, Bar):
        drawn = on_paper(places)
        for name, side in zip(device.side_names, device.sides, strict=True):
            touched = [n * sites + site for n, site in side.sites(wire) if n < length]
            if isinstance(side, SideLead):
                found.append(_side_stub(name, side, places[touched], long))
            elif touched:
                found.append(continued_stub(name, drawn[touched], drawn, 1.0))
    return found


def _end_stub(
    name: str, wire: Wire, contact: Places, outward: float, length: int, long: float
) -> Stub:
    """Return a lead at an end, whose first slice is number -1 or `length`, as long as `long`."""
    lattice = lead_lattice(wire)
    count = max(2, math.ceil(long / lattice.period))
    first = -1 if outward < 0 else length
    right = None if outward < 0 else wire.right_lead_offset
    own = lattice.positions() + origin(checked_offset(wire.lead_offset if right is None else right))
    steps = lattice.period * (first + outward * np.arange(count))
    places = np.tile(own, (count, 1, 1))
    places[:, :, 0] += steps[:, None]
    links = lattice.bonds().displacement
    return stub_between(name, places.reshape(-1, 3), links, contact, np.array([outward, 0.0]))


def _side_stub(name: str, side: SideLead, touched: Places, long: float) -> Stub:
    """Return a lead across an edge of a square strip."""
    up = 1.0 if side.edge == "top" else -1.0
    copies = [touched + np.array([0.0, k * up, 0.0]) for k in range(1, 1 + math.ceil(long))]
    links = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])
    return stub_between(name, np.concatenate(copies), links, touched, np.array([0.0, up]))


def lead_lattice(wire: Wire) -> Lattice:
    """Return the cross-section of the leads of a wire."""
    return wire.lattice if wire.lead_lattice is None else wire.lead_lattice
