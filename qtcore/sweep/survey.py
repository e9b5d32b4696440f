"""What the points of a sweep are like: open channels, kind of wire, whose disorder they share."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.disorder import Box
from qtcore.model.nambu import OrbitalSpace
from qtcore.model.structure import TunnelContact
from qtcore.model.terminals import Bar, sample_of
from qtcore.model.wire import Wire
from qtcore.solve.choice import choose, obstacle
from qtcore.solve.contacts import lead_at, leads_of
from qtcore.solve.energies import zero_stays
from qtcore.solve.passage import refuse_unless_passing
from qtcore.solve.scattering import open_channels
from qtcore.solve.separation import separated
from qtcore.solve.terminal_transfer import is_carried
from qtcore.sweep.build import is_random
from qtcore.sweep.invariants import invariants_in, need_leads, refuse_unless_invariants_fit
from qtcore.sweep.kind import Kind
from qtcore.sweep.leads import refuse_unless_leads_fit, refuse_unless_of_wires
from qtcore.sweep.pairing import refuse_unless_normal, refuse_unless_they_fit
from qtcore.sweep.point import energy, settings
from qtcore.sweep.readings import names_in
from qtcore.sweep.resolved import RESOLVED, refuse_unless_resolved
from qtcore.sweep.spec import Point, Sweep

MOST_PROBES = 16
"""So many points of a user's own function are timed, at most."""


@dataclass(frozen=True)
class Survey:
    """Facts about each point, in C order.

    Attributes
    ----------
    kinds : tuple of Kind
        What a realization costs like.
    keys : tuple of bytes
        Equal where points have the same disorder, realization by realization; empty where nothing
        is random or nothing is known.
    families : tuple of hashable
        Equal where points gain from being solved together; None where a point is solved alone.
    spaces : frozenset of OrbitalSpace
        The orbitals on a site that wires have where something is computed.
    slices_are_sites : bool
        Whether a slice of every wire is one site long, so that lengths count sites.
    """

    kinds: tuple[Kind, ...]
    keys: tuple[bytes, ...]
    families: tuple[Hashable, ...]
    spaces: frozenset[OrbitalSpace] = frozenset()
    slices_are_sites: bool = True


@lru_cache(maxsize=4)
def survey(sweep: Sweep) -> Survey:
    """Look at every point of a sweep.

    Raises
    ------
    InputError
        If a wire is not allowed.
    """
    if not sweep.is_of_wires:
        timed = tuple(Kind("own", int(n), is_complex=False) for n in probes(sweep))
        return Survey(timed, (b"",) * sweep.points, (None,) * sweep.points)
    known: dict[Hashable, Kind] = {}
    kinds: list[Kind] = []
    keys: list[bytes] = []
    families: list[Hashable] = []
    spaces: set[OrbitalSpace] = set()
    names = names_in(sweep.observables)
    in_sites = True
    for point in sweep.all_points():
        device = sweep.device(point)
        kinds.append(_kind_of(device, names, known))
        keys.append(_key(sample_of(device), sweep.seed))
        families.append(_family(device, sweep.seed))
        if point.realizations:
            spaces.add(sample_of(device).space)
            in_sites &= sample_of(device).lattice.slice_is_one_site_long
    return Survey(tuple(kinds), tuple(keys), tuple(families), frozenset(spaces), in_sites)


def _kind_of(device: Wire | Bar, names: tuple[str, ...], known: dict[Hashable, Kind]) -> Kind:
    """Return what a wire or a bar costs like; wires whose leads were seen before are looked up."""
    if isinstance(device, Bar):
        return _kind_of_bar(device)
    asked = invariants_in(names)
    if "bott_index" in asked or "spin_chern_number" in asked:
        return Kind("closed", len(device.slices().h), is_complex=True)
    if "chern_marker" in asked:
        return Kind("marker", len(device.slices().h), is_complex=True)
    if asked:
        return Kind("recursive", len(device.slices().h), is_complex=True)
    leads = _leads(device)
    if leads not in known:
        known[leads] = _kind(device, resolved=any(name in RESOLVED for name in names))
    return known[leads]


def _kind_of_bar(bar: Bar) -> Kind:
    """Return what a bar costs like: of its slices, and of all components that its other leads touch."""
    touched = sum(bar.components(side).shape[1] for side in bar.sides)
    size = len(bar.wire.slices().h) + touched
    if is_carried(bar):
        return Kind("terminals", size, is_complex=True)
    return Kind("eliminated", size, is_complex=True)


