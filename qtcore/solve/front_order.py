"""The order in which orbitals between any number of leads are eliminated, and what meets at each.

Z = E - H - Sigma with the sources W of the leads beside it and what reads the outgoing modes below,

    ( Z  W )
    ( R  0 ),

leaves -R Z^-1 W in its corner when all orbitals are eliminated. A front sweeps through the sample
from one lead on. Orbitals enter it when the first of their neighbours is eliminated, and only what
is in the front, a dense matrix, is ever touched. Rows and columns of a lead are in it from the lead
on. Which ones those are does not depend on any number, so it is found once for all samples.

Irons, Int. J. Numer. Methods Eng. 2, 5 (1970); Cuthill and McKee, Proc. 24th ACM Conf., 157 (1969).
"""

import heapq
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Numbers = NDArray[np.int64]


class Program(NamedTuple):
    """What an elimination does, step by step, in places of the front.

    The front has `height` rows and `width` columns: places of orbitals, then those of the reading
    rows and of the source columns, lead by lead.

    Attributes
    ----------
    pivots : (step,) int array
        Place of the orbital that is eliminated.
    fresh, fresh_at : int arrays
        Places of the orbitals that enter, those of step k from fresh_at[k] to fresh_at[k + 1].
    entries, entry_at : int arrays
        Where elements of the matrix are added, row * width + column, step by step.
    rows, row_at, columns, column_at : int arrays
        Rows that the pivot's column reaches and columns that its row reaches, orbitals first.
    orbitals : (step,) int array
        How many of the rows are orbitals, and as many of the columns.
    looks : (step,) bool array
        After which of them the waves on the front are looked at.
    lead_of_row, lead_of_column : int arrays
        The lead of each reading row and of each source column.
    height, width, leads : int
        Sizes.
    """

    pivots: Numbers
    fresh: Numbers
    fresh_at: Numbers
    entries: Numbers
    entry_at: Numbers
    rows: Numbers
    row_at: Numbers
    columns: Numbers
    column_at: Numbers
    orbitals: Numbers
    looks: NDArray[np.bool_]
    lead_of_row: Numbers
    lead_of_column: Numbers
    height: int
    width: int
    leads: int

    @property
    def places(self) -> int:
        """Places of orbitals."""
        return self.height - len(self.lead_of_row)


class Order(NamedTuple):
    """An elimination of a matrix.

    Attributes
    ----------
    program : Program
        Its steps.
    entry_rows, entry_columns : (entry,) int arrays
        The elements of the matrix that are added, in this order: of D orbitals, then reading rows or
        source columns.
    """

    program: Program
    entry_rows: Numbers
    entry_columns: Numbers


class Border(NamedTuple):
    """The leads, as they stand beside and below the matrix.

    Attributes
    ----------
    interfaces : list of int arrays
        The orbitals that each lead touches.
    reads, sources : list of int arrays
        The reading rows and the source columns of each lead, counted from 0; those may be none.
    """

    interfaces: Sequence[NDArray[np.intp]]
    reads: Sequence[NDArray[np.intp]]
    sources: Sequence[NDArray[np.intp]]


def order_of(pattern: Any, border: Border, start: int) -> Order:
    """Return the elimination of all orbitals that a lead is connected to.

    Parameters
    ----------
    pattern : (D, D) sparse array
        Where H, with its disorder, has elements; symmetric.
    border : Border
        The leads.
    start : int
        The lead that the front starts from; the last ones cost least.
    """
    sequence = np.concatenate(swept(pattern, [border.interfaces[start], *border.interfaces]))
    position = np.full(pattern.shape[0], -1, dtype=np.int64)
    position[sequence] = np.arange(len(sequence))
    later = _later_neighbours(pattern, border.interfaces, sequence, position)
    return _written(pattern.shape[0], _filled(later), later, sequence, border)


def swept(pattern: Any, starts: Sequence[NDArray[np.intp]]) -> list[NDArray[np.intp]]:
    """Return the orbitals that some others are connected to, shell by shell, those themselves first.

    Of several sets to start from, those come later that the earlier ones have not reached.
    """
    pattern = sparse.csr_array(pattern)
    waiting = np.ones(pattern.shape[0], dtype=np.bool_)
    shells = []
    for start in starts:
        shell = np.unique(start[waiting[start]])
        while len(shell):
            waiting[shell] = False
            shells.append(shell)
            near = pattern[shell].indices
            near = near[waiting[near]]
            found, first = np.unique(near, return_index=True)
            shell = found[np.argsort(first, kind="stable")]
    return shells


def _later_neighbours(
    pattern: Any,
    interfaces: Sequence[NDArray[np.intp]],
    sequence: NDArray[np.intp],
    position: NDArray[np.int64],
) -> list[set[int]]:
    """Return the neighbours of each step that are eliminated later, self-energies included."""
    matrix = sparse.csr_array(pattern)
    later: list[set[int]] = []
    for k, orbital in enumerate(sequence):
        near = position[matrix.indices[matrix.indptr[orbital] : matrix.indptr[orbital + 1]]]
        later.append(set(near[near > k].tolist()))
    for interface in interfaces:
        places = np.sort(position[interface]).tolist()
        for n, k in enumerate(places):
            later[k].update(places[n + 1 :])
    return later


