"""Elimination by a front for eight samples side by side; see `front_order`.

Pivots are taken as they come. A small one makes what is left large, and of that a later small pivot may
be the difference. So the largest number that was added so far, over the pivot, bounds by how much
rounding errors are amplified; most of the time they are far less, and who asks decides. What cancels
is noted too: when waves from one lead to another are added up, and on the way, where the whole wave of
a lead is far smaller than what it was added up from.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES, aligned, fma, larger, load, negative, splat, store
from qtcore.solve.front_order import Program

Matrix = NDArray[np.complexfloating]

SHALLOW = 1e-260
"""Of T, down to which its parts are known too: their squares still are numbers."""

LEAST = 2.0**-1000
"""Square of a wave of which nothing is left."""


class Corner(NamedTuple):
    """What eliminations leave.

    Attributes
    ----------
    found : (sample, row, column) complex array
        R Z^-1 W, reading rows and source columns lead by lead.
    growth : (sample,) float array
        Square of the factor by which rounding errors were amplified, at most.
    cancelled : (sample,) float array
        Square of the factor by which the wave of a lead was smaller than its parts, at most.
    parts : (sample, lead, lead) float array
        Sum of the squares of all that was added up to the block of two leads.
    """

    found: Matrix
    growth: NDArray[np.float64]
    cancelled: NDArray[np.float64]
    parts: NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy")
def _update(front, width, pivot_row, rows, first_row, stop_row, columns, first, stop, factors):
    """Add factors of some rows times the pivot's row to those rows, in some columns."""
    for i in range(first_row, stop_row - 1, 2):
        n = 2 * (i - first_row)
        a, b = load(factors, n), load(factors, n + 1)
        c, d = load(factors, n + 2), load(factors, n + 3)
        minus_b, minus_d = negative(b), negative(d)
        one, other = rows[i] * width, rows[i + 1] * width
        for j in range(first, stop):
            column = columns[j]
            u, v = load(front, 2 * (pivot_row + column)), load(front, 2 * (pivot_row + column) + 1)
            at = 2 * (one + column)
            store(front, at, fma(a, u, fma(minus_b, v, load(front, at))))
            store(front, at + 1, fma(a, v, fma(b, u, load(front, at + 1))))
            at = 2 * (other + column)
            store(front, at, fma(c, u, fma(minus_d, v, load(front, at))))
            store(front, at + 1, fma(c, v, fma(d, u, load(front, at + 1))))
    if (stop_row - first_row) % 2 == 1:
        n = 2 * (stop_row - 1 - first_row)
        a, b = load(factors, n), load(factors, n + 1)
        minus_b, one = negative(b), rows[stop_row - 1] * width
        for j in range(first, stop):
            column = columns[j]
            u, v = load(front, 2 * (pivot_row + column)), load(front, 2 * (pivot_row + column) + 1)
            at = 2 * (one + column)
            store(front, at, fma(a, u, fma(minus_b, v, load(front, at))))
            store(front, at + 1, fma(a, v, fma(b, u, load(front, at + 1))))


@njit(nogil=True, cache=True, error_model="numpy")
def _wave(program, front, places, rows, columns, leads, passing, cancelled):
    """Compare the waves of all leads on the front with what they were added up from since last time.

    `rows` and `columns` are (start, first of a lead, stop) in the program's lists. `passing` holds the
    squares of the parts, of the leads' rows and then of their columns, and gets those of the waves.
    """
    width, zero = program.width, splat(0.0)
    for lead in range(leads):
        norm = other = zero
        for i in range(rows[1], rows[2]):
            if program.lead_of_row[program.rows[i] - places] == lead:
                for j in range(columns[0], columns[1]):
                    at = 2 * (program.rows[i] * width + program.columns[j])
                    a, b = load(front, at), load(front, at + 1)
                    norm = fma(a, a, fma(b, b, norm))
        for j in range(columns[1], columns[2]):
            if program.lead_of_column[program.columns[j] - places] == lead:
                for i in range(rows[0], rows[1]):
                    at = 2 * (program.rows[i] * width + program.columns[j])
                    a, b = load(front, at), load(front, at + 1)
                    other = fma(a, a, fma(b, b, other))
        # Before a wave has come both are zero, and their ratio is none.
        cancelled = larger(cancelled, load(passing, lead) / (norm + splat(LEAST)))
        cancelled = larger(cancelled, load(passing, leads + lead) / (other + splat(LEAST)))
        store(passing, lead, norm)
        store(passing, leads + lead, other)
    return cancelled


