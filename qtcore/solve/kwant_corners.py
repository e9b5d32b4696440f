"""Samples of a Kwant system eliminated eight at a time: amplitudes between leads, with their errors."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import Matrix, SystemMatrices
from qtcore.solve.contacts import Contact
from qtcore.solve.elimination import size
from qtcore.solve.front import Room, corner, room_for
from qtcore.solve.front_order import Border, Order, order_of, swept
from qtcore.solve.kwant_leads import attached
from qtcore.units import LANES

_kept: "WeakKeyDictionary[KwantEnsemble, dict[Any, Any]]" = WeakKeyDictionary()
"""What was made of an ensemble: it is the same for all blocks of a point, and for all energies."""

_MOST_KEPT = 8

CHANGE = 2.0**-49
"""Size of the changes of a sample relative to an element: eight rounding errors, as in `doubt`."""


class Amplitudes(NamedTuple):
    """What samples do to waves from some leads.

    Attributes
    ----------
    S : (sample, outgoing mode, incoming mode) complex array
        Amplitudes, the modes of all leads and of those asked for one behind the other.
    growth : (sample,) float array
        Square of the factor by which rounding errors were amplified, at most.
    cancelled : (sample,) float array
        Square of the factor by which the wave of a lead was smaller than its parts, at most.
    parts : (sample, lead, lead) float array
        Sum of the squares of all that was added up to the amplitudes from one lead to another.
    channels : (lead,) int array
        Open modes of each lead.
    delicate : bool
        Whether the waves of a lead feel rounding errors of the energy.
    velocity_error : float
        By how much rounding errors of the energy change the slowest wave, relative to it.
    """

    S: Matrix
    growth: NDArray[np.float64]
    cancelled: NDArray[np.float64]
    parts: NDArray[np.float64]
    channels: NDArray[np.intp]
    delicate: bool
    velocity_error: float


class _Plan(NamedTuple):
    """An elimination of all samples with the same elements, at one energy.

    Attributes
    ----------
    order : Order
        The elimination.
    room : Room
        Its memory.
    contacts : tuple of Contact
        The leads.
    place : sparse (D, D) array
        Where an element of H is among those of the order, counted from 1.
    """

    order: Order
    room: Room
    contacts: tuple[Contact, ...]
    place: Any


def amplitudes(
    ensemble: KwantEnsemble,
    energy: float,
    realizations: Sequence[int],
    seed: int,
    incoming: Sequence[int],
    nudge: float = 0.0,
    shake: int = 0,
) -> Amplitudes:
    """Return the amplitudes of all outgoing modes for waves from some leads.

    Parameters
    ----------
    ensemble : KwantEnsemble
        The samples.
    energy : float
        In the unit of the system's own energies.
    realizations : sequence of int
        Numbers of the samples.
    seed : int
        Seed of the ensemble.
    incoming : sequence of int
        Leads that waves come from.
    nudge : float
        By how many of its rounding errors the leads' energy is moved.
    shake : int
        Number of the changes of the samples by rounding errors, or 0 for none.

    Raises
    ------
    InputError
        If a sample is none, or no mode is open in any lead.
    """
    if ensemble.params_of is not None:
        number = realizations[0]
        _remembered(ensemble, "repeats", lambda: _refuse_unless_repeated(ensemble, number, seed))
    parts = []
    for first in range(0, len(realizations), LANES):
        numbers = realizations[first : first + LANES]
        parts.append(_of_group(ensemble, energy, numbers, seed, tuple(incoming), nudge, shake))
    return Amplitudes(
        np.concatenate([part.S for part in parts]),
        np.concatenate([part.growth for part in parts]),
        np.concatenate([part.cancelled for part in parts]),
        np.concatenate([part.parts for part in parts]),
        parts[0].channels,
        any(part.delicate for part in parts),
        max(part.velocity_error for part in parts),
    )


def _refuse_unless_repeated(ensemble: KwantEnsemble, number: int, seed: int) -> bool:
    """Raise InputError unless a sample is the same one when it is asked for again."""
    one, other = (ensemble.sample(number, seed).matrices for _ in range(2))
    leads = zip(one.leads, other.leads, strict=True)
    if _same(one.H, other.H) and all(
        np.array_equal(a, b, equal_nan=True) for both in leads for a, b in zip(*both, strict=True)
    ):
        return True
    raise InputError(
        f"realization {number} of seed {seed} is another system when it is asked for again: "
        "params_of, or a value function, draws numbers that do not follow from seed and "
        "realization; make them by np.random.default_rng([seed, realization])"
    )


def _same(H: Any, other: Any) -> bool:
    return H.shape == other.shape and not np.any((H - other).data)


def _of_group(
    ensemble: KwantEnsemble,
    energy: float,
    numbers: Sequence[int],
    seed: int,
    incoming: tuple[int, ...],
    nudge: float,
    shake: int,
) -> Amplitudes:
    """Solve up to eight samples, those with the same elements together."""
    samples = [ensemble.sample(number, seed).matrices for number in numbers]
    alike: dict[Any, list[int]] = {}
    for lane, matrices in enumerate(samples):
        key = () if ensemble.params_of is None else _structure(matrices)
        alike.setdefault(key, []).append(lane)
    found: Amplitudes | None = None
    for key, lanes in alike.items():
        matrices = samples[lanes[0]]
        plan = _plan(ensemble, key, matrices, energy, incoming, nudge)
        filled = [*lanes, *lanes[:1] * (LANES - len(lanes))]
        if ensemble.params_of is None:
            values = _shared_values(ensemble, plan, matrices, energy, incoming, nudge).copy()
        else:
            each = [_values(plan, samples[lane], energy, incoming) for lane in filled]
            values = np.ascontiguousarray(np.stack(each, axis=2))
        for part in ensemble.entries(matrices, [numbers[lane] for lane in filled], seed):
            place = np.asarray(plan.place[part.rows, part.columns]).ravel()
            # Orbitals that no lead is connected to are not eliminated, and have no place.
            there = place > 0
            at, added = place[there] - 1, part.values[there]
            values[at, 0] -= added.real
            values[at, 1] -= added.imag
        if shake:
            _shake(values, plan.order, matrices.H.shape[0], shake)
        unit = max(size(contact.lead.v) for contact in plan.contacts)
        left = corner(plan.order.program, values, unit, plan.room)
        S = left.found - _direct(plan.contacts, incoming)
        channels = np.array([contact.channels for contact in plan.contacts])
        modes = [contact.lead.modes for contact in plan.contacts]
        delicate = any(one.delicate for one in modes)
        error = max(one.velocity_error for one in modes)
        if found is None:
            S_all, growth, cancelled, parts = (
                np.empty((len(numbers), *one.shape[1:]), one.dtype) for one in (S, *left[1:])
            )
            found = Amplitudes(S_all, growth, cancelled, parts, channels, delicate, error)
        if not np.array_equal(channels, found.channels):
            raise InputError(
                "the samples of an ensemble must have the same number of open modes in each lead; "
                f"realization {numbers[0]} has {found.channels.tolist()}, realization "
                f"{numbers[lanes[0]]} has {channels.tolist()}: params_of changes the leads"
            )
        for kept, new in zip(found[:4], (S, *left[1:]), strict=True):
            kept[lanes] = new[: len(lanes)]
        found = found._replace(
            delicate=found.delicate or delicate, velocity_error=max(found.velocity_error, error)
        )
    assert found is not None
    return found


def _shake(values: NDArray[np.float64], order: Order, D: int, times: int) -> None:
    """Change all elements of Z by some rounding errors, the same in every sample; see `doubt`."""
    rows, columns = order.entry_rows, order.entry_columns
    inside, on_diagonal = (rows < D) & (columns < D), rows == columns
    beside = np.flatnonzero(inside & ~on_diagonal)
    size_of = np.hypot(values[inside, 0], values[inside, 1])
    of_row = np.zeros((D, values.shape[2]))
    np.add.at(of_row, rows[inside], size_of)
    rng = np.random.default_rng(times)
    # The two elements of a bond follow each other, and stay each other's conjugates.
    factor = np.repeat(rng.standard_normal(len(beside) // 2), 2)
    values[beside] *= 1 + CHANGE * factor[:, None, None]
    own = np.flatnonzero(on_diagonal)
    shift = rng.standard_normal(len(own))[:, None]
    values[own, 0] += CHANGE * shift * of_row[rows[own]]


def _structure(matrices: SystemMatrices) -> bytes:
    """Return what samples must share to be eliminated together: leads, and where H has elements."""
    digest = hashlib.blake2b(digest_size=16)
    for lead in matrices.leads:
        for part in lead:
            digest.update(part.tobytes())
    digest.update(matrices.H.indptr.tobytes())
    digest.update(matrices.H.indices.tobytes())
    return digest.digest()


def _remembered(ensemble: KwantEnsemble, key: Any, make: Callable[[], Any]) -> Any:
    """Return what was made for an ensemble before; the latest ones are kept."""
    kept = _kept.setdefault(ensemble, {})
    if key not in kept:
        made = make()
        while len(kept) >= _MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        kept[key] = made
    return kept[key]


def _plan(
    ensemble: KwantEnsemble,
    key: Any,
    matrices: SystemMatrices,
    energy: float,
    incoming: tuple[int, ...],
    nudge: float,
) -> _Plan:
    contacts = attached(matrices.leads, energy, nudge)
    channels = tuple(contact.channels for contact in contacts)

    def make() -> tuple[Order, Any]:
        D = matrices.H.shape[0]
        pattern = _ones(matrices.H)
        for rows, columns in ensemble.elements(matrices):
            pattern = pattern + sparse.csr_array((np.ones(len(rows)), (rows, columns)), (D, D))
        pattern = sparse.csr_array(pattern + pattern.T)
        border = _border(matrices, channels, incoming)
        order = order_of(pattern, border, _start(pattern, border, incoming))
        inside = (order.entry_rows < D) & (order.entry_columns < D)
        at = order.entry_rows[inside], order.entry_columns[inside]
        numbers = np.flatnonzero(inside) + 1
        return order, sparse.csr_array((numbers, at), shape=(D, D))

    of_thread = threading.get_ident()
    order, place = _remembered(ensemble, (key, channels, incoming), make)
    room = _remembered(
        ensemble, (key, channels, incoming, of_thread), lambda: room_for(order.program)
    )
    return _Plan(order, room, contacts, place)


def _ones(H: Any) -> Any:
    """Return where H has elements, zeros among them."""
    return sparse.csr_array((np.ones(len(H.data)), H.indices, H.indptr), shape=H.shape)


def _border(matrices: SystemMatrices, channels: Sequence[int], incoming: tuple[int, ...]) -> Border:
    sources = [N if lead in incoming else 0 for lead, N in enumerate(channels)]
    return Border([lead.interface for lead in matrices.leads], _runs(channels), _runs(sources))


def _runs(sizes: Sequence[int]) -> list[NDArray[np.intp]]:
    """Return consecutive numbers, so many for each."""
    return [np.arange(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]


def _start(pattern: Any, border: Border, incoming: tuple[int, ...]) -> int:
    """Return the lead to start from: where the waves come from is the end, where it costs least."""
    leads = range(len(border.interfaces))
    able = [lead for lead in leads if lead not in incoming] or list(leads)

    def work(lead: int) -> int:
        shells = swept(pattern, [border.interfaces[lead], *border.interfaces])
        sizes = np.array([len(shell) for shell in shells], dtype=np.int64)
        return int((sizes[:-1] * sizes[1:] ** 2).sum() if len(sizes) > 1 else 0)

    return min(able, key=work)


def _shared_values(
    ensemble: KwantEnsemble,
    plan: _Plan,
    matrices: SystemMatrices,
    energy: float,
    incoming: tuple[int, ...],
    nudge: float,
) -> NDArray[np.float64]:
    """Return the elements that all samples share, (entry, 2, LANES)."""

    def make() -> NDArray[np.float64]:
        values = _values(plan, matrices, energy, incoming)
        return np.repeat(values[:, :, None], LANES, axis=2)

    found: NDArray[np.float64] = _remembered(ensemble, (energy, incoming, nudge), make)
    return found


def _values(
    plan: _Plan, matrices: SystemMatrices, energy: float, incoming: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the elements of Z, W and R in the order of the elimination, (entry, 2)."""
    D = matrices.H.shape[0]
    Z = energy * sparse.eye_array(D, dtype=np.complex128, format="coo") - matrices.H
    parts = [(Z.tocoo().data, *Z.tocoo().coords)]
    row, column = D, D
    for number, (lead, contact) in enumerate(zip(matrices.leads, plan.contacts, strict=True)):
        a, N = lead.interface, contact.channels
        modes = row + np.arange(N)
        parts.append((-contact.sigma.ravel(), np.repeat(a, len(a)), np.tile(a, len(a))))
        parts.append((contact.read.ravel(), np.repeat(modes, len(a)), np.tile(a, N)))
        row += N
        if number in incoming:
            modes = column + np.arange(N)
            parts.append((contact.source.ravel(), np.repeat(a, N), np.tile(modes, len(a))))
            column += N
    values, rows, columns = (np.concatenate(every) for every in zip(*parts, strict=True))
    whole = sparse.csr_array((values, (rows, columns)), shape=(row, column))
    found = np.asarray(whole[plan.order.entry_rows, plan.order.entry_columns]).ravel()
    return np.stack([found.real, found.imag], axis=1)


def _direct(contacts: Sequence[Contact], incoming: tuple[int, ...]) -> Matrix:
    """Return what is to be taken off the amplitudes: the incoming modes themselves."""
    blocks = [
        [one.direct if i == j else np.zeros((one.channels, contacts[j].channels)) for j in incoming]
        for i, one in enumerate(contacts)
    ]
    return np.asarray(np.block(blocks), dtype=np.complex128)
