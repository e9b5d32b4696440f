"""The usual bars with more than two leads, each in one line."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from qtcore.errors import InputError, brief
from qtcore.model.checks import as_tuple, whole_number
from qtcore.model.disorder import Box, Disorder
from qtcore.model.lattice import Square
from qtcore.model.lattice.contract import Lattice
from qtcore.model.terminals import Bar, SideLead
from qtcore.model.wire import Wire


def _wire(width: Any, disorder: Disorder | Sequence[Disorder] | None, settings: Any) -> Wire:
    allowed = [field.name for field in fields(Wire) if field.name not in ("lattice", "disorder")]
    unknown = [name for name in settings if name not in allowed]
    if unknown:
        raise InputError(
            f"a bar has no setting {unknown[0]!r}: besides width, places of the leads, lead_width and "
            f"disorder it takes those of a Wire, {', '.join(allowed)}"
        )
    if isinstance(width, Lattice) and not isinstance(width, Square):
        raise InputError(
            f"HallBar, FourProbe and Cross are square strips, given by their width in sites or a Square(…), "
            f"got {brief(width)}. On another lattice qt.Bar takes the wire and its leads: "
            "qt.Bar(qt.Wire(lattice, …), [qt.SiteLead(…), …])"
        )
    lattice = width if isinstance(width, Square) else Square(width)
    return Wire(lattice, Box(0.0) if disorder is None else disorder, **settings)


def _two_places(name: str, given: Any) -> tuple[int, int]:
    places = as_tuple(name, given)
    if len(places) != 2:
        raise InputError(f"{name} must be two slices such as (50, 130), got {brief(given)}")
    first, second = (whole_number(f"{name} (slice)", place, 0) for place in places)
    return first, second


def _of_side_leads(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what side leads have in common with those at the ends."""
    return {
        "field": settings.get("field_in_leads", True),
        "shift": settings.get("lead_shift", 0.0),
    }


def HallBar(
    width: int | Square,
    probes: tuple[int, int],
    lead_width: int,
    disorder: Disorder | Sequence[Disorder] | None = None,
    **settings: Any,
) -> Bar:
    """Return a Hall bar: six leads, two at the ends and two on each edge.

    Their names and order are left, right, top 1, top 2, bottom 1, bottom 2. With the current from
    left to right R_xx is between top 1 and top 2, and R_xy between top 1 and bottom 1.

    Parameters
    ----------
    width : int or Square
        Sites across.
    probes : (int, int)
        First slices of the two pairs of side leads.
    lead_width : int
        Slices that each side lead touches.
    disorder : Disorder or sequence of Disorder, optional
        As of `Wire`.
    **settings
        Everything else that a `Wire` takes: flux, terms, gates, field_in_leads, lead_shift, ...

    Raises
    ------
    InputError
        If leads overlap, or something does not fit; see `Wire` and `Bar`.
    """
    places = _two_places("probes", probes)
    of_leads = _of_side_leads(settings)
    sides = [
        SideLead(first, lead_width, edge, **of_leads)
        for edge in ("top", "bottom")
        for first in places
    ]
    return Bar(_wire(width, disorder, settings), sides)


def FourProbe(
    width: int | Square,
    probes: tuple[int, int],
    lead_width: int,
    disorder: Disorder | Sequence[Disorder] | None = None,
    **settings: Any,
) -> Bar:
    """Return a bar for a four-terminal measurement: two ends, and two leads on the top edge.

    Their names and order are left, right, top 1, top 2. Parameters and errors as of `HallBar`.
    """
    places = _two_places("probes", probes)
    of_leads = _of_side_leads(settings)
    sides = [SideLead(first, lead_width, "top", **of_leads) for first in places]
    return Bar(_wire(width, disorder, settings), sides)


def Cross(
    width: int | Square,
    probe: int,
    lead_width: int,
    disorder: Disorder | Sequence[Disorder] | None = None,
    **settings: Any,
) -> Bar:
    """Return a Hall cross: two ends, one lead on each edge at the same slices.

    Their names and order are left, right, top 1, bottom 1. Parameters and errors as of `HallBar`,
    with a single first slice `probe`.
    """
    of_leads = _of_side_leads(settings)
    sides = [SideLead(probe, lead_width, edge, **of_leads) for edge in ("top", "bottom")]
    return Bar(_wire(width, disorder, settings), sides)