@njit(nogil=True, cache=True, error_model="numpy")
def _enter(program, values, front, k):
    """Clear the places of the orbitals that enter at step k, and add its elements of the matrix."""
    width, zero = program.width, splat(0.0)
    for n in range(program.fresh_at[k], program.fresh_at[k + 1]):
        place = program.fresh[n]
        for m in range(2 * place * width, 2 * (place + 1) * width):
            store(front, m, zero)
        for r in range(program.height):
            store(front, 2 * (r * width + place), zero)
            store(front, 2 * (r * width + place) + 1, zero)
    for n in range(program.entry_at[k], program.entry_at[k + 1]):
        at = 2 * program.entries[n]
        store(front, at, load(front, at) + load(values, 2 * n))
        store(front, at + 1, load(front, at + 1) + load(values, 2 * n + 1))


@njit(nogil=True, cache=True, error_model="numpy")
def _add_parts(program, front, pivot_row, rows, columns, factors, sums, passing, parts):
    """Add the squares of what a step adds to the waves of the leads, and to their blocks.

    `rows` and `columns` are (start, first of a lead, stop) in the program's lists.
    """
    leads, zero = program.leads, splat(0.0)
    places = program.height - len(program.lead_of_row)
    for lead in range(2 * leads):
        store(sums, lead, zero)
    from_left = to_right = zero
    for i in range(rows[0], rows[1]):
        a, b = load(factors, 2 * (i - rows[0])), load(factors, 2 * (i - rows[0]) + 1)
        from_left = fma(a, a, fma(b, b, from_left))
    for j in range(columns[0], columns[1]):
        at = 2 * (pivot_row + program.columns[j])
        a, b = load(front, at), load(front, at + 1)
        to_right = fma(a, a, fma(b, b, to_right))
    for i in range(rows[1], rows[2]):
        n = program.lead_of_row[program.rows[i] - places]
        a, b = load(factors, 2 * (i - rows[0])), load(factors, 2 * (i - rows[0]) + 1)
        store(sums, n, fma(a, a, fma(b, b, load(sums, n))))
    for j in range(columns[1], columns[2]):
        n = leads + program.lead_of_column[program.columns[j] - places]
        at = 2 * (pivot_row + program.columns[j])
        a, b = load(front, at), load(front, at + 1)
        store(sums, n, fma(a, a, fma(b, b, load(sums, n))))
    for i in range(leads):
        store(passing, i, fma(load(sums, i), to_right, load(passing, i)))
        n = leads + i
        store(passing, n, fma(load(sums, n), from_left, load(passing, n)))
        for j in range(leads):
            n = i * leads + j
            product = load(sums, i) * load(sums, leads + j)
            store(parts, n, load(parts, n) + product)