def family(sweep: Sweep, point: Point) -> Hashable:
    """Return the entry of one point in `Survey.families`, without looking at the others."""
    return _family(sweep.device(point), sweep.seed) if sweep.is_of_wires else None


@lru_cache(maxsize=4)
def channels(sweep: Sweep) -> NDArray[np.int32] | None:
    """Return the number of open channels of each point, (*axes); None without wires between leads.

    0 where a point has no realizations: finding the modes of a lead takes long. Bars have a number
    for each of their leads, which is an observable, and closed samples have none.

    Raises
    ------
    InputError
        If a wire is not allowed, has no open channel, or does not fit its lengths, or cannot be
        asked for an observable.
    """
    if not sweep.is_of_wires:
        return None
    known: dict[Hashable, int] = {}
    table = np.zeros(sweep.points, dtype=np.int32)
    leads: tuple[str, ...] | None = None
    for point in (sweep.point(int(number)) for number in np.flatnonzero(sweep.counts)):
        device = sweep.device(point)
        try:
            if isinstance(device, Bar):
                _check_bar(sweep, point, device, leads or device.names)
                leads = device.names
            else:
                table[point.number] = _checked_channels(sweep, point, device, known)
        except InputError as error:
            raise InputError(f"at {point.label}: {error}") from None
    return table.reshape(sweep.grid) if table.any() else None


def _check_bar(sweep: Sweep, point: Point, bar: Bar, leads: tuple[str, ...]) -> None:
    """Refuse a bar that does not fit what is asked, or has other leads than those of other points."""
    if bar.names != leads:
        raise InputError(
            f"its leads are {', '.join(bar.names)}, and those of an earlier point are "
            f"{', '.join(leads)}; the bars of a sweep have leads of the same names in the same order"
        )
    if settings(point).tolerance is not None:
        raise InputError(
            "tolerance is of wires between two leads; bars are solved to a certificate of 1e-6"
        )
    refuse_unless_leads_fit(bar, energy(point), point.lengths, sweep.observables)


def _checked_channels(sweep: Sweep, point: Point, wire: Wire, known: dict[Hashable, int]) -> int:
    """Return the open channels of a wire, 0 if no observable needs any; refuse what does not fit."""
    refuse_unless_of_wires(sweep.observables)
    names, at, asked = names_in(sweep.observables), energy(point), settings(point)
    leads, has_leads = (_leads(wire), at), need_leads(names)
    if has_leads and leads not in known:
        known[leads] = _open_channels(wire, at)
        refuse_unless_resolved(wire, names)
    wire.check_length(point.lengths[-1])
    refuse_unless_invariants_fit(wire, point.lengths, names, asked)
    if has_leads:
        refuse_unless_passing(wire, point.lengths)
    refuse_unless_they_fit(names, wire, at)
    return known[leads] if has_leads else 0


def _open_channels(wire: Wire, at: float) -> int:
    """Return the open channels of a wire at an energy; of a junction those of its normal lead."""
    with zero_stays(at, paired=wire.space.paired):
        if not wire.is_junction:
            return open_channels(wire, at)
        refuse_unless_normal(wire)
        lead = leads_of(wire.slices(), at)[0]
        # It says why there is none.
        return lead_at(lead.h, lead.v, at).modes.channels


def _leads(wire: Wire) -> Hashable:
    """Return what a wire's leads and solver depend on."""
    parts = (
        wire.lattice,
        wire.terms,
        wire.flux,
        wire.field,
        wire.field_in_leads,
        wire.lead_shift,
        tuple((type(disorder), disorder.acts) for disorder in wire.disorders),
        bool(wire.gates),
        tuple(type(part) for part in wire.structure),
        tuple(part.at for part in wire.structure if isinstance(part, TunnelContact)),
        wire.space,
        wire.random_hopping,
    )
    try:
        hash(parts)
    except TypeError:  # a lattice or a term of the user's own
        return id(wire), parts.__repr__()
    return parts


def _kind(wire: Wire, *, resolved: bool) -> Kind:
    """Return what a wire costs like: its largest part, where it is solved part by part.

    A wire that is not, and that is resolved by spin, takes the whole S.
    """
    if wire.is_junction:
        solver = "recursive" if obstacle(wire) else "transfer"
        return Kind(solver, len(wire.slices().h), is_complex=True)
    separation = separated(wire)
    if separation is None:
        if resolved:
            return Kind("recursive", len(wire.slices().h), is_complex=True)
        return _kind_of_part(wire)
    kinds = [_kind_of_part(piece.plain or piece.part) for piece in separation.pieces]
    return max(kinds, key=lambda kind: (kind.size, kind))


