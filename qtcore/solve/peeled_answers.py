"""What the free unknowns of a peeled slice do, and the conditions that they fulfil; see `peeling`.

*Answers*, one for each free unknown, are carried through a slice once for all columns. They are made
orthonormal in what the conditions, brought to one size, see of them. From any column then that part of its answers is taken
away which makes it fulfil the conditions.

A column may be far smaller behind a slice than on the way through it, by what is taken away, and then
rounding errors count more: the ratio is noted.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.lanes import fma, larger, load, negative, splat, square_root, store
from qtcore.solve.kernel import always_inner, inner
from qtcore.solve.peeled_steps import clear, run_complex, run_real, sums_complex, sums_real
from qtcore.solve.projection import TILE

_LEAST = 1e-300
"""Stands for the squared size of a condition that is zero."""


@always_inner
def _scale(room, first, stride, count, factor):
    """Multiply `count` vectors, `stride` vectors apart."""
    for k in range(count):
        at = first + k * stride
        store(room, at, load(room, at) * factor)


@inner
def answers_real(room, program, section, r, onsite, base, kept):
    """Put the answers of a slice, real lane vectors, to `kept`: conditions, then the interface.

    Returns one and the sum of the squares of what they do to the interface.
    """
    free, begin, end, moved, _ = program.sections[section]
    inputs = 2 * r + free
    zero, one = splat(0.0), splat(1.0)
    none, rows = (zero, zero, zero, zero), 2 * r + free
    # The rows of y lie before those of x.
    conditions = inputs + end - begin - free
    for first in range(0, free, 4):
        columns = min(4, free - first)
        clear(room, inputs)
        for k in range(columns):
            store(room, TILE * (2 * r + first + k) + k, one)
        run_real(room, program, begin, end, onsite, base)
        for row in range(rows):
            at = TILE * (conditions + row)
            sums = (load(room, at), load(room, at + 1), load(room, at + 2), load(room, at + 3))
            if row >= free:
                sums = sums_real(room, program.out, moved + (row - free + r) % (2 * r), one, none)
            to = kept + first * rows + row
            store(room, to, sums[0])
            if columns > 1:
                store(room, to + rows, sums[1])
            if columns > 2:
                store(room, to + 2 * rows, sums[2])
            if columns > 3:
                store(room, to + 3 * rows, sums[3])
    for row in range(free):
        # Where one site is far above the others, its condition would drown theirs.
        square = splat(_LEAST)
        for k in range(free):
            a = load(room, kept + k * rows + row)
            square = fma(a, a, square)
        _scale(room, kept + row, rows, free, one / square_root(square))
        store(room, TILE * (conditions + row), one / square_root(square))
    total = one
    for k in range(free):
        u = kept + k * rows
        for earlier in range(k):
            q = kept + earlier * rows
            share = zero
            for row in range(free):
                share = fma(load(room, q + row), load(room, u + row), share)
            share = negative(share)
            for row in range(rows):
                store(room, u + row, fma(share, load(room, q + row), load(room, u + row)))
        square = zero
        for row in range(free):
            square = fma(load(room, u + row), load(room, u + row), square)
        inverse = one / square_root(square)
        for row in range(rows):
            a = load(room, u + row) * inverse
            store(room, u + row, a)
            if row >= free:
                total = fma(a, a, total)
    for row in range(free):
        _scale(room, kept + row, rows, free, load(room, TILE * (conditions + row)))
    return total


@inner
def fulfil_real(room, free, steps, r, kept):
    """Take a part of the answers at `kept` away from a slice's out-going interface, in place."""
    zero = splat(0.0)
    rows, conditions = 2 * r + free, 2 * r + steps
    for k in range(free):
        q = kept + k * rows
        a = b = c = d = zero
        for row in range(free):
            t, at = load(room, q + row), TILE * (conditions + row)
            a, b = fma(t, load(room, at), a), fma(t, load(room, at + 1), b)
            c, d = fma(t, load(room, at + 2), c), fma(t, load(room, at + 3), d)
        a, b, c, d = negative(a), negative(b), negative(c), negative(d)
        for row in range(2 * r):
            t, at = load(room, q + free + row), TILE * row
            store(room, at, fma(t, a, load(room, at)))
            store(room, at + 1, fma(t, b, load(room, at + 1)))
            store(room, at + 2, fma(t, c, load(room, at + 2)))
            store(room, at + 3, fma(t, d, load(room, at + 3)))