@njit(nogil=True, cache=True, error_model="numpy")
def _eliminate(program, values, unit, front, factors, sums, passing, growth, parts):
    """Eliminate all orbitals of a group; `front` keeps the corner in its last rows and columns.

    `values` holds the elements of the matrix, real and imaginary lane vectors in the order of the
    program's entries, of which `unit` is a coupling. `factors` has room for two vectors for each row, `sums` for two for each lead.
    """
    zero, one = splat(0.0), splat(1.0)
    width, height, leads = program.width, program.height, program.leads
    places = height - len(program.lead_of_row)
    for r in range(places, height):
        for n in range(2 * (r * width + places), 2 * (r + 1) * width):
            store(front, n, zero)
    grown, cancelled, most = zero, zero, splat(unit * unit)
    for n in range(2 * leads):
        store(passing, n, zero)
    for n in range(leads * leads):
        store(parts, n, zero)
    for k in range(len(program.pivots)):
        _enter(program, values, front, k)
        pivot_row = program.pivots[k] * width
        at = 2 * (pivot_row + program.pivots[k])
        a, b = load(front, at), load(front, at + 1)
        square = fma(a, a, b * b)
        inverse = one / square
        grown = larger(grown, most * inverse)
        # Minus the inverse of the pivot.
        re, im = negative(a * inverse), b * inverse
        minus_im = negative(im)
        start, stop = program.row_at[k], program.row_at[k + 1]
        lead_rows = start + program.orbitals[k]
        largest = zero
        for i in range(start, stop):
            at = 2 * (program.rows[i] * width + program.pivots[k])
            a, b = load(front, at), load(front, at + 1)
            c, d = fma(re, a, minus_im * b), fma(re, b, im * a)
            store(factors, 2 * (i - start), c)
            store(factors, 2 * (i - start) + 1, d)
            if i < lead_rows:
                largest = larger(largest, fma(c, c, d * d))
        # What is added to the others: their factor times the pivot times their factor.
        most = larger(most, largest * largest * square)
        first, end = program.column_at[k], program.column_at[k + 1]
        _update(
            *(front, width, pivot_row, program.rows, start, stop),
            *(program.columns, first, end, factors),
        )
        lead_columns = first + program.orbitals[k]
        if lead_columns < end or lead_rows < stop:
            rows, columns = (start, lead_rows, stop), (first, lead_columns, end)
            _add_parts(program, front, pivot_row, rows, columns, factors, sums, passing, parts)
            if program.looks[k]:
                cancelled = _wave(program, front, places, rows, columns, leads, passing, cancelled)
    store(growth, 0, grown)
    store(growth, 1, cancelled)


class Room(NamedTuple):
    """Memory of an elimination, for one group after the other."""

    front: NDArray[np.float64]
    factors: NDArray[np.float64]
    sums: NDArray[np.float64]
    passing: NDArray[np.float64]
    growth: NDArray[np.float64]
    parts: NDArray[np.float64]


def room_for(program: Program) -> Room:
    """Return memory for an elimination."""
    most_rows = int(np.diff(program.row_at).max(initial=1)) + 1
    sizes = (
        2 * program.height * program.width,
        2 * most_rows,
        2 * program.leads,
        2 * program.leads,
        2,
        program.leads**2,
    )
    return Room(*(aligned(max(1, size)) for size in sizes))


def corner(program: Program, values: NDArray[np.float64], unit: float, room: Room) -> Corner:
    """Eliminate the orbitals of eight samples.

    Parameters
    ----------
    program : Program
        What is done.
    values : (entry, 2, LANES) float array
        Elements of the matrix, real and imaginary parts, in the order of the program's entries.
    unit : float
        A coupling of the sample, in the unit of its energies.
    room : Room
        From `room_for`, written over.
    """
    _eliminate(program, values.ravel(), unit, *room)
    places, (rows, columns) = (
        program.places,
        (len(program.lead_of_row), len(program.lead_of_column)),
    )
    front = room.front.reshape(program.height, program.width, 2, LANES)[places:, places:]
    left = np.empty((*front.shape[:2], LANES), dtype=np.complex128)
    left.real, left.imag = front[:, :, 0], front[:, :, 1]
    parts = room.parts.reshape(program.leads, program.leads, LANES)
    growth, cancelled = room.growth.reshape(2, LANES).copy()
    return Corner(
        -np.moveaxis(left, 2, 0).reshape(LANES, rows, columns),
        growth,
        cancelled,
        np.ascontiguousarray(np.moveaxis(parts, 2, 0)),
    )


def lost(
    growth: NDArray[np.float64],
    cancelled: NDArray[np.float64],
    parts: NDArray[np.float64],
    T: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return by how much rounding errors of T may have been amplified, at most.

    Infinite where T is so small that its parts are not known, as if all of it were in doubt. `growth`
    and `cancelled` are those of a `Corner`, (sample,); T and its `parts` are (sample, ...).
    """
    own = np.sqrt(1 + growth + cancelled)
    of_parts = np.sqrt(np.maximum(parts, T) / T)
    every = own.reshape(-1, *(1,) * (T.ndim - 1)) * of_parts
    return np.where(T > SHALLOW, every, np.inf)
