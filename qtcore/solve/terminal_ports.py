"""The leads of a bar at an energy: which components they touch, and what they do to them.

A lead across an edge goes on in y. In the gauge whose phases sit on the bonds across, exp(i phase n)
from site y + 1 to site y of slice n, it repeats itself from cell to cell; `Wire.slices` has them on
the bonds along, and psi there is exp(i phase n y) times psi here.

Phases of S refer, for every lead but the left one, to the sites of the sample that it touches: its
cell 0, to which its modes are continued. For the left lead it is its own last slice, number -1.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
from qtcore.model.lead_turns import lead_turns
from qtcore.model.terminals import ENDS, Bar, SideLead, SiteLead
from qtcore.model.wire import Wire
from qtcore.solve.arguments import Side
from qtcore.solve.contacts import Contact, attach, continued, lead_at
from qtcore.solve.energies import NoChannelError
from qtcore.solve.pencil import Matrix
from qtcore.units import peierls_phase


class Port(NamedTuple):
    """A lead that is attached to a bar.

    Attributes
    ----------
    name : str
        Its name.
    end : {"left", "right"} or None
        The end that it sits on, if it does.
    sites : (2, K) int array
        Slice and component of what it touches; of an end the slice counts as 0, whatever the length.
    contact : Contact
        What it does there.
    """

    name: str
    end: Side | None
    sites: NDArray[np.intp]
    contact: Contact

    @property
    def channels(self) -> int:
        """Number of open modes."""
        return self.contact.channels


def ports(bar: Bar, energy: float, nudge: float = 0.0) -> list[Port]:
    """Return the leads of a bar at an energy (units of t), in the order of `Bar.names`.

    Parameters
    ----------
    bar : Bar
        The bar.
    energy : float
        Units of t.
    nudge : float
        By how many of its rounding errors the leads' energy is moved; see `general_modes`.

    Raises
    ------
    InputError
        If no mode is open in one of the leads.
    """
    found = []
    sides: tuple[Side, Side] = ("left", "right")
    for side, end in zip(sides, (bar.left, bar.right), strict=True):
        if end is None:
            continue
        slices = end.on(bar.wire).slices()
        with _named(side):
            both = attach(slices, energy, nudge)
        components = np.arange(len(slices.h))
        place = np.stack([np.zeros_like(components), components])
        found.append(Port(side, side, place, both[ENDS.index(side)]))
    # Side leads are often equal: what they do is found once.
    known: dict[tuple[bytes, bytes], Contact] = {}
    for name, lead in zip(bar.side_names, bar.sides, strict=True):
        h, v = side_matrices(bar, lead)
        which = h.tobytes(), v.tobytes()
        with _named(name):
            if which not in known:
                known[which] = continued(lead_at(h, v, energy, nudge), "right")
            contact = known[which]
            if isinstance(lead, SideLead):
                contact = _gauged(contact, _turn(bar, lead))
        found.append(Port(name, None, bar.components(lead), contact))
    return found


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the name of the lead into errors."""
    try:
        yield
    except NoChannelError as error:
        text = f"lead {name!r}: {error}".replace("{", "{{").replace("}", "}}")
        raise NoChannelError(text) from None
    except QtcoreError as error:
        raise QtcoreError(f"lead {name!r}: {error}") from None


def _gauged(contact: Contact, turn: Matrix) -> Contact:
    """Return a contact in another gauge, of modulus-one factors (K,) or (R, K) of its components."""
    column, row = turn[..., :, None], turn.conj()[..., None, :]
    sigma = column * contact.sigma * row
    return replace(contact, sigma=sigma, source=column * contact.source, read=contact.read * row)


def in_gauge_of(
    bar: Bar, leads: Sequence[Port], numbers: NDArray[np.uint64], seed: int
) -> list[Port]:
    """Return the leads in the gauge of some samples, whose flux tubes and the like have phases.

    Parameters
    ----------
    bar : Bar
        The bar.
    leads : sequence of Port
        Its leads, in the order of `Bar.names`.
    numbers : (R,) uint64 array
        Numbers of the samples.
    seed : int
        Seed of the ensemble.

    Returns
    -------
    list of Port
        Where phases are random their contacts have arrays with R as the first dimension.
    """
    sides = dict(zip(bar.side_names, bar.sides, strict=True))
    found = []
    for port in leads:
        turns = None
        if port.end is None:
            sites = sides[port.name].sites(bar.wire)
            turns = lead_turns(bar.wire, port.name, sites, numbers, seed)
        if turns is not None:
            each = np.repeat(turns, bar.wire.orbitals, axis=1)
            contact = _gauged(port.contact, each if len(each) > 1 else each[0])
            port = port._replace(contact=contact)
        found.append(port)
    return found


def side_matrices(bar: Bar, lead: SideLead | SiteLead) -> tuple[Matrix, Matrix]:
    """Return h and v of a lead, from a cell to the next one away from the sample, units of t.

    Of a lead across an edge in the gauge in which it repeats itself.
    """
    if isinstance(lead, SiteLead):
        return lead.h, lead.v
    wire = bar.wire
    # A slice of three sites has all the bonds of the lattice, and disorder may give them a spin.
    spin = [one for one in wire.disorders if getattr(one, "spin", False)]
    clean = Wire(Square(3), spin or Box(0.0), terms=wire.terms).slices()
    h, v = clean.h, clean.v
    one, two = (slice(k * wire.orbitals, (k + 1) * wire.orbitals) for k in (1, 2))
    inside, across, along = h[one, one], h[one, two], v[one, one]
    w = lead.width
    onsite = inside + lead.shift * np.eye(len(inside))
    hop = np.kron(np.eye(w, k=1), along)
    cell = np.kron(np.eye(w), onsite) + hop + hop.conj().T
    phase = peierls_phase(wire.flux) if lead.field else 0.0
    phases = np.exp(1j * phase * np.arange(lead.first, lead.end))
    ahead = np.kron(np.diag(phases), across)
    return cell, ahead if lead.edge == "top" else ahead.conj().T


def _turn(bar: Bar, lead: SideLead) -> NDArray[np.complex128]:
    """Return what takes a wave on the touched components to the gauge of `Wire.slices`, (K,)."""
    row = bar.wire.lattice.sites - 1 if lead.edge == "top" else 0
    turn = np.exp(1j * bar.wire.phase * row * np.arange(lead.first, lead.end))
    return np.repeat(turn, bar.wire.orbitals)