def _filled(later: list[set[int]]) -> list[list[int]]:
    """Return what each step reaches in what the steps before it have left."""
    reached: list[set[int]] = [set(near) for near in later]
    found: list[list[int]] = []
    for k, near in enumerate(reached):
        near.discard(k)
        found.append(sorted(near))
        if near:
            reached[found[-1][0]] |= near
        reached[k] = set()
    return found


class _Flat:
    """Lists of numbers, one behind the other."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.at = [0]

    def add(self, numbers: Sequence[int]) -> None:
        """Add one more list."""
        self.numbers.extend(numbers)
        self.at.append(len(self.numbers))

    @property
    def arrays(self) -> tuple[Numbers, Numbers]:
        """All numbers, and where each list begins and the last one ends."""
        return np.array(self.numbers, dtype=np.int64), np.array(self.at, dtype=np.int64)


def _looks(in_row: list[int]) -> NDArray[np.bool_]:
    """Return after which steps to look: once in half a front, not at the end, where it dissolves."""
    found = np.zeros(len(in_row), dtype=np.bool_)
    step, most = 0, max(in_row)
    while step < len(in_row) - most:
        found[step] = True
        step += max(1, in_row[step] // 2)
    return found


def _places(reached: list[list[int]]) -> tuple[list[int], _Flat, int]:
    """Return the place of each step's orbital on the front, those that enter, and how many places."""
    place = [-1] * len(reached)
    free: list[int] = []
    places = 0
    fresh = _Flat()
    for k, near in enumerate(reached):
        entering = [v for v in (k, *near) if place[v] < 0]
        for v in entering:
            place[v] = heapq.heappop(free) if free else places
            places = max(places, place[v] + 1)
        fresh.add([place[v] for v in entering])
        heapq.heappush(free, place[k])
    return place, fresh, places


def _touching(reached: list[list[int]], own: list[list[int]]) -> list[list[int]]:
    """Return the leads whose waves have come to each step's orbital."""
    touched = [set(leads) for leads in own]
    for k, near in enumerate(reached):
        if near:
            touched[near[0]] |= touched[k]
    return [sorted(leads) for leads in touched]


def _numbers(lists: Sequence[NDArray[np.intp]], first: int) -> list[list[int]]:
    """Return the rows or columns of each lead, counted from `first`."""
    return [(first + numbers).tolist() for numbers in lists]


def _written(
    D: int,
    reached: list[list[int]],
    later: list[set[int]],
    sequence: NDArray[np.intp],
    border: Border,
) -> Order:
    """Return the program of an elimination whose fill is known."""
    at = {int(orbital): k for k, orbital in enumerate(sequence)}
    own: list[list[int]] = [[] for _ in sequence]
    for lead, interface in enumerate(border.interfaces):
        for orbital in interface.tolist():
            own[at[orbital]].append(lead)
    touching = _touching(reached, own)
    place, fresh, places = _places(reached)
    # A reading row or source column n stands behind the places, and behind the D orbitals, at D + n.
    reads, sources = _numbers(border.reads, places), _numbers(border.sources, places)
    rows, columns = _Flat(), _Flat()
    spots: list[tuple[int, int]] = []
    of_matrix: list[tuple[int, int]] = []
    entry_at = [0]
    for k, near in enumerate(reached):
        mine = [place[v] for v in near]
        rows.add([*mine, *(r for lead in touching[k] for r in reads[lead])])
        columns.add([*mine, *(c for lead in touching[k] for c in sources[lead])])
        here, p = int(sequence[k]), place[k]
        spots.append((p, p))
        of_matrix.append((here, here))
        for v in sorted(later[k]):
            there, q = int(sequence[v]), place[v]
            spots += [(p, q), (q, p)]
            of_matrix += [(here, there), (there, here)]
        for lead in own[k]:
            spots += [(r, p) for r in reads[lead]]
            of_matrix += [(D + r - places, here) for r in reads[lead]]
            spots += [(p, c) for c in sources[lead]]
            of_matrix += [(here, D + c - places) for c in sources[lead]]
        entry_at.append(len(spots))
    width = places + sum(map(len, border.sources))
    where, matrix = (np.array(pairs, dtype=np.int64).reshape(-1, 2) for pairs in (spots, of_matrix))
    orbitals = [len(near) for near in reached]
    program = Program(
        np.array(place, dtype=np.int64),
        *fresh.arrays,
        where[:, 0] * width + where[:, 1],
        np.array(entry_at, dtype=np.int64),
        *rows.arrays,
        *columns.arrays,
        np.array(orbitals, dtype=np.int64),
        _looks(orbitals),
        np.repeat(np.arange(len(border.reads)), [len(one) for one in border.reads]),
        np.repeat(np.arange(len(border.sources)), [len(one) for one in border.sources]),
        height=places + sum(map(len, border.reads)),
        width=width,
        leads=len(border.interfaces),
    )
    return Order(program, matrix[:, 0].copy(), matrix[:, 1].copy())