def _kind_of_part(wire: Wire) -> Kind:
    solver = choose(wire).method
    if solver == "front":
        return Kind("front", wire.width, is_complex=True)
    if wire.strip is not None:
        return Kind("strip", wire.width * wire.orbitals, is_complex=wire.phase != 0)
    slices = wire.slices()
    is_complex = solver == "recursive" or bool(np.iscomplex(slices.h).any())
    return Kind(solver, len(slices.h), is_complex or bool(np.iscomplex(slices.v).any()))


def _key(wire: Wire, seed: int) -> bytes:
    if not is_random(wire):
        return b""
    return b"".join(wire.key(seed, number).tobytes() for number in range(len(wire.disorders)))


def _family(wire: Wire | Bar, seed: int) -> Hashable:
    """Return what is equal for wires that gain from one potential made for all of them, or None.

    Equal keys are not enough: they say where impurities lie, not how strong they are. Kinds of
    disorder that cannot be compared, of a user's own, are not shared.
    """
    if isinstance(wire, Bar) or not _gains_from_sharing(wire):
        return None
    shared = (_key(wire, seed), wire.disorders)
    try:
        hash(shared)
    except TypeError:
        return None
    return shared


def _gains_from_sharing(wire: Wire) -> bool:
    """Whether wires with the same disorder are solved faster together.

    A strip makes box disorder in its kernel at no cost, and recursive Green's functions take so
    long that it does not matter; elsewhere making the disorder is half of the work and more.
    """
    in_kernel = wire.strip is not None and len(wire.disorders) == 1
    if in_kernel and isinstance(wire.disorders[0], Box):
        return False
    return is_random(wire) and choose(wire).method == "transfer"


def probes(sweep: Sweep) -> NDArray[np.int64]:
    """Return for each point the number of the point that is timed for it, (point,).

    The timed ones are the ends of the longest axes; each point takes the nearest of them.
    """
    corners = np.zeros((1, len(sweep.grid)), dtype=np.int64)
    for axis in np.argsort(sweep.grid)[::-1]:
        if sweep.grid[axis] > 1 and 2 * len(corners) <= MOST_PROBES:
            far = corners.copy()
            far[:, axis] = sweep.grid[axis] - 1
            corners = np.concatenate([corners, far])
    if not sweep.grid:
        return np.zeros(1, dtype=np.int64)
    places = np.stack(np.unravel_index(np.arange(sweep.points), sweep.grid), axis=1)
    extent = np.maximum(np.array(sweep.grid) - 1, 1)
    distance = (np.abs(places[:, None] - corners[None]) / extent).sum(axis=2)
    numbers = np.ravel_multi_index(tuple(corners.T), sweep.grid)
    nearest: NDArray[np.int64] = np.asarray(numbers)[distance.argmin(axis=1)]
    return nearest


def common_axes(sweep: Sweep, keys: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return the axes along which all points have the same disorder, in order."""
    if not any(keys):
        return ()
    table = _numbered(sweep, keys)
    return tuple(
        name
        for axis, name in enumerate(sweep.names)
        if sweep.grid[axis] > 1 and (table == np.take(table, [0], axis=axis)).all()
    )


def partly_common_axes(sweep: Sweep, keys: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return the other axes along which some points have the same disorder, such as some of its cases."""
    whole, table = common_axes(sweep, keys), _numbered(sweep, keys)
    found = []
    for axis, name in enumerate(sweep.names):
        ranks = np.sort(table, axis=axis)
        is_same = (np.diff(ranks, axis=axis) == 0) & (np.delete(ranks, 0, axis=axis) >= 0)
        if name not in whole and is_same.any():
            found.append(name)
    return tuple(found)


def _numbered(sweep: Sweep, keys: tuple[bytes, ...]) -> NDArray[np.int64]:
    """Return a number for each disorder, (*axes); -1 where nothing is random or nothing is known."""
    numbers = {key: n for n, key in enumerate(dict.fromkeys(keys))} | {b"": -1}
    return np.array([numbers[key] for key in keys]).reshape(sweep.grid)
