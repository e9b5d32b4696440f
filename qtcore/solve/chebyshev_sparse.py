"""Chebyshev recursion with any sparse H: T_{n+1} = 2 H T_n - T_{n-1}.

As in `chebyshev_strip`, where a slice is now a block of rows that H couples to the two blocks
beside it only. A complex vector is two lane vectors a component, its real part first. Entries of H
with an imaginary part stand behind the others in their row and cost twice as much.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np

from qtcore.compiled import njit
from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import always_inner

_ONE, _TWO = np.uint64(1), np.uint64(2)
"""Numbers of entries are unsigned: negative ones would count from the end, which costs a look."""


@always_inner
def _real_rows(now, old, onsite, shared, rows, first, end, sums):
    """Do one step on some rows of a real H; return what is added to the sums."""
    starts, _, columns, values, _ = rows
    squares, products = sums
    for i in range(first, end):
        mid, other = load(now, i), splat(0.0)
        e = splat(onsite[i]) if shared else load(onsite, i)
        new = fma(e, mid, negative(load(old, i)))
        # Two sums, since a product waits for the one before it.
        entry, last = np.uint64(starts[i]), np.uint64(starts[i + 1])
        while entry + _ONE < last:
            new = fma(splat(values[entry]), load(now, columns[entry]), new)
            following = entry + _ONE
            other = fma(splat(values[following]), load(now, columns[following]), other)
            entry += _TWO
        if entry < last:
            new = fma(splat(values[entry]), load(now, columns[entry]), new)
        new = new + other
        store(old, i, new)
        squares, products = fma(mid, mid, squares), fma(new, mid, products)
    return squares, products


@always_inner
def _complex_rows(now, old, onsite, shared, rows, first, end, sums):
    """Do one step on some rows of a complex H; return what is added to the sums."""
    starts, turns, columns, values, imaginary = rows
    squares, products = sums
    for i in range(first, end):
        mid_re, mid_im = load(now, 2 * i), load(now, 2 * i + 1)
        e = splat(onsite[i]) if shared else load(onsite, i)
        re = fma(e, mid_re, negative(load(old, 2 * i)))
        im = fma(e, mid_im, negative(load(old, 2 * i + 1)))
        other_re, other_im = splat(0.0), splat(0.0)
        for entry in range(np.uint64(starts[i]), np.uint64(turns[i])):
            t, j = splat(values[entry]), 2 * columns[entry]
            re, im = fma(t, load(now, j), re), fma(t, load(now, j + 1), im)
        for entry in range(np.uint64(turns[i]), np.uint64(starts[i + 1])):
            t, u, j = splat(values[entry]), splat(imaginary[entry]), 2 * columns[entry]
            p, q = load(now, j), load(now, j + 1)
            re, other_re = fma(t, p, re), fma(u, q, other_re)
            im, other_im = fma(t, q, im), fma(u, p, other_im)
        re, im = re - other_re, im + other_im
        store(old, 2 * i, re)
        store(old, 2 * i + 1, im)
        squares = fma(mid_re, mid_re, fma(mid_im, mid_im, squares))
        products = fma(re, mid_re, fma(im, mid_im, products))
    return squares, products


@always_inner
def _add_rows(old, vectors, first, end, s, targets, weights, into):
    """Add weight * T_n on some lane vectors to what this step goes into."""
    for a in range(targets):
        if weights[a, s] != 0.0:
            weight, start = splat(weights[a, s]), a * vectors
            for i in range(first, end):
                store(into, start + i, fma(weight, load(old, i), load(into, start + i)))


@always_inner
def _step(x, z, onsite, shared, rows, is_complex, bounds, r, s, sums, targets, weights, into):
    """Do step s on block r, its sums and what it goes into."""
    now, old = (x, z) if s % 2 == 0 else (z, x)
    zero = splat(0.0)
    first, end, planes = bounds[r], bounds[r + 1], 2 if is_complex else 1
    if is_complex:
        added = _complex_rows(now, old, onsite, shared, rows, first, end, (zero, zero))
    else:
        added = _real_rows(now, old, onsite, shared, rows, first, end, (zero, zero))
    store(sums, 2 * s, load(sums, 2 * s) + added[0])
    store(sums, 2 * s + 1, load(sums, 2 * s + 1) + added[1])
    vectors = planes * (len(rows[0]) - 1)
    _add_rows(old, vectors, planes * first, planes * end, s, targets, weights, into)


@njit(nogil=True, cache=True)
def sweep_sparse(
    x, z, onsite, shared, rows, is_complex, bounds, around, steps, sums, targets, weights, into
):
    """Do some steps of the recursion, x = T_n and z = T_{n-1}; even steps end in z.

    Parameters
    ----------
    x, z : flat arrays of lane vectors
        One for each row of H, or two if it is complex.
    onsite, shared, steps, sums, targets, weights, into
        As in `chebyshev_strip.sweep_strip`; `onsite` holds the diagonal of H.
    rows : (starts, turns, columns, values, imaginary)
        Entries of 2 H / half beside the diagonal, row by row; from `turns` on, in each row, those
        with an imaginary part.
    is_complex : bool
        Whether the vectors are complex.
    bounds : (blocks + 1,) int array
        Rows at which blocks begin.
    around : bool
        Whether the last block is coupled to the first.
    """
    blocks = len(bounds) - 1
    for wave in range(blocks + steps - 1):
        for s in range(steps):
            r = wave - s
            inside = (s <= r < blocks - s) if around else (0 <= r < blocks)
            if inside:
                _step(
                    x, z, onsite, shared, rows, is_complex, bounds, r, s, sums, targets, weights,
                    into,
                )  # fmt: skip
    if around:
        for s in range(1, steps):
            for k in range(blocks - s, blocks + s):
                r = k % blocks
                _step(
                    x, z, onsite, shared, rows, is_complex, bounds, r, s, sums, targets, weights,
                    into,
                )  # fmt: skip
