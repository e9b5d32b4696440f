"""Bars with any number of leads: at both ends, along the edges, on any sites."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief, counted
from qtcore.model.checks import (
    as_tuple,
    finite_number,
    hermitian_matrix,
    refuse_too_small,
    square_matrix,
    whole_number,
)
from qtcore.model.lattice import Lattice, Square
from qtcore.model.lead_turns import check_fields
from qtcore.model.wire import Wire
from qtcore.model.words import wire_in_words
from qtcore.shown import Card, Described, Shown, described

Edge = Literal["top", "bottom"]

ENDS = ("left", "right")
"""Names of the leads at the ends."""


def _check_name(name: Any) -> None:
    """Refuse a name of a lead that is no text, or an empty one."""
    if name is not None and not (isinstance(name, str) and name.strip()):
        raise InputError(
            f"name of a lead must be a text such as 'probe' (or left out), got {brief(name)}"
        )


@dataclass(frozen=True)
class EndLead:
    """A lead at one end of a bar; what is left out is as the wire says.

    Parameters
    ----------
    lattice : Lattice, optional
        Cross-section of the lead.
    shift : float, optional
        On-site energy relative to the sample, units of t.
    offset : float or (float, float), optional
        With `lattice`: where the sample's origin lies in the lead; see `lead_offset` of `Wire`.
    field : bool, optional
        Whether the field fills this lead too.
    """

    lattice: Lattice | None = None
    shift: float | None = None
    offset: float | tuple[float, float] | None = None
    field: bool | None = None

    def on(self, wire: Wire) -> Wire:
        """Return the wire with this lead on both sides; raises InputError if it does not fit."""
        given: dict[str, Any] = {
            "lead_lattice": self.lattice,
            "lead_shift": self.shift,
            "lead_offset": self.offset,
            "field_in_leads": self.field,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if self.lattice is not None or self.offset is not None:
            given["right_lead_offset"] = None
        return replace(wire, **given)


@dataclass(frozen=True)
class SideLead:
    """A lead across the edge of a square strip, as wide as some of its slices.

    It goes on as the strip would: with the strip's own bonds along and across, and its terms. Its
    sites have no disorder.

    Parameters
    ----------
    first, width : int
        It touches slices first .. first + width - 1.
    edge : {"top", "bottom"}
        Top is the edge at site M - 1 of a slice, bottom the one at site 0.
    name : str, optional
        Its name; left out, "top 1", "top 2", ... in the order of the leads.
    shift : float
        On-site energy of the lead relative to the sample, units of t.
    field : bool
        Whether the field fills the lead too.
    """

    first: int
    width: int
    edge: Edge = "top"
    name: str | None = None
    shift: float = 0.0
    field: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", whole_number("first slice of a lead", self.first, 0))
        object.__setattr__(self, "width", whole_number("width of a lead (slices)", self.width, 1))
        if self.edge not in ("top", "bottom"):
            raise InputError(
                f"edge of a side lead must be 'top' (site M - 1) or 'bottom' (site 0), got "
                f"{brief(self.edge)}"
            )
        object.__setattr__(self, "shift", finite_number("shift", self.shift, "units of t"))
        if not isinstance(self.field, bool | np.bool_):
            raise InputError(f"field of a side lead must be True or False, got {brief(self.field)}")
        _check_name(self.name)

    @property
    def end(self) -> int:
        """The slice behind the last one that it touches."""
        return self.first + self.width

    def sites(self, wire: Wire) -> list[tuple[int, int]]:
        """Return what it touches, (slice, site) each."""
        row = wire.lattice.sites - 1 if self.edge == "top" else 0
        return [(n, row) for n in range(self.first, self.end)]


@dataclass(frozen=True, eq=False, repr=False)
class SiteLead(Described):
    """A lead that is given by its matrices, on any sites of any wire.

    The sites stand in the place of its cell number 0, and cells 1, 2, ... follow:
    H = sum_m |m> h <m| + (|m> v <m + 1| + h.c.), with v also from cell 0 to cell 1.

    Parameters
    ----------
    touches : sequence of (int, int)
        Slice and site of each, different ones.
    h : (K, K) array
        H inside a cell, Hermitian, units of t; K is the number of sites times the orbitals of one.
    v : (K, K) array
        From a cell to the next one away from the sample, units of t. In a uniform field (`flux`)
        the phases are those of the gauge of `Wire.slices`. Those of a `FluxTube`, a `LocalField` or
        `RandomFlux` are put in by the bar: give the lead without them.
    name : str, optional
        Its name; left out, "lead 1", "lead 2", ... in the order of such leads.
    """

    touches: Sequence[tuple[int, int]]
    h: Any
    v: Any
    name: str | None = None

    def __post_init__(self) -> None:
        given: Any = self.touches
        given = given.tolist() if isinstance(given, np.ndarray) else given
        example = "such as [(3, 1), (4, 1)]"
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise InputError(
                f"touches of a lead must be a sequence of pairs (slice, site), {example}, got "
                f"{brief(self.touches)}"
            )
        try:
            pairs = [(a, b) for a, b in given]
        except (TypeError, ValueError):
            raise InputError(
                f"touches of a lead must be pairs (slice, site), {example}, got {brief(self.touches)}"
            ) from None
        touched = tuple((whole_number("slice", a, 0), whole_number("site", b, 0)) for a, b in pairs)
        if not touched:
            raise InputError("a lead sees no sample: give at least one site (slice, site)")
        twice = [site for site, count in Counter(touched).items() if count > 1]
        if twice:
            raise InputError(f"site {twice[0]} of a lead is given twice; give each once")
        object.__setattr__(self, "touches", touched)
        checked = {
            "h": hermitian_matrix("h of a lead", self.h, "numbers", "units of t"),
            "v": square_matrix("v of a lead", self.v, "numbers", "units of t"),
        }
        for name, matrix in checked.items():
            matrix.setflags(write=False)
            object.__setattr__(self, name, matrix)
        if self.h.shape != self.v.shape or len(self.h) % len(touched):
            raise InputError(
                f"h and v of a lead on {len(touched)} sites must have one row for each orbital of "
                f"each site, got {self.h.shape} and {self.v.shape}"
            )
        if not self.v.any():
            raise InputError("a lead sees no sample: its v is zero")
        refuse_too_small("v of a lead", self.v, "units of t")
        _check_name(self.name)

    def sites(self, wire: Wire) -> list[tuple[int, int]]:
        """Return what it touches, (slice, site) each."""
        del wire
        return list(self.touches)


@dataclass(frozen=True, repr=False)
class Bar(Shown):
    """A wire with leads at its ends and anywhere else, in a fixed order: left, right, the others.

    Its length comes with the question, as that of a `Wire`; leads other than the right one stay at
    their slices.

    Parameters
    ----------
    wire : Wire
        The sample: lattice, disorder, field, terms, gates.
    sides : sequence of SideLead or SiteLead
        Leads besides those at the ends.
    left, right : EndLead or None
        Leads at the ends, left out as the wire has them; None for an end without a lead.

    Raises
    ------
    InputError
        If leads overlap, have one name, touch no site of the wire, or there is none at all.
    """

    wire: Wire
    sides: Sequence[SideLead | SiteLead] = ()
    left: EndLead | None = default(default_factory=EndLead)
    right: EndLead | None = default(default_factory=EndLead)

    def __post_init__(self) -> None:
        if not isinstance(self.wire, Wire):
            raise InputError(f"the sample of a bar must be a qtcore.Wire, got {brief(self.wire)}")
        if self.wire.space.paired:
            raise InputError(
                "the leads of a bar know no holes, and this wire has pairing: take it between its own "
                "leads, with observe.andreev or qt.scattering"
            )
        sides = as_tuple("sides", self.sides)
        object.__setattr__(self, "sides", sides)
        for side in sides:
            if not isinstance(side, SideLead | SiteLead):
                raise InputError(f"sides must be SideLead or SiteLead, got {brief(side)}")
            self._check_fits(side)
        for end, lead in zip(ENDS, (self.left, self.right), strict=True):
            if lead is None:
                continue
            if not isinstance(lead, EndLead):
                raise InputError(f"{end} must be an EndLead(...) or None, got {brief(lead)}")
            lead.on(self.wire)
        if not self.names:
            raise InputError("a bar needs at least one lead: left, right or one of sides")
        repeated = [name for name, count in Counter(self.names).items() if count > 1]
        if repeated:
            raise InputError(
                f"two leads are called {repeated[0]!r}; give each a name of its own (left and "
                "right are the ends)"
            )
        self._refuse_overlaps()
        for name, side in zip(self.side_names, sides, strict=True):
            check_fields(self.wire, name, side.sites(self.wire))

    def _card(self) -> Card:
        """Return what it shows of itself."""
        rows = [
            *wire_in_words(self.wire, leads=False),
            ("leads", f"{len(self.names)}: {', '.join(self.names)}"),
            ("length", f"at least {counted(self.shortest, 'slices')}"),
        ]
        return Card(described(self), rows)

    def _check_fits(self, side: SideLead | SiteLead) -> None:
        """Refuse a lead that the lattice has no place for."""
        wire = self.wire
        if isinstance(side, SideLead):
            if not isinstance(wire.lattice, Square) or wire.lattice.periodic:
                raise InputError(
                    f"SideLead is for strips Square(...) with hard walls, got {wire.lattice!r}; "
                    "give the lead by its matrices, SiteLead(...)"
                )
            return
        rows, components = len(side.h), len(side.touches) * wire.orbitals
        if rows != components:
            raise InputError(
                f"a lead on {len(side.touches)} sites of {wire.orbitals} orbitals needs matrices of "
                f"{components} rows, got {rows}"
            )
        outside = [site for site in side.touches if site[1] >= wire.lattice.sites]
        if outside:
            raise InputError(
                f"a lead sees no sample at (slice, site) = {outside[0]}: a slice has sites 0 .. "
                f"{wire.lattice.sites - 1}"
            )

    def _refuse_overlaps(self) -> None:
        named = list(zip(self.side_names, self.sides, strict=True))
        for (name, one), (other_name, other) in combinations(named, 2):
            if isinstance(one, SideLead) and isinstance(other, SideLead):
                together = (
                    one.edge == other.edge and one.first < other.end and other.first < one.end
                )
                what = "the same edge"
            else:
                together = bool(set(one.sites(self.wire)) & set(other.sites(self.wire)))
                what = "a site that both touch"
            if together:
                raise InputError(
                    f"the leads {name!r} and {other_name!r} overlap at {what}; move one of them"
                )

    @property
    def side_names(self) -> tuple[str, ...]:
        """Names of the leads besides those at the ends."""
        kinds = [side.edge if isinstance(side, SideLead) else "lead" for side in self.sides]
        return tuple(
            side.name if side.name is not None else f"{kind} {kinds[: k + 1].count(kind)}"
            for k, (side, kind) in enumerate(zip(self.sides, kinds, strict=True))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all leads, in the order of every result."""
        ends = zip(ENDS, (self.left, self.right), strict=True)
        return (*(end for end, lead in ends if lead is not None), *self.side_names)

    @property
    def shortest(self) -> int:
        """Slices that the bar has at least: as many as its leads touch."""
        touched = [n + 1 for side in self.sides for n, _ in self._ends_of(side)]
        return max(touched, default=1)

    def _ends_of(self, side: SideLead | SiteLead) -> Sequence[tuple[int, int]]:
        return [(side.end - 1, 0)] if isinstance(side, SideLead) else side.touches

    def check_length(self, length: int) -> None:
        """Raise InputError if leads or disorder do not fit a bar of this many slices."""
        for name, side in zip(self.side_names, self.sides, strict=True):
            last = max(n for n, _ in self._ends_of(side))
            if last >= length:
                raise InputError(
                    f"the lead {name!r} lies beyond the wire: it touches slice {last}, and a length "
                    f"of {length} has slices 0 .. {length - 1}"
                )
        self.wire.check_length(length)

    def components(self, side: SideLead | SiteLead) -> NDArray[np.intp]:
        """Return (slice, component of the slice), (2, K), of what a lead touches."""
        orbitals = self.wire.orbitals
        sites = np.array(side.sites(self.wire), dtype=np.intp)
        slices = np.repeat(sites[:, 0], orbitals)
        within = (sites[:, 1, None] * orbitals + np.arange(orbitals)).ravel()
        return np.stack([slices, within])


def sample_of(device: Wire | Bar) -> Wire:
    """Return a wire itself, and of a bar its sample."""
    return device.wire if isinstance(device, Bar) else device
