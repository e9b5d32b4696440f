"""Phases that the sample of a bar has on its bonds where a lead touches them.

A flux tube, a field that depends on the place and random fluxes put phases on bonds along the wire,
those above the flux. A lead has no flux inside it, and none between itself and the bonds of the sample that
it lies along. So it has the same phases on its own bonds, in every one of its cells: a gauge
transformation u of the lead without them, <i|H|j> -> u_i <i|H|j> conj(u_j).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.disorder import RandomFlux
from qtcore.model.disorder.contract import Address, Pairs
from qtcore.model.disorder.random_flux import sites_per_line
from qtcore.model.elementary import phase_factor
from qtcore.model.lattice import Honeycomb
from qtcore.model.lattice.contract import Lattice
from qtcore.model.structure import FluxTube, PlacedBonds, Structure
from qtcore.model.wire import Wire

Sites = Sequence[tuple[int, int]]

_SAME_PHASE = 1e-9
"""Difference of phase factors up to which two ways between sites of a lead count as equal."""


def lead_turns(
    wire: Wire, name: str, sites: Sites, numbers: NDArray[np.uint64], seed: int
) -> NDArray[np.complex128] | None:
    """Return u on the sites that a lead touches, or None where it is 1.

    Parameters
    ----------
    wire : Wire
        The sample.
    name : str
        What the lead is called.
    sites : sequence of (int, int)
        Slice and site of each.
    numbers : (R,) uint64 array
        Numbers of the samples.
    seed : int
        Seed of the ensemble.

    Returns
    -------
    (1 or R, site) complex array or None
        Of modulus one; the first dimension is R where fluxes are random.

    Raises
    ------
    InputError
        If flux passes between sites that a lead touches, so that it is not known how much of it the
        lead encloses.
    """
    if len(sites) == 1:
        return None
    fixed = _of_structure(wire, name, sites)
    random = _of_fluxes(wire, sites, numbers, seed)
    turns = fixed if random is None else random * (1.0 if fixed is None else fixed)
    return None if turns is None or (turns == 1).all() else turns


def check_fields(wire: Wire, name: str, sites: Sites) -> None:
    """Raise InputError if it is not known which flux of the wire's structure a lead encloses."""
    if len(sites) > 1:
        _of_structure(wire, name, sites)


def _of_structure(wire: Wire, name: str, sites: Sites) -> NDArray[np.complex128] | None:
    fields = [part for part in wire.structure if part.is_field]
    if not fields:
        return None
    places = _places(wire.lattice, sites)
    order = np.lexsort((places[:, 1], places[:, 0]))
    ordered = places[order]
    along = np.ones(len(sites), dtype=np.complex128)
    for part in fields:
        # <i|H|first> of a straight line, and step by step from one site to the next.
        steps = _phases(part, wire.lattice, ordered[:-1], ordered[1:])
        turns = np.concatenate([[1.0], np.cumprod(steps.conj())])
        _refuse_between(part, wire.lattice, name, ordered, turns)
        along *= turns
    found = np.empty_like(along)
    found[order] = along
    return found[None]


def _refuse_between(
    part: Structure,
    lattice: Lattice,
    name: str,
    places: NDArray[np.float64],
    turns: NDArray[np.complex128],
) -> None:
    """Refuse flux between the sites of a lead, as a tip has around it."""
    if _on_a_line(places):
        return
    if isinstance(part, FluxTube):
        passes = part.flux != round(part.flux) and _is_around(np.array([part.x, part.y]), places)
    else:
        first = np.broadcast_to(places[0], places.shape)
        straight = _phases(part, lattice, first, places).conj()
        passes = bool((np.abs(straight - turns) > _SAME_PHASE).any())
    if passes:
        raise InputError(
            f"flux of {part!r} passes between the sites that the lead {name!r} touches, and it is not "
            "known how much of it the lead encloses; let the lead touch sites in one line, or move "
            "the flux away from it"
        )


def _phases(
    part: Structure, lattice: Lattice, start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Return the phase factors of straight lines from places to places, (line,)."""
    pieces = max(1, int(np.ceil(np.abs(end - start).max(initial=1.0))))
    count = len(start)
    product = np.ones(count, dtype=np.complex128)
    # With the same lines at all heights of the lattice: from one to the next a field is integrated.
    start, end = _at_every_height(start, end, np.unique(lattice.positions()[:, 1]))
    none = np.zeros(0, dtype=np.intp)
    for k in range(pieces):
        a, b = (start + (end - start) * (share / pieces) for share in (k, k + 1))
        line = PlacedBonds(lattice, Pairs(none, none, none), 0, 1, a[None], b[None])
        product *= part.factors(line)[0, :count]
    return product


def _at_every_height(
    start: NDArray[np.float64], end: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lines from places to places, and behind them the same ones moved to begin at heights."""
    up = (heights[:, None] - start[:, 1])[..., None] * np.array([0.0, 1.0, 0.0])
    return (
        np.concatenate([start, (start + up).reshape(-1, 3)]),
        np.concatenate([end, (end + up).reshape(-1, 3)]),
    )


def _places(lattice: Lattice, sites: Sites) -> NDArray[np.float64]:
    numbers = np.array(sites, dtype=np.intp)
    places = lattice.positions()[numbers[:, 1]].copy()
    places[:, 0] += numbers[:, 0] * lattice.period
    return places


def _on_a_line(places: NDArray[np.float64]) -> bool:
    """Return whether places lie on a straight line in the plane."""
    apart = places[:, :2] - places[0, :2]
    farthest = apart[np.argmax((apart**2).sum(axis=1))]
    across = apart[:, 0] * farthest[1] - apart[:, 1] * farthest[0]
    return bool(np.abs(across).max() < _SAME_PHASE)


def _is_around(place: NDArray[np.float64], places: NDArray[np.float64]) -> bool:
    """Return whether a place lies within the convex hull of places in the plane."""
    apart = places[:, :2] - place
    angles = np.sort(np.arctan2(apart[:, 1], apart[:, 0]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    return bool(gaps.max() <= np.pi + _SAME_PHASE)


def _of_fluxes(
    wire: Wire, sites: Sites, numbers: NDArray[np.uint64], seed: int
) -> NDArray[np.complex128] | None:
    """Return what random fluxes do, line by line: (R, site)."""
    lattice = wire.lattice
    if isinstance(lattice, Honeycomb) and lattice.edge == "armchair":
        # Lines of bonds along the wire have gaps there, so that no lead lies along one.
        return None
    touched = np.array(sites, dtype=np.intp)
    first, last = int(touched[:, 0].min()), int(touched[:, 0].max())
    lines = touched[:, 1] // sites_per_line(lattice)
    total: NDArray[np.float64] | None = None
    for number, disorder in enumerate(wire.disorders):
        if not isinstance(disorder, RandomFlux) or not disorder.random:
            continue
        address = Address(wire.key(seed, number), numbers, first, last - first)
        steps = disorder.turns(lattice, address)
        reached = np.cumsum(np.pad(steps, ((1, 0), (0, 0), (0, 0))), axis=0)
        here = -reached[touched[:, 0] - first, lines].T
        total = here if total is None else total + here
    return None if total is None else phase_factor(total)