@inner
def answers_complex(room, program, section, r, onsite, base, kept):
    """Put complex answers of a slice to `kept`: of each its real parts, then its imaginary parts.

    Returns the same as `answers_real`.
    """
    free, begin, end, moved, _ = program.sections[section]
    inputs = 2 * r + free
    zero, one = splat(0.0), splat(1.0)
    none, rows = (zero, zero, zero, zero), 2 * r + free
    # The rows of y lie before those of x.
    conditions = inputs + end - begin - free
    for first in range(0, free, 2):
        columns = min(2, free - first)
        clear(room, inputs)
        for k in range(columns):
            store(room, TILE * (2 * r + first + k) + 2 * k, one)
        run_complex(room, program, begin, end, onsite, base)
        for row in range(rows):
            at = TILE * (conditions + row)
            sums = (load(room, at), load(room, at + 1), load(room, at + 2), load(room, at + 3))
            if row >= free:
                sums = sums_complex(
                    room, program.out, moved + (row - free + r) % (2 * r), one, none
                )
            to = kept + 2 * first * rows + row
            store(room, to, sums[0])
            store(room, to + rows, sums[1])
            if columns > 1:
                store(room, to + 2 * rows, sums[2])
                store(room, to + 3 * rows, sums[3])
    for row in range(free):
        square = splat(_LEAST)
        for k in range(2 * free):
            a = load(room, kept + k * rows + row)
            square = fma(a, a, square)
        _scale(room, kept + row, rows, 2 * free, one / square_root(square))
        store(room, TILE * (conditions + row), one / square_root(square))
    total = one
    for k in range(free):
        u = kept + 2 * k * rows
        v = u + rows
        for earlier in range(k):
            q = kept + 2 * earlier * rows
            p = q + rows
            re, im = _product(room, q, p, u, v, 1, free)
            re, im = negative(re), negative(im)
            minus = negative(im)
            for row in range(rows):
                a, b = load(room, q + row), load(room, p + row)
                store(room, u + row, fma(a, re, fma(b, minus, load(room, u + row))))
                store(room, v + row, fma(a, im, fma(b, re, load(room, v + row))))
        square = zero
        for row in range(free):
            a, b = load(room, u + row), load(room, v + row)
            square = fma(a, a, fma(b, b, square))
        inverse = one / square_root(square)
        for row in range(rows):
            a, b = load(room, u + row) * inverse, load(room, v + row) * inverse
            store(room, u + row, a)
            store(room, v + row, b)
            if row >= free:
                total = fma(a, a, fma(b, b, total))
    for row in range(free):
        _scale(room, kept + row, rows, 2 * free, load(room, TILE * (conditions + row)))
    return total


@always_inner
def _product(room, q, p, u, v, step, rows):
    """Return conj(q + i p) (u + i v), summed over rows; those of u and v are `step` vectors apart."""
    re, im = splat(0.0), splat(0.0)
    for row in range(rows):
        a, b = load(room, q + row), load(room, p + row)
        c, d = load(room, u + step * row), load(room, v + step * row)
        re, im = fma(a, c, fma(b, d, re)), fma(a, d, fma(negative(b), c, im))
    return re, im


@inner
def fulfil_complex(room, free, steps, r, kept):
    """Take a part of complex answers away from two complex columns; see `fulfil_real`."""
    rows, conditions = 2 * r + free, TILE * (2 * r + steps)
    for k in range(free):
        q = kept + 2 * k * rows
        p = q + rows
        for column in range(0, TILE, 2):
            u = conditions + column
            re, im = _product(room, q, p, u, u + 1, TILE, free)
            re, im = negative(re), negative(im)
            minus = negative(im)
            for row in range(2 * r):
                a, b, at = load(room, q + free + row), load(room, p + free + row), TILE * row
                at += column
                store(room, at, fma(a, re, fma(b, minus, load(room, at))))
                store(room, at + 1, fma(a, im, fma(b, re, load(room, at + 1))))


@inner
def largest_real(room, first, count):
    """Return the largest sum of squares of four planes, values from place `first` on."""
    a = b = c = d = splat(0.0)
    for j in range(TILE * first, TILE * (first + count), TILE):
        u, v, w, z = load(room, j), load(room, j + 1), load(room, j + 2), load(room, j + 3)
        a, b, c, d = fma(u, u, a), fma(v, v, b), fma(w, w, c), fma(z, z, d)
    return larger(larger(a, b), larger(c, d))


@inner
def largest_complex(room, first, count):
    """Return the largest sum of squares of two complex columns."""
    a = b = c = d = splat(0.0)
    for j in range(TILE * first, TILE * (first + count), TILE):
        u, v, w, z = load(room, j), load(room, j + 1), load(room, j + 2), load(room, j + 3)
        a, b, c, d = fma(u, u, a), fma(v, v, b), fma(w, w, c), fma(z, z, d)
    return larger(a + b, c + d)


@always_inner
def note_sizes(room, sizes, on_the_way, behind):
    """Keep the largest squared sizes of columns inside and behind a slice, of all tiles."""
    store(room, sizes + 1, larger(on_the_way, load(room, sizes + 1)))
    store(room, sizes + 2, larger(behind, load(room, sizes + 2)))


@inner
def note_cancelling(room, sizes, slices, last):
    """Bring the largest ratio of these sizes, times what answers do, to vector `last`."""
    for n in range(slices):
        at = sizes + 3 * n
        ratio = load(room, at) * load(room, at + 1) / load(room, at + 2)
        store(room, last, larger(ratio, load(room, last)))
